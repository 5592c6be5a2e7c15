"""`doseledger give`: an ordered dose, step by step, for somebody at the bedside who picks and does not type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, get_args

import typer

from commands.cli import acting, console, envelope, keyring, moments, terminal, writing
from commands.cli.options import Shared, Signing
from commands.cli.session import Session
from commands.cli.session import writing as open_writing
from commands.perform import Outcome
from ledger.errors import Question
from ledger.events.dosing import StopCause
from projections import patient as project
from projections import people
from projections.card import DoseRow, OrderRow, Status
from projections.replay import numbers, window

KEYS: dict[str, moments.What] = {"i": "interrupt", "r": "resume", "c": "complete", "s": "abort"}
READY = ("checked", "released", "premedicated")


@dataclass(frozen=True)
class Choice:
    """One thing that can be done now: start an order, or go on with an infusion that runs."""

    patient: str
    order: OrderRow | None
    dose: DoseRow | None

    @property
    def words(self) -> str:
        """What the person picks from."""
        dose, order = self.dose, self.order
        if dose is not None:
            amount = f"{dose.drug} {dose.prepared_mg or dose.step_mg} mg"
            return f"{self.patient}  {amount}, {dose.status} since {dose.started_at} (#{dose.entry})"
        if order is None:
            return self.patient
        prepared = f"prepared {order.prepared_mg} mg of lot {order.lot}"
        return (
            f"{self.patient}  {order.drug} {order.ordered_mg} mg, planned {order.planned_start}, "
            f"{prepared} (#{order.entry})"
        )


@dataclass
class Giving:
    """One sitting at the terminal: who gives, and what was signed."""

    session: Session
    shared: Shared
    signing: Signing
    person: str
    signed: list[tuple[str, Outcome]]


def give(
    shared: Shared,
    patient: Annotated[str | None, typer.Argument(metavar="PATIENT", help="Only this patient.")] = None,
    passphrase_file: Annotated[
        list[str] | None,
        typer.Option(
            "--passphrase-file",
            metavar="[NAME=]PATH",
            help="A file that holds a passphrase, for rehearsals; repeatable.",
        ),
    ] = None,
) -> None:
    """Give an ordered dose: pick it, read it back, start it with a witness; pause, end or stop it by one key."""
    if not terminal.present():
        raise Question(
            "giving is a conversation",
            why="there is no terminal",
            fix="doseledger dose start, dose interrupt, dose complete, dose abort",
        )
    with open_writing(shared.ledger) as session:
        giving = Giving(session, shared, Signing(yes=True, passphrase_file=passphrase_file), keyring.who(shared.me), [])
        acting.send_waiting(session)
        choice = _picked(giving, patient)
        if choice is not None:
            dose = choice.dose or _start(giving, choice)
            if dose is not None:
                _run(giving, choice.patient, dose.entry)
        if shared.json:
            envelope.put(
                "give",
                session.ledger,
                {
                    "acts": [
                        {"act": name, "position": out.receipts[-1].position, "entry": out.receipts[-1].id}
                        for name, out in giving.signed
                    ]
                },
            )


def _cards(giving: Giving) -> Iterator[Status]:
    ledger, now = giving.session.ledger, giving.session.local_now()
    for number in numbers(ledger, window(ledger, now=now)):
        yield project.status(ledger, number, now=now)


def _picked(giving: Giving, patient: str | None) -> Choice | None:
    """List what can be done and what is not ready; ask for a number."""
    choices: list[Choice] = []
    for card in _cards(giving):
        if patient not in (None, card.patient):
            continue
        choices += [
            Choice(card.patient, None, dose) for dose in card.doses if dose.status in ("in-progress", "on-hold")
        ]
        choices += [
            Choice(card.patient, order, None) for order in card.orders if all(getattr(order, name) for name in READY)
        ]
        for order in card.orders:
            missing = [name for name in READY if not getattr(order, name)]
            if missing:
                console.insist(
                    f"  -  {card.patient}  {order.drug} {order.ordered_mg} mg (#{order.entry}): "
                    f"not yet {', '.join(missing)}"
                )
    if not choices:
        console.insist("No ordered dose can be given now.")
        return None
    return choices[terminal.choose("Which", [choice.words for choice in choices], option="dose start")]


def _start(giving: Giving, choice: Choice) -> DoseRow | None:
    order = choice.order
    if order is None:
        return None
    for label, value in (
        ("patient", choice.patient),
        ("drug", order.drug),
        ("amount", f"{order.prepared_mg} mg prepared, {order.ordered_mg} mg ordered"),
        ("planned", order.planned_start),
        ("lot", order.lot),
        ("ordered by", order.prescriber),
    ):
        console.insist(f"    {label:<11} {value}")
    wristband = terminal.ask("Scan or type the wristband:", option="--wristband")
    second = ("dob", "enrolment-number")[
        terminal.choose("Second identifier compared", ("date of birth", "enrolment number"), option="--second-id")
    ]
    witness = _witness(giving)
    giving.signing = replace(giving.signing, witness=[witness])
    outcome = _act(giving, "dose start", {"order": f"#{order.entry}", "wristband": wristband, "second-id": second})
    giving.signing = replace(giving.signing, witness=None)
    return next(
        (dose for dose in _card(giving, choice.patient).doses if dose.entry == outcome.receipts[-1].position), None
    )


def _witness(giving: Giving) -> str:
    ledger, now = giving.session.ledger, giving.session.local_now()
    rows = people.who_may(ledger, "infusion.started", now=now).signatures[-1].persons
    able = [row for row in rows if row.may and row.person != giving.person]
    if not able:
        raise Question(
            "nobody else may check at the bedside now",
            why="a start needs a second person's signature",
            fix="see: doseledger who-may dose start",
        )
    return able[
        terminal.choose(
            "Who checks with you", [f"{row.name} ({row.person}), {row.role}" for row in able], option="--witness NAME"
        )
    ].person


def _card(giving: Giving, patient: str) -> Status:
    return project.status(giving.session.ledger, patient, now=giving.session.local_now())


def _run(giving: Giving, patient: str, entry: int) -> None:
    """Wait for a key; its time is saved at once, the act is signed when hands are free."""
    ledger_id = giving.session.ledger.id
    while True:
        dose = next(row for row in _card(giving, patient).doses if row.entry == entry)
        if dose.status not in ("in-progress", "on-hold"):
            break
        moment = moments.saved(ledger_id, entry)
        if moment is not None:
            console.insist(f"  {moment.what} at {moment.at} is saved and not yet signed.", "warn")
        else:
            pause = "r resume" if dose.status == "on-hold" else "i interrupt"
            console.insist(
                f"  #{entry} {dose.status}.  Keys:  {pause}   c complete   s STOP for good   q leave it running"
            )
            key = terminal.key("icsrq")
            if key == "q":
                console.insist("  It runs on; doseledger give comes back to it.")
                return
            moment = moments.save(ledger_id, entry, KEYS[key], giving.session.local_now())
            console.insist(f"  {moment.what} at {moment.at}: saved.")
        _sign(giving, moment)
        moments.done(ledger_id, entry)
    _after(giving, patient)


def _sign(giving: Giving, moment: moments.Moment) -> None:
    said: dict[str, object] = {"dose": f"#{moment.dose}"}
    if moment.what in ("interrupt", "abort"):
        causes = get_args(StopCause)
        said["why"] = causes[terminal.choose("Why", causes, option="--why")]
    if moment.what in ("complete", "abort"):
        said["ended"] = moment.at
        said["given"] = (
            "all"
            if moment.what == "complete" and terminal.agree("Was all of it given?", option="--given")
            else terminal.ask("How much was given (60%, 5.94mg):", option="--given")
        )
    else:
        said["at"] = moment.at
    _act(giving, f"dose {moment.what}", said)


def _act(giving: Giving, name: str, said: Mapping[str, object]) -> Outcome:
    doing = acting.begin(giving.session, name, said, replace(giving.shared, me=giving.person), giving.signing)
    outcome = acting.do(doing)
    giving.signed.append((name, outcome))
    if not giving.shared.json:
        writing.report(giving.session, name, outcome, giving.shared)
    return outcome


def _after(giving: Giving, patient: str) -> None:
    console.insist("")
    console.insist(f"  v  DONE: {patient}", "good")
    for row in _card(giving, patient).due:
        console.insist(f"     next: {row.what}{f', by {row.due}' if row.due else ''}")
