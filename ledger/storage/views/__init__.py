"""Rows of persisted views: disposable, beside a ledger and never in it, with the place in the log they stand for."""
