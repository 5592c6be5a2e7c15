"""The tables of a ledger file, and the triggers that let nothing in them be changed (docs/spec/storage.md).

`entries.raw` alone is the record; every other column and row is derived from it and compared by the audit.
"""

from __future__ import annotations

APPLICATION_ID = 0x646F7365
"""`dose` in ASCII: how a ledger file is told from any other SQLite file."""
LOG = "main"
"""The one log of a ledger file."""
FORMAT = 1
"""The version of these tables, kept as `user_version`."""
META = (("format", str(FORMAT)), ("log", LOG))
"""The rows of the table `meta`."""
PAGE_SIZE = 8192
"""Bytes of a page: five entries of the usual size fill one almost without waste."""

_TABLES = {
    "meta": """CREATE TABLE meta (
  key TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    "entries": """CREATE TABLE entries (
  leaf_index INTEGER PRIMARY KEY NOT NULL,
  stream TEXT NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  command_id BLOB NOT NULL CHECK (length(command_id) = 16),
  command_index INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  log_time INTEGER NOT NULL,
  leaf BLOB NOT NULL CHECK (length(leaf) = 32),
  raw BLOB NOT NULL
) STRICT""",
    "signers": """CREATE TABLE signers (
  kid TEXT NOT NULL,
  n INTEGER NOT NULL,
  leaf_index INTEGER NOT NULL,
  i INTEGER NOT NULL,
  person TEXT NOT NULL,
  PRIMARY KEY (kid, n)
) STRICT, WITHOUT ROWID""",
    "nodes": """CREATE TABLE nodes (
  level INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID""",
    "checkpoints": """CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY NOT NULL,
  note BLOB NOT NULL
) STRICT""",
    "texts": """CREATE TABLE texts (
  commitment TEXT PRIMARY KEY NOT NULL,
  leaf_index INTEGER NOT NULL,
  salt BLOB NOT NULL CHECK (length(salt) = 32),
  text BLOB NOT NULL
) STRICT""",
    "redactions": """CREATE TABLE redactions (
  commitment TEXT PRIMARY KEY NOT NULL,
  leaf_index INTEGER NOT NULL
) STRICT""",
    "blobs": """CREATE TABLE blobs (
  digest TEXT PRIMARY KEY NOT NULL,
  data BLOB NOT NULL
) STRICT""",
}
TABLES = tuple(_TABLES)

_INDEXES = (
    "CREATE UNIQUE INDEX entries_id ON entries (id)",
    "CREATE UNIQUE INDEX entries_stream ON entries (stream, version)",
    "CREATE UNIQUE INDEX entries_command ON entries (command_id, command_index)",
    "CREATE INDEX entries_clock ON entries (leaf_index) WHERE kind = 'log.clock/1'",
    "CREATE INDEX signers_author ON signers (kid, leaf_index) WHERE i = 0",
)

# What an inserted row of each table must not meet: INSERT OR REPLACE would delete it without any trigger.
_TAKEN = {
    "meta": "key = NEW.key",
    "signers": "kid = NEW.kid AND n = NEW.n",
    "nodes": "level = NEW.level AND idx = NEW.idx",
    "checkpoints": "size = NEW.size",
    "blobs": "digest = NEW.digest",
}

_NEXT = """CREATE TRIGGER entries_insert BEFORE INSERT ON entries
BEGIN
  SELECT RAISE(ABORT, 'entries: not the next position')
  WHERE NEW.leaf_index IS NOT (SELECT coalesce(max(leaf_index) + 1, 0) FROM entries);
  SELECT RAISE(ABORT, 'entries: not the next version of its stream')
  WHERE NEW.version IS NOT (SELECT coalesce(max(version), 0) + 1 FROM entries WHERE stream = NEW.stream);
  SELECT RAISE(ABORT, 'entries: the id is taken')
  WHERE EXISTS (SELECT 1 FROM entries WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'entries: the command is stored')
  WHERE EXISTS (SELECT 1 FROM entries WHERE command_id = NEW.command_id AND command_index = NEW.command_index);
END"""


# A text goes once a redaction names it, in the transaction that stores the redaction, and never comes back.
_TEXTS = (
    """CREATE TRIGGER texts_insert BEFORE INSERT ON texts
BEGIN
  SELECT RAISE(ABORT, 'texts: the row is taken')
  WHERE EXISTS (SELECT 1 FROM texts WHERE commitment = NEW.commitment);
  SELECT RAISE(ABORT, 'texts: the text was redacted')
  WHERE EXISTS (SELECT 1 FROM redactions WHERE commitment = NEW.commitment);
END""",
    """CREATE TRIGGER texts_update BEFORE UPDATE ON texts
BEGIN
  SELECT RAISE(ABORT, 'texts: rows are never changed');
END""",
    """CREATE TRIGGER texts_delete BEFORE DELETE ON texts
BEGIN
  SELECT RAISE(ABORT, 'texts: rows are never deleted')
  WHERE NOT EXISTS (SELECT 1 FROM redactions WHERE commitment = OLD.commitment);
END""",
    """CREATE TRIGGER redactions_insert BEFORE INSERT ON redactions
BEGIN
  SELECT RAISE(ABORT, 'redactions: the row is taken')
  WHERE EXISTS (SELECT 1 FROM redactions WHERE commitment = NEW.commitment);
  SELECT RAISE(ABORT, 'redactions: no redaction stands there')
  WHERE NOT EXISTS (SELECT 1 FROM entries WHERE leaf_index = NEW.leaf_index
    AND kind IN ('text.redacted/1', 'entry.recovered/1'));
END""",
)


def _frozen(table: str) -> tuple[str, ...]:
    return tuple(
        f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table}\n"
        f"BEGIN\n  SELECT RAISE(ABORT, '{table}: rows are never {done}');\nEND"
        for verb, done in (("UPDATE", "changed"), ("DELETE", "deleted"))
    )


def _fresh(table: str, taken: str) -> str:
    return (
        f"CREATE TRIGGER {table}_insert BEFORE INSERT ON {table}\n"  # noqa: S608  # names from the tables above
        f"BEGIN\n  SELECT RAISE(ABORT, '{table}: the row is taken')\n"
        f"  WHERE EXISTS (SELECT 1 FROM {table} WHERE {taken});\nEND"
    )


DDL: tuple[str, ...] = (
    *_TABLES.values(),
    *_INDEXES,
    _NEXT,
    *(_fresh(table, taken) for table, taken in _TAKEN.items()),
    *_TEXTS,
    *(statement for table in TABLES if table != "texts" for statement in _frozen(table)),
)
"""The statements that make a ledger file, in order; the audit compares the stored schema with them, byte by byte."""
