"""W7: the processor time of one command, from its start to its end, as multiples of a bare interpreter's."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from measuring import Board, figure, rounds

SiteOf = Callable[[int], Path]
RUNS = 5
"""Starts in one round."""
pytestmark = pytest.mark.bench

_MAIN = "import sys; from commands.cli import main; sys.exit(main())"


def spent(*args: str) -> tuple[float, str]:
    """Milliseconds of processor time (user and system) of one child process, and what it wrote."""
    read, write = os.pipe()
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, *args],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_CLOSE, read)],
    )
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as pipe:
        said = pipe.read()
    _, code, usage = os.wait4(pid, 0)
    assert 0 == os.waitstatus_to_exitcode(code), args
    return (usage.ru_utime + usage.ru_stime) * 1000, said


def starting(*args: str) -> Callable[[], float]:
    """The mean over a few starts, after one that compiles what must be compiled."""
    spent(*args)
    return lambda: sum(spent(*args)[0] for _ in range(RUNS)) / RUNS


def test_w7_processor_time_of_a_command(board: Board, site_of: SiteOf) -> None:
    """A command that is slow to start is kept open over lunch, unlocked, with a signing key in it."""
    path = str(site_of(1_000))
    commands = {
        "--version": ["--version"],
        "--help": ["--help"],
        "status P --json": ["status", "000003", "--json", "--ledger", path],
    }
    assert '"patient": "000003"' in spent("-c", _MAIN, *commands["status P --json"])[1]
    systems = {name: starting("-c", _MAIN, *args) for name, args in commands.items()}
    found = rounds({"bare": starting("-c", "pass"), **systems}, 7)
    goals = {"--help": "<= 8x", "status P --json": "<= 11x"}
    for name in commands:
        board.add(
            figure(
                "W7",
                f"doseledger {name}, CPU",
                ours=found[name],
                base=found["bare"],
                baseline="python -c pass",
                goal=goals.get(name, ""),
                faster=False,
            )
        )
