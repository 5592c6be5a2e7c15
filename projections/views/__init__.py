"""Persisted views: what costs per ledger and not per patient, kept as rows that entries alone decide."""
