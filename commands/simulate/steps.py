"""Reads one step of a scenario: every key has a meaning, and a key that has none is BadInput."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time

from commands.simulate.scenario import Step, Table
from commands.verbs import COMMON, VERBS
from ledger.errors import BadInput

_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
_OWN = (
    "do",
    "by",
    "with",
    "witness",
    "clock",
    "label",
    "part_of",
    "premeds",
    "race",
    "fork",
    "expect",
    "expect_all",
    "expect_race",
)
_WITH_PREMEDS = ("dose record", "dose start")
EXPECT = (
    "outcome",
    "exit",
    "rule",
    "rules",
    "says",
    "absent",
    "attempt_kept",
    "entries_added",
    "pending",
    "rows",
    "due",
    "findings",
    "cleared",
)
"""What may be expected of any step; every other key is a dotted path into what the step gave."""
WRITTEN = ("position", "entry", "leaf", "winner", "attempt")
"""The paths into what a write gave."""
_TIMES = ("valid_at", "known_at", "known_before")
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "status": ("patient", *_TIMES),
    "replay": ("patient", *_TIMES),
    "timeline": ("patient", *_TIMES),
    "todo": _TIMES,
    "person list": _TIMES,
    "cohort show": _TIMES,
    "dose calc": ("patient", "day", *_TIMES),
    "dlt candidates": _TIMES,
    "accountability": ("lot", "agent", *_TIMES),
    "deviation list": ("patient", *_TIMES),
    "safety-report list": ("patient", *_TIMES),
    "toxicity table": ("drug", *_TIMES),
    "todo --signatures": ("role", *_TIMES),
    "log": ("patient", "given", "since", "until", "person", "kind"),
    "show": ("entry", "known_at", "known_before"),
    "explain": ("entry",),
    "find": ("query", "patient", "since", "followup", *_TIMES),
    "recompute": ("drug", "patient", *_TIMES),
    "signoff status": ("patient", *_TIMES),
    "review log": ("patient", *_TIMES),
    "query list": ("patient", *_TIMES),
    "lock list": ("patient", *_TIMES),
}
"""The read commands, and the arguments that each takes."""
EXPECT_RACE = ("accepted", "conflict", "refused", "exit", "names_winner", "gap_free")


def step_of(row: object) -> Step:
    """Read a step as TOML gives it; BadInput names the key that is wrong."""
    if not isinstance(row, dict) or not isinstance(row.get("do"), str):
        raise BadInput('a step is a table that says what to do: do = "dose record"')
    table = plain(row)
    step = Step(
        do=str(table["do"]),
        by=_text(table, "by"),
        with_=_names(table, "with") or _names(table, "witness"),
        clock=_text(table, "clock"),
        label=_text(table, "label"),
        part_of=_text(table, "part_of"),
        premeds=_text(table, "premeds"),
        race=_text(table, "race"),
        fork=_text(table, "fork"),
        expect=_table(table, "expect"),
        expect_all=_table(table, "expect_all"),
        expect_race=_table(table, "expect_race"),
        options={key: value for key, value in table.items() if key not in _OWN},
    )
    _check(step)
    return step


def _check(step: Step) -> None:
    for label in (step.label, step.part_of):
        if label is not None and not _LABEL.match(label):
            raise BadInput(f"{step.where}: {label!r} is not a label", fix="a letter, then letters, digits and hyphens")
    if step.do == "read":
        _check_read(step)
    elif step.do not in ("history", "cohort"):
        _check_write(step)


def _check_read(step: Step) -> None:
    command = step.options.get("command")
    if command not in ARGUMENTS:
        raise BadInput(f"there is no read command {command!r}", fix=f"command = one of: {', '.join(ARGUMENTS)}")
    for key in step.options:
        if key not in ("command", *ARGUMENTS[str(command)]):
            raise BadInput(f"{command} has no argument {key!r}", fix=f"one of: {', '.join(ARGUMENTS[str(command)])}")
    if step.with_ or step.premeds is not None or step.expect_race:
        raise BadInput(f"{step.where}: a read has no signers, premedication or race of its own")


def _check_write(step: Step) -> None:
    verb = VERBS.get(step.do)
    if verb is None:
        raise BadInput(f"there is no command {step.do!r}", fix=f"read, history, or one of: {', '.join(VERBS)}")
    known = {option.name for option in (*verb.options, *COMMON)}
    for key in step.options:
        if key.replace("_", "-") not in known:
            raise BadInput(
                f"{step.where}: there is no key {key!r}", fix=f"one of: {', '.join((*_OWN, *sorted(known)))}"
            )
    for key in (*step.expect, *step.expect_all):
        if key.partition(".")[0] not in (*EXPECT, *WRITTEN):
            raise BadInput(
                f"{step.where}: {key!r} cannot be expected of a write", fix=f"one of: {', '.join((*EXPECT, *WRITTEN))}"
            )
    for key in step.expect_race:
        if key not in EXPECT_RACE:
            raise BadInput(
                f"{step.where}: {key!r} cannot be expected of a race", fix=f"one of: {', '.join(EXPECT_RACE)}"
            )
    if step.by is None:
        raise BadInput(f"{step.where}: nobody does it", fix='by = "nurse.1"')
    if step.premeds is not None and (step.do not in _WITH_PREMEDS or step.race is not None):
        raise BadInput(
            f"{step.where}: premeds stand only with {' and '.join(_WITH_PREMEDS)}, outside a race",
            fix="give them in a step of their own: premed give",
        )


def _text(table: Table, key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise BadInput(f"a step's {key!r} is a text, not {value!r}")
    return value


def _names(table: Table, key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadInput(f'a step\'s {key!r} names persons: {key} = ["pi.1"]')
    return tuple(names)


def _table(table: Table, key: str) -> Table:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise BadInput(f'a step\'s {key!r} is a table: {{ outcome = "accepted" }}')
    return dict(_flat(value, ""))


def _flat(table: Mapping[str, object], root: str) -> Iterable[tuple[str, object]]:
    """Join the keys of tables in tables by dots, as `[steps.expect]` with `alemtuzumab.counted = 1` reads."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{root}{key}.")
        else:
            yield f"{root}{key}", value


def plain(value: object) -> dict[str, object]:
    """Give a table with its dates and times as the texts that options are read from."""
    plain = _untimed(value)
    return plain if isinstance(plain, dict) else {}


def _untimed(value: object) -> object:
    """Write TOML's own dates and times as the texts that options are read from."""
    match value:
        case dict():
            return {key: _untimed(inner) for key, inner in value.items()}
        case list():
            return [_untimed(inner) for inner in value]
        case datetime() | time():
            return value.isoformat(timespec="minutes")
        case date():
            return value.isoformat()
        case _:
            return value
