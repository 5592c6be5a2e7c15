"""The blocks of docs/spec/entry.md that are written from the program and from a released entry."""

from __future__ import annotations

import json
import re
from hashlib import sha256

import shapes

from ledger.signing.jws import parse, signing_input
from ledger.signing.meanings import TEXTS

EXAMPLE = "checked"


def filled(text: str) -> str:
    """The page with its blocks written anew; everything between them stays."""
    for name, block in {"grammars": _grammars, "meanings": _meanings, "lists": _lists, "example": _example}.items():
        pattern = rf"(?<=<!-- {name} -->\n).*?(?=<!-- end -->)"
        text = re.sub(pattern, lambda _, block=block: block(), text, count=1, flags=re.DOTALL)
    return re.sub(r"(?<=at position )\w+", str(_entry()["position"]), text)


def members(text: str, heading: str) -> list[str]:
    """The members in the first table under a heading."""
    table = text.partition(f"\n## {heading}\n")[2].partition("\n|")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)


def parts(text: str) -> dict[str, list[str]]:
    """The parts of envelope and header, with their members in the order of the page."""
    rows = re.findall(r"^\| `([A-Z]\w+)` \| (`[a-z_]+` .*) \|$", text, flags=re.MULTILINE)
    return {name: re.findall(r"(?:^|, )`([a-z_]+)` (?=[A-Z`t])", said) for name, said in rows}


def _grammars() -> str:
    rows, day = [], str(shapes.grammars()["Day"]["pattern"])[2:-2]
    for name, limits in shapes.grammars().items():
        if name == "Base64url":
            continue
        if "pattern" in limits:
            pattern = str(limits["pattern"])[2:-2]
            most = f"    max {limits['max_length']}" if "max_length" in limits else ""
            rows.append(f"    {name:<12} {pattern if name == 'Day' else pattern.replace(day, '<Day>')}{most}")
        else:
            rows.append(f"    {name:<12} a whole number, {limits['ge']} to {limits['le']}")
    return "\n".join(["", *rows, "", ""])


def _meanings() -> str:
    rows = [f"| `{code}` | {version} | {text} |" for (code, lang, version), text in TEXTS.items() if lang == "en"]
    return "\n".join(["", "| `code` | `version` | `text` (`en`) |", "|---|---|---|", *rows, "", ""])


def _lists() -> str:
    found: dict[str, object] = {}
    for name in ("payload", "protected header"):
        root = shapes.ROOTS[name]
        for struct in (root, *shapes.parts(root)):
            found |= shapes.words(struct)
    rows = [f"| `{name}` | {', '.join(f'`{word}`' for word in words)} |" for name, words in found.items()]
    return "\n".join(["", "| name | one of |", "|---|---|", *rows, "", ""])


def _entry() -> dict[str, object]:
    path = shapes.FROZEN.with_name("entries.json")
    return next(one for one in json.loads(path.read_text(encoding="utf-8")) if one["name"] == EXAMPLE)


def _example() -> str:
    entry = _entry()
    raw = str(entry["raw"]).encode()
    read = parse(raw)
    first = read.signatures[0]
    signed = signing_input(first.protected, read.payload)
    steps = [
        (f"**1** The payload, {len(read.payload)} bytes", read.payload.decode()),
        ("**2** Its SHA-256", sha256(read.payload).hexdigest()),
        (f"**3** The protected header, {len(first.protected)} bytes", first.protected.decode()),
        ("**4** Its SHA-256", sha256(first.protected).hexdigest()),
        (
            f"**5** The bytes that are signed, {len(signed)}: base64url of 3, a point, base64url of 1; their SHA-256",
            sha256(signed).hexdigest(),
        ),
        ("**6** The signature (Ed25519), hexadecimal", first.signature.hex()),
        (f"**7** The entry, {len(raw)} bytes, as it is stored", raw.decode()),
        ("**8** Its leaf hash, SHA-256(`00` || entry)", str(entry["leaf"])),
    ]
    return "\n" + "\n\n".join(f"{title}:\n\n    {value}" for title, value in steps) + "\n\n"
