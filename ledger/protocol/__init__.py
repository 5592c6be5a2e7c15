"""The protocol as data: packs of parameters and dictionaries of toxicity terms, both from bytes and strict."""
