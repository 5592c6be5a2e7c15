"""The version, as a constant: reading it from the installation's metadata takes longer than the whole answer."""

VERSION = "0.1.0"
SOFTWARE = f"doseledger/{VERSION}"
"""What an entry names as the software that wrote it."""
