"""From options as text to an act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.draft import Circumstances
from commands.options import Option, Reading
from commands.perform import Act
from commands.verbs import cohort, cycle, dose, keys, patient, record, review, safety, site, supply
from commands.verbs.verb import COMMON, Verb
from ledger.errors import BadInput
from ledger.protocol.bundled import bundled
from ledger.protocol.model import load
from ledger.values import parse_amount, parse_number

VERBS: dict[str, Verb] = {
    verb.name: verb
    for rows in (
        site.ROWS,
        keys.ROWS,
        patient.ROWS,
        dose.ROWS,
        cycle.ROWS,
        safety.ROWS,
        cohort.ROWS,
        supply.ROWS,
        record.ROWS,
        review.ROWS,
    )
    for verb in rows
}
"""Every write command by its name."""


def build(name: str, given: Mapping[str, object], reading: Reading) -> tuple[Act, Circumstances]:
    """Build an act and what is said beside it from options as text, flags, lists or tables; BadInput says why not."""
    verb = VERBS.get(name)
    if verb is None:
        raise BadInput(f"there is no command {name!r}", fix=f"one of: {', '.join(VERBS)}")
    known = {option.name: option for option in (*COMMON, *verb.options)}
    common = {option.name for option in COMMON} - {option.name for option in verb.options}
    act, said = dict[str, Any](), dict[str, Any]()
    for key, value in given.items():
        option = known.get(key.replace("_", "-"))
        if option is None:
            raise BadInput(f"{name} has no option {key!r}", fix=f"one of: {', '.join(known)}")
        if value is None or value == () or value is False:
            continue
        (said if option.name in common else act)[option.target] = _read(option, value, reading)
    missing = [option for option in verb.options if option.required and option.target not in act]
    if missing:
        raise BadInput(f"{name} needs {', '.join(option.name for option in missing)}", fix=missing[0].help)
    _finish(name, act)
    if name == "protocol activate":
        act["dictionary"] = bundled(f"ctcae-{load(act['pack']).parameters['dictionary'].value}")
    return verb.act(**act), Circumstances(**said)


def _read(option: Option, value: object, reading: Reading) -> object:
    if option.many:
        items = (
            [f"{k}={v}" for k, v in value.items()]
            if isinstance(value, Mapping)
            else list(value)
            if isinstance(value, list | tuple)
            else [value]
        )
        return tuple(option.read(str(item), reading) for item in items)
    if isinstance(value, bool):
        return option.read("yes", reading)
    return option.read(str(value), reading)


def _finish(name: str, act: dict[str, Any]) -> None:
    """Open `--given all`, `--given 60%` and `--given 5.94mg`, which say the same thing in three ways."""
    if name not in ("dose complete", "dose abort") or "given" not in act:
        return
    said = act.pop("given").strip()
    if said == "all":
        act["all_given"] = True
    elif said.endswith("%"):
        act["percent"] = parse_number(said[:-1])
        if act["percent"] > 100:
            raise BadInput(f"{said} is more than all of it", fix="--given all")
    else:
        act["given_mg"] = parse_amount(said, "mg")
