"""The table of kinds inside the verifiers that travel with a copy: grammars, parts and kinds as plain lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import get_args

import shapes

from ledger import wire
from ledger.admission import amendment, enrolment
from ledger.course import needs
from ledger.events.body import REFERENCE_FIELDS
from ledger.events.predicate import COURSE, SLOTS
from ledger.events.registry import KINDS
from ledger.events.row import DATA, FACT, PHARMACY, PHYSICIANS, SITE, KindRow, Requirement
from ledger.signing.meanings import TEXTS

BEGIN, END = "# <table: written by `make docs`>\n", "# </table>\n"
WIDTH = 120
SETS: dict[str, frozenset[str]] = {
    "COURSE": COURSE,
    **{f"SLOTS_{family.upper()}": kinds for family, kinds in SLOTS},
}
"""Sets of kinds that several predicates name."""
ROLES: dict[str, frozenset[str]] = {"SITE": SITE, "PHYSICIANS": PHYSICIANS, "PHARMACY": PHARMACY, "DATA": DATA}
"""Roles that are named together, the widest first."""
_DAY = str(shapes.grammars()["Day"]["pattern"]).removeprefix(r"\A").removesuffix(r"\Z")


def filled(text: str) -> str:
    """The source of a verifier with the table between its marks written anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f'{before}{BEGIN}TABLE = r"""\n{table()}"""\n{END}{after}'


def table() -> str:
    """The whole table; a line that begins with `+` goes on with the one above."""
    return "".join(f"{wrapped}\n" for line in lines() for wrapped in _wrapped(line))


def lines() -> Iterator[str]:
    """One line for each grammar, list, sentence, set, part and kind."""
    for name, limits in shapes.grammars().items():
        if "pattern" in limits and name != "Base64url":
            pattern = str(limits["pattern"]).removeprefix(r"\A").removesuffix(r"\Z")
            most = limits.get("max_length", 0)
            yield f"grammar {name} {most} {pattern if name == 'Day' else pattern.replace(_DAY, '<Day>')}"
    yield f"range Count {shapes.grammars()['Count']['ge']} {shapes.grammars()['Count']['le']}"
    current = shapes.current()
    for name, words in current["words"].items():
        assert isinstance(words, list)
        yield f"{'range' if isinstance(words[0], int) else 'list'} {name} {' '.join(str(word) for word in words)}"
    for (code, lang, version), text in TEXTS.items():
        yield f"meaning {code} {lang} {version} {text}"
    for name, kinds in SETS.items():
        yield f"set {name} {' '.join(sorted(kinds))}"
    for name, roles in ROLES.items():
        yield f"set {name} {' '.join(_ordered(roles, wire.Role))}"
    yield f"set FACT {' '.join(_ordered(FACT, wire.Meaning))}"
    yield f"set OUTSIDE {' '.join(_ordered(enrolment._OUTSIDE, wire.Role))}"
    yield f"set OWN_ENDINGS {' '.join(sorted(amendment._OWN_ENDINGS))}"
    yield f"set REFERENCES {' '.join(sorted(REFERENCE_FIELDS))}"
    roots = {"Payload": "payload", "Header": "protected header", "KeyRequest": "key request"}
    parts = {**current["parts"], **{name: current["roots"][root] for name, root in roots.items()}}
    for name, members in parts.items():
        yield f"part {name} : {_members(members)}"
    for row in KINDS.values():
        yield _kind(row)


def _kind(row: KindRow) -> str:
    flags = [
        *(["fact"] if row.factual else []),
        *(["completed"] if row.completed else []),
        *(["graded"] if row.graded else []),
        *(["moved"] if row.struct in needs._MOVED else []),
        *([f"task={row.task}"] if row.task else []),
        *(f"by={_requirement(one)}" for one in row.signatures),
        *(f"after={family}:{_set(kinds)}" for family, kinds in row.conflicts),
        *([f"guards={','.join(needs._LOOSENS[row.struct])}"] if row.struct in needs._LOOSENS else []),
    ]
    return f"kind {row.name} {row.family} {' '.join(flags)} : {_members(shapes.fields(row.struct))}".rstrip()


def _requirement(one: Requirement) -> str:
    meanings = ["FACT"] if one.meanings == frozenset(FACT) else _ordered(one.meanings, wire.Meaning)
    left, roles = set(one.roles), list[str]()
    for name, group in ROLES.items():
        if group <= left:
            roles.append(name)
            left -= group
    return f"{','.join(meanings)}:{','.join([*roles, *_ordered(left, wire.Role)])}"


def _set(kinds: frozenset[str]) -> str:
    named = [name for name, same in SETS.items() if same == kinds]
    return named[0] if named else ",".join(sorted(kinds))


def _ordered(names: Iterable[str], literal: object) -> list[str]:
    held = set(names)
    return [name for name in get_args(literal) if name in held]


def _members(fields: dict[str, str] | object) -> str:
    assert isinstance(fields, dict)
    return " ".join(f"{name}:{_type(spelling)}" for name, spelling in fields.items())


def _type(spelling: str) -> str:
    """A type in the table's words; a spelling that has none fails here, not in a verifier."""
    if spelling.endswith(" | None"):
        return f"{_type(spelling.removesuffix(' | None'))}?"
    many = re.fullmatch(r"tuple\[(.*), \.\.\.\]", spelling)
    if many:
        return f"{_type(many[1])}*"
    bounded = re.fullmatch(r"Annotated\[(tuple\[.*\]), Meta\(min_length=(\d+), max_length=(\d+)\)\]", spelling)
    if bounded:
        return f"{_type(bounded[1])}{bounded[2]}-{bounded[3]}"
    span = re.fullmatch(r"Annotated\[int, Meta\(ge=(\d+), le=(\d+)\)\]", spelling)
    if span:
        return f"{span[1]}..{span[2]}"
    number = re.fullmatch(r"Literal\[(\d+)\]", spelling)
    if number:
        return f"{number[1]}..{number[1]}"
    words = re.fullmatch(r"Literal\[(.*)\]", spelling)
    if words:
        return "|".join(re.findall(r"['\"]([^'\"]+)['\"]", words[1])) + ("|" if "," not in words[1] else "")
    name = {"bool": "Bool", "msgspec.Raw": "Body"}.get(spelling, spelling.removeprefix("wire."))
    assert re.fullmatch(r"[A-Z]\w*", name), f"no word for the type {spelling}"
    return name


def _wrapped(line: str) -> Iterator[str]:
    """The line in pieces that fit; a piece is cut before a blank where there is one."""
    mark = ""
    while len(mark + line) > WIDTH:
        room = WIDTH - len(mark)
        cut = line.rfind(" ", 1, room + 1)
        cut = cut if cut > room // 2 else room
        yield mark + line[:cut]
        line, mark = line[cut:], "+"
    yield mark + line
