"""Races: steps that are all read, decided and confirmed before the first is written, tried in every order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from commands.draft import Circumstances
from commands.perform import Plan
from commands.simulate.compare import text_of
from commands.simulate.doing import accepted
from commands.simulate.result import Done, failed
from commands.simulate.scenario import Step
from commands.simulate.stage import Stage
from ledger.errors import BadInput, DoseLedgerError

MOST = 4
"""How many steps may race: every order of them is played."""


@dataclass(frozen=True)
class _Runner:
    """A step that has been shown to its author, or what became of it already then."""

    step: Step
    persons: tuple[str, ...]
    said: Circumstances | None
    planned: Plan | None
    lost: Done | None


def orders(steps: Sequence[Step]) -> Iterator[tuple[Step, ...]]:
    """Give every order of the steps, the one as written last; BadInput for more than can be tried."""
    if len(steps) > MOST:
        raise BadInput(f"{len(steps)} steps race", why=f"every order is tried, so at most {MOST} may", fix="race fewer")
    every = list(permutations(steps))
    yield from (*every[1:], every[0])


def race(stage: Stage, order: Sequence[Step]) -> dict[int, Done]:
    """Show all steps in the order as written, then let them take the writer's turn in `order`; by number of step."""
    runners = {step.n: _shown(stage, step) for step in sorted(order, key=lambda step: step.n)}
    return {step.n: _written(stage, runners[step.n]) for step in order}


def differences(wanted: dict[str, object], stage: Stage, came: dict[int, Done]) -> tuple[str, ...]:
    """Compare what came of one order with `expect_race`."""
    ends = list(came.values())
    losers = [done for done in ends if done.exit]
    winners = {position for done in ends for position in done.entries}
    checks: dict[str, Callable[[], object]] = {
        "accepted": lambda: sum(done.outcome == "accepted" for done in ends),
        "conflict": lambda: sum(done.outcome == "conflict" for done in ends),
        "refused": lambda: sum(done.outcome == "refused" for done in ends),
        "exit": lambda: next(
            (done.exit for done in losers if done.exit != wanted["exit"]), wanted["exit"] if losers else 0
        ),
        "names_winner": lambda: bool(losers) and all(done.winner in winners for done in losers),
        "gap_free": lambda: (
            [position for position, _ in stage.ledger.raws()] == list(range(stage.ledger.size))
            and not any(stage.ledger.audit())
        ),
    }
    found = []
    for key, value in wanted.items():
        actual = checks[key]()
        if actual != value:
            found.append(f"expect_race.{key}: expected {text_of(value)}, got {text_of(actual)}")
    return tuple(found)


def _shown(stage: Stage, step: Step) -> _Runner:
    persons = (step.by or "", *step.with_)
    before = stage.ledger.size
    try:
        act, said = stage.build(step.do, stage.labels.options(step.options))
        return _Runner(step, persons, said, stage.plan(act, persons, said), None)
    except DoseLedgerError as error:
        return _Runner(step, persons, None, None, failed(error, added=stage.ledger.size - before))


def _written(stage: Stage, runner: _Runner) -> Done:
    if runner.planned is None or runner.said is None:
        return runner.lost or Done()
    before = stage.ledger.size
    try:
        return accepted(stage, stage.sign(runner.planned, runner.persons, runner.said), before)
    except DoseLedgerError as error:
        return failed(error, added=stage.ledger.size - before)
