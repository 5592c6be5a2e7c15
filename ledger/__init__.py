"""The record: what happened, who signed it, and what the protocol makes of it."""
