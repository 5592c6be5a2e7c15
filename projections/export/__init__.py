"""The record in forms that other programs read, streamed, with the exact bytes of the entries wherever they appear."""
