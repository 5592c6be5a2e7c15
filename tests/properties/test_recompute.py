"""Every dose of the cycle drug worked out again: from what was stated with it, and from the dated measurements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from acts import PATIENT, ZONE, Ward
from planted import planted

from commands.cli.running import run
from ledger.book import Ledger
from ledger.errors import BadInput
from projections.find.found import Ask
from projections.recompute import Recomputed, RecomputedRow, recompute

NOW = datetime(2010, 4, 30, 10, tzinfo=ZONE)
DOSES = {
    "as-calculated": (),
    "two-vials": ("ordered_mg", "given_mg"),
    "less-given": ("given_mg",),
    "stopped-early": (),
    "wrong-weight": ("weight_kg", "bsa_m2", "calculated_mg", "ordered_mg", "given_mg"),
    "before-open-candidate": (),
}
"""Every dose of clofarabine in the planted trial, and what of it does not come out as stated."""


@dataclass
class Trial:
    """The planted trial, open for reading."""

    path: Path
    book: Ledger
    names: dict[str, int]

    def again(self, **said: object) -> Recomputed:
        """Work everything out again."""
        return recompute(self.book, Ask(now=NOW, **said), "clofarabine")

    def row(self, label: str, **said: object) -> RecomputedRow:
        """The row of one dose."""
        return next(row for row in self.again(**said).rows if row.position == self.names[label])


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """The planted trial; the tests only read it."""
    path = tmp_path_factory.mktemp("planted") / "trial.ledger"
    names = planted(path)
    with Ledger.open(path, read_only=True) as book:
        yield Trial(path, book, names)


def test_every_dose_is_there_and_only_true_differences_are(trial: Trial) -> None:
    """A dose that is left out, or a slip that rounding is blamed for, is a patient who had the wrong amount."""
    labels = {position: label for label, position in trial.names.items()}
    found = {labels[row.position]: tuple(one.what for one in row.differences) for row in trial.again().rows}
    assert DOSES == found
    assert 3 == trial.again().differing


def test_the_working_can_be_checked_with_a_pencil(trial: Trial) -> None:
    """Without the inputs the inspector has to believe the number."""
    row = trial.row("as-calculated")
    assert ("170", "70", "1.82", "36.4") == (
        row.recomputed.height_cm,
        row.recomputed.weight_kg,
        row.recomputed.bsa_m2,
        row.recomputed.dose_mg,
    )
    assert row.stated == row.recomputed
    assert trial.names["h.weight"] == row.recomputed.measured
    assert "mosteller" == row.formula


def test_a_weight_that_was_corrected_later_changes_what_comes_out(trial: Trial) -> None:
    """The dose was right by the number on the order, and wrong by the patient."""
    row = trial.row("wrong-weight")
    assert {"weight_kg": ("70", "75"), "bsa_m2": ("1.82", "1.88"), "ordered_mg": ("36.4", "37.6")} == {
        one.what: (one.stated, one.recomputed)
        for one in row.differences
        if one.what in ("weight_kg", "bsa_m2", "ordered_mg")
    }
    before = trial.row("wrong-weight", known_at=trial.names["weight-corrected"])
    assert () == before.differences


def test_the_reason_for_rounding_stands_beside_the_difference(trial: Trial) -> None:
    """A rounding that somebody answered for is not an error that nobody saw."""
    assert "two vials of 20 mg" == trial.row("two-vials").rounding
    assert None is trial.row("less-given").rounding


def test_the_exit_code_says_whether_any_differs(trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    """A script that checks every month would not notice the first wrong dose."""
    assert 1 == run(["recompute", "clofarabine", "-l", str(trial.path), "--json"])
    data = json.loads(capsys.readouterr().out)["data"]
    assert (3, 6) == (data["differing"], len(data["rows"]))
    assert 0 == run(["recompute", "clofarabine", "--patient", "P-014", "-l", str(trial.path)])
    assert "0 of 1 doses" in capsys.readouterr().err


def test_only_a_calculated_drug_is_worked_out(trial: Trial) -> None:
    """An answer for a drug of fixed steps would look as if its doses had been checked."""
    with pytest.raises(BadInput):
        recompute(trial.book, Ask(now=NOW), "alemtuzumab")


def test_a_dose_without_measurements_is_named(tmp_path: Path) -> None:
    """A dose by body surface of a patient whom nobody measured cannot be right, and must not be passed over."""
    with closing(Ward.founded(tmp_path / "trial.ledger")) as ward:
        ward.now = datetime(2010, 3, 1, 12, 10, tzinfo=ZONE)
        times = {"at": "2010-03-01T10:00", "until": "2010-03-01T12:00"}
        ward.do("nurse.1", "dose record", patient=PATIENT, drug="clofarabine", given="36.4mg", **times)
        (row,) = recompute(ward.book, Ask(now=ward.local), "clofarabine").rows
        assert ["inputs"] == [one.what for one in row.differences]
        assert None is row.recomputed.dose_mg
