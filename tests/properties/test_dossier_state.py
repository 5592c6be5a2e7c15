"""What a dossier carries as computed: unfolded at any place in the log, it is what a replay of that place says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from acts import Ward
from dossiers import SOFTWARE, whole

from ledger.errors import BadInput
from ledger.events.registry import KINDS
from projections import patient
from projections.export.dossier.state import Dose, PatientState, State, state

Card = dict[str, object]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Two patients, with corrections, a void, a reaction, a pending correction and a late entry between them."""
    found = whole(tmp_path_factory.mktemp("state") / "trial.ledger")
    yield found
    found.book.close()


def unfolded(one: PatientState, size: int) -> Card | None:
    """The card as known after so many entries, put together from the changes as the page does it."""
    card: Card = {}
    doses: dict[int, Card] = {}
    for change in one.changes:
        if change["size"] > size:
            break
        card |= {name: value for name, value in change.items() if name not in ("size", "doses")}
        for dose in change.get("doses", []):
            if dose.get("gone"):
                del doses[dose["entry"]]
            else:
                doses[dose["entry"]] = dose
    return {**card, "doses": doses} if card else None


def replayed(ward: Ward, number: str, size: int) -> Card | None:
    """The same members of what `replay` says; None where there is nothing to judge yet."""
    try:
        status = patient.status(ward.book, number, now=ward.local, known_at=size)
    except BadInput:
        return None
    course, cycles = status.step_up, status.cycles
    card = {
        "state": status.state,
        "course": course.state,
        "step_mg": course.protocol_step_mg,
        "because": course.because,
        "counted": course.counted,
        "remaining": course.remaining,
        "over": course.over,
        "cumulative_mg": course.cumulative_mg,
        "last_started": course.last_started,
        "lapses_on": course.lapses_on,
        "cycle_state": cycles.state,
        "cycle": cycles.cycle,
        "cycle_day": cycles.day,
        "cycle_level_mg_m2": cycles.level_mg_m2,
        "cycle_days_given": cycles.given_days,
        "holds": status.holds,
        "pending": [one.entry for one in status.pending],
        "doses": {row.entry: {name: getattr(row, name) for name in Dose.__struct_fields__} for row in status.doses},
    }
    found: Card = msgspec.to_builtins(card)
    return found


def plain(card: Card | None) -> Card | None:
    """A card as JSON has it: lists, and names of members in text."""
    return None if card is None else msgspec.json.decode(msgspec.json.encode(card))


def test_the_state_at_every_place_is_that_of_replay(ward: Ward) -> None:
    """An inspector moves the slider to the hour of a decision; a dose too few there would excuse it."""
    block = state(ward.book, ward.book.size, software=SOFTWARE)
    for one in block.patients:
        for size in range(20, ward.book.size + 1):
            expected = plain(replayed(ward, one.patient, size))
            assert (one.patient, size, expected) == (one.patient, size, plain(unfolded(one, size)))


def test_an_earlier_state_is_the_beginning_of_a_later_one(ward: Ward) -> None:
    """A dossier made as known last month must not say otherwise than today's does about last month."""
    now, then = (state(ward.book, size, software=SOFTWARE) for size in (ward.book.size, ward.book.size - 6))
    for late, early in zip(now.patients, then.patients, strict=True):
        assert tuple(change for change in late.changes if change["size"] <= then.size) == early.changes


def test_before_a_protocol_there_is_no_state(tmp_path: Path) -> None:
    """Without a protocol nothing can be judged; a step or a count made up for it would be believed."""
    ward = Ward.staffed(tmp_path / "trial.ledger")
    found: State = state(ward.book, ward.book.size, software=SOFTWARE)
    ward.book.close()
    assert ((), None, None) == (found.patients, found.pack, found.step_up_drug)


def test_the_page_knows_which_kinds_wait_for_a_signature() -> None:
    """A correction that nobody approved would be shown as in force, or a fact as if it waited for somebody."""
    text = files("projections.export.carried").joinpath("dossier/history.js").read_text(encoding="utf-8")
    found = re.search(r"const COMPLETED = new Set\(\[(.*?)\]\)", text, re.DOTALL)
    assert found is not None
    assert {kind for kind, row in KINDS.items() if row.completed} == set(re.findall(r'"([^"]+)"', found[1]))
