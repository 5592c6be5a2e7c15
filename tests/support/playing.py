"""Acts on one patient, each noted down plainly as it is done: the two records that the state machine compares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from acts import DRUG, PATIENT, ZONE, Ward
from plainly import Plain, Said, readings

LATE = timedelta(minutes=15)
EXPIRY = timedelta(hours=24)
USABLE = timedelta(hours=8)
AHEAD = timedelta(hours=72)


class Play:
    """A ward, and everything that was said about its patient."""

    def __init__(self, ward: Ward, said: Sequence[Said] = ()) -> None:
        self.ward = ward
        self.said = list(said)

    # --- noting --------------------------------------------------------------------------------------------------

    def note(self, kind: str, position: int, *, about: int | None = None, waits: bool = False, **what: object) -> int:
        """Note down an entry that was written; `at` among what it says is a correction's."""
        entry = self.ward.book.entry(position)
        said = Said(position, entry.id, kind, entry.occurred_at, entry.recorded_at, what, about, waits)
        self.said.append(said)
        return position

    def wrote(self, by: str, verb: str, *, wit: Sequence[str] = (), **options: object) -> int:
        """Do an act, every third one twice under its command id; gives the position of its newest entry."""
        command = self.ward.command()
        done = self.ward.act(by, verb, wit=wit, command=command, **options)
        if done.receipts[-1].position % 3 == 0:
            again = self.ward.act(by, verb, wit=wit, command=command, **options)
            assert (done.receipts, True) == (again.receipts, again.repeated)
        return done.receipts[-1].position

    @property
    def now(self) -> datetime:
        """The site's time, to the minute, as entries state it."""
        return self.ward.local.replace(second=0, microsecond=0)

    def plain(self) -> Plain:
        """What was said, as signed."""
        return Plain(self.said)

    def readings(self) -> list[Plain]:
        """Every reading that stands now."""
        return readings(self.said, self.ward.now)

    def said_at(self, position: int) -> Said:
        """What was said at a position."""
        return next(one for one in self.said if one.position == position)

    def places(self, *kinds: str) -> list[int]:
        """Where something of these kinds was said."""
        return [one.position for one in self.said if one.kind in kinds]

    # --- orders and doses ----------------------------------------------------------------------------------------

    def seen(self) -> tuple[str, ...]:
        """The open important findings."""
        return tuple(f.id for f in self.ward.file().open_important)

    def against_order(self, amount: Decimal, planned: datetime) -> set[str]:
        """The rules that refuse an order now."""
        now, found = self.ward.local, set()
        for plain in self.readings():
            found |= plain.against(amount, planned)
            found |= {"S-ORDER"} if plain.open_orders(now) else set()
        if planned > now + AHEAD or planned < now - LATE:
            found.add("S-ORDER")
        return found - set(self.plain().granted_rules(now))

    def order(self, amount: Decimal, planned: datetime, *, seen: Sequence[str] = ()) -> int:
        """Order a dose."""
        broken = set().union(*(p.against(amount, planned) for p in self.readings()))
        grants = self.plain().granted_rules(self.ward.local)
        position = self.wrote(
            "inv.1",
            "dose order",
            patient=PATIENT,
            drug=DRUG,
            amount=f"{amount}mg",
            seen=list(seen),
            **{"for": planned.isoformat(timespec="minutes")},
        )
        used = [entry for rule, entry in grants.items() if rule in broken]
        return self.note("order", position, amount=amount, planned=planned, expires=planned + EXPIRY, used=used)

    def prepare(self, order: int, amount: Decimal) -> None:
        """Check and release an order."""
        self.wrote("pharm.1", "dose pharmacy-check", order=f"#{order}")
        self.wrote("pharm.1", "dose release", order=f"#{order}", lot="A1", prepared=f"{amount}mg", wit=("pharm.2",))
        self.said_at(order).what |= {"prepared": amount, "diluted": self.now}

    def premedicate(self) -> int:
        """Give the whole set now."""
        return self.note("premed", self.wrote("nurse.1", "premed give", subject=PATIENT, set=True))

    def against_start(self, order: int) -> set[str]:
        """The rules that refuse the start of an order now."""
        what, now = self.said_at(order).what, self.ward.local
        plain = self.plain()
        if order not in plain.open_orders(datetime.min.replace(tzinfo=ZONE)):
            return {"S-ORDER"}
        found = {"S-ORDER"} if now > what["expires"] or "prepared" not in what else set()
        if "diluted" in what and now > what["diluted"] + USABLE:
            found.add("A-PREP")
        for reading in self.readings():
            found |= reading.against(what.get("prepared", what["amount"]), now, order=order)
            found |= reading.premedicated(now)
        own = {self.said_at(o).what["rule"] for o in what["used"]}
        return found - own - set(plain.granted_rules(now))

    def start(self, order: int) -> int:
        """Start a dose, two nurses at the bedside."""
        what, now = self.said_at(order).what, self.ward.local
        broken = set().union(
            *(p.against(what.get("prepared", what["amount"]), now, order=order) for p in self.readings())
        )
        used = [entry for rule, entry in self.plain().granted_rules(now).items() if rule in broken]
        position = self.wrote("nurse.1", "dose start", order=f"#{order}", wristband=PATIENT, wit=("nurse.2",))
        return self.note("start", position, order=order, prepared=what["prepared"], used=used)

    def end(self, dose: int, given: Decimal, *, aborted: bool = False) -> int:
        """Complete or abort a dose."""
        verb = "dose abort" if aborted else "dose complete"
        position = self.wrote("nurse.1", verb, dose=f"#{dose}", given=f"{given}mg")
        return self.note("end", position, about=dose, given=given)

    def record(self, amount: Decimal, started: datetime, *, day: bool = False) -> int:
        """Record the fact of a dose, with its time or only its day."""
        until = (started + timedelta(hours=2)).isoformat(timespec="minutes")
        when = (
            {"at": started.date().isoformat()} if day else {"at": started.isoformat(timespec="minutes"), "until": until}
        )
        position = self.wrote("nurse.1", "dose record", patient=PATIENT, drug=DRUG, given=f"{amount}mg", **when)
        return self.note("record", position, order=None, given=amount, day=day)

    # --- judgements ----------------------------------------------------------------------------------------------

    def tolerance(self, dose: int, worst: int, *, tolerated: bool) -> int:
        """Assess a dose."""
        plain = self.plain()
        given = next((one for one in plain.doses if one.position == dose), None)
        position = self.wrote(
            "inv.1", "tolerance assess", dose=f"#{dose}", worst=worst, tolerated="yes" if tolerated else "no"
        )
        named = [s.position for s in plain.linked(given, plain.named(given))] if given is not None else []
        return self.note("tolerance", position, about=dose, tolerated=tolerated, named=named)

    def toxicity(self, term: str, dose: int | None) -> int:
        """Report a toxicity."""
        linked = {} if dose is None else {"dose": f"#{dose}"}
        position = self.wrote("nurse.1", "toxicity report", patient=PATIENT, term=term, **linked)
        return self.note("toxicity", position, term=term, dose=dose)

    def grade(self, toxicity: int, grade: int) -> int:
        """Grade a toxicity."""
        position = self.wrote("inv.1", "toxicity grade", toxicity=f"#{toxicity}", grade=grade)
        return self.note("grade", position, about=toxicity, grade=grade)

    def regrade(self, toxicity: int, grade: int, *, approved: bool) -> int:
        """Change the latest grade; a lower one waits unless the principal investigator signs at once."""
        (sick,) = [s for s in self.plain().sicknesses if s.position == toxicity]
        latest = max(sick.grades, key=lambda first: (sick.grades[first][0], sick.grades[first][2]), default=None)
        lowers = latest is not None and grade < sick.grades[latest][3]
        wit = ("pi.1",) if approved and lowers else ()
        position = self.wrote("inv.1", "toxicity regrade", toxicity=f"#{toxicity}", grade=grade, wit=wit)
        return self.note("regrade", position, about=toxicity, graded=latest, grade=grade, waits=lowers and not approved)

    def resolve(self, toxicity: int) -> int:
        """Say that a toxicity is over."""
        position = self.wrote("inv.1", "toxicity resolve", toxicity=f"#{toxicity}")
        return self.note("resolve", position, about=toxicity, outcome="recovered")

    def hold(self, why: str) -> int:
        """Place a hold."""
        return self.note("hold", self.wrote("inv.1", "hold place", patient=PATIENT, drug=DRUG, why=why), why=why)

    def lift(self, hold: int) -> int:
        """Lift a hold."""
        return self.note("lift", self.wrote("inv.1", "hold lift", hold=f"#{hold}"), about=hold)

    def override(self, rule: str) -> int:
        """Let one dose pass a rule."""
        position = self.wrote(
            "pi.1", "override grant", patient=PATIENT, rule=rule, drug=DRUG, reason="clinical-judgement"
        )
        return self.note("override", position, rule=rule, until=self.now + EXPIRY)

    def cancel(self, order: int) -> int:
        """Withdraw an order."""
        return self.note("cancel", self.wrote("inv.1", "dose cancel", order=f"#{order}"), about=order)

    # --- amendments ----------------------------------------------------------------------------------------------

    def correct(self, place: int, *, given: Decimal | None = None, at: datetime | None = None, approved: bool) -> int:
        """Restate an amount or a time; either waits for a second signature."""
        head = self.plain().newest(self.said_at(place))
        options: dict[str, object] = {"set": [f"given={given}mg"]} if given is not None else {}
        options |= {"at": at.isoformat(timespec="minutes")} if at is not None else {}
        what = ({} if given is None else {"given": given}) | ({} if at is None else {"at": at})
        wit = ("pi.1",) if approved else ()
        position = self.wrote("nurse.1", "correct", entry=f"#{place}", reason="transcription", wit=wit, **options)
        before = head.what if head.kind == "correct" else {}
        waits = not approved
        return self.note("correct", position, about=head.position, waits=waits, **{**before, **what})

    def void(self, place: int, by: str, *, approved: bool) -> int:
        """Strike an entry; it waits unless the principal investigator signs at once."""
        wit = ("pi.1",) if approved else ()
        position = self.wrote(by, "void", entry=f"#{place}", reason="duplicate", wit=wit)
        return self.note("void", position, about=place, waits=not approved)

    def countersign(self, place: int) -> int:
        """Give the principal investigator's signature; later than 30 days it changes nothing."""
        position = self.wrote("pi.1", "countersign", entry=f"#{place}")
        said = self.said_at(place)
        if self.ward.book.entry(position).recorded_at - said.recorded <= timedelta(days=30):
            said.waits = False
        return position
