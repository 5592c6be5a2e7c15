"""The reading commands: they need no key and change no file."""
