"""The step-up course worked out plainly from a list of what was said: what the state machine compares with the fold.

Written from DOMAIN's rules without looking at the fold: lists, loops and the demonstration pack's numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

STEPS = (Decimal(3), Decimal(10), Decimal(30))
MOST, GAP_DAYS, CAP_MG, PASSES = 12, 7, Decimal(90), Decimal("0.9")
REACTIONS = ("infusion-related-reaction", "fever")
DAY = timedelta(days=1)


@dataclass
class Said:
    """One entry: its place and name, what kind it is, when it happened, and what it says.

    `about` is the position of what it is about; `waits` says that a signature is lacking.
    """

    position: int
    id: str
    kind: str
    at: datetime
    recorded: datetime
    what: dict[str, object]
    about: int | None = None
    waits: bool = False

    @property
    def amends(self) -> bool:
        """Whether it changes another one."""
        return self.kind in ("correct", "void")


@dataclass
class Given:
    """One dose, as it counts."""

    position: int
    order: int | None
    at: datetime
    day: date
    step: Decimal
    amount: Decimal
    stands: str = "pending"


@dataclass
class Sickness:
    """One toxicity: its term, its link, and its grades by the position of the judgement they began with."""

    position: int
    term: str
    dose: int | None
    onset: datetime
    grades: dict[int, tuple[datetime, datetime, int, int]] = field(default_factory=dict)
    over: bool = False

    @property
    def worst(self) -> int:
        """The highest grade."""
        return max((grade for _, _, _, grade in self.grades.values()), default=0)

    @property
    def current(self) -> int:
        """The grade from the latest moment on."""
        return max(((since, place, grade) for since, _, place, grade in self.grades.values()), default=(0, 0, 0))[2]


class Plain:
    """One reading of what was said: amendments in `granted` count as if they were signed."""

    def __init__(self, said: Iterable[Said], granted: frozenset[int] = frozenset()) -> None:
        self.said = list(said)
        self.granted = granted
        order = {"order": 10, "cancel": 12, "start": 16, "record": 16, "end": 19, "toxicity": 20, "grade": 21}
        order |= {"regrade": 22, "tolerance": 25, "resolve": 26, "hold": 27, "lift": 28, "override": 9, "premed": 15}
        standing = [one for one in self.said if not one.amends and not self.struck(one) and self.signed(one)]
        told = [(self.when(one), order[one.kind], one.id, one, self.says(one)) for one in standing]
        self.told = sorted(told, key=lambda item: item[:3])
        self.sicknesses = self._sicknesses()
        self.doses = self._doses()

    # --- what counts ---------------------------------------------------------------------------------------------

    def signed(self, one: Said) -> bool:
        """Whether nothing is lacking that it needs to have an effect."""
        return not one.waits or one.position in self.granted

    def struck(self, one: Said) -> bool:
        """Whether a void in effect is about it."""
        return any(v.kind == "void" and v.about == one.position and self.effective(v) for v in self.said)

    def effective(self, one: Said) -> bool:
        """Whether an amendment is signed and not void itself."""
        return self.signed(one) and not self.struck(one)

    def restating(self, one: Said) -> list[Said]:
        """The corrections in effect of an entry, and of those."""
        direct = [c for c in self.said if c.kind == "correct" and c.about == one.position and self.effective(c)]
        return direct + [deeper for c in direct for deeper in self.restating(c)]

    def newest(self, one: Said) -> Said:
        """The entry, or its newest correction."""
        return max([one, *self.restating(one)], key=lambda each: each.position)

    def says(self, one: Said) -> dict[str, object]:
        """What the entry says as corrected."""
        return {**one.what, **self.newest(one).what}

    def when(self, one: Said) -> datetime:
        """When it happened, as corrected."""
        newest = self.newest(one)
        at = newest.what.get("at", one.at) if newest is not one else one.at
        if not one.what.get("day") or "at" in newest.what:
            return at
        naming = [each for each in self.said if one.position in (each.about, each.what.get("dose"))]
        return min([at, *(self.when(each) for each in naming if not each.amends and not self.struck(each))])

    def of(self, *kinds: str) -> list[tuple[datetime, Said, dict[str, object]]]:
        """What of these kinds counts, in clinical order."""
        return [(at, one, what) for at, _, _, one, what in self.told if one.kind in kinds]

    # --- toxicities ----------------------------------------------------------------------------------------------

    def _sicknesses(self) -> list[Sickness]:
        found: dict[int, Sickness] = {}
        for at, one, what in self.of("toxicity", "grade", "regrade", "resolve"):
            if one.kind == "toxicity":
                found[one.position] = Sickness(one.position, what["term"], what["dose"], at)
            elif one.about in found:
                self._judged(found[one.about], at, one, what)
        return list(found.values())

    @staticmethod
    def _judged(sick: Sickness, at: datetime, one: Said, what: dict[str, object]) -> None:
        if one.kind == "resolve":
            sick.over = sick.over or what["outcome"] == "recovered"
            return
        first = what.get("graded", one.position)
        since = sick.grades[first][0] if first in sick.grades else at
        sick.grades[first] = (since, at, one.position, what["grade"])

    def linked(self, dose: Given, named: Iterable[int] = ()) -> list[Sickness]:
        """The reactions that belong to a dose."""
        return [
            s
            for s in self.sicknesses
            if s.term in REACTIONS
            and (
                s.position in named
                or s.dose == dose.position
                or (s.dose is None and dose.at <= s.onset <= dose.at + DAY)
            )
        ]

    # --- doses ---------------------------------------------------------------------------------------------------

    def _doses(self) -> list[Given]:
        orders = {one.position: what for _, one, what in self.of("order")}
        found = []
        for at, one, what in self.of("start", "record"):
            ordered = orders[what["order"]]["amount"] if what["order"] is not None else None
            amount, prepared = what.get("given"), what.get("prepared")
            for _, end, ended in self.of("end"):
                amount = ended["given"] if end.about == one.position else amount
            amount = next(a for a in (amount, prepared, ordered) if a is not None)
            step = ordered if ordered is not None else step_of(prepared or amount)
            found.append(Given(one.position, what["order"], at, at.date(), step, amount))
        for dose in found:
            dose.stands = self._stands(dose)
        return found

    def _stands(self, dose: Given) -> str:
        judged = [(at, one, what) for at, one, what in self.of("tolerance") if one.about == dose.position]
        if not judged:
            return "pending"
        at, one, what = judged[-1]
        if not what["tolerated"]:
            return "not-tolerated"
        later = [
            grade
            for sick in self.linked(dose, what["named"])
            for _, judged_at, position, grade in sick.grades.values()
            if judged_at > at or position > one.position
        ]
        return "contradicted" if any(grade > 2 for grade in later) else "tolerated"

    # --- the course ----------------------------------------------------------------------------------------------

    def next_step(self, on: date) -> Decimal:
        """The step that the ladder gives on a day."""
        due, last = STEPS[0], None
        for dose in self.doses:
            if last is not None and (dose.day - last).days >= GAP_DAYS:
                due = STEPS[0]
            if dose.stands == "tolerated" and dose.amount >= dose.step * PASSES:
                due = next((s for s in STEPS if s > dose.step), STEPS[-1])
            else:
                due = min(due, dose.step)
            last = dose.day
        return STEPS[0] if self.lapsed(on) else due

    def lapsed(self, on: date) -> bool:
        """Whether the steps start again on a day."""
        return bool(self.doses) and (on - self.doses[-1].day).days >= GAP_DAYS

    def holds(self) -> list[tuple[str, bool]]:
        """The rules that hold the drug now, and whether for good."""
        lifted = {one.about for _, one, _ in self.of("lift")}
        rules = {"toxicity": "A-G34", "infection": "A-INFECT"}
        found = [
            (rules.get(what["why"], "A-HOLD"), False) for _, one, what in self.of("hold") if one.position not in lifted
        ]
        reactions = {s.position: s for dose in self.doses for s in self.linked(dose, self.named(dose))}
        for sick in reactions.values():
            if sick.worst >= 4:
                found.append(("A-G34", True))
            elif sick.worst >= 3 and not sick.over and sick.current > 1:
                found.append(("A-G34", False))
        return found

    def named(self, dose: Given) -> list[int]:
        """The toxicities that the newest judgement of a dose names."""
        judged = [what["named"] for _, one, what in self.of("tolerance") if one.about == dose.position]
        return judged[-1] if judged else []

    def open_orders(self, at: datetime) -> list[int]:
        """The orders that are neither done with nor expired."""
        gone = {one.about for _, one, _ in self.of("cancel")} | {
            what["order"] for _, _, what in self.of("start", "record")
        }
        return [one.position for _, one, what in self.of("order") if one.position not in gone and at <= what["expires"]]

    @property
    def total(self) -> Decimal:
        """Milligrams in all."""
        return sum((dose.amount for dose in self.doses), Decimal(0))

    def week(self, at: date) -> list[Given]:
        """The doses of the treatment week of a day."""
        if not self.doses:
            return []
        n = (at - self.doses[0].day).days // 7
        return [dose for dose in self.doses if (dose.day - self.doses[0].day).days // 7 == n]

    def weeks(self) -> list[Decimal]:
        """The total of each treatment week."""
        found: list[Decimal] = []
        for dose in self.doses:
            n = (dose.day - self.doses[0].day).days // 7
            found += [Decimal(0)] * (n + 1 - len(found))
            found[n] += dose.amount
        return found

    def granted_rules(self, now: datetime) -> dict[str, int]:
        """The rules that an unused override lets pass, with its entry."""
        gone = {one.about for _, one, _ in self.of("cancel")}
        used = {o for _, one, what in self.of("order", "start") if one.position not in gone for o in what["used"]}
        return {
            what["rule"]: one.position
            for _, one, what in self.of("override")
            if one.position not in used and now <= what["until"]
        }

    def premedicated(self, at: datetime) -> set[str]:
        """What is against the premedication of an infusion that starts at `at`; the whole set is given at once."""
        earlier = [dose.at for dose in self.doses if dose.at < at]
        since = max([*earlier[-1:], at - DAY])
        minutes = [(at - given) / timedelta(minutes=1) for given, _, _ in self.of("premed") if since <= given <= at]
        if not minutes:
            return {"A-PREMED"}
        return set() if any(30 <= each <= 120 for each in minutes) else {"A-PREMED-TIME"}

    def against(self, amount: Decimal, at: datetime, *, order: int | None = None) -> set[str]:
        """The rules that a dose planned for `at` would break; `order` is the one it fulfils."""
        found = {rule for rule, _ in self.holds()}
        others = [one for one in self.open_orders(at) if one != order]
        if len(self.doses) + len(others) >= MOST:
            found.add("A-COUNT")
        if amount > STEPS[-1]:
            found.add("A-MAX")
        if "contradicted" in {d.stands for d in self.doses} or "pending" in {d.stands for d in self.doses[-1:]}:
            found.add("A-TOLPEND")
        ordered = next((what["amount"] for _, one, what in self.of("order") if one.position == order), None)
        step = step_of(amount) if ordered is None else ordered
        exact = ordered is not None or amount == step or amount > STEPS[-1]
        if max(step, step_of(amount)) != self.next_step(at.date()) or not exact:
            found.add("A-GAP" if self.lapsed(at.date()) else "A-LADDER")
        if self._too_soon(step, at.date()):
            found.add("A-INTERVAL")
        if sum((d.amount for d in self.week(at.date())), Decimal(0)) + amount > CAP_MG:
            found.add("A-WEEK")
        return found

    def _too_soon(self, step: Decimal, on: date) -> bool:
        if any(dose.day == on for dose in self.doses):
            return True
        if not self.doses or step != STEPS[-1]:
            return False
        last = self.doses[-1]
        reached = last.amount >= STEPS[-1] * PASSES and last.stands == "tolerated"
        if reached and (on - last.day).days < 2:
            return True
        return len([d for d in self.week(on) if d.step == STEPS[-1]]) >= 3


def step_of(amount: Decimal) -> Decimal:
    """The step that an amount is: the smallest that it does not exceed by more than a tenth."""
    return next((step for step in STEPS if amount * PASSES <= step), STEPS[-1])


def readings(said: list[Said], now: datetime) -> list[Plain]:
    """The readings that stand: as signed, with everything that waits, and with each alone."""
    plain = Plain(said)
    waiting = [
        one.position for one in said if one.waits and not plain.struck(one) and now - one.recorded <= timedelta(days=30)
    ]
    granted = [frozenset(waiting)] if waiting else []
    granted += [frozenset({one}) for one in waiting] if len(waiting) > 1 else []
    return [plain, *(Plain(said, grant) for grant in granted)]
