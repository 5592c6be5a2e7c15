"""`make fuzz`: the readers of strangers' bytes under atheris, a fuzzer that sees which code each input reaches.

Needs atheris, which is no dependency of ours: it is not to be had for every Python. Without it nothing is run, and that
is said. Each reader gets its share of the seconds; what it raises but an error of ours ends the run with a trace.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 120
"""Seconds that all readers share when nothing else is asked for."""


def main(arguments: list[str]) -> int:
    """Run all readers, each in a process of its own, for so many seconds together; or one, by its number."""
    try:
        import atheris
    except ImportError as error:
        sys.stdout.write(f"NOT RUN: {error}; for some versions of Python: pip install atheris\n")
        return 0
    if arguments and arguments[0] == "--reader":
        return _one(atheris, int(arguments[1]), int(arguments[2]))
    from readers import READERS

    share = max(1, int(arguments[0] if arguments else SECONDS) // len(READERS))
    failed = []
    for number, reader in enumerate(READERS):
        sys.stdout.write(f"{reader.name}: {share} s\n")
        sys.stdout.flush()
        command = [sys.executable, __file__, "--reader", str(number), str(share)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            failed.append(reader.name)
            sys.stdout.write(f"{done.stdout}{done.stderr}\n")
    sys.stdout.write(f"failed: {', '.join(failed)}\n" if failed else "nothing but errors of ours came out\n")
    return 1 if failed else 0


def _one(atheris: object, number: int, seconds: int) -> int:
    with atheris.instrument_imports(include=["ledger"]):  # type: ignore[attr-defined]  # no stubs
        from readers import READERS

        from ledger.errors import DoseLedgerError
    reader = READERS[number]

    def tried(data: bytes) -> None:
        try:
            reader.call(data)
        except DoseLedgerError:
            return

    with tempfile.TemporaryDirectory(prefix="doseledger-fuzz-") as folder:
        for at, seed in enumerate(reader.seeds):
            (Path(folder) / str(at)).write_bytes(seed)
        options = [f"-max_total_time={seconds}", "-max_len=70000", f"-artifact_prefix={folder}/found-"]
        atheris.Setup(["fuzzing", *options, folder], tried)  # type: ignore[attr-defined]  # no stubs
        atheris.Fuzz()  # type: ignore[attr-defined]  # no stubs
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
