"""The command line: it parses, calls and prints; what may be done is decided in the rooms below."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; nobody ever sees a traceback.

    `--version` and the list of commands are answered before any library of the terminal is loaded.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    light = "_DOSELEDGER_COMPLETE" not in os.environ
    if light and args == ["--version"]:
        from commands.cli.console import answer_alone
        from commands.cli.version import VERSION

        return answer_alone(f"doseledger {VERSION}")
    if light and (not args or args in (["--help"], ["-h"], ["help"])):
        from commands.cli.console import answer_alone
        from commands.cli.topics import overview

        return answer_alone(overview()) if args else answer_alone(overview(), code=2)
    from commands.cli.running import run

    return run(args)
