"""Persisted views: what is read from them is what is read from the entries, at every place of every history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from acts import DRUG, MONDAY, PATIENT, Ward, founded, key
from cut import Cut
from dosed import eventful, recorded, reviewed
from playing import Play

from commands.cli.simulating import READS
from commands.draft import Circumstances
from commands.perform import perform
from commands.sealing import Hand
from commands.simulate import run
from commands.study import ActivateProtocol
from ledger.book import Ledger
from ledger.book.views import make_views, views_of
from ledger.errors import BadInput, Conflict, NotAllowed, Refused
from ledger.protocol.bundled import bundled
from ledger.protocol.model import Pack, load
from projections import accountability, clocks, cohort, deviations, patient, toxicity
from projections.views.comparing import compared
from projections.views.definition import VIEWS
from projections.views.keeper import Keeper
from projections.views.running import rebuild, take_on
from projections.views.standing import standing

STORIES = Path(__file__).parents[1] / "stories"
PLAYED = ("TRIAL", "LEVELS", "LOT10", "CYCLE1", "two-patients", "redacted", "modified")
READERS = (
    patient.overview,
    patient.todo,
    deviations.deviations,
    clocks.safety_reports,
    accountability.accountability,
    cohort.board,
    cohort.dlt_candidates,
    toxicity.toxicity_table,
)
US = "doseledger 0.1.0, build 0"
LATER = (timedelta(hours=30), timedelta(days=45))


def answers(ledger: Ledger, now: datetime, views: Keeper | None = None) -> list[object]:
    """What every reader gives; words where it cannot, as before there is a protocol."""
    found: list[object] = []
    for reader in READERS:
        try:
            found.append(reader(ledger, now=now, views=views))
        except BadInput as error:
            found.append((error.what, error.why))
    return found


def grow(path: Path, seed: int) -> Iterator[tuple[Cut, datetime]]:
    """A history at a few places of its growth, and the log time of the newest entry; the last place is its end."""
    with Ledger.open(path, read_only=True) as whole:
        end = whole.size
    draw = Random(seed)
    with Cut.at(path, 1) as cut:
        for stop in [*sorted(draw.sample(range(2, end), min(4, end - 2))), end]:
            cut.stop = stop
            yield cut, cut.log_time(stop - 1)


def agrees(path: Path, seed: int = 1) -> int:
    """Take the views along with a history, and compare what is read with and without them; gives what was compared."""
    count = 0
    for place, (cut, now) in enumerate(grow(path, seed)):
        store = make_views(cut)
        with closing(store):
            if place % 3 != 2:  # every third place is read from a view that stands further back
                for view in VIEWS:
                    assert 0 == take_on(cut, store, view, made_by=US).code
        for late in LATER:
            views = Keeper(lambda: US)
            assert answers(cut, now + late) == answers(cut, now + late, views)
            assert {"patients", "books"} >= {one.view for one in views.used if not one.why_not} != set()
            count += 1
        assert [] == list(compared(cut, US))
    return count


@pytest.mark.parametrize("name", PLAYED)
def test_a_view_says_what_the_entries_say(name: str, tmp_path: Path) -> None:
    """The list of all patients calls a dose due that was given, or leaves out the patient whose drug is held."""
    story = (STORIES / f"{name}.toml").read_bytes()
    result = run(story, read_file=lambda file: (STORIES / file).read_bytes(), reads=READS, work=tmp_path)
    assert agrees(Path(result.path), seed=len(name)) > 0


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a patient to whom everything happened, closed."""
    folder = tmp_path_factory.mktemp("views")
    path = folder / "busy.ledger"
    with closing(Ward.copy(founded(folder / "site.ledger"), path)) as ward:
        eventful(ward)
        reviewed(ward)
    return path


@pytest.mark.parametrize("seed", range(2))
def test_whatever_the_places_are(busy: Path, tmp_path: Path, seed: int) -> None:
    """A correction that waits for a signature counts in the list and not on the card, or the other way round."""
    path = tmp_path / "busy.ledger"
    path.write_bytes(busy.read_bytes())
    assert agrees(path, seed) > 0


def test_a_view_made_anew_is_the_one_that_was_taken_along(busy: Path, tmp_path: Path) -> None:
    """Two pharmacists with the same record would see two lists, and one of them is wrong."""
    path = tmp_path / "busy.ledger"
    path.write_bytes(busy.read_bytes())
    with Ledger.open(path, read_only=True) as ledger, closing(make_views(ledger)) as store:
        grown = []
        for cut, _ in grow(path, 7):
            grown = [take_on(cut, store, view, made_by=US).progress for view in VIEWS]
        rows = [store.read(view.name) for view in VIEWS]
        anew = [rebuild(ledger, store, view, made_by=US).progress for view in VIEWS]
        assert grown == anew
        assert rows == [store.read(view.name) for view in VIEWS]
        assert {ledger.root().hex()} == {one.root for one in anew}


def test_the_place_in_the_log_is_told(busy: Path, tmp_path: Path) -> None:
    """Nobody can say whether yesterday's list already knew of the reaction (position and root of every view)."""
    path = tmp_path / "busy.ledger"
    path.write_bytes(busy.read_bytes())
    with Cut.at(path, 40) as cut:
        assert ["not made", "not made"] == [row.state for row in standing(cut, US).views]
        assert views_of(cut) is None
        with closing(make_views(cut)) as store:
            for view in VIEWS:
                take_on(cut, store, view, made_by=US)
        assert ["at the head", "at the head"] == [row.state for row in standing(cut, US).views]
        cut.stop = 47
        told = standing(cut, US)
        assert [("behind", 40, 7)] * 2 == [(row.state, row.size, row.behind) for row in told.views]
        assert {cut.root_at(40).hex()} == {row.root for row in told.views}
        views = Keeper(lambda: US)
        patient.overview(cut, now=cut.log_time(46), views=views)
        (used,) = views.used
        assert ("patients", 40, cut.root_at(40).hex(), 7) == (used.view, used.size, used.root, used.newer)
        assert PATIENT in {row.patient for row in patient.overview(cut, now=cut.log_time(46)).patients}


def test_what_stands_beside_a_patient_moves_his_row(tmp_path: Path) -> None:
    """A lot is called back, a delegation is explained, a key was stolen: the list shows what was true before that."""
    founded(tmp_path / "site.ledger")
    with closing(Ward.copy(tmp_path / "site.ledger", tmp_path / "trial.ledger")) as ward:
        recorded(ward, "3mg", MONDAY, lot="OLD")
        other = recorded(ward, "10mg", MONDAY + timedelta(days=1))
        lot = {"agent": DRUG, "lot": "OLD"}
        vials = {"strength": "30mg", "vials": 5, "expiry": "2011-02-28"}
        late = {"reason": "late-entry"}
        stricter = load(bundled("nct00983528-demo"), overrides={"week_cap_mg": "12"})
        acts = (
            lambda: ward.do("pharm.1", "lot receive", **lot, **vials, at="2010-02-27T09:00", **late),
            lambda: ward.do(
                "pharm.1", "lot quarantine", **lot, why="recalled", at="2010-02-28T09:00", reason="late-entry"
            ),
            lambda: ward.do("nurse.9", "patient measure", patient=PATIENT, weight="70kg"),
            lambda: ward.do("pi.1", "person delegate", person="nurse.9", **{"from": "2010-01-01"}),
            lambda: activated(ward, stricter),
            lambda: ward.do("reg.1", "key revoke", person="nurse.1", reason="compromised", suspected_from=other),
            lambda: stood_by(ward, other),
        )
        shown = [moved(ward)]
        for act in acts:
            act()
            shown.append(moved(ward))
        assert [True] * len(acts) == [one != before for before, one in pairwise(shown)]


def stood_by(ward: Ward, entry: str) -> None:
    """Let the nurse stand by what she signed, with another key."""
    ward.held["nurse.1"] = "nurse.1 again"
    ward.do("reg.1", "person enrol", wit=("reg.2",), request=ward.request("nurse.1"), role=["nurse"])
    ward.do("nurse.1", "key reaffirm", entries=[entry])


def activated(ward: Ward, pack: Pack) -> None:
    """Bring another pack into force."""
    act = ActivateProtocol(pack=pack.data, dictionary=bundled("ctcae-5.0"))
    perform(act, ward.book, ward.post, [Hand("pi.1", key("pi.1"))], Circumstances(), command=ward.command())


def moved(ward: Ward) -> list[object]:
    """What the deviation log and the lists say now: from the entries, a view that lags behind, and one at the head."""
    now = ward.now + timedelta(days=1)
    plain = answers(ward.book, now)
    assert plain == answers(ward.book, now, Keeper(lambda: US))
    with closing(make_views(ward.book)) as store:
        for view in VIEWS:
            take_on(ward.book, store, view, made_by=US)
    assert plain == answers(ward.book, now, Keeper(lambda: US))
    assert [] == list(compared(ward.book, US))
    rows = deviations.deviations(ward.book, now=now).rows
    return [rows, [row.due for row in patient.overview(ward.book, now=now).patients], ward.book.roster().disputes]


def random_act(play: Play, draw: Random) -> None:
    """One act that the day might bring, on what was said before."""
    play.ward.now += timedelta(hours=draw.choice((1, 5, 30)))
    said = [one.position for one in play.said if one.kind in {"record", "toxicity", "tolerance"}]
    doses, sick = play.places("record"), play.places("toxicity")
    match draw.randrange(9):
        case 0 | 1:
            play.record(Decimal(draw.choice(("3", "10", "30", "40"))), play.now - timedelta(hours=3))
        case 2 if doses:
            play.tolerance(draw.choice(doses), draw.randrange(4), tolerated=draw.random() < 0.6)
        case 3:
            play.toxicity("IRR", draw.choice([None, *doses]))
        case 4 if sick:
            play.grade(draw.choice(sick), draw.randrange(1, 5))
        case 5 if doses:
            play.correct(draw.choice(doses), given=Decimal("9.9"), approved=draw.random() < 0.5)
        case 6 if said:
            play.void(draw.choice(said), "nurse.1", approved=draw.random() < 0.5)
        case 7:
            waiting = [one.position for one in play.said if one.waits]
            play.countersign(draw.choice(waiting)) if waiting else play.hold("infection")
        case _:
            play.lift(draw.choice(play.places("hold") or [0]))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done(tmp_path: Path, seed: int) -> None:
    """Some order of corrections, voids and late signatures that nobody thought of leaves the list behind the card."""
    draw, done = Random(seed), 0
    founded(tmp_path / "site.ledger")
    with closing(Ward.copy(tmp_path / "site.ledger", tmp_path / "trial.ledger")) as ward:
        play = Play(ward)
        for turn in range(30):
            with suppress(Refused, Conflict, NotAllowed, BadInput):
                random_act(play, draw)
                done += 1
            if turn % 6 == 5:
                moved(ward)
    assert done > 10
