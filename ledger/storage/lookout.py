"""A ledger file as a database: read as it lies while nobody writes, and again when it changed under a look.

While nobody writes there is no write-ahead log; a file that changed under a statement is noticed by its stamp.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ledger.errors import DoseLedgerError
from ledger.storage import files, pages, schema
from ledger.storage.refusals import sentence, translated

Stamp = tuple[int, int, int]
"""What shows that the file changed: inode, size, time of the last change."""

_GONE: Stamp = (0, 0, 0)


class OnFile:
    """One connection to a ledger file; a look (`look`) never writes and never makes a file."""

    among = "IN (SELECT value FROM json_each(?))"

    def __init__(
        self,
        path: str,
        connection: sqlite3.Connection,
        stamp: Stamp | None = None,
        release: Callable[[], object] = tuple,
    ) -> None:
        """Read through `connection`; `stamp` is given when it ignores the write-ahead log, `release` ends a copy."""
        self.name = path
        self.connection = connection
        self.unread: list[str] = []
        self._stamp = stamp
        self._release = release

    @classmethod
    def look(cls, path: str) -> OnFile:
        """Open the file for reading alone; raises Unavailable where there is no ledger of this version."""
        name = str(Path(path).resolve())  # the write-ahead log lies beside the file itself, not beside a link to it
        found = cls(name, *_look(name))
        while True:
            try:
                files.require_ledger(found.connection, name)
            except DoseLedgerError:
                if found._unchanged():
                    found.close()
                    raise
            if found._unchanged():
                return found
            found._look_again()

    def listed(self, values: Iterable[str | int]) -> object:
        """A list as one parameter: JSON."""
        return json.dumps(list(values))

    def all(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The rows of one statement, all as they stood at one moment."""
        while True:
            try:
                rows = self.connection.execute(sql, parameters).fetchall()
            except OverflowError:
                return []  # a number beyond 64 bits names nothing
            except sqlite3.Error as error:
                if self._unchanged():
                    raise sentence(error, self.name) from error
            else:
                if self._unchanged():
                    return rows
            self._look_again()

    def pages(self, target: sqlite3.Connection) -> None:
        """Copy every page into another database, all as they stood at one moment; whoever writes goes on writing."""
        while True:
            try:
                self.connection.backup(target)
            except sqlite3.Error as error:
                if self._unchanged():
                    raise sentence(error, self.name) from error
            else:
                if self._unchanged():
                    return
            self._look_again()

    def shape(self) -> Iterator[tuple[str, str]]:
        """The header, the tables and triggers."""
        for pragma, expected in (
            ("application_id", schema.APPLICATION_ID),
            ("user_version", schema.FORMAT),
            ("encoding", "UTF-8"),
        ):
            found = self.all(f"PRAGMA {pragma}")[0][0]
            if found != expected:
                yield "header", f"{pragma} is {found!r}, not {expected!r}"
        stored = set(self.all(files.OBJECTS))
        for thing in sorted(stored ^ files.own_objects(), key=repr):
            said = "not ours" if thing in stored else "missing or changed"
            yield "schema", f"{thing[0]} {thing[1]} is {said}"

    def flaws(self) -> Iterator[tuple[str, str]]:
        """The header, the tables and triggers, what SQLite says of its pages, and bytes that no row holds."""
        yield from self.shape()
        for (line,) in self.all("PRAGMA integrity_check(20)"):
            if line != "ok":
                yield "integrity", str(line)
        yield from (("pages", why) for why in self._strangers())

    def _strangers(self) -> Iterator[str]:
        length = pages.length(self.name)
        behind = pages.behind(length, int(self.all("PRAGMA page_count")[0][0]))
        strangers = pages.strangers(self.name)
        if strangers is None:
            self.unread.append(pages.NOT_LOOKED_AT)
        yield from (*([behind] if behind else []), *(strangers or ()))

    def close(self) -> None:
        """Let go of the file."""
        with translated(self.name):
            self.connection.close()
        self._release()

    def _unchanged(self) -> bool:
        return self._stamp is None or self._stamp == _stamp(self.name)

    def _look_again(self) -> None:
        self.close()
        self.connection, self._stamp, self._release = _look(self.name)


def left_behind(path: str) -> bool:
    """Whether a write-ahead log lies beside the file and nobody has it open."""
    return os.path.lexists(f"{path}-wal") and not os.path.lexists(f"{path}-shm")


def _stamp(path: str) -> Stamp | None:
    try:
        os.lstat(f"{path}-wal")
    except OSError:
        pass
    else:
        return None
    try:
        seen = os.stat(path)  # noqa: PTH116 - looked at around every statement
    except OSError:
        return _GONE
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def _look(path: str) -> tuple[sqlite3.Connection, Stamp | None, Callable[[], object]]:
    files.require_present(path)
    if left_behind(path):
        from ledger.storage.aside import Aside  # noqa: PLC0415 - seldom needed, and slow to load

        aside = Aside(path)
        if left_behind(path):
            try:
                with translated(path):
                    return files.connect(aside.path, mode="ro"), None, aside.close
            except BaseException:
                aside.close()
                raise
        aside.close()  # somebody has opened it meanwhile
    stamp = _stamp(path)
    with translated(path):
        return files.connect(path, mode="ro", immutable=stamp is not None), stamp, tuple
