"""Witnesses at the terminal: what cosigns the heads of logs, and what asks others to cosign those of a ledger."""
