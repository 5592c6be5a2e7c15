"""The two verifiers side by side: a source as a folder of lines, and what each says of it."""

from __future__ import annotations

import json
from pathlib import Path

from forging import Forged

from ledger.verify import Outside, Report, verify_path
from projections.export.carried import verify as alone


def laid_out(source: Forged, folder: Path) -> Path:
    """The four files of a copy of whatever a forger made, with a checkpoint of every size."""
    (folder / "blobs").mkdir(parents=True)
    (folder / "entries.jsonl").write_bytes(b"".join(raw + b"\n" for raw in source.entries))
    texts = [
        {"commitment": name, "salt": salt.hex(), "text": text.decode()} for name, (salt, text) in source.texts.items()
    ]
    notes = [{"size": size, "note": note.decode()} for size, note in source.notes(1, source.size + 1)]
    for name, lines in (("texts.jsonl", texts), ("checkpoints.jsonl", notes)):
        (folder / name).write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    for digest, data in source.blobs.items():
        (folder / "blobs" / digest).write_bytes(data)
    return folder


Answer = tuple[str, tuple[int, str] | None, str, set[tuple[int | None, str, str]], set[tuple[int | None, str]]]
"""Verdict, position and code of the first bad entry, root, every finding, every notice."""


def of_the_program(path: Path, *, trusted: bytes | None = None) -> Answer:
    """What `doseledger verify` says of a copy."""
    report: Report = verify_path(path, outside=Outside(trusted=trusted), workers=1)
    found = [(f.position, f.level, f.code) for f in report.findings]
    notices = {(f.position, f.code) for f in report.notices if f.code != "zone"}
    return report.verdict, _first(found), report.root, set(found), notices


def of_the_file(path: Path, *, trusted: bytes | None = None) -> Answer:
    """What the file that travels with a copy says of it."""
    report = alone.verify(str(path), None, None, trusted)
    found = [(f["position"], f["level"], f["code"]) for f in report["findings"]]
    notices = {(f["position"], f["code"]) for f in report["notices"]}
    return report["verdict"], _first(found), report["root"], set(found), notices


def _first(found: list[tuple[int | None, str, str]]) -> tuple[int, str] | None:
    named = [(position, level, code) for position, level, code in found if position is not None]
    if not named:
        return None
    position, _, code = min(named, key=lambda one: one[:2])
    return position, code
