"""The write commands, each made from its row of `commands.verbs`: options are written once."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import typer
from typer._click.core import Command, Context

from commands.cli import acting, console, envelope, failing, forcing, options, shown
from commands.cli.options import Shared, Signing
from commands.cli.session import Session, writing
from commands.options import Option
from commands.perform import Outcome
from commands.verbs import COMMON, VERBS, Verb
from ledger.errors import Changed, Conflict, DoseLedgerError, NotAllowed, Refused
from ledger.rules.finding import Finding

_UNIT = re.compile(r"(?:mg|mL|mL/h|kg|cm)\Z", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?\Z")


def leaf(name: str) -> Command:
    """Make the command of one verb."""
    verb = VERBS[name]
    rows = [*verb.options, *(row for row in COMMON if row.name not in {own.name for own in verb.options})]
    names = {f"o_{row.name.replace('-', '_')}": row for row in rows}

    def called(shared: Shared, signing: Signing, **given: object) -> int:
        said = {names[key].name: value for key, value in given.items() if value not in (None, False, [], ())}
        return _run(name, said, shared, signing)

    made = options.command(name, _signed(called, verb, names))
    made.parse_args = _joining(made)  # type: ignore[method-assign]
    if any(row.positional and row.name == "level" for row in verb.options):
        made.ignore_unknown_options = True  # the level -1 is no option
    return made


def _signed(called: Any, verb: Verb, names: dict[str, Option]) -> Any:  # noqa: ANN401 - the parser reads its signature
    own = [_parameter(key, row) for key, row in sorted(names.items(), key=lambda item: not item[1].positional)]
    kinds = inspect.Parameter.KEYWORD_ONLY
    bundles = [
        inspect.Parameter("shared", kinds, annotation=Shared),
        inspect.Parameter("signing", kinds, annotation=Signing),
    ]
    called.__signature__ = inspect.Signature([*own, *bundles])
    called.__doc__ = verb.help
    return called


def _parameter(key: str, row: Option) -> inspect.Parameter:
    kind: Any = bool if row.flag else list[str] if row.many else str
    complete: Any = {"autocompletion": lambda: list(row.choices)} if row.choices else {}
    metavar = None if row.flag else "|".join(row.choices) if row.choices and len(row.choices) < 7 else row.name.upper()
    words = row.help if not row.choices or len(row.choices) < 7 else f"{row.help} One of: {', '.join(row.choices)}."
    if row.positional:
        info = typer.Argument(metavar=row.name.upper(), help=words, show_default=False, **complete)
        default = inspect.Parameter.empty if row.required else None
        return inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, info], default=default)
    info = typer.Option(
        f"--{row.name}",
        metavar=metavar,
        help=words + (" [required]" if row.required else ""),
        show_default=False,
        **complete,
    )
    annotation = Annotated[kind, info] if row.flag else Annotated[kind | None, info]
    return inspect.Parameter(
        key, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=False if row.flag else None
    )


def _joining(command: Command) -> Any:  # noqa: ANN401 - bound over the parser's own method
    """Let an amount be one word or two: `10mg`, `10 mg`."""
    parse = command.parse_args

    def parse_args(ctx: Context, args: list[str]) -> list[str]:
        return parse(ctx, list(joined(args)))

    return parse_args


def joined(args: Iterable[str]) -> Iterable[str]:
    """Join a number and the unit that follows it."""
    held = ""
    for word in args:
        if held and _UNIT.match(word):
            yield f"{held}{word}"
            held = ""
            continue
        if held:
            yield held
        held = word if _NUMBER.match(word) else ""
        if not held:
            yield word
    if held:
        yield held


def _run(name: str, said: dict[str, object], shared: Shared, signing: Signing) -> int:
    with writing(shared.ledger) as session:
        try:
            doing = acting.begin(session, name, said, shared, signing)
            if signing.dry_run:
                return dry(doing, shared)
            before = session.ledger.size
            outcome = acting.do(doing)
        except (Refused, NotAllowed, Conflict) as error:
            if shared.json:
                refused(session, name, error)
            raise
        report(session, name, outcome, shared)
        forcing.after(session, before)
    return 0


def dry(doing: acting.Doing, shared: Shared) -> int:
    """Print what an act would sign; nothing is written."""
    planned = acting.planned_with_answers(doing)
    if shared.json:
        envelope.put("dry-run", doing.session.ledger, {"would_sign": shown.as_data(planned), "rules": []})
    else:
        console.answer(
            "\n".join(
                [
                    "Nothing is written. This would be signed; no rule refuses it:",
                    *shown.lines(planned, doing.said, doing.session.ledger),
                ]
            )
        )
    return 0


def report(session: Session, name: str, outcome: Outcome, shared: Shared) -> None:
    """Print the receipt of an act, and what it did to the findings."""
    if shared.json:
        first = outcome.receipts[-1]
        data = {
            "outcome": "accepted",
            "command": session.ledger.entry(first.position).payload.command.id,
            "position": first.position,
            "entry": first.id,
            "leaf": first.leaf,
            "rule": None,
            "rules": [],
            "winner": None,
            "attempt": None,
            "findings": [_finding(finding) for finding in outcome.raised],
            "cleared": [_finding(finding) for finding in outcome.cleared],
            "repeated": outcome.repeated,
            "receipt": msgspec.Raw(first.to_json().encode()),
            "receipts": [msgspec.Raw(receipt.to_json().encode()) for receipt in outcome.receipts],
        }
        envelope.put(_schema(name), session.ledger, data)
        return
    for receipt in outcome.receipts:
        entry = session.ledger.entry(receipt.position)
        before = " (stored before; nothing new was written)" if outcome.repeated else ""
        console.answer(
            f"v #{receipt.position}  {entry.kind}  {entry.stream}  {entry.payload.occurred.at}  "
            f"id {receipt.id[:8]}  leaf {receipt.leaf[:12]}{before}"
        )
    for finding in outcome.raised:
        console.say(
            f"  ! {finding.id} {finding.severity}{' (hindsight)' if finding.hindsight else ''}: "
            f"{failing.sentence(finding.text)}",
            "warn",
        )
    for finding in outcome.cleared:
        console.say(f"  - {finding.id} no longer stands.")


def refused(session: Session, name: str, error: DoseLedgerError) -> None:
    """Print the answer to a refused act as data; the words go to stderr."""
    rules = list(error.rules) if isinstance(error, Refused) else []
    data = {
        "outcome": "conflict" if isinstance(error, Conflict) else "refused",
        "command": None,
        "position": None,
        "entry": None,
        "leaf": None,
        "rule": rules[0] if rules else None,
        "rules": rules,
        "winner": error.winner if isinstance(error, Conflict) and not isinstance(error, Changed) else None,
        "attempt": error.attempt,
        "findings": [],
        "cleared": [],
        "repeated": False,
        "receipt": None,
        "receipts": [],
    }
    envelope.put(_schema(name), session.ledger, data)


def _schema(name: str) -> str:
    return name.replace(" ", "-")


@dataclass(frozen=True)
class FindingData:
    """A finding as programs read it."""

    id: str
    rule: str
    target: str
    severity: str
    hindsight: bool
    planned: bool
    acknowledged: bool
    text: str


def _finding(finding: Finding) -> FindingData:
    return FindingData(
        finding.id,
        finding.rule,
        f"entry {finding.position}",
        finding.severity,
        finding.hindsight,
        finding.planned,
        finding.acknowledged,
        finding.text,
    )
