"""Plays the steps of a scenario one after another, in forks and races too, and compares."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from commands.simulate import compare, doing, racing
from commands.simulate.doing import Read
from commands.simulate.founding import founded
from commands.simulate.homes import Folder, Home
from commands.simulate.labels import Labelled, NothingThere
from commands.simulate.reading import ReadFile, read
from commands.simulate.result import Done, Result, StepResult, together
from commands.simulate.scenario import NO_TABLE, Scenario, Step, Table
from commands.simulate.stage import Stage
from ledger.errors import BadInput
from ledger.verify import verify

SOFTWARE = "doseledger/simulation"
BUILD = "0" * 64


def run(
    scenario: bytes,
    *,
    read_file: ReadFile,
    reads: Mapping[str, Read],
    work: Path | Home,
    software: str = SOFTWARE,
    build: str = BUILD,
) -> Result:
    """Play a scenario on a new ledger and list every difference; BadInput when the script itself is wrong.

    `work` is a folder for the ledger, or what else keeps ledgers. `read_file` opens the files it names, `reads` answers
    its reads. The same bytes give the same ledger.
    """
    whole = read(scenario, read_file)
    seed = hashlib.sha256(scenario).digest()
    home = Folder(work) if isinstance(work, Path) else work
    stage = founded(whole, home.new(), software=software, build=build, read_file=read_file, seed=seed)
    player = _Player(whole, stage, reads, home)
    try:
        steps = tuple(player.play())
        found = [
            f"step {one.n} ({one.do}){f' in {one.branch}' if one.branch else ''}: {text}"
            for one in steps
            for text in one.differences
        ]
        return Result(
            title=whole.title,
            steps=steps,
            differences=(*found, *player.unsound()),
            path=stage.path,
            entries=stage.ledger.size,
        )
    finally:
        player.close()


class _Player:
    """The stages of one run: the main one, one for each fork, one for each other order of a race."""

    def __init__(self, scenario: Scenario, stage: Stage, reads: Mapping[str, Read], home: Home) -> None:
        self._scenario = scenario
        self._stages: dict[str | None, Stage] = {None: stage}
        self._reads = reads
        self._home = home
        self._parts: dict[tuple[str | None, str], tuple[Done, ...]] = {}

    def play(self) -> Iterator[StepResult]:
        """Play every step in its order."""
        for (race, fork), run in groupby(self._scenario.steps, key=lambda step: (step.race, step.fork)):
            steps = list(run)
            stage = self._stage(fork)
            if race is not None:
                yield from self._race(stage, race, steps)
            else:
                yield from (self._step(stage, step, fork) for step in steps)

    def unsound(self) -> Iterator[str]:
        """Verify every ledger that was written, from its bytes up."""
        for name, stage in self._stages.items():
            report = verify(stage.ledger)
            if not report.verdict.startswith("ok"):
                where = f" of {name}" if name is not None else ""
                yield f"the ledger{where} does not verify: {report.first_bad or report.findings}"

    def close(self) -> None:
        """Let go of every ledger."""
        for stage in self._stages.values():
            stage.ledger.close()

    def _stage(self, fork: str | None) -> Stage:
        if fork not in self._stages:
            self._stages[fork] = self._copy(self._stages[None])
        return self._stages[fork]

    def _copy(self, stage: Stage) -> Stage:
        return stage.copy(self._home.copy(stage.path))

    def _step(self, stage: Stage, step: Step, branch: str | None) -> StepResult:
        try:
            if step.clock is not None:
                stage.clock.put(stage.at(step.clock))
            done = (
                doing.read(stage, step, self._reads)
                if step.do == "read"
                else doing.write(stage, step, self._scenario.people)
            )
            result = _kept(stage, step, done, branch)
            return replace(result, differences=(*result.differences, *self._whole(stage, step, done)))
        except NothingThere as error:
            return _result(
                stage, step, Done(outcome="failed", exit=error.exit_code, says=error.what), branch, found=(error.what,)
            )
        except BadInput as error:
            raise BadInput(f"{step.where}: {error.what}", why=error.why, fix=error.fix) from error

    def _whole(self, stage: Stage, step: Step, done: Done) -> tuple[str, ...]:
        """Compare the steps of one `part_of` together where the last of them says what is expected of all."""
        if step.part_of is None:
            return ()
        parts = self._parts[step.fork, step.part_of] = (*self._parts.get((step.fork, step.part_of), ()), done)
        if not step.expect_all:
            return ()
        expect = {key: stage.labels.value(value) for key, value in step.expect_all.items()}
        return tuple(f"all of {step.part_of}: {text}" for text in compare.differences(expect, together(parts)))

    def _race(self, stage: Stage, tag: str, steps: Sequence[Step]) -> Iterator[StepResult]:
        """Play the writes of a race in every order, and its reads behind each; the order as written stays."""
        writes, looks = [step for step in steps if step.do != "read"], [step for step in steps if step.do == "read"]
        for step in steps:
            if step.clock is not None:
                stage.clock.put(stage.at(step.clock))
        wanted = {key: value for step in steps for key, value in step.expect_race.items()}
        for order in racing.orders(writes):
            last = list(order) == writes
            here = stage if last else self._copy(stage)
            branch = f"race {tag}: {', '.join(str(step.n) for step in order)}"
            self._stages[f"{branch} ({len(self._stages)})"] = here
            came = racing.race(here, order)
            whole = racing.differences(wanted, here, came)
            for place, step in enumerate(sorted(order, key=lambda one: one.n)):
                result = _kept(here, step, came[step.n], branch, judged=last)
                yield replace(result, differences=(*result.differences, *whole)) if place == 0 else result
            for step in looks:
                yield _kept(here, step, doing.read(here, step, self._reads), branch)


def _kept(stage: Stage, step: Step, done: Done, branch: str | None, *, judged: bool = True) -> StepResult:
    """Give the entries their labels and compare."""
    entries = done.entries if done.outcome == "accepted" else tuple(filter(None, (done.attempt,)))
    for label in dict.fromkeys((step.label, step.part_of)):
        if label is not None and entries:
            stage.labels.put(label, Labelled(entries, tuple(finding.id for finding in done.raised)))
    try:
        expect = {key: stage.labels.value(value) for key, value in step.expect.items()}
    except NothingThere as error:
        return _result(stage, step, done, branch, found=(*compare.differences({}, done), error.what))
    expect = expect if judged else {"outcome": done.outcome}
    return _result(stage, step, done, branch, expect=expect, found=compare.differences(expect, done))


def _result(
    stage: Stage, step: Step, done: Done, branch: str | None, *, found: tuple[str, ...], expect: Table = NO_TABLE
) -> StepResult:
    return StepResult(
        n=step.n,
        do=step.do if step.do != "read" else f"read {step.options['command']}",
        by=step.by,
        label=step.label,
        clock=stage.clock.now.isoformat(timespec="minutes"),
        branch=branch,
        expect=expect,
        done=done,
        differences=found,
    )
