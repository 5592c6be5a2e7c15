"""Reads a scenario file: every key has a meaning, and a key that has none is BadInput."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import replace

import msgspec
from msgspec import Struct

from commands.simulate import cast, cohorts, courses, labels
from commands.simulate.scenario import Lot, Patient, Person, Scenario, Step, Table
from commands.simulate.steps import plain, step_of
from commands.simulate.toml import value as toml_value
from ledger import wire
from ledger.errors import BadInput
from ledger.protocol.bundled import NAMES, bundled
from ledger.protocol.dictionary import load_dictionary
from ledger.protocol.model import load
from ledger.protocol.reading import FAMILY

ReadFile = Callable[[str], bytes]
DEEPEST = 8
"""How many files may stand behind each other in `before`."""


class _Head(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The top of a scenario file, as written."""

    title: str = ""
    rules: tuple[wire.RuleId, ...] = ()
    before: tuple[str, ...] = ()
    protocol: str | None = None
    dictionary: str | None = None
    zone: wire.Zone | None = None
    site: wire.Token | None = None
    unset: tuple[str, ...] = ()
    patients: tuple[Patient, ...] = ()
    lots: tuple[Lot, ...] = ()


class _Parts(Struct, frozen=True, kw_only=True):
    """One file with those before it, as read."""

    head: _Head
    parameters: dict[str, str]
    people: dict[str, Person]
    steps: tuple[Step, ...]


def read(data: bytes, read_file: ReadFile) -> Scenario:
    """Read a scenario and the files it names, histories opened; BadInput says which key is wrong."""
    parts = _parts(data, read_file, DEEPEST)
    head = parts.head
    protocol = head.protocol or "nct00983528-demo"
    terms = _dictionary(head.dictionary, read_file)
    parameters = dict(parts.parameters)
    if terms is not None:
        parameters["dictionary"] = load_dictionary(terms).version
    raw = bundled(protocol) if protocol in NAMES else read_file(protocol)
    pack = load(raw, overrides=parameters, unset=head.unset)
    scenario = Scenario(
        title=head.title,
        rules=head.rules,
        protocol=protocol,
        dictionary=head.dictionary,
        zone=head.zone or "UTC",
        site=head.site or "001",
        parameters=parts.parameters,
        unset=head.unset,
        people=parts.people,
        patients=head.patients,
        lots=head.lots,
        steps=parts.steps,
        pack=pack,
        terms=terms or bundled(f"ctcae-{pack.parameters['dictionary'].value}"),
    )
    _once("patient", (row.id for row in scenario.patients))
    _once("lot", (row.lot for row in scenario.lots))
    scenario = courses.opened(cohorts.opened(cast.staffed(scenario)))
    _once("label", (f"{step.fork or ''}:{step.label}" for step in scenario.steps if step.label is not None))
    numbered = tuple(replace(step, n=n) for n, step in enumerate(scenario.steps, 1))
    _declared(numbered)
    return replace(scenario, steps=numbered)


def _declared(steps: Iterable[Step]) -> None:
    """A label is named only behind the step that has it, and seen from a fork only if that step is not in another."""
    known: dict[str | None, set[str]] = {None: set()}
    for step in steps:
        here = known.setdefault(step.fork, set(known[None]))
        for label in labels.named(dict(step.options)):
            if label not in here:
                raise BadInput(
                    f"{step.where}: no step before it has the label {label!r}",
                    fix=f"known there: {', '.join(sorted(here)) or 'none'}",
                )
        here |= {label for label in (step.label, step.part_of) if label is not None}
        for label in labels.named(dict(step.expect)):
            if label not in here:
                raise BadInput(
                    f"{step.where}: no step up to it has the label {label!r}",
                    fix=f"known there: {', '.join(sorted(here)) or 'none'}",
                )


def _parts(data: bytes, read_file: ReadFile, deep: int) -> _Parts:
    try:
        document = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the scenario is not TOML: {error}") from error
    steps, cohort = document.pop("steps", []), document.pop("cohort", [])
    parameters, people = document.pop("parameters", {}), document.pop("people", {})
    if not isinstance(cohort, list) or not all(isinstance(row, dict) for row in cohort):
        raise BadInput("the scenario has [[cohort]], a list of tables")
    if not isinstance(steps, list) or not isinstance(parameters, dict) or not isinstance(people, dict):
        raise BadInput("the scenario has [[steps]], a list, and [parameters] and [people], tables")
    try:
        head = msgspec.convert(plain(document), _Head, strict=False)
        own = {name: _person(name, row) for name, row in people.items()}
    except msgspec.ValidationError as error:
        raise BadInput(f"the scenario: {error}", fix="see docs/spec/scenario.md for every key") from error
    this = _Parts(
        head=head,
        parameters=_parameters(parameters),
        people=own,
        steps=tuple(step_of(row) for row in (*map(cohorts.table, cohort), *steps)),
    )
    if head.before and not deep:
        raise BadInput("the files in `before` name each other without end")
    earlier = [_parts(read_file(name), read_file, deep - 1) for name in head.before]
    return _joined([*earlier, this])


def _joined(parts: list[_Parts]) -> _Parts:
    """Put files together: what the last one sets holds; people, patients, lots and steps of all."""
    last = parts[-1].head
    heads = [part.head for part in parts]
    chosen = {
        name: next((v for h in reversed(heads) if (v := getattr(h, name)) is not None), None)
        for name in ("protocol", "dictionary", "zone", "site")
    }
    head = msgspec.structs.replace(
        last,
        **chosen,
        unset=tuple(dict.fromkeys(name for one in heads for name in one.unset)),
        patients=_merged(heads, "patients"),
        lots=_merged(heads, "lots"),
    )
    return _Parts(
        head=head,
        parameters={name: text for part in parts for name, text in part.parameters.items()},
        people={name: person for part in parts for name, person in part.people.items()},
        steps=tuple(step for part in parts for step in part.steps),
    )


def _merged(heads: Iterable[_Head], name: str) -> tuple[Patient | Lot, ...]:
    """The rows of all files; the same row twice (two files with one file before them) is one row."""
    return tuple(dict.fromkeys(row for head in heads for row in getattr(head, name)))


def _person(name: str, row: object) -> Person:
    msgspec.convert(name, wire.Token)
    if not isinstance(row, dict):
        return Person(role=msgspec.convert(row, wire.Role))
    renamed = {{"from": "since", "to": "until"}.get(key, key): value for key, value in row.items()}
    return msgspec.convert(plain(renamed), Person, strict=False)


def _parameters(table: Table) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, given in table.items():
        if name == FAMILY and isinstance(given, dict):
            found |= {f"{FAMILY}.{agent}": toml_value(row) for agent, row in given.items()}
        else:
            found[name] = given if isinstance(given, str) else toml_value(given)
    return found


def _dictionary(named: str | None, read_file: ReadFile) -> bytes | None:
    if named is None:
        return None
    name = f"ctcae-{named}" if re.fullmatch(r"[0-9.]+", named) else named
    return bundled(name) if name in NAMES else read_file(name)


def _once(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadInput(
                f"the {what} {name.removeprefix(':')!r} stands twice in the scenario", fix="each has its own"
            )
        seen.add(name)
