"""The tables of a ledger in a schema, and the triggers that let nothing in them be changed (docs/spec/storage.md).

Every statement is made from what stands here, and so is what the catalogue of the server must say of it: the audit
compares both, word for word.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ledger.storage.schema import META, TABLES


class Column(NamedTuple):
    """A column that is never null; `length` is the number of bytes that a bytea must have, where it has one."""

    name: str
    type: Literal["bigint", "text", "bytea"]
    length: int | None = None


class Table(NamedTuple):
    """A table, and the columns of its primary key."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


class Trigger(NamedTuple):
    """A trigger: when it fires, for each what, and which function with which rows of it."""

    name: str
    table: str
    event: Literal["INSERT", "UPDATE", "DELETE", "TRUNCATE"]
    each: Literal["ROW", "STATEMENT"]
    function: str


LAYOUT = (
    Table("meta", (Column("key", "text"), Column("value", "text")), ("key",)),
    Table(
        "entries",
        (
            Column("leaf_index", "bigint"),
            Column("stream", "text"),
            Column("version", "bigint"),
            Column("kind", "text"),
            Column("id", "bytea", 16),
            Column("command_id", "bytea", 16),
            Column("command_index", "bigint"),
            Column("occurred_at", "bigint"),
            Column("recorded_at", "bigint"),
            Column("log_time", "bigint"),
            Column("leaf", "bytea", 32),
            Column("raw", "bytea"),
        ),
        ("leaf_index",),
    ),
    Table(
        "signers",
        (
            Column("kid", "text"),
            Column("n", "bigint"),
            Column("leaf_index", "bigint"),
            Column("i", "bigint"),
            Column("person", "text"),
        ),
        ("kid", "n"),
    ),
    Table("nodes", (Column("level", "bigint"), Column("idx", "bigint"), Column("hash", "bytea", 32)), ("level", "idx")),
    Table("checkpoints", (Column("size", "bigint"), Column("note", "bytea")), ("size",)),
    Table(
        "texts",
        (
            Column("commitment", "text"),
            Column("leaf_index", "bigint"),
            Column("salt", "bytea", 32),
            Column("text", "bytea"),
        ),
        ("commitment",),
    ),
    Table("redactions", (Column("commitment", "text"), Column("leaf_index", "bigint")), ("commitment",)),
    Table("blobs", (Column("digest", "text"), Column("data", "bytea")), ("digest",)),
)

INDEXES = {
    "entries_id": ("UNIQUE INDEX", "entries", "(id)"),
    "entries_stream": ("UNIQUE INDEX", "entries", "(stream, version)"),
    "entries_command": ("UNIQUE INDEX", "entries", "(command_id, command_index)"),
    "entries_clock": ("INDEX", "entries", "(leaf_index) WHERE (kind = 'log.clock/1'::text)"),
    "signers_author": ("INDEX", "signers", "(kid, leaf_index) WHERE (i = 0)"),
}

FUNCTIONS = {
    "never": """
BEGIN
  RAISE EXCEPTION '%: rows are never %', TG_TABLE_NAME, CASE TG_OP WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END;
END
""",
    "next_entry": """
BEGIN
  IF NEW.leaf_index IS DISTINCT FROM (SELECT coalesce(max(leaf_index) + 1, 0) FROM {schema}.entries) THEN
    RAISE EXCEPTION 'entries: not the next position';
  END IF;
  IF NEW.version IS DISTINCT FROM
    (SELECT coalesce(max(version), 0) + 1 FROM {schema}.entries WHERE stream = NEW.stream) THEN
    RAISE EXCEPTION 'entries: not the next version of its stream';
  END IF;
  RETURN NEW;
END
""",
    "text_in": """
BEGIN
  IF EXISTS (SELECT 1 FROM {schema}.redactions WHERE commitment = NEW.commitment) THEN
    RAISE EXCEPTION 'texts: the text was redacted';
  END IF;
  RETURN NEW;
END
""",
    "text_out": """
BEGIN
  IF NOT EXISTS (SELECT 1 FROM {schema}.redactions WHERE commitment = OLD.commitment) THEN
    RAISE EXCEPTION 'texts: rows are never deleted';
  END IF;
  RETURN OLD;
END
""",
    "redaction_in": """
BEGIN
  IF NOT EXISTS
    (SELECT 1 FROM {schema}.entries WHERE leaf_index = NEW.leaf_index
      AND kind IN ('text.redacted/1', 'entry.recovered/1')) THEN
    RAISE EXCEPTION 'redactions: no redaction stands there';
  END IF;
  RETURN NEW;
END
""",
}
"""The bodies of the functions of the triggers. They find nothing but what they name with its schema."""

TRIGGERS = (
    Trigger("entries_insert", "entries", "INSERT", "ROW", "next_entry"),
    Trigger("texts_insert", "texts", "INSERT", "ROW", "text_in"),
    Trigger("texts_delete", "texts", "DELETE", "ROW", "text_out"),
    Trigger("redactions_insert", "redactions", "INSERT", "ROW", "redaction_in"),
    *(Trigger(f"{table}_update", table, "UPDATE", "STATEMENT", "never") for table in TABLES),
    *(Trigger(f"{table}_truncate", table, "TRUNCATE", "STATEMENT", "never") for table in TABLES),
    *(Trigger(f"{table}_delete", table, "DELETE", "STATEMENT", "never") for table in TABLES if table != "texts"),
)
PATH = "pg_catalog, pg_temp"
"""Where a function looks for a name without a schema: the server's own things, and last of all temporary ones."""


def views_of(schema: str) -> str:
    """The schema beside that of a ledger for what is no part of the record: its tables may be changed and dropped."""
    return f"{schema}_views"


def column(one: Column) -> str:
    """The words of a column behind its name."""
    collated = ' COLLATE "C"' if one.type == "text" else ""
    return f"{one.type}{collated} NOT NULL"


def checks(table: Table) -> dict[str, str]:
    """The names and the words of the checks of a table."""
    return {
        f"{table.name}_{one.name}_length": f"CHECK ((octet_length({one.name}) = {one.length}))"
        for one in table.columns
        if one.length is not None
    }


def index(schema: str, name: str) -> str:
    """The statement of an index."""
    kind, table, words = INDEXES[name]
    return f"CREATE {kind} {name} ON {schema}.{table} USING btree {words}"


def trigger(schema: str, one: Trigger) -> str:
    """The statement of a trigger."""
    return (
        f"CREATE TRIGGER {one.name} BEFORE {one.event} ON {schema}.{one.table}"
        f" FOR EACH {one.each} EXECUTE FUNCTION {schema}.{one.function}()"
    )


def body(schema: str, name: str) -> str:
    """The body of a function, with the schema in it."""
    return FUNCTIONS[name].format(schema=schema)


def statements(schema: str) -> tuple[str, ...]:
    """The statements that make the tables of a ledger in an empty schema, in their order."""
    made = [_table(schema, table) for table in LAYOUT]
    made += [index(schema, name) for name in INDEXES]
    made += [
        f"CREATE FUNCTION {schema}.{name}() RETURNS trigger LANGUAGE plpgsql SET search_path TO {PATH}"
        f" AS $body${body(schema, name)}$body$"
        for name in FUNCTIONS
    ]
    made += [f"REVOKE ALL ON FUNCTION {schema}.{name}() FROM PUBLIC" for name in FUNCTIONS]
    for one in TRIGGERS:
        made.append(trigger(schema, one))
        made.append(f"ALTER TABLE {schema}.{one.table} ENABLE ALWAYS TRIGGER {one.name}")
    made += [f"INSERT INTO {schema}.meta VALUES ('{key}', '{value}')" for key, value in META]  # noqa: S608 - our own constants
    return tuple(made)


def _table(schema: str, table: Table) -> str:
    lines = [f"{one.name} {column(one)}" for one in table.columns]
    lines.append(f"CONSTRAINT {table.name}_pkey PRIMARY KEY ({', '.join(table.key)})")
    lines += [f"CONSTRAINT {name} {words}" for name, words in checks(table).items()]
    return f"CREATE TABLE {schema}.{table.name} (\n  " + ",\n  ".join(lines) + "\n)"
