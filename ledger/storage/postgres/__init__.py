"""A ledger's tables on a PostgreSQL server: the same tables and the same logic, in a schema of a database."""
