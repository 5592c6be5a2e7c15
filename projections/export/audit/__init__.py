"""The audit trail as files for people and spreadsheets: every change, every signature, and a page to read and print."""
