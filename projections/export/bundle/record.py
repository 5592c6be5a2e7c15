"""01-ledger: the record itself, whose keys signed it, and how its bytes are to be read."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import msgspec

from ledger import wire
from ledger.events.base import Payload
from ledger.events.registry import KINDS
from ledger.merkle.note import VerifierKey
from ledger.signing.header import Header
from projections.export.bundle.bag import Bag
from projections.export.bundle.scope import Scope
from projections.people import People, people
from projections.printed import View

FOLDER = "01-ledger"
FORMAT, SCHEMA, KEYS = f"{FOLDER}/FORMAT.md", f"{FOLDER}/entries.schema.json", f"{FOLDER}/keys.json"
PAGES = ("entry", "kinds", "log", "checkpoint", "verification", "anchors", "witness", "copy", "bundle")
"""The pages of the specification that FORMAT.md is made of, in their order."""
_DOCS = Path(__file__).parents[3] / "docs" / "spec"


class KeyHistory(View, frozen=True, kw_only=True):
    """Whose key was whose, with which roles and since which entry; `public` has every key by its id."""

    ledger: str
    origin: str
    log_key: str
    people: People
    public: dict[str, wire.Jwk]


def write(scope: Scope, bag: Bag) -> None:
    """Write what stands beside the copy: the specification, its schema, the history of the keys."""
    bag.put(FORMAT, _format())
    bag.put(SCHEMA, msgspec.json.format(msgspec.json.encode(_schema()), indent=2) + b"\n")
    bag.put(KEYS, msgspec.json.format(msgspec.json.encode(history(scope)), indent=2) + b"\n")


def history(scope: Scope) -> KeyHistory:
    """Give the history of the keys up to the head."""
    roster = scope.roster
    return KeyHistory(
        ledger=scope.ledger.id,
        origin=scope.ledger.log_keys.at(scope.size).origin,
        log_key=log_key(scope),
        people=people(scope.ledger, now=scope.as_of, known_at=scope.size),
        public={kid: key.jwk for kid, key in sorted({**roster.keys, **roster.devices}.items())},
    )


def log_key(scope: Scope) -> str:
    """Give the key of the log's checkpoints as verifiers take it (docs/spec/checkpoint.md)."""
    key = scope.ledger.log_keys.at(scope.size)
    return VerifierKey(name=key.origin, public=key.public).text()


def page(name: str) -> str:
    """Read one page of the specification: beside this module where installed, in docs/spec of a working copy."""
    installed = files(__package__).joinpath("spec", f"{name}.md")
    if installed.is_file():
        return installed.read_text(encoding="utf-8")
    return (_DOCS / f"{name}.md").read_text(encoding="utf-8")


def _format() -> bytes:
    """Join the pages; a link from one to another leads to its heading here."""
    titles = {name: page(name).partition("\n")[0].removeprefix("# ") for name in PAGES}
    parts = ["# The format of this copy\n\nWhat follows is the specification, enough to read and verify all of it.\n"]
    parts += [f"- [{title}](#{_anchor(title)})" for title in titles.values()]
    for name in PAGES:
        text = page(name)
        for other, title in titles.items():
            text = text.replace(f"]({other}.md)", f"](#{_anchor(title)})").replace(f"]({other}.md#", "](#")
        parts.append(f"\n---\n\n{text}")
    return ("\n".join(parts).rstrip() + "\n").encode()


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def _schema() -> dict[str, object]:
    """Give the JSON Schema of a line of entries.jsonl, of its payload, its headers and the body of every kind."""
    structs = [Payload, Header, *(row.struct for row in KINDS.values())]
    refs, found = msgspec.json.schema_components(structs, ref_template="#/$defs/{name}")
    parts = {name: _elsewhere(part) for name, part in found.items()}
    bodies = {name: ref["$ref"] for name, ref in zip(KINDS, refs[2:], strict=True)}
    encoded = {"type": "string", "contentEncoding": "base64url", "contentMediaType": "application/json"}
    signature = {
        "type": "object",
        "required": ["protected", "signature"],
        "additionalProperties": False,
        "properties": {"protected": {**encoded, "contentSchema": refs[1]}, "signature": {"type": "string"}},
    }
    entry = {
        "type": "object",
        "required": ["payload", "signatures"],
        "additionalProperties": False,
        "properties": {
            "payload": {**encoded, "contentSchema": refs[0]},
            "signatures": {"type": "array", "minItems": 1, "maxItems": 8, "items": signature},
        },
    }
    leaf = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    withheld = {
        "type": "object",
        "required": ["withheld"],
        "additionalProperties": False,
        "properties": {"withheld": leaf},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One line of entries.jsonl: an entry, or the leaf hash of a withheld one",
        "oneOf": [{"$ref": "#/$defs/entry"}, {"$ref": "#/$defs/withheld"}],
        "kinds": bodies,
        "$defs": {"entry": entry, "withheld": withheld, **parts},
    }


def _elsewhere(part: object) -> object:
    """Write patterns as JSON Schema has them: `^` and `$` for the Python marks of begin and end."""
    if isinstance(part, dict):
        return {
            name: value.replace(r"\A", "^").replace(r"\Z", "$")
            if name == "pattern" and isinstance(value, str)
            else _elsewhere(value)
            for name, value in part.items()
        }
    return [_elsewhere(one) for one in part] if isinstance(part, list) else part
