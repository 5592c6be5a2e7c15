"""The ledger file as a file: where it may lie, what it must be, how it is opened, how a new one takes its name.

A file on a network share is refused for writing: neither the locks nor the shared memory of SQLite's
write-ahead log hold across machines. The check reads /proc and knows Linux only.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from pathlib import Path
from urllib.parse import quote

from ledger.errors import IntegrityFailure, Unavailable
from ledger.storage import schema
from ledger.storage.refusals import translated

_MOUNTS = Path("/proc/self/mountinfo")
_SHARED = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "davfs", "drvfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone",
        "fuse.s3fs", "fuse.sshfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb", "smb2", "smb3", "smbfs",
    }
)  # fmt: skip
OLDEST = (3, 38)
"""The first SQLite that keeps STRICT tables and has the JSON functions built in."""
OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
"""Everything that a database holds beside its rows."""
BUSY_SECONDS = 5
"""How long a statement waits for another program that holds the database, in seconds."""


def connect(path: str, *, mode: str, immutable: bool = False) -> sqlite3.Connection:
    """Open the file in SQLite's `mode` (`ro` or `rw`); statements begin no transaction of their own."""
    if sqlite3.sqlite_version_info < OLDEST:
        raise Unavailable(
            f"The SQLite {sqlite3.sqlite_version} of this Python is too old.",
            fix=f"Use a Python with SQLite {'.'.join(map(str, OLDEST))} or newer.",
        )
    uri = f"file:{quote(path)}?mode={mode}{'&immutable=1' if immutable else ''}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    connection.execute("PRAGMA trusted_schema=OFF")
    if mode == "rw":
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")  # what a page no longer holds is overwritten, texts above all
    return connection


def require_ledger(connection: sqlite3.Connection, path: str) -> None:
    """Refuse (Unavailable) a file that is not a ledger, or one of a newer version."""
    with translated(path):
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != schema.APPLICATION_ID:
        raise Unavailable(
            "This file is not a ledger.",
            why=f"{path} belongs to another program",
            fix="Check the path; a ledger is made with `doseledger init`.",
        )
    if version != schema.FORMAT:
        raise Unavailable(
            f"The ledger has storage format {version}; this program knows {schema.FORMAT}.",
            why=f"{path} was written by another version of the program",
            fix="Use the version that wrote it, or a newer one.",
        )


def own_objects() -> frozenset[tuple[object, ...]]:
    """Give the tables, indexes and triggers of a ledger file as its schema lists them."""
    empty = sqlite3.connect(":memory:")
    try:
        for statement in schema.DDL:
            empty.execute(statement)
        return frozenset(empty.execute(OBJECTS))
    finally:
        empty.close()


def require_guarded(connection: sqlite3.Connection, path: str) -> None:
    """Refuse (IntegrityFailure) to write into a file that lacks one of its tables or triggers, or has others."""
    with translated(path):
        stored = frozenset(connection.execute(OBJECTS))
    if stored != own_objects():
        named = ", ".join(sorted({str(thing[1]) for thing in stored ^ own_objects()}))
        raise IntegrityFailure(
            "The tables of this ledger are not as they were made; nothing is written into it.",
            why=f"changed, missing or added: {named}",
            fix="Keep the file as it is and run: doseledger verify",
        )


def require_present(path: str) -> None:
    """Refuse (Unavailable) a path where no file is, so that a slip of the pen does not make an empty ledger."""
    if not Path(path).is_file():
        raise Unavailable(
            f"There is no ledger at {path}.", fix="Check the path; a ledger is made with `doseledger init`."
        )


def require_local(path: str, mounts: str | None = None) -> None:
    """Refuse (Unavailable) a path on a network share; `mounts` is the text of /proc/self/mountinfo."""
    if mounts is None:
        with contextlib.suppress(OSError):
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
    kind = _file_system(Path(path).resolve(), mounts or "")
    if kind in _SHARED:
        raise Unavailable(
            f"The ledger would lie on a network share ({kind}).",
            why="the locks that keep two writers apart do not hold there",
            fix="Keep the ledger on a disk of this machine.",
        )


def reserve(path: str) -> str:
    """Make an empty file beside `path`, readable by its owner alone, in which a new ledger is built; gives its path."""
    if Path(path).exists():
        raise Unavailable(
            f"There is already a file at {path}.", fix="Choose another path; a ledger is never overwritten."
        )
    temporary = f"{path}.{os.getpid()}.new"
    discard(temporary)  # of an earlier process of the same number
    make(temporary)
    return temporary


def make(path: str) -> None:
    """Make an empty file that its owner alone can read; raises Unavailable where it cannot be, or one is there."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise Unavailable(
            f"No ledger can be made at {path}.", why=str(error), fix="Check the folder and who may write in it."
        ) from error


def require_own(path: str) -> None:
    """Refuse (Unavailable) a file that somebody else made, or can write or read: nothing is built in it."""
    found = Path(path).lstat()
    strange = not stat.S_ISREG(found.st_mode) or found.st_nlink != 1
    if strange or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise Unavailable(
            f"The unfinished copy {path} is not a file of your own alone.",
            why="somebody else could change it, or has put it there",
            fix="Choose another path, or remove it.",
        )


def publish(temporary: str, path: str) -> None:
    """Give the finished ledger its name, in one step that never overwrites another file."""
    try:
        os.link(temporary, path)
        Path(temporary).unlink()
        folder = os.open(Path(path).resolve().parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise Unavailable(
            f"The ledger could not be given its name {path}.", why=str(error), fix=f"It lies complete at {temporary}."
        ) from error


def discard(temporary: str) -> None:
    """Remove what is left of a ledger that was not finished."""
    for suffix in ("", "-wal", "-shm", ".lock"):
        with contextlib.suppress(OSError):
            Path(temporary + suffix).unlink()


def _file_system(path: Path, mounts: str) -> str:
    best, kind = "", ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields, kinds = left.split(" "), right.split(" ")
        if len(fields) < 5 or not kinds[0]:
            continue
        point = fields[4].encode("ascii", "replace").decode("unicode_escape")
        if path.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, kinds[0]
    return kind
