"""A server with a streaming standby, one of which dies; and a writer who goes on wherever the ledger can be written.

`replicas.py URL COUNT PERSON` weighs a patient so many times, each act under a command id of its own that is tried
again until there is a receipt, and prints each receipt as soon as it is acknowledged.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from threading import Event
from time import monotonic

import server
from acts import MONDAY, PATIENT, Ward
from server import APP, Server, other_user

from ledger.errors import OutcomeUnknown, Unavailable

DATABASE = "trial"
REPLICATED = {"wal_level": "replica", "max_wal_senders": "4", "wal_receiver_status_interval": "1s"}
PATIENCE = 60.0
"""Seconds for which a writer tries one act again."""
PAUSE = Event()
"""Never set: to wait for another process, which tells nobody."""


class Standby(Server):
    """A server that follows another one from the copy that is taken now."""

    def __init__(self, primary: Server) -> None:  # it begins as a copy, and makes no cluster of its own
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self.data = self.folder / "data"
        self.programs, self.settings = primary.programs, primary.settings
        self._process: subprocess.Popen[bytes] | None = None
        user = other_user()
        if user is not None:
            found = pwd.getpwnam(user)
            os.chown(self.folder, found.pw_uid, found.pw_gid)
        copied = ("-D", str(self.data), "-h", str(primary.folder), "-U", "postgres")
        self.run("pg_basebackup", *copied, "-R", "-X", "stream", "-c", "fast", "--no-sync")

    def promote(self) -> None:
        """Let it be the one that is written."""
        self.run("pg_ctl", "promote", "-D", str(self.data), "-w")


class Pair:
    """A primary and its standby."""

    def __init__(self) -> None:
        self.primary = Server(REPLICATED).start()
        try:
            with self.primary.admin() as admin:
                admin.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 STRATEGY FILE_COPY")
            server.prepare(self.primary, DATABASE)
            self.standby = Standby(self.primary)
        except BaseException:
            self.primary.remove()
            raise
        self.standby.start()

    @property
    def url(self) -> str:
        """The URL that leads to whichever of the two can be written."""
        hosts = f"{self.primary.folder},{self.standby.folder}"
        return f"postgresql://{APP}@/{DATABASE}?host={hosts}&target_session_attrs=read-write&connect_timeout=5"

    def synchronous(self) -> None:
        """Let no COMMIT be acknowledged before the standby has it."""
        with self.primary.admin() as admin:
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            admin.execute("SELECT pg_reload_conf()")
            until = monotonic() + 30
            while admin.execute("SELECT sync_state FROM pg_stat_replication").fetchall() != [("sync",)]:
                assert monotonic() < until
                PAUSE.wait(0.02)

    def caught_up(self, size: int) -> None:
        """Wait until the standby shows so many entries."""
        until = monotonic() + 30
        with self.standby.admin(DATABASE) as look:
            while look.execute("SELECT count(*) FROM doseledger.entries").fetchall() != [(size,)]:
                assert monotonic() < until
                PAUSE.wait(0.02)

    def kill_primary(self) -> None:
        """What a power cut does to its machine: every process of it is gone at once."""
        process = self.primary._process
        assert process is not None
        children = _children(process.pid)
        for pid in (process.pid, *children):
            os.kill(pid, signal.SIGKILL)
        process.wait(30)
        self.primary._process = None

    def remove(self) -> None:
        """Stop and remove both."""
        self.standby.remove()
        self.primary.remove()


def _children(pid: int) -> list[int]:
    """The processes that a process has started and not lost."""
    found: list[int] = []
    for one in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            if int(one.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(one.parent.name))
    return found


def writer(url: str, count: int, person: str) -> subprocess.Popen[str]:
    """Start a writer in a process of its own."""
    return subprocess.Popen(
        [sys.executable, __file__, url, str(count), person], stdout=subprocess.PIPE, text=True, bufsize=1
    )


def main() -> None:
    """Write, and say each receipt."""
    url, count, person = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    ward = Ward(seed=person, now=MONDAY)
    for _ in range(count):
        command, until = ward.command(), monotonic() + PATIENCE
        while True:
            try:
                with closing(Ward.open(url, seed=f"{person} {ward.drawn}", now=MONDAY)) as desk:
                    done = desk.act(person, "patient measure", patient=PATIENT, weight="70kg", command=command)
            except (Unavailable, OutcomeUnknown) as error:
                if monotonic() > until:
                    raise
                sys.stderr.write(f"{person}: {type(error).__name__} {error.what}\n")
                PAUSE.wait(0.05)
            else:
                sys.stdout.write(f"{command} {done.receipts[0].to_json()}\n")
                sys.stdout.flush()
                break


if __name__ == "__main__":
    main()
