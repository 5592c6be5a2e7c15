"""`doseledger demo`: play a trial site through, verify it, show every patient, and say what to try next."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from commands.cli import cards, clock, console, envelope, rows, trust
from commands.cli.demo import outside, shown
from commands.cli.demo.script import Script
from commands.cli.demo.staff import PASSPHRASE, SPONSOR, STAFF, keys_for
from commands.cli.demo.stage import Stage
from commands.cli.demo.story import LAST, write
from commands.cli.demo.tamper import Forged, forge
from commands.cli.installed import build
from commands.cli.options import Shared
from commands.cli.session import Session
from ledger.book import Ledger
from ledger.errors import Unavailable
from ledger.verify import Report, verify_path
from projections import patient as project

ZONE = "America/Los_Angeles"
NAME = "demo.ledger"
FORGED = "forged/forged.ledger"
LOOKED_BACK = "001-005"
DEVICE = "ward-1"
PICTURES = "pictures"
DOSSIER = "dossier.html"


def demo(
    shared: Shared,
    folder: Annotated[
        str,
        typer.Argument(metavar="FOLDER", help="Where to play; a play that is there is shown again, never overwritten."),
    ] = "demo",
    tamper: Annotated[
        bool,
        typer.Option("--tamper", help="Change one dose in a copy of the file and show that verify names the entry."),
    ] = False,
) -> int:
    """Play a trial site through on a training ledger: fictional people and parameters, labelled so; real signatures."""
    here = Path(folder)
    ledger = here / NAME
    played = not ledger.exists()
    if played:
        play(here, clock.now())
    else:
        console.say(f"{here} holds a play already; it is shown again. Another folder plays anew.")
    if tamper:
        return _tampered(shared, here)
    report = verify_path(str(ledger), outside=outside.held(here))
    if shared.json:
        with Ledger.open(str(ledger), read_only=True) as opened:
            data = {
                "folder": str(here),
                "played": played,
                "verify": report,
                "overview": project.overview(opened, now=clock.now()),
            }
            envelope.put("demo", opened, data)
        return report.exit_code
    drawn = _shown(here, ledger, report)
    _next(here, drawn)
    return report.exit_code


def play(here: Path, now: datetime) -> None:
    """Play the script into a new folder, which appears whole or not at all; the play ends a little before `now`."""
    if here.exists() and (not here.is_dir() or any(here.iterdir())):
        raise Unavailable(f"{here} is not empty and holds no play", fix="name another folder: doseledger demo FOLDER")
    here.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".demo-", dir=here.absolute().parent))
    try:
        _play(work, now)
        work.replace(here)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _play(work: Path, now: datetime) -> None:
    zone = ZoneInfo(ZONE)
    today = now.astimezone(zone)
    script = Script(today.date() - timedelta(days=LAST), zone)
    write(script)
    _order_for_now(script, today)
    people = (*STAFF, SPONSOR)
    signers = keys_for(work / "keys", people)
    stage = Stage(work / NAME, ZONE, signers, build(), script.moment(-8, "09:00"))
    with stage.founded(trial="nct00983528", site="001", device=DEVICE, witnesses=outside.named(work)) as ledger:
        console.say(f"A training ledger for NCT00983528 is made, signed by two registrars; its id is {ledger.id[:16]}…")
        post = stage.post(DEVICE)
        stage.enrol_staff(ledger, post, people)
        console.say("Eleven people ask for enrolment with their own keys; each enrolment is signed by both registrars.")
        stage.play(
            ledger,
            post,
            [step for step in script.in_order() if step.at.timestamp() <= today.timestamp()],
            lambda at, text: console.say(f"  {at:%Y-%m-%d %H:%M}  {text}"),
        )
        _outside(Session(ledger, replace(post, clock=clock.now)), work)


def _outside(session: Session, work: Path) -> None:
    """Show the head of the log outside, and take a backup of it: what a site does at the end of a week."""
    size = outside.printed(session, work)
    console.say(f"The head of {size} entries is printed on a page for the binder, with a QR code: {outside.PAGE}")
    one = outside.cosigned(session, work)
    console.say(
        f"The witness {one.witness} cosigns the head of {one.size} entries, by file, and learns no more than that."
    )
    size = outside.restored(session, work)
    console.say(f"A backup is made, {outside.BACKUP}, and restored beside it: {size} entries under the same root.")


def _order_for_now(script: Script, now: datetime) -> None:
    """Leave one dose of the last patient ordered, checked, released and premedicated, to be given by hand."""
    patient, label = "001-006", "001-006.2"

    def before(minutes: int) -> datetime:
        return (now.astimezone(UTC) - timedelta(minutes=minutes)).astimezone(now.tzinfo)

    script.at(
        before(75),
        "inv.1",
        "dose order",
        patient=patient,
        drug="alemtuzumab",
        amount="10mg",
        for_=before(-30).isoformat(timespec="minutes"),
        label=label,
        tell=f"{patient}: 10 mg is ordered for today, checked, released and premedicated; it waits for you.",
    )
    script.at(before(65), "pharm.1", "dose pharmacy-check", order=f"@{label}")
    script.at(
        before(55),
        "pharm.1+pharm.2",
        "dose release",
        order=f"@{label}",
        lot="DEMO-A1",
        prepared="9.9mg",
        waste="20.1mg",
    )
    premed = before(31).isoformat(timespec="minutes")
    script.at(before(30), "nurse.1", "premed give", subject=f"@{label}", set=True, at=premed)


def _shown(here: Path, path: Path, report: Report) -> tuple[Path, ...]:
    trust.tell(report, str(path))
    console.answer("")
    with Ledger.open(str(path), read_only=True) as ledger:
        now = clock.now()
        data = project.overview(ledger, now=now)
        console.answer("The patients now")
        columns = (
            "patient",
            "state",
            "course",
            "protocol_step_mg",
            "counted",
            "remaining",
            "last_started",
            "lapses_on",
            "open_important",
            "due",
        )
        rows.show(data.patients, "table", columns=columns, right=columns[3:6] + columns[8:])
        entries = ledger.stream(f"patient/{LOOKED_BACK}")
        correction = next(entry for entry in entries if entry.kind == "entry.corrected/1")
        console.answer("")
        console.answer(
            f"One patient as known when the correction #{correction.position} was written, "
            "not yet signed by the principal investigator"
        )
        cards.card(project.status(ledger, LOOKED_BACK, now=now, known_at=correction.position + 1))
        console.answer("")
        console.answer("The same patient now")
        cards.card(project.status(ledger, LOOKED_BACK, now=now))
        shown.trial(ledger, now)
        page = [here / outside.PAGE] if (here / outside.PAGE).exists() else []
        return shown.dossier(ledger, here / DOSSIER), *page, *shown.pictures(ledger, here / PICTURES, now)


def _next(here: Path, drawn: Sequence[Path]) -> None:
    for line in (
        "",
        "To open in a browser, first the dossier, which checks itself and needs no network:",
        *(f"  {path}" for path in drawn),
        "",
        "Try next:",
        f"  export DOSELEDGER_LEDGER={here / NAME} DOSELEDGER_KEYS={here / 'keys'}",
        "  doseledger status 001-002                 why 10 mg was repeated",
        "  doseledger log --patient 001-001 --given  twelve doses, then two cycles of five",
        "  doseledger timeline 001-005               a correction and a late entry in clinical order",
        "  doseledger dose calc 001-001              how the dose of clofarabine is worked out, factor by factor",
        "  doseledger cohort show --known-at 300     the cohort board while its windows were open",
        "  doseledger explain ENTRY                  what the rules say about an entry of the log",
        "  doseledger anchor status                  what was shown outside, and how much came later",
        f"  doseledger verify --witness {here / outside.PUBLIC}    by whom it is anchored",
        f"  doseledger give --as nurse.1              give the dose that waits (passphrase: {PASSPHRASE.decode()})",
        "  doseledger dose order 001-005 alemtuzumab 30 mg --for now --as inv.1",
        f"  doseledger demo {here} --tamper            change a dose in a copy of the file; verify names it",
    ):
        console.say(line)


def _tampered(shared: Shared, here: Path) -> int:
    forged = forge(here / NAME, here / FORGED)
    report = verify_path(str(forged.path))
    if shared.json:
        envelope.about(
            "demo-tamper",
            {"id": report.ledger, "size": report.entries, "root": report.root},
            {
                "entry": forged.position,
                "before": forged.before,
                "after": forged.after,
                "path": str(forged.path),
                "verify": report,
            },
        )
    else:
        _told(forged)
        trust.tell(report, str(forged.path))
    named = report.first_bad is not None and report.first_bad.position == forged.position
    console.say(
        "v verify names the entry that was changed." if named else "x verify does not name the entry that was changed!"
    )
    return 0 if named else 8


def _told(forged: Forged) -> None:
    console.answer(
        f"In a copy of the ledger file, {forged.path},\n"
        f"the amount of entry #{forged.position} is changed from {forged.before} to {forged.after},"
    )
    console.answer("as somebody with a hex editor could. The original is untouched. What verify says of the copy:")
