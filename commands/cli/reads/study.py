"""`protocol show`, `protocol check` and `dictionary show`: what the study rests on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

import typer

from commands.cli import console, envelope, failing, rows
from commands.cli.options import Layout, Shared
from commands.cli.place import read_file
from commands.cli.session import reading
from ledger.course.dictionaries import in_force
from ledger.errors import BadInput, DoseLedgerError
from ledger.protocol.bundled import NAMES, bundled
from ledger.protocol.dictionary import load_dictionary
from ledger.protocol.model import Pack, load

Source = Annotated[
    str | None, typer.Argument(metavar="PACK", help="A bundled pack's name or a file; the pack in force when left out.")
]


@dataclass(frozen=True)
class ParameterRow:
    """One parameter of a pack; an unset one blocks the act that it is required for."""

    name: str
    value: str | None
    unit: str
    fictional: bool
    required_for: str
    source: str


def protocol_show(shared: Shared, layout: Layout, pack: Source = None) -> None:
    """Show a protocol pack: every parameter with its unit and source, what is unset, and what is made up."""
    found = _pack(shared, pack)
    parameters = [
        ParameterRow(
            one.name,
            None if one.value is None else _written(one.value),
            one.unit,
            one.fictional,
            one.required_for,
            one.source,
        )
        for one in found.parameters.values()
    ]
    if shared.json:
        envelope.bare("protocol-show", {**_head(found), "parameters": parameters})
        return
    if layout.format == "table":
        console.say(f"{found.id} {found.version}: {found.title}")
        console.say(f"digest {found.digest}")
        console.say(found.notice)
    rows.show(parameters, layout.format, columns=("name", "value", "unit", "fictional", "source"))


def protocol_check(
    shared: Shared, pack: Annotated[str, typer.Argument(metavar="PACK", help="A bundled pack's name or a file.")]
) -> int:
    """Check a protocol pack: what is wrong, unset or made up. Exit 1 when it cannot be activated."""
    found = _pack(shared, pack)
    missing = found.unset()
    problem: DoseLedgerError | None = None
    try:
        found.protocol()
    except DoseLedgerError as error:
        problem = error
    later = {
        one.name: one.required_for for one in found.parameters.values() if one.value is None and one.name not in missing
    }
    if shared.json:
        envelope.bare(
            "protocol-check",
            {**_head(found), "activates": problem is None, "unset": list(missing), "unset_for_later_acts": later},
        )
        return 0 if problem is None else 1
    console.answer(f"{found.id} {found.version}, digest {found.digest}")
    console.answer(
        "v It can be activated." if problem is None else f"x It cannot be activated: {failing.sentence(problem.what)}"
    )
    for name, act in later.items():
        console.answer(f"  unset: {name}; {act} will be refused (K-VALUE)")
    if found.fictional():
        console.answer(f"  FICTIONAL parameters: {', '.join(found.fictional())}")
    return 0 if problem is None else 1


def _head(pack: Pack) -> dict[str, object]:
    return {
        "id": pack.id,
        "version": pack.version,
        "title": pack.title,
        "registration": pack.registration,
        "digest": pack.digest,
        "notice": pack.notice,
        "fictional_parameters": list(pack.fictional()),
    }


def _pack(shared: Shared, name: str | None) -> Pack:
    if name is not None:
        return load(bundled(name) if name in NAMES else read_file(name))
    with reading(shared.ledger) as ledger:
        active = ledger.roster().protocol
        if active is None:
            raise BadInput(
                "no protocol pack is active in this ledger",
                fix=f"name one: {', '.join(sorted(n for n in NAMES if not n.startswith('ctcae')))}, or a file",
            )
        return load(ledger.blob(active.pack.digest))


def _written(value: object) -> str:
    if isinstance(value, tuple | list | frozenset | set):
        return ", ".join(_written(item) for item in value)
    if hasattr(value, "items"):
        return ", ".join(f"{key}: {_written(item)}" for key, item in value.items())
    if hasattr(value, "min_mg") and hasattr(value, "max_mg"):
        return f"{value.min_mg} to {value.max_mg}"
    return str(value)


@dataclass(frozen=True)
class TermRow:
    """One toxicity term with the grades that it has."""

    term: str
    printed: str
    grades: str
    aliases: str


def dictionary_show(
    shared: Shared,
    layout: Layout,
    term: Annotated[
        str | None,
        typer.Argument(metavar="TERM", help="One term or alias, with the words of its grades; all when left out."),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option("--version", metavar="5.0|6.0", help="A bundled version; the one in force when left out."),
    ] = None,
) -> None:
    """Show the toxicity terms and the grades that each of them has."""
    terms = load_dictionary(_dictionary(shared, version))
    if term is not None:
        one = terms.term(term)
        if shared.json:
            envelope.bare(
                "dictionary-show",
                {
                    "version": terms.version,
                    "term": one.name,
                    "printed": one.printed,
                    "grades": {str(grade): words for grade, words in one.words.items()},
                },
            )
            return
        console.answer(f"{one.printed} ({one.name}), CTCAE {terms.version}")
        for grade, words in sorted(one.words.items()):
            console.answer(f"  {grade}  {words}")
        return
    found = [
        TermRow(one.name, one.printed, " ".join(str(grade) for grade in one.grades), ", ".join(one.aliases))
        for one in terms.terms.values()
    ]
    if shared.json:
        envelope.bare("dictionary-show", {"version": terms.version, "digest": terms.digest, "terms": found})
        return
    rows.show(found, layout.format)


def _dictionary(shared: Shared, version: str | None) -> bytes:
    if version is not None:
        if not re.fullmatch(r"[0-9]+\.[0-9]+", version):
            raise BadInput(f"{version!r} is not a version", fix="for example --version 5.0")
        return bundled(f"ctcae-{version}")
    with reading(shared.ledger) as ledger:
        found = in_force(ledger.stream("study"))
        if not found:
            raise BadInput("no dictionary is in force in this ledger", fix="--version 5.0, or activate a protocol pack")
        return ledger.blob(found[-1][1].digest)
