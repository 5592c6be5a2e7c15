"""What 21 CFR 11.50 wants beside every signature, in every form in which the record is shown to people."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from acts import MONDAY, Ward, founded

from commands.cli import main

PATIENT = "P-002"
FORMS: dict[str, tuple[str, ...]] = {
    "show, as text": ("show", "#{dose}"),
    "show, as JSON": ("show", "#{dose}", "--json"),
    "log, as a table": ("log", "--patient", PATIENT),
    "log, as CSV": ("log", "--patient", PATIENT, "--format", "csv"),
    "log, as JSON lines": ("log", "--patient", PATIENT, "--format", "jsonl"),
    "history, as a table": ("history", PATIENT),
    "history, as CSV": ("history", PATIENT, "--format", "csv"),
    "history, as JSON": ("history", PATIENT, "--json"),
    "timeline, as text": ("timeline", PATIENT),
    "timeline, as JSON": ("timeline", PATIENT, "--json"),
    "dose timeline, as SVG": ("report", "patient", PATIENT, "--svg", "{out}"),
    "swimmer plot, as SVG": ("report", "trial", "--svg", "{out}"),
    "casebook, as HTML": ("report", "casebook", PATIENT, "--out", "{out}"),
    "audit trail, as HTML": ("export", "audit-html", "--out", "{out}"),
    "audit trail, as CSV": ("export", "csv", "--out", "{out}"),
    "signatures, as CSV": ("export", "csv", "--signatures", "--out", "{out}"),
    "audit trail, as ODM": ("export", "odm", "--out", "{out}"),
}
"""Each form with the command that gives it; `{out}` is the file it writes."""


@dataclass(frozen=True)
class Signed:
    """A ledger, and a dose in it that two people signed."""

    path: Path
    ward: Ward
    dose: int


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    """A dose that one nurse started and another verified."""
    folder = tmp_path_factory.mktemp("shown")
    path = folder / "trial.ledger"
    with closing(Ward.copy(founded(folder / "begun.ledger"), path)) as ward:
        ward.enrol(PATIENT)
        ward.now = MONDAY
        order = ward.ordered("3mg", number=PATIENT)
        ward.prepared(order, "3mg")
        dose = ward.do("nurse.1", "dose start", order=order, wristband=PATIENT, wit=("nurse.2",))
        ward.do("nurse.1", "dose complete", dose=dose, given="all")
        yield Signed(path, ward, int(dose.removeprefix("#")))


@pytest.mark.req("P11-50a", "P11-50b")
@pytest.mark.parametrize("form", FORMS)
def test_name_time_with_offset_and_meaning_are_shown(
    signed: Signed, form: str, tmp_path: Path, monkeypatch, capfd
) -> None:
    """A print on which a signature has no name, no time or no meaning is signed by nobody."""
    monkeypatch.setenv("DOSELEDGER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "4000")
    out = tmp_path / "out"
    args = [word.format(dose=signed.dose, out=out) for word in FORMS[form]]
    assert 0 == main([*args, "--ledger", str(signed.path)])
    text = capfd.readouterr().out
    shown = html.unescape(out.read_text(encoding="utf-8") if out.exists() else text)
    signers = signed.ward.book.entry(signed.dose).signers
    assert ["performed", "verified"] == [one.meaning for one in signers]
    lacking = [(one.person, what) for one in signers for what in (one.name, one.meaning, one.at) if what not in shown]
    assert [] == lacking
