"""What the server's catalogue says of the schema of a ledger, compared with what it must say."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.storage.postgres import tables
from ledger.storage.postgres.session import Session

Thing = tuple[str, str, str]
"""A kind of object, its name, and all that is said of it."""

_THINGS = """WITH space AS (SELECT oid FROM pg_namespace WHERE nspname = ?)
SELECT CASE c.relkind WHEN 'r' THEN 'table' WHEN 'i' THEN 'index' ELSE 'relation' END, c.relname,
  CASE c.relkind
    WHEN 'i' THEN pg_get_indexdef(c.oid) || CASE WHEN i.indisvalid AND i.indisready THEN '' ELSE ' INVALID' END
    ELSE concat_ws(' ', c.relkind, c.relpersistence, am.amname, CASE WHEN c.relrowsecurity THEN 'row security' END,
      CASE WHEN c.relhasrules THEN 'rules' END, CASE WHEN c.relispartition THEN 'partition' END)
  END
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_am am ON am.oid = c.relam
WHERE c.relnamespace = (SELECT oid FROM space) AND c.relkind <> 't'
UNION ALL SELECT 'column', c.relname || '.' || a.attname,
  concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod),
    CASE WHEN co.collnamespace = 'pg_catalog'::regnamespace THEN co.collname ELSE co.oid::regcollation::text END,
    CASE WHEN a.attnotnull THEN 'NOT NULL' END, CASE WHEN a.atthasdef THEN 'DEFAULT' END,
    nullif(a.attgenerated, ''), nullif(a.attidentity, ''), a.attacl::text)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_collation co ON co.oid = a.attcollation
WHERE c.relnamespace = (SELECT oid FROM space) AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT 'constraint', coalesce(c.relname, '') || '.' || k.conname,
  concat_ws(' ', pg_get_constraintdef(k.oid), CASE WHEN NOT k.convalidated THEN 'NOT VALID' END,
    CASE WHEN k.condeferrable THEN 'DEFERRABLE' END)
FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid
WHERE k.connamespace = (SELECT oid FROM space) AND k.contype <> 'n'
UNION ALL SELECT 'trigger', c.relname || '.' || t.tgname,
  concat_ws(' ', t.tgtype, t.tgenabled, n.nspname, f.proname, CASE WHEN t.tgqual IS NOT NULL THEN 'WHEN' END,
    CASE WHEN t.tgnargs > 0 THEN 'arguments' END, nullif(t.tgattr::text, ''),
    CASE WHEN t.tgconstraint > 0 THEN 'key' END)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc f ON f.oid = t.tgfoid
  JOIN pg_namespace n ON n.oid = f.pronamespace
WHERE c.relnamespace = (SELECT oid FROM space)
UNION ALL SELECT 'function', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
  concat_ws(' ', l.lanname, p.prokind, p.provolatile, CASE WHEN p.prosecdef THEN 'DEFINER' END,
    format_type(p.prorettype, NULL), p.proconfig::text, p.prosrc)
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = (SELECT oid FROM space)
UNION ALL SELECT 'rule', c.relname || '.' || r.rulename, r.ev_type::text
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = (SELECT oid FROM space)
UNION ALL SELECT 'policy', c.relname || '.' || p.polname, p.polcmd::text
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = (SELECT oid FROM space)
UNION ALL SELECT 'inheritance', c.relname, concat_ws(' ', h.inhparent::regclass, h.inhrelid::regclass)
FROM pg_inherits h JOIN pg_class c ON c.oid IN (h.inhparent, h.inhrelid) WHERE c.relnamespace = (SELECT oid FROM space)
UNION ALL SELECT 'operator', o.oprname, o.oid::regoperator::text
FROM pg_operator o WHERE o.oprnamespace = (SELECT oid FROM space)
UNION ALL SELECT 'relation', 'pg_catalog.' || c.relname, c.relkind::text
FROM pg_class c JOIN pg_class own ON own.relname = c.relname AND own.relnamespace = (SELECT oid FROM space)
WHERE c.relnamespace = 'pg_catalog'::regnamespace
UNION ALL SELECT 'type', t.typname, t.typtype::text FROM pg_type t
WHERE t.typnamespace = (SELECT oid FROM space) AND t.typrelid = 0 AND t.typelem = 0"""
"""Relations, columns, constraints, triggers, functions, rules, policies, inheritance, operators and types of a schema.

With them tables elsewhere whose rows are read as rows of its tables, or that are found before them by their name.
"""


_ROW, _BEFORE = 1, 2
_EVENTS = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
"""What a trigger fires for, as the catalogue counts it (pg_trigger.tgtype)."""
_ALLOWED = {"table": frozenset({"SELECT", "INSERT"}), "schema": frozenset({"USAGE"})}
_OWNERS = """WITH space AS (SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname = ?)
SELECT relname, pg_get_userbyid(relowner) FROM pg_class
WHERE relnamespace = (SELECT oid FROM space) AND relkind <> 't'
UNION ALL SELECT proname, pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = (SELECT oid FROM space)
UNION ALL SELECT nspname, pg_get_userbyid(nspowner) FROM space"""
_GRANTS = """WITH space AS (SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = ?),
things AS (
  SELECT 'table' AS what, relname AS name, relowner AS owner, coalesce(relacl, acldefault('r', relowner)) AS acl
  FROM pg_class WHERE relnamespace = (SELECT oid FROM space) AND relkind = 'r'
  UNION ALL SELECT 'function', proname, proowner, coalesce(proacl, acldefault('f', proowner))
  FROM pg_proc WHERE pronamespace = (SELECT oid FROM space)
  UNION ALL SELECT 'schema', nspname, nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM space
)
SELECT what, name, CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END,
  array_agg(g.privilege_type ORDER BY g.privilege_type), bool_or(g.is_grantable)
FROM things, aclexplode(acl) AS g WHERE g.grantee <> owner
GROUP BY what, name, g.grantee ORDER BY what, name, g.grantee"""


_REACH = """WITH things AS (
  SELECT oid, relname, relowner, coalesce(relacl, acldefault('r', relowner)) AS acl
  FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = ?) AND relkind = 'r'
),
roles AS (SELECT DISTINCT g.grantee AS oid FROM things, aclexplode(acl) AS g WHERE g.grantee NOT IN (0, relowner))
SELECT pg_get_userbyid(r.oid), t.relname, (SELECT min(s.rolname::text) FROM pg_roles AS s
    WHERE (s.oid = t.relowner OR s.rolsuper) AND pg_has_role(r.oid, s.oid, 'MEMBER')),
  (SELECT array_agg(p ORDER BY p)
    FROM unnest(ARRAY['DELETE', 'INSERT', 'REFERENCES', 'TRIGGER', 'TRUNCATE', 'UPDATE']) AS p
    WHERE has_table_privilege(r.oid, t.oid, p) AND NOT EXISTS
      (SELECT 1 FROM aclexplode(t.acl) AS g WHERE g.grantee IN (0, r.oid) AND g.privilege_type = p))
FROM roles AS r, things AS t ORDER BY 1, 2"""
"""What roles may do with the tables beyond what they were given by name: as somebody else, or with special powers."""


def stored(session: Session) -> frozenset[Thing]:
    """Everything that lies in the schema, as the catalogue has it."""
    return frozenset((str(a), str(b), str(c)) for a, b, c in session.run(_THINGS, (session.schema,)))


def expected(schema: str) -> frozenset[Thing]:
    """Everything that must lie in it."""
    return frozenset(_expected(schema))


def _expected(schema: str) -> Iterator[Thing]:
    for table in tables.LAYOUT:
        yield "table", table.name, "r p heap"
        for number, one in enumerate(table.columns, 1):
            collated = " C" if one.type == "text" else ""
            yield "column", f"{table.name}.{one.name}", f"{number} {one.type}{collated} NOT NULL"
        key = ", ".join(table.key)
        yield "constraint", f"{table.name}.{table.name}_pkey", f"PRIMARY KEY ({key})"
        pkey = f"CREATE UNIQUE INDEX {table.name}_pkey ON {schema}.{table.name} USING btree ({key})"
        yield "index", f"{table.name}_pkey", pkey
        for name, words in tables.checks(table).items():
            yield "constraint", f"{table.name}.{name}", words
    for name in tables.INDEXES:
        yield "index", name, tables.index(schema, name)
    for trigger in tables.TRIGGERS:
        bits = _BEFORE + _EVENTS[trigger.event] + (_ROW if trigger.each == "ROW" else 0)
        yield "trigger", f"{trigger.table}.{trigger.name}", f"{bits} A {schema} {trigger.function}"
    for name in tables.FUNCTIONS:
        path = f'{{"search_path={tables.PATH}"}}'
        yield "function", f"{name}()", f"plpgsql f v trigger {path} {tables.body(schema, name)}"


def differences(session: Session) -> list[str]:
    """What of the tables is missing, changed or added, in words."""
    found, wanted = stored(session), expected(session.schema)
    said = []
    for kind, name in sorted({(kind, name) for kind, name, _ in found ^ wanted}):
        here = any((kind, name) == thing[:2] for thing in found)
        ours = any((kind, name) == thing[:2] for thing in wanted)
        said.append(f"{kind} {name} is {'missing' if not here else 'changed' if ours else 'not ours'}")
    return said


def grants(session: Session) -> Iterator[str]:
    """What of the owner and the rights is not as it must be, in words.

    One role owns everything. Others may look at every table (SELECT) and put rows into it (INSERT), and take
    texts out (DELETE), which a trigger allows for redacted ones alone. Nobody else has anything, above all not PUBLIC;
    and none of them is the owner in another coat, who could take the triggers away.
    """
    owners = {owner for _, owner in session.run(_OWNERS, (session.schema,))}
    if len(owners) > 1:
        yield f"the tables belong to several roles: {', '.join(sorted(owners))}"
    for what, name, role, rights, passed_on in session.run(_GRANTS, (session.schema,)):
        allowed = _ALLOWED.get(what, frozenset())
        allowed |= {"DELETE"} if (what, name) == ("table", "texts") else frozenset()
        wrong = sorted(set(rights) - allowed)
        if role == "PUBLIC" or wrong or passed_on:
            beyond = ", ".join(wrong or sorted(rights))
            yield f"{role} may do {beyond} on the {what} {name}{' and pass it on' if passed_on else ''}"
    yield from dict.fromkeys(_reach(session))


def _reach(session: Session) -> Iterator[str]:
    for role, name, acts_as, rights in session.run(_REACH, (session.schema,)):
        if acts_as is not None:
            yield f"{role} may act as {acts_as}, who can take the triggers away"
        elif rights:
            yield f"{role} may do {', '.join(rights)} on the table {name} by way of another role"
