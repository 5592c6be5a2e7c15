"""Where the entries rest: one append-only SQLite file, and the only room that knows a database."""
