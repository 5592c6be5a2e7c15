"""`doseledger inspect`: a ledger file or a copy, opened to look at, with every command that reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands.cli import clock, console, envelope
from commands.cli.inspections import fingerprint, note
from commands.cli.options import Shared
from commands.cli.pinned import pinned
from commands.cli.tree import TREE, WRITES, leaves
from ledger.book import Ledger, shown
from ledger.copies import form_of
from ledger.errors import BadInput, DoseLedgerError, NotAllowed, Unavailable
from ledger.verify import Report, verify_path

if TYPE_CHECKING:  # the projections load only for an overview
    from projections.inspected import Inspected

_READING = frozenset({"verify", "export", "checkpoint", "proof", "certify-copy check", "report casebook"})
"""Words of commands, outside `commands.cli.reads`, that change no ledger."""


def readable() -> tuple[str, ...]:
    """Every command that runs behind `inspect`, sorted."""
    return tuple(sorted(name for name, module in leaves().items() if _reads(name, module)))


def inspect(
    shared: Shared,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A ledger file, a bundle, a dossier, a folder, or a URL.")
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND ...", help="A command that reads, with its options; an overview without one."),
    ] = None,
) -> int:
    """Look at a ledger file or a copy, with no key and no account: an overview, or any command that reads.

    Nothing is written beside the file; each look is noted in the state folder.
    """
    said = words or []
    if said and said[0].startswith("-"):
        return _run(["inspect", *said, file])
    if shared.ledger is not None:
        raise BadInput("inspect takes the file as its argument", fix="leave --ledger out")
    if said:
        _require_reading(said)
    before = fingerprint(file)
    note(file, before, said, clock.now())
    with pinned(file):
        code = _run([*said, *_manners(shared)]) if said else _overview(shared, file, before)
    if fingerprint(file) != before:
        console.insist(f"! {shown(file)} changed while it was looked at: somebody writes it", "warn")
    return code


inspect.parser_settings = {"allow_interspersed_args": False}  # type: ignore[attr-defined]  # read by options.command


def _run(args: list[str]) -> int:
    from commands.cli.running import call

    return call(args)


def _manners(shared: Shared) -> list[str]:
    """What was said before FILE about printing holds for the command too."""
    return [*(["--json"] if shared.json else []), *(["--quiet"] if shared.quiet else []), f"--color={shared.color}"]


def _reads(name: str, module: str) -> bool:
    return module != WRITES and (module.startswith("reads.") or bool({name, name.split(maxsplit=1)[0]} & _READING))


def _require_reading(said: list[str]) -> None:
    branch = TREE.get(said[0])
    if branch is None:
        raise BadInput(f"there is no command {said[0]}", fix="see: doseledger --help")
    if len(said) > 1 and said[1] in (branch.leaves or ()):
        name = " ".join(said[:2])
    elif branch.module or branch.leaves is None:
        name = said[0]
    else:
        raise BadInput(f"{said[0]} needs one of: {', '.join(branch.leaves)}")
    if name not in readable():
        raise NotAllowed(
            f"`{name}` is no command that only reads",
            why="an inspection changes nothing",
            fix="run it without inspect, on the ledger itself; what runs here: doseledger inspect FILE",
        )


def _overview(shared: Shared, file: str, before: dict[str, str]) -> int:
    from commands.cli.asof import reader
    from projections.inspected import inspected

    report = verify_path(file)
    try:
        with Ledger.open(file, read_only=True) as ledger:
            data = inspected(
                ledger,
                report,
                form=form_of(file) or "ledger",
                sha256=before.get("sha256", ""),
                commands=readable(),
                now=reader(ledger).now,
            )
            if shared.json:
                envelope.put("inspect", ledger, data)
            else:
                _tell(data, report)
    except DoseLedgerError as error:
        if shared.json or isinstance(error, Unavailable):  # where there is no ledger, there is no verdict on one
            raise
        from commands.cli.trust import tell

        tell(report, file)
        raise
    return report.exit_code


def _tell(data: Inspected, report: Report) -> None:
    good = report.exit_code == 0
    console.answer(console.paint(f"{data.trial}, site {data.site}, {data.purpose} ({data.form})", "bold"))
    for name, value in (
        ("file", data.file),
        ("sha256", data.sha256),
        ("ledger", report.ledger),
        ("root", report.root),
        ("as of", f"{data.as_of}, {data.entries} entries" + (f", {data.withheld} withheld" if data.withheld else "")),
        ("verdict", console.paint(f"{data.verdict}; {data.anchor}", "good" if good else "bad")),
        ("not checked", "; ".join(data.not_checked) or "nothing"),
        ("patients", ", ".join(data.patients) or "none"),
    ):
        console.answer(f"  {name:<12} {value}")
    if report.findings:
        console.answer(f"  x {len(report.findings)} findings: doseledger inspect {data.file} verify --all")
    console.answer("Entries")
    for row in data.kinds:
        console.answer(f"  {row.entries:>6}  {row.kind}")
    console.answer("People")
    for one in data.people:
        console.answer(f"  {one.person:<12} {one.name}, {one.organisation}: {', '.join(one.roles)}")
    console.answer(f"Open signatures: {len(data.signatures)}")
    for lacking in data.signatures:
        console.answer(f"  #{lacking.entry} {lacking.what}: {lacking.meaning} by {lacking.role}, {lacking.state}")
    console.say(f"Commands that run here: {', '.join(data.commands)}")
