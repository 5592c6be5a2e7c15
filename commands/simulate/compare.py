"""Compares what came of a step with what the script expects; each difference is a sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from commands.simulate.result import Done, printed
from ledger.errors import BadInput
from ledger.rules.finding import RULES

_TARGET = re.compile(r"(?:entry |#)?(?P<position>[0-9]+)\Z")
_FINDING = ("rule", "severity", "target", "hindsight", "planned", "acknowledged", "count")
_NOT_ACCEPTED = ("outcome", "exit", "rule", "rules")
_MISSING = object()
LONGEST = 600
"""How much of the rows a sentence shows, in characters."""


def differences(expect: Mapping[str, object], done: Done) -> tuple[str, ...]:
    """List what is different; an outcome that is not named is expected to be `accepted`."""
    found: list[str] = []
    if not any(key in expect for key in _NOT_ACCEPTED) and done.outcome != "accepted":
        first = done.says.partition("\n")[0]
        found.append(f"expected outcome accepted, got {done.outcome} (exit {done.exit}): {first}")
    for key, wanted in expect.items():
        found += [f"{key}: {text}" for text in _one(key, wanted, done)]
    return tuple(found)


def _one(key: str, wanted: object, done: Done) -> Iterator[str]:
    match key:
        case "outcome" | "exit":
            yield from _text(wanted, getattr(done, key))
        case "rule":
            yield from _text(wanted, done.rules[0] if done.rules else None)
        case "rules":
            yield from _text(sorted(map(str, _list(wanted))), sorted(done.rules))
        case "says":
            yield from (f"{one!r} is not said" for one in _list(wanted) if str(one).lower() not in _said(done).lower())
        case "absent":
            yield from (f"{one!r} is there" for one in _list(wanted) if _there(str(one), done))
        case "attempt_kept":
            yield from _text(wanted, done.attempt is not None)
        case "entries_added":
            yield from _text(wanted, done.added)
        case "findings":
            yield from _findings(wanted, _found(done))
        case "cleared":
            yield from _findings(wanted, [printed(finding) for finding in done.cleared])
        case "pending":
            yield from _exactly(wanted, _rows(done.data, "pending"), ("entry",))
        case "due":
            yield from _among(wanted, _rows(done.data, "due"), ("rule", "what"))
        case "rows":
            rows = _rows(done.data, "rows")
            yield from _among(wanted, rows, ("kind", "rule", "why"))
            if not _list(wanted) and rows:
                yield f"expected no rows, got {len(rows)}"
        case _:
            yield from _path(key, wanted, done.data)


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else [value]


def text_of(value: object) -> str:
    """Write a value as it is compared: null, true, false, numbers and texts as they stand."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _same(wanted: object, actual: object) -> bool:
    match wanted:
        case dict():
            return isinstance(actual, Mapping) and all(
                _same(inner, _at(actual, name)) for name, inner in wanted.items()
            )
        case list() | tuple():
            return isinstance(actual, list | tuple) and len(wanted) == len(actual) and all(map(_same, wanted, actual))
        case _:
            return actual is not _MISSING and text_of(wanted) in (text_of(actual), f"#{text_of(actual)}")


def _text(wanted: object, actual: object) -> Iterator[str]:
    if not _same(wanted, actual):
        yield f"expected {text_of(wanted)}, got {text_of(actual)[:LONGEST]}"


def _at(data: object, path: str) -> object:
    """Follow a dotted path; what is below null is null too."""
    here = data
    for part in path.split("."):
        if here is None:
            return None
        if isinstance(here, Mapping) and part in here:
            here = here[part]
        elif isinstance(here, list | tuple) and part.isdigit() and int(part) < len(here):
            here = here[int(part)]
        else:
            return _MISSING
    return here


def _path(path: str, wanted: object, data: object) -> Iterator[str]:
    here = _at(data, path)
    if here is _MISSING:
        yield f"expected {text_of(wanted)}, but it is not there"
    else:
        yield from _text(wanted, here)


def _said(done: Done) -> str:
    if isinstance(done.data, Mapping) and not done.says and not done.raised:
        return json.dumps(done.data, ensure_ascii=False, default=str)
    return "\n".join((done.says, *(f"{finding.rule} {finding.text}" for finding in done.raised)))


def _there(one: str, done: Done) -> bool:
    if one in RULES:
        return one in done.rules or any(row.get("rule") == one for row in _found(done)) or one in done.says
    return one.lower() in _said(done).lower()


def _rows(data: object, name: str) -> list[object]:
    rows = data.get(name) if isinstance(data, Mapping) else data
    return list(rows) if isinstance(rows, list | tuple) else []


def _found(done: Done) -> list[Mapping[str, object]]:
    read = _rows(done.data, "findings") if isinstance(done.data, Mapping) and "findings" in done.data else None
    if read is not None:
        return [row for row in read if isinstance(row, Mapping)]
    return [printed(finding) for finding in done.raised]


def _findings(wanted: object, actual: list[Mapping[str, object]]) -> Iterator[str]:
    """Compare sets: every finding is expected by a row, the narrowest that fits; every row has one, or its `count`."""
    rows = sorted((_finding(row) for row in _list(wanted)), key=len, reverse=True)
    got = [0] * len(rows)
    for finding in actual:
        place = next((n for n, row in enumerate(rows) if _fits(row, finding)), None)
        if place is None:
            yield f"unexpected {finding['rule']} ({finding['severity']}) on {finding['target']}: {finding['text']}"
        else:
            got[place] += 1
    for row, count in zip(rows, got, strict=True):
        if count != int(str(row.get("count", max(1, count)))):
            yield f"expected {text_of(row)}, found {count}"


def _finding(row: object) -> Mapping[str, object]:
    if isinstance(row, str):
        return {"rule": row}
    if not isinstance(row, Mapping) or (unknown := [key for key in row if key not in _FINDING]):
        raise BadInput(
            f"a finding is expected as a rule id, or as a table of {', '.join(_FINDING)}", why=f"not {text_of(row)}"
        )
    _ = unknown
    return row


def _fits(row: Mapping[str, object], finding: Mapping[str, object]) -> bool:
    for key, wanted in row.items():
        if key == "count":
            continue
        if key == "target":
            named = _TARGET.match(str(wanted))
            if f"entry {named['position']}" != finding["target"] if named is not None else wanted != finding["target"]:
                return False
        elif not _same(wanted, finding.get(key, _MISSING)):
            return False
    return True


def _row_fits(wanted: object, row: object, names: tuple[str, ...]) -> bool:
    if isinstance(wanted, Mapping):
        return _same(wanted, row)
    if not isinstance(row, Mapping):
        return _same(wanted, row)
    return any(_same(wanted, row[name]) for name in names if name in row)


def _among(wanted: object, rows: list[object], names: tuple[str, ...]) -> Iterator[str]:
    left = list(rows)
    for one in _list(wanted):
        found = next((row for row in left if _row_fits(one, row, names)), _MISSING)
        if found is _MISSING:
            yield f"{text_of(one)} is not among {_short(one, rows, names)}"
        else:
            left.remove(found)


def _exactly(wanted: object, rows: list[object], names: tuple[str, ...]) -> Iterator[str]:
    yield from _among(wanted, rows, names)
    if len(_list(wanted)) < len(rows):
        yield f"expected {len(_list(wanted))}, got {len(rows)}: {_short(None, rows, names)}"


def _short(wanted: object, rows: list[object], names: tuple[str, ...]) -> str:
    """Write rows with only those fields that the comparison is about."""
    keys = tuple(wanted) if isinstance(wanted, Mapping) else names
    shown = [
        {key: found for key in keys if (found := _at(row, key)) is not _MISSING} if isinstance(row, Mapping) else row
        for row in rows
    ]
    text = text_of(shown)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
