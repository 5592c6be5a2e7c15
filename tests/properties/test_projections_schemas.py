"""The JSON that other programs read: one schema file for each output, generated, and real outputs against it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import get_type_hints

import bundles
import msgspec
import pytest
from acts import PATIENT, Ward, founded
from dosed import eventful, reviewed
from jsonschema import Draft202012Validator

from commands.cli import backups, moving, recovering, stamping, viewing
from commands.cli.anchoring import Standing
from ledger.anchors import paper as typed
from ledger.book import Ledger
from ledger.errors import Refused
from ledger.verify import Report
from ledger.verify.anchoring import Outside
from projections import (
    accountability,
    activity,
    alerts,
    anchors,
    audit,
    clocks,
    cohort,
    deviations,
    difference,
    dosing,
    heads,
    patient,
    people,
    proofs,
    queue,
    toxicity,
    witnesses,
)
from projections.card import Overview, Status, Todo
from projections.certificate import checking, paper
from projections.export import jsonl, report, tiles
from projections.export.audit import page, table
from projections.export.bundle.make import Bundled
from projections.export.casebook.making import Written, casebook
from projections.export.dossier import making
from projections.export.file import Made, new_file
from projections.export.odm import document
from projections.export.paper import making as binder
from projections.export.paper.making import PaperAnchor
from projections.find.found import Ask
from projections.find.queries import QUERIES
from projections.inspected import Inspected, inspected
from projections.recompute import Recomputed, recompute
from projections.review import asked, signoff, trail
from projections.trail import history, then
from projections.views import standing as views

FOLDER = Path(__file__).parents[2] / "docs" / "reference" / "json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
Golden = Callable[[Path, str], None]


class Rows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `log` puts its rows into."""

    rows: tuple[audit.LogRow, ...]


@dataclass(frozen=True)
class Output:
    """One `--json` output: its data, and how to make an example from a ledger."""

    data: type
    make: Callable[[Ward, Path], object]


EXPORTS = {
    "audit-csv": table.trail,
    "signatures-csv": table.signatures,
    "audit-html": lambda book, out: page.write(book, out, software="doseledger/0.1.0"),
    "odm": lambda book, out: document.write(book, out, software="doseledger/0.1.0"),
}
"""The exports that are one file, by their form."""


def exported(form: str) -> Callable[[Ward, Path], Made]:
    """Make an example of an export that is one file."""

    def make(ward: Ward, folder: Path) -> Made:
        with new_file(folder / "out") as sink:
            count = EXPORTS[form](ward.book, sink)
        root = ward.book.root().hex()
        return Made(file="out", size=ward.book.size, root=root, rows=count, digest=sink.digest)

    return make


def made(ward: Ward, folder: Path) -> making.Dossiers:
    """Make a dossier."""
    return making.Dossiers(made=(making.dossier(ward.book, folder / "dossier.html", software="doseledger/0.1.0"),))


def booked(ward: Ward, _: Path) -> Written:
    """A casebook as a file."""
    return casebook(ward.book, PATIENT, software="doseledger/0.1.0").written("book.html")


def question(name: str) -> Callable[[Ward, Path], object]:
    """Make an example of the answer to an inspector's question."""
    return lambda ward, _: QUERIES[name].answer(ward.book, Ask(now=ward.local, followup=name == "dlt"))


def attested(ward: Ward, folder: Path) -> paper.Certificate:
    """The certificate of a bundle."""
    with closing(bundles.beside(ward, folder)) as other:
        return bundles.certified(other, bundles.bundled(other.book, folder / "bundle"))


def checked(ward: Ward, folder: Path) -> checking.Checked:
    """The check of a copy with its certificate."""
    paper_of = attested(ward, folder)
    return checking.check(str(folder / "bundle"), paper_of, Outside())


def compared(ward: Ward, _: Path) -> heads.Compared:
    """Two heads of one history."""
    notes = ward.book.checkpoint_at(30), ward.book.checkpoint()
    return heads.compare(ward.book, *notes, heads.opener_of(heads.log_key(ward.book)))


def proof_checked(ward: Ward, _: Path) -> proofs.ProofChecked:
    """The check of a proof of an entry."""
    proof = proofs.prove(ward.book, amended(ward.book)).proof.encode()
    return proofs.check_entry(proof, heads.opener_of(heads.log_key(ward.book)), raw=None, ledger=ward.book)


def on_paper(ward: Ward, _: Path) -> PaperAnchor:
    """A page for the binder."""
    size, zone = ward.book.size, ward.local.tzinfo
    shown, _page = binder.page(
        ward.book, size, zone, printed_at="2026-01-12T08:00:00+01:00", software="doseledger 0.1.0"
    )
    return PaperAnchor(
        file=None,
        ledger=ward.book.id,
        size=size,
        root=shown.root,
        lines=typed.written(size, shown.root),
        at=shown.at,
        log_key=shown.log_key,
        recorded=None,
    )


COSIGNED = witnesses.CosignedHeads(
    quorum=1,
    reached=False,
    rows=(
        witnesses.CosignedHead(
            url="https://w.example",
            state="unavailable",
            why="it does not answer",
            witness=None,
            size=3,
            root="1f",
            at=None,
            entry=None,
        ),
    ),
)
"""One witness was asked and did not answer."""
OUTPUTS = {
    "status": Output(Status, lambda w, _: patient.status(w.book, PATIENT, now=w.local)),
    "overview": Output(Overview, lambda w, _: patient.overview(w.book, now=w.local)),
    "patient-list": Output(Overview, lambda w, _: patient.overview(w.book, now=w.local)),
    "todo": Output(Todo, lambda w, _: patient.todo(w.book, now=w.local)),
    "log": Output(Rows, lambda w, _: {"rows": list(audit.log(w.book, patient=PATIENT))}),
    "show": Output(audit.Shown, lambda w, _: audit.show(w.book, amended(w.book), now=w.local)),
    "timeline": Output(audit.Timeline, lambda w, _: audit.timeline(w.book, PATIENT, now=w.local)),
    "history": Output(history.Past, lambda w, _: history.history(w.book, patient=PATIENT, now=w.local)),
    "activity": Output(activity.Activity, lambda w, _: activity.activity(w.book, "nurse.1")),
    "diff": Output(difference.Difference, lambda w, _: difference.difference(w.book, 25, w.book.size, now=w.local)),
    "status-at": Output(then.Then, lambda w, _: then.then(w.book, amended(w.book), now=w.local)),
    "explain": Output(audit.Explanation, lambda w, _: audit.explain(w.book, attempt(w.book), now=w.local)),
    "person-list": Output(people.People, lambda w, _: people.people(w.book, now=w.local)),
    "security-alerts": Output(alerts.Alerts, lambda w, _: alerts.alerts(w.book, now=w.local)),
    "who-may": Output(people.WhoMay, lambda w, _: people.who_may(w.book, "dose.ordered", now=w.local)),
    "cohort-show": Output(cohort.Board, lambda w, _: cohort.board(w.book, now=w.local)),
    "dlt-candidates": Output(cohort.Candidates, lambda w, _: cohort.dlt_candidates(w.book, now=w.local)),
    "dose-calc": Output(dosing.DoseCalc, lambda w, _: dosing.calculation(w.book, PATIENT, now=w.local)),
    "accountability": Output(
        accountability.Accountability, lambda w, _: accountability.accountability(w.book, now=w.local)
    ),
    "toxicity-table": Output(toxicity.ToxicityTable, lambda w, _: toxicity.toxicity_table(w.book, now=w.local)),
    "deviation-list": Output(deviations.Deviations, lambda w, _: deviations.deviations(w.book, now=w.local)),
    "safety-report-list": Output(clocks.SafetyReports, lambda w, _: clocks.safety_reports(w.book, now=w.local)),
    "todo-signatures": Output(queue.Queue, lambda w, _: queue.queue(w.book, now=w.local)),
    "countersign-queue": Output(queue.Queue, lambda w, _: queue.queue(w.book, now=w.local, person="pi.1")),
    "signoff-status": Output(signoff.SignOffStatus, lambda w, _: signoff.status(reviewed(w).book, now=w.local)),
    "review-log": Output(trail.ReviewLog, lambda w, _: trail.log(reviewed(w).book, now=w.local)),
    "query-list": Output(asked.Queries, lambda w, _: asked.queries(reviewed(w).book, now=w.local)),
    "lock-list": Output(asked.Locks, lambda w, _: asked.locks(reviewed(w).book, now=w.local)),
    "report-patient": Output(report.PatientReport, lambda w, _: report.of_patient(w.book, PATIENT, now=w.local)),
    "report-trial": Output(report.TrialReport, lambda w, _: report.of_trial(w.book, now=w.local)),
    "report-deviations": Output(report.DeviationReport, lambda w, _: report.of_deviations(w.book, now=w.local)),
    "report-casebook": Output(Written, booked),
    "export-dossier": Output(making.Dossiers, made),
    "export-bundle": Output(Bundled, lambda w, folder: bundles.bundled(w.book, folder / "bundle")),
    "certify-copy-make": Output(
        paper.Certified, lambda w, folder: paper.Certified(path="x", certificate=attested(w, folder))
    ),
    "certify-copy-check": Output(checking.Checked, checked),
    "checkpoint-show": Output(heads.ShownHead, lambda w, _: heads.head(w.book, w.book.size, w.local.tzinfo)),
    "checkpoint-list": Output(heads.HeadRows, lambda w, _: heads.heads(w.book, w.local.tzinfo)),
    "checkpoint-compare": Output(heads.Compared, compared),
    "proof-make": Output(proofs.Proved, lambda w, _: proofs.prove(w.book, amended(w.book))),
    "proof-check": Output(proofs.ProofChecked, proof_checked),
    "export-tiles": Output(tiles.Tiled, lambda w, folder: tiles.directory(w.book, folder / "tiles")),
    "export-jsonl": Output(jsonl.Exported, lambda w, folder: jsonl.directory(w.book, folder / "out")),
    **{f"export-{form}": Output(Made, exported(form)) for form in EXPORTS},
    **{f"find-{name}": Output(get_type_hints(one.answer)["return"], question(name)) for name, one in QUERIES.items()},
    "recompute": Output(Recomputed, lambda w, _: recompute(w.book, Ask(now=w.local), "clofarabine")),
    "anchor-paper": Output(PaperAnchor, on_paper),
    "anchor-status": Output(Standing, lambda w, _: Standing(anchors.status(w.book, w.local.tzinfo), ())),
    "anchor-timestamp": Output(
        stamping.Answers,
        lambda *_: stamping.Answers((), (stamping.Unanswered("tsa.example.org", 3, "no", waits=True),)),
    ),
    "anchor-request": Output(stamping.Asking, lambda *_: stamping.Asking("head.tsq", 3, "1f")),
    "witness-list": Output(witnesses.WitnessRows, lambda w, _: witnesses.witnesses(w.book)),
    "witness-request": Output(witnesses.CosignedHeads, lambda *_: COSIGNED),
    "witness-add": Output(witnesses.CosignedHeads, lambda *_: COSIGNED),
    "witness-request-file": Output(
        witnesses.RequestFile, lambda *_: witnesses.RequestFile(witness="w.example/1", old=0, size=3, path="request")
    ),
    "ledger-copy": Output(moving.Copied, lambda *_: moving.Copied(target="b", size=3, root="1f", before=0, behind=1)),
    "backup-make": Output(
        backups.BackupDone,
        lambda *_: backups.BackupDone(file="b", size=3, root="1f", digest="2e", verified=True, entry=3, tail="b.tail"),
    ),
    "restore": Output(
        backups.Restored,
        lambda *_: backups.Restored(target="b", size=3, root="1f", digest="2e", entry=None, seen=4, lost=1),
    ),
    "view-status": Output(views.Standing, lambda w, _: views.standing(w.book, "doseledger 0.1.0, build 0")),
    **dict.fromkeys(
        ("view-run", "view-rebuild"),
        Output(viewing.Runs, lambda *_: viewing.Runs((viewing.Ran("books", 3, "1f", 1, 3, "a mistake"),))),
    ),
    "entry-recover": Output(
        recovering.Recovered,
        lambda *_: recovering.Recovered(
            recovered=(recovering.Back(position=3, entry="1f", kind="patient.measured/1"),),
            left=(recovering.Left(entry="2e", kind="entry.voided/1", why="signed anew"),),
        ),
    ),
    "verify": Output(Report, lambda w, _: w.report()),
    "inspect": Output(
        Inspected,
        lambda w, _: inspected(w.book, w.report(), form="ledger", sha256="0" * 64, commands=("status",), now=w.local),
    ),
}


def amended(book: Ledger):
    """The dose that was corrected."""
    row = next(row for row in audit.log(book, patient=PATIENT, given=True) if row.effect == "corrected")
    return book.entry(row.position)


def attempt(book: Ledger):
    """The refused attempt."""
    return next(entry for entry in book.entries() if entry.kind == "entry.refused/1")


def anything(kind: type) -> dict[str, object]:
    """The schema of a value of the signed payload: that of its kind in docs/spec."""
    assert kind is object
    return {"description": "a value of the signed payload; its kind says which"}


def schema(name: str, data: type) -> dict[str, object]:
    """The schema of one output: the envelope of every output, with this data in it."""
    (found,), components = msgspec.json.schema_components([data], schema_hook=anything, ref_template="#/$defs/{name}")
    time = {"type": ["string", "null"]}
    ledger = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "size": {"type": "integer", "minimum": 0},
            "root": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        },
        "required": ["id", "size", "root"],
        "additionalProperties": False,
    }
    return {
        "$schema": DIALECT,
        "$id": f"doseledger/{name}/1",
        "type": "object",
        "properties": {
            "schema": {"const": f"doseledger/{name}/1"},
            "ledger": ledger,
            "valid_at": time,
            "known_at": time,
            "data": found,
        },
        "required": ["schema", "ledger", "valid_at", "known_at", "data"],
        "additionalProperties": False,
        "$defs": dict(sorted(components.items())),
    }


def enveloped(name: str, ward: Ward, data: object) -> object:
    """Some data as the command line prints it."""
    head = {"id": ward.book.id, "size": ward.book.size, "root": ward.book.root().hex()}
    whole = {"schema": f"doseledger/{name}/1", "ledger": head, "valid_at": None, "known_at": None, "data": data}
    return json.loads(msgspec.json.encode(whole))


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A ledger in which everything happened, a refused attempt too; the tests only read it."""
    folder = tmp_path_factory.mktemp("ward")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as found:
        eventful(found)
        with pytest.raises(Refused):
            found.ordered("30mg")
        yield found


@pytest.mark.docs
@pytest.mark.parametrize("name", OUTPUTS)
def test_the_schema_file_is_that_of_the_program(name: str, golden: Golden) -> None:
    """A hospital's own program would be built against a shape that the output no longer has."""
    golden(FOLDER / f"{name}.schema.json", json.dumps(schema(name, OUTPUTS[name].data), indent=2) + "\n")


def test_there_is_no_schema_of_an_output_that_does_not_exist() -> None:
    """A page left behind would promise data that nobody gives."""
    assert sorted(OUTPUTS) == sorted(path.name.removesuffix(".schema.json") for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", OUTPUTS)
def test_real_output_keeps_to_its_schema(name: str, ward: Ward, tmp_path: Path) -> None:
    """A reader that trusts the schema would stop, or guess, at the first patient with a correction."""
    text = (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
    Draft202012Validator.check_schema(json.loads(text))
    found = enveloped(name, ward, OUTPUTS[name].make(ward, tmp_path))
    assert [] == [error.message for error in Draft202012Validator(json.loads(text)).iter_errors(found)]


def test_a_field_that_is_missing_or_unknown_breaks_the_schema(ward: Ward) -> None:
    """A schema that anything satisfies promises nothing."""
    text = (FOLDER / "status.schema.json").read_text(encoding="utf-8")
    found = enveloped("status", ward, patient.status(ward.book, PATIENT, now=ward.local))
    del found["data"]["alemtuzumab"]["remaining"]
    found["data"]["extra"] = 1
    errors = list(Draft202012Validator(json.loads(text)).iter_errors(found))
    assert 2 == len(errors)


PROMISED = {
    "Status": """patient state site bsa_m2 alemtuzumab clofarabine weeks doses aes clocks findings due pending holds
        alerts pack notice""",
    "StepUp": """state protocol_step_mg because counted remaining orderable over cumulative_mg week last_started
        lapses_on""",
    "Cycles": "state cycle day level_mg_m2 dose_mg factors given_days",
    "DoseRow": """id drug started_at step_mg prepared_mg given_mg running_min wall_min interruptions counted
        step_passed late tolerance status""",
    "Toxicity": "id term dictionary grade grades serious dlt",
    "FindingRow": "rule target severity hindsight planned acknowledged text",
    "Due": "what since due rule",
    "Pending": "entry needs",
    "Clock": "ae days due",
    "PackRow": "id version fictional_parameters",
}
"""The published contract of `status PATIENT --json`: at least these fields."""


@pytest.mark.parametrize("part", PROMISED)
def test_what_the_contract_names_is_there(part: str) -> None:
    """Programs written from the published contract would not find what they were promised."""
    parts = json.loads((FOLDER / "status.schema.json").read_text(encoding="utf-8"))["$defs"]
    assert set() == set(PROMISED[part].split()) - set(parts[part]["required"])
