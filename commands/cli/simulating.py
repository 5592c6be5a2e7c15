"""`doseledger simulate`: play a scenario file on a throw-away ledger and compare with what it expects."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from commands import simulate as room
from commands.cli import console, envelope
from commands.cli.options import Shared
from commands.cli.place import read_file
from ledger.book import Ledger
from ledger.errors import BadInput
from projections import accountability, audit, clocks, cohort, deviations, dosing, patient, people, queue, toxicity
from projections.find.found import Ask
from projections.find.queries import QUERIES
from projections.recompute import recompute
from projections.review import asked, signoff, trail


def simulate(
    shared: Shared,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The scenario, a TOML file; docs/spec/scenario.md has every key.")
    ],
    expand: Annotated[
        bool, typer.Option("--expand", help="Print the steps that its shorthands stand for, and run nothing.")
    ] = False,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="FOLDER", help="Keep the ledger in this folder.")
    ] = None,
) -> int:
    """Play a scenario with real signatures and a scripted clock. Exit 1 when anything differs from what it expects."""
    here = Path(file).parent
    script = read_file(file)

    def beside(name: str) -> bytes:
        return read_file(str(here / name))

    if expand:
        text = room.expand(script, read_file=beside)
        if shared.json:
            envelope.bare("simulate-expand", {"scenario": text})
        else:
            console.answer(text)
        return 0
    with tempfile.TemporaryDirectory(prefix="doseledger-") as temporary:
        work = Path(keep) if keep is not None else Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        result = room.run(script, read_file=beside, reads=READS, work=work)
        if shared.json:
            envelope.bare("simulate", result.data())
        else:
            _tell(result)
            if keep is not None:
                console.say(f"The ledger is {result.path}.")
    return 0 if result.ok else 1


def _tell(result: room.Result) -> None:
    for step in result.steps:
        done = step.done
        mark = "x" if step.differences else "v"
        rules = f" {', '.join(done.rules)}" if done.rules else ""
        entries = f" #{done.entries[-1]}" if done.entries else ""
        where = f" ({step.branch})" if step.branch else ""
        console.answer(
            f"{mark} {step.n:>3} {step.clock}  {step.by or '':<10} {step.do}{where}: {done.outcome}{rules}{entries}"
        )
        for difference in step.differences:
            console.answer(console.paint(f"      {difference}", "bad"))
    console.say(f"{result.title or 'Scenario'}: {len(result.steps)} steps, {result.entries} entries.")
    if result.ok:
        console.say("v Everything came out as expected.", "good")
    else:
        console.insist(f"x {len(result.differences)} differences:", "bad")
        for difference in result.differences:
            console.insist(f"  {difference}")


def _times(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: given[key] for key in ("now", "valid_at", "known_at") if key in given}


def _data(view: object) -> Any:  # noqa: ANN401 - JSON data
    return msgspec.to_builtins(view)


def _status(ledger: Ledger, given: Mapping[str, Any]) -> object:
    if "patient" not in given:
        return _data(patient.overview(ledger, **_times(given)))
    return _data(patient.status(ledger, given["patient"], **_times(given)))


def _todo(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(patient.todo(ledger, **_times(given)))


def _log(ledger: Ledger, given: Mapping[str, Any]) -> object:
    wanted = {key: given[key] for key in ("patient", "given", "since", "until", "person", "kind") if key in given}
    return {"rows": [_data(row) for row in audit.log(ledger, **wanted)]}


def _show(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(audit.show(ledger, ledger.find(given["entry"]), now=given["now"], known_at=given.get("known_at")))


def _timeline(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(audit.timeline(ledger, given["patient"], **_times(given)))


def _explain(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(audit.explain(ledger, ledger.find(given["entry"]), now=given["now"]))


def _deviations(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(deviations.deviations(ledger, **_times(given), **_of(given, "patient")))


def _reports(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(clocks.safety_reports(ledger, **_times(given), **_of(given, "patient")))


def _toxicity(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(toxicity.toxicity_table(ledger, **_times(given), **_of(given, "drug")))


def _signatures(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(queue.queue(ledger, **_times(given), **_of(given, "role")))


def _of(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


def _people(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(people.people(ledger, **_times(given)))


def _accountability(ledger: Ledger, given: Mapping[str, Any]) -> object:
    wanted = {key: given[key] for key in ("lot", "agent") if key in given}
    return _data(accountability.accountability(ledger, **_times(given), **wanted))


def _board(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(cohort.board(ledger, **_times(given)))


def _candidates(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(cohort.dlt_candidates(ledger, **_times(given)))


def _find(ledger: Ledger, given: Mapping[str, Any]) -> object:
    if given.get("query") not in QUERIES:
        raise BadInput("a read of `find` names its query", fix=f"one of: {', '.join(QUERIES)}")
    asked = Ask(**_times(given), **_of(given, "patient", "since", "followup"))
    return _data(QUERIES[given["query"]].answer(ledger, asked))


def _recompute(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(recompute(ledger, Ask(**_times(given), **_of(given, "patient")), given["drug"]))


def _dose_calc(ledger: Ledger, given: Mapping[str, Any]) -> object:
    day = int(given["day"]) if "day" in given else None
    return _data(dosing.calculation(ledger, given["patient"], day=day, **_times(given)))


def _signed(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(signoff.status(ledger, **_times(given), **_of(given, "patient")))


def _reviewed(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(trail.log(ledger, **_times(given), **_of(given, "patient")))


def _queries(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(asked.queries(ledger, **_times(given), **_of(given, "patient")))


def _locks(ledger: Ledger, given: Mapping[str, Any]) -> object:
    return _data(asked.locks(ledger, **_times(given), **_of(given, "patient")))


READS = {
    "signoff status": _signed,
    "review log": _reviewed,
    "query list": _queries,
    "lock list": _locks,
    "status": _status,
    "replay": _status,
    "todo": _todo,
    "log": _log,
    "show": _show,
    "timeline": _timeline,
    "explain": _explain,
    "person list": _people,
    "deviation list": _deviations,
    "safety-report list": _reports,
    "toxicity table": _toxicity,
    "todo --signatures": _signatures,
    "cohort show": _board,
    "dose calc": _dose_calc,
    "dlt candidates": _candidates,
    "accountability": _accountability,
    "find": _find,
    "recompute": _recompute,
}
"""The reading commands that a scenario may ask, each from its arguments to its JSON data."""
