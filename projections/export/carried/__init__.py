"""The verifiers that travel with a copy of the record: files for other machines, never imported here."""
