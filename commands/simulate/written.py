"""A scenario written as one file: the files before it put in, every history opened into its real steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from commands.simulate import toml
from commands.simulate.reading import ReadFile, read
from commands.simulate.scenario import Person, Scenario, Step


def expand(scenario: bytes, *, read_file: ReadFile) -> str:
    """Write a scenario in full, stand-ins included; what is written runs as the original does."""
    whole = read(scenario, read_file)
    return "\n".join(
        (*_head(whole), *_tables("patients", whole.patients), *_tables("lots", whole.lots), *_steps(whole))
    )


def _head(scenario: Scenario) -> Iterator[str]:
    for name in ("title", "rules", "protocol", "dictionary", "zone", "site", "unset"):
        given = getattr(scenario, name)
        if given:
            yield f"{name} = {toml.value(given)}"
    if scenario.parameters:
        yield "\n[parameters]"
        yield from (f"{toml.key(name)} = {toml.value(text)}" for name, text in scenario.parameters.items())
    yield "\n[people]"
    yield from (f"{toml.key(name)} = {toml.value(_person(person))}" for name, person in scenario.people.items())


def _person(person: Person) -> object:
    said = {"role": person.role, "site": person.site, "from": person.since, "to": person.until}
    given = {key: value for key, value in said.items() if value is not None}
    return person.role if set(given) == {"role"} and isinstance(person.role, str) else given


def _tables(name: str, rows: tuple[msgspec.Struct, ...]) -> Iterator[str]:
    for row in rows:
        yield f"\n[[{name}]]"
        yield from _lines(msgspec.to_builtins(row))


def _steps(scenario: Scenario) -> Iterator[str]:
    for step in scenario.steps:
        yield f"\n[[steps]]  # {step.n}"
        yield from _lines(_step(step))
    yield ""


def _step(step: Step) -> dict[str, object]:
    return {
        "clock": step.clock,
        "by": step.by,
        "do": step.do,
        **step.options,
        "premeds": step.premeds,
        "with": step.with_ or None,
        "label": step.label,
        "part_of": step.part_of,
        "race": step.race,
        "fork": step.fork,
        "expect": step.expect or None,
        "expect_all": step.expect_all or None,
        "expect_race": step.expect_race or None,
    }


def _lines(row: Mapping[str, object]) -> Iterator[str]:
    return (f"{toml.key(name)} = {toml.value(given)}" for name, given in row.items() if given is not None)
