"""Pure state: what the entries add up to, for people, for one patient, for one moment."""
