"""What a disk holds after a power cut: the system calls of a real writer, replayed without what was not yet forced.

`power.py LEDGER COUNT NAME SEED` writes entries and prints the receipt of each as soon as it is acknowledged. `traced`
runs it under strace and gives what it did in order; a `Disk` gives, for one moment of it, what could be found there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from minting import Site

from ledger.book import Ledger, Receipt
from ledger.errors import DoseLedgerError
from ledger.events.patient import PatientMeasured
from ledger.merkle import checkpoint, proof

SECTOR = 512
"""Bytes that a disk writes whole or not at all."""
CALLS = "openat,pwrite64,write,fdatasync,fsync,ftruncate,unlink,unlinkat,rename,renameat,renameat2,link,linkat"
_LINE = re.compile(r"(?P<call>\w+)\((?P<words>.*)\)\s+= (?P<result>-?\d+)")
_ON = re.compile(r'(?P<fd>\d+)<(?P<path>[^>]*)>(?:, "(?P<data>(?:\\x[0-9a-f]{2})*)", (?P<size>\d+)(?:, (?P<at>\d+))?)?')
_LENGTH = re.compile(r"\d+<(?P<path>[^>]*)>, (?P<size>\d+)")


@dataclass(frozen=True)
class Call:
    """One thing that was done: `write`, `sync`, `cut` (to a length), `unlink`, `say` (a receipt that was given out)."""

    what: str
    path: str = ""
    at: int = 0
    data: bytes = b""


def writer(ledger: str | Path, count: int, name: str = "nina", seed: str = "power") -> list[str]:
    """The words of a writer in a process of its own; `seed` makes what he draws his own."""
    return [sys.executable, __file__, str(ledger), str(count), name, seed]


def told(line: str | bytes) -> Receipt | None:
    """The receipt in a line of a writer; None where it is a refusal."""
    words = line.decode() if isinstance(line, bytes) else line
    return Receipt.from_json(words) if words.startswith("{") else None


def kept(book: Ledger, receipt: Receipt) -> bool:
    """Whether a receipt is true of a ledger: the entry stands there, under the same signed checkpoint."""
    if receipt.position >= book.size or book.entry(receipt.position).leaf != receipt.leaf:
        return False
    head, _ = checkpoint.parse(receipt.checkpoint)
    leaf = bytes.fromhex(receipt.leaf)
    proof.check_inclusion(leaf, receipt.position, head.size, receipt.proof, book.root_at(head.size))
    return book.checkpoint_at(head.size) == receipt.checkpoint


def traced(ledger: Path, count: int) -> list[Call]:
    """Let a writer write, and give what it did to the files beside the ledger, and what it said, in order."""
    trace = ledger.with_name("trace")
    command = ["strace", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o", str(trace)]
    done = subprocess.run([*command, *writer(ledger, count)], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    return [call for line in trace.read_text(encoding="ascii").splitlines() for call in _calls(line, str(ledger))]


def _calls(line: str, ledger: str) -> list[Call]:
    found = _LINE.match(line)
    if found is None or int(found["result"]) < 0:
        return []
    words = found["words"]
    match found["call"]:
        case "pwrite64" | "write":
            on = _ON.match(words)
            assert on is not None, line[:200]
            data = bytes.fromhex((on["data"] or "").replace("\\x", ""))
            if on["fd"] == "1":
                return [Call("say", data=data)]
            path = _plain(on["path"])
            return [Call("write", path, int(on["at"] or 0), data)] if path.startswith(ledger) else []
        case "fdatasync" | "fsync":
            on = _ON.match(words)
            path = _plain(on["path"]) if on else ""
            return [Call("sync", path)] if path.startswith(ledger) else []
        case "ftruncate":
            cut = _LENGTH.match(words)
            path = _plain(cut["path"]) if cut else ""
            return [Call("cut", path, int(cut["size"]) if cut else 0)] if path.startswith(ledger) else []
        case "unlink":
            path = bytes.fromhex(words.strip('"').replace("\\x", "")).decode()
            return [Call("unlink", path)] if path.startswith(ledger) else []
    return []


def _plain(path: str) -> str:
    """A path as strace writes it with -xx."""
    return bytes.fromhex(path.replace("\\x", "")).decode() if path.startswith("\\x") else path


@dataclass
class _File:
    """What is known of one file: what the disk surely holds, and what was done to it since it was last forced."""

    safe: bytes | None
    since: list[Call] = field(default_factory=list)

    def forced(self) -> None:
        self.safe, self.since = self._with(self.since), []

    def torn(self, chance: Random) -> bytes | None:
        """What the disk could hold: of what was not forced, some sectors of some calls."""
        kept: list[Call] = []
        for call in self.since:
            if call.what != "write":
                kept += [call] if chance.random() < 0.5 else []
                continue
            for start in range(0, len(call.data), SECTOR):
                if chance.random() < 0.6:
                    kept.append(Call("write", call.path, call.at + start, call.data[start : start + SECTOR]))
        chance.shuffle(kept)
        return self._with(kept) if kept or self.safe is not None else None

    def _with(self, calls: list[Call]) -> bytes | None:
        data = bytearray(self.safe or b"")
        gone = self.safe is None
        for call in calls:
            match call.what:
                case "write":
                    data.extend(bytes(max(0, call.at + len(call.data) - len(data))))
                    data[call.at : call.at + len(call.data)] = call.data
                    gone = False
                case "cut":
                    del data[call.at :]
                    data.extend(bytes(call.at - len(data)))
                    gone = False
                case "unlink":
                    data, gone = bytearray(), True
        return None if gone else bytes(data)


@dataclass
class Disk:
    """The files of a ledger as a disk holds them while calls are done to it."""

    files: dict[str, _File]

    @classmethod
    def of(cls, ledger: Path) -> Disk:
        """What lies there now, all of it forced long ago."""
        return cls({str(ledger): _File(ledger.read_bytes())})

    def do(self, call: Call) -> None:
        """Do one more."""
        if call.what == "say":
            return
        file = self.files.setdefault(call.path, _File(None))
        if call.what == "sync":
            file.forced()
        else:
            file.since.append(call)

    def image(self, folder: Path, chance: Random) -> None:
        """Put into a folder what could be found there after the power is back."""
        for path, file in self.files.items():
            data = file.torn(chance)
            if data is not None:
                (folder / Path(path).name).write_bytes(data)


def main() -> None:
    """Write, and say each receipt; say in one line what refuses, and end."""
    path, count, name, seed = sys.argv[1:]
    site = Site(Path(path) if path.startswith("/") else path, seed=seed, join=True)  # type: ignore[arg-type]
    store = site.book._store
    assert store is not None
    if path.startswith("/"):
        store.reader.all("PRAGMA wal_autocheckpoint=16")  # folded into the file several times on the way
    try:
        for i in range(int(count)):
            entry = site.write("patient/001-001", PatientMeasured(weight_kg=str(60 + i), height_cm=None), by=name)
            (receipt,) = site.book.receipts(entry.payload.command.id)
            os.write(1, receipt.to_json().encode() + b"\n")
        site.book.close()
    except DoseLedgerError as error:
        os.write(1, f"{type(error).__name__} {error.exit_code} {error.what}\n".encode())


if __name__ == "__main__":
    main()
