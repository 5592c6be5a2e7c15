"""09-verify/test-vectors: one good small copy, and copies of it with one thing changed, to try a verifier on.

The good one is of a made-up site and comes with the program. Whoever checks a bundle with a tool of his own
sees on these that the tool notices what it must notice.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files

from ledger.copies.form import BLOBS, CHECKPOINTS, ENTRIES, TEXTS
from projections.export.bundle.bag import Bag

FOLDER = "09-verify/test-vectors"
Files = dict[str, bytes]
"""The files of a copy by name."""


@dataclass(frozen=True)
class Vector:
    """A changed copy: what was changed, and the first bad entry that a verifier must name, by position."""

    name: str
    what: str
    first_bad: int
    change: Callable[[Files], Files]


def good() -> Files:
    """Read the good copy."""
    folder = files("projections.export.bundle").joinpath("vectors")
    found = {name: folder.joinpath(name).read_bytes() for name in (ENTRIES, TEXTS, CHECKPOINTS)}
    for blob in folder.joinpath(BLOBS).iterdir():
        found[f"{BLOBS}/{blob.name}"] = blob.read_bytes()
    return found


def write(bag: Bag) -> None:
    """Write the good copy, every changed one, and what each must give."""
    whole = good()
    for name, data in sorted(whole.items()):
        bag.put(f"{FOLDER}/good/{name}", data)
    for vector in VECTORS:
        for name, data in sorted(vector.change(dict(whole)).items()):
            bag.put(f"{FOLDER}/{vector.name}/{name}", data)
    bag.put(f"{FOLDER}/expected.json", (json.dumps(list(_expected()), indent=2) + "\n").encode())


def _expected() -> Iterator[dict[str, object]]:
    yield {"copy": "good", "what": "nothing is changed", "verdict": "self-consistent", "first_bad": None}
    for vector in VECTORS:
        yield {"copy": vector.name, "what": vector.what, "verdict": "failed", "first_bad": vector.first_bad}


def _lines(whole: Files) -> list[bytes]:
    return whole[ENTRIES].splitlines()


def _joined(whole: Files, lines: list[bytes], name: str = ENTRIES) -> Files:
    return {**whole, name: b"".join(line + b"\n" for line in lines)}


def _place(lines: list[bytes], kind: str) -> int:
    """Find the first entry of a kind."""
    return next(at for at, line in enumerate(lines) if f'"kind":"{kind}"'.encode() in _payload(line))


def _payload(line: bytes) -> bytes:
    return _decoded(json.loads(line)["payload"])


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _flipped(whole: Files) -> Files:
    lines = _lines(whole)
    at = _place(lines, "patient.measured/1")
    head, _, tail = lines[at].rpartition(b'"signature":"')
    lines[at] = head + b'"signature":"' + (b"B" if tail.startswith(b"A") else b"A") + tail[1:]
    return _joined(whole, lines)


def _rewritten(whole: Files) -> Files:
    lines = _lines(whole)
    at = _place(lines, "patient.measured/1")
    entry = json.loads(lines[at])
    entry["payload"] = _encoded(_decoded(entry["payload"]).replace(b'"weight_kg":"71.5"', b'"weight_kg":"17.5"'))
    lines[at] = json.dumps(entry, separators=(",", ":")).encode()
    return _joined(whole, lines)


def _resigned(whole: Files) -> Files:
    lines = _lines(whole)
    folder = files("projections.export.bundle").joinpath("vectors")
    lines[_place(lines, "patient.measured/1")] = folder.joinpath("re-signed.txt").read_bytes().rstrip(b"\n")
    return _joined(whole, lines)


def _revoked(whole: Files) -> Files:
    folder = files("projections.export.bundle").joinpath("vectors")
    return {
        **whole,
        ENTRIES: whole[ENTRIES] + folder.joinpath("revoked.txt").read_bytes(),
        CHECKPOINTS: whole[CHECKPOINTS] + folder.joinpath("revoked-head.txt").read_bytes(),
    }


def _dropped(whole: Files) -> Files:
    lines = _lines(whole)
    del lines[_place(lines, "consent.given/1")]
    return _joined(whole, lines)


def _swapped(whole: Files) -> Files:
    lines = _lines(whole)
    at = _place(lines, "consent.given/1")
    lines[at : at + 2] = lines[at + 1], lines[at]
    return _joined(whole, lines)


def _doubled(whole: Files) -> Files:
    lines = _lines(whole)
    at = _place(lines, "consent.given/1")
    return _joined(whole, [*lines[: at + 1], *lines[at:]])


def _cut(whole: Files) -> Files:
    return _joined(whole, _lines(whole)[:-1])


def _stubbed(whole: Files) -> Files:
    lines = _lines(whole)
    lines[_place(lines, "consent.given/1")] = json.dumps({"withheld": "0" * 64}, separators=(",", ":")).encode()
    return _joined(whole, lines)


def _texted(whole: Files) -> Files:
    return {**whole, TEXTS: whole[TEXTS].replace(b"a fictional guardian", b"another guardian")}


def _untexted(whole: Files) -> Files:
    return {**whole, TEXTS: b""}


def _headed(whole: Files) -> Files:
    notes = [json.loads(line) for line in whole[CHECKPOINTS].splitlines()]
    text, root = notes[-1]["note"], notes[-1]["note"].split("\n")[2]
    notes[-1]["note"] = text.replace(root, notes[-2]["note"].split("\n")[2])
    return _joined(whole, [json.dumps(note).encode() for note in notes], CHECKPOINTS)


def _blobbed(whole: Files) -> Files:
    name = min(name for name in whole if name.startswith(BLOBS))
    return {**whole, name: whole[name] + b"\n"}


VECTORS = (
    Vector("flipped-byte", "a byte of the signature under a weight", 7, _flipped),
    Vector("changed-weight", "a weight of 71.5 kg reads 17.5 kg", 7, _rewritten),
    Vector("re-signed", "the same, signed anew by a key that nobody enrolled", 7, _resigned),
    Vector("revoked-key", "a weight more, by a key after it was revoked, under a true head", 9, _revoked),
    Vector("dropped-entry", "the consent is left out", 6, _dropped),
    Vector("swapped-entries", "the consent and what follows it change places", 6, _swapped),
    Vector("doubled-entry", "the consent stands twice", 7, _doubled),
    Vector("cut-off", "the newest entry is left out", 7, _cut),
    Vector("false-stub", "the consent is withheld under a made-up hash", 6, _stubbed),
    Vector("changed-text", "the words of a text beside the record are others", 6, _texted),
    Vector("missing-text", "the texts beside the record are left out", 6, _untexted),
    Vector("changed-head", "the newest checkpoint has the root of the one before", 8, _headed),
    Vector("changed-pack", "the protocol pack has a byte more", 3, _blobbed),
)
