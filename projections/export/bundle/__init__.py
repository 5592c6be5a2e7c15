"""The inspection bundle: one folder or ZIP with the record, its audit trail, and what is needed to check both."""
