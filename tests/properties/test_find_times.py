"""Trouble with time, planted entry by entry, and found; time that is in order is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from minting import START, ZONE, Site, minute, utc

from ledger.events.base import Clock, Occurred, Source
from ledger.events.patient import LabMeasured, PatientRegistered
from ledger.events.record import LogClock
from ledger.verify import verify
from projections.find.found import Ask
from projections.find.times import TimeAnomalies, time_anomalies

PATIENT = "patient/P-001"
VALUE = LabMeasured(
    test="anc", comparator="eq", value="900", unit="/uL", lower_limit=None, upper_limit=None, reported_at=None
)
NOW = START + timedelta(days=30)


@dataclass
class Planted:
    """A ledger with trouble, and where each piece of it stands."""

    site: Site
    at: dict[str, int]

    def ask(self, **said: object) -> TimeAnomalies:
        """Ask for trouble."""
        return time_anomalies(self.site.book, Ask(now=NOW, **said))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    """A site whose laboratory values come with every kind of trouble."""
    site = Site(tmp_path_factory.mktemp("times") / "trial.ledger").staffed()
    site.write(PATIENT, PatientRegistered(sex="F", birth_year=1970), by="clara")
    at: dict[str, int] = {}

    def write(label: str, **changes: object) -> int:
        at[label] = site.write(PATIENT, VALUE, by="clara", **changes).position
        return at[label]

    write("in order")
    _together(site, at, "two in a second", 2)
    _together(site, at, "burst", 3)
    _together(site, at, "import", 3, source=Source(kind="import", ref=None))
    write("clock a little off", clock=Clock(source="system", offset_ms="90000"))
    write("clock off", clock=Clock(source="system", offset_ms="-180000"))
    write("a little ahead", occurred=_said(site, minutes=1))
    write("ahead", occurred=_said(site, minutes=4))
    early = site.draft(PATIENT, VALUE, by="clara", recorded_at=utc(site.tick(minutes=1) + timedelta(minutes=3)))
    site.tick(minutes=3)
    at["signed earlier"] = site.store(early)[0].position
    site.tick(hours=3)
    behind = site.now - timedelta(hours=2)
    clock = site.draft("clock/001", LogClock(behind_ms=7_200_000, reset=False), by="ward-1")
    site.now -= timedelta(hours=2)
    late = site.draft(PATIENT, VALUE, by="clara", recorded_at=utc(behind))
    site.now += timedelta(hours=2)
    at["clock entry"], at["backwards"] = (one.position for one in site.store(clock, late))
    write("in order again")
    yield Planted(site, at)
    site.book.close()


def _said(site: Site, **ahead: int) -> Occurred:
    """A time ahead of the clock of the next entry, which is a minute from now."""
    at = minute(site.now + timedelta(minutes=1) + timedelta(**ahead))
    return Occurred(at=at, zone=ZONE, precision="minute", basis="observed")


def _together(site: Site, at: dict[str, int], label: str, count: int, **changes: object) -> None:
    """Several acts of one person, a tenth of a second apart."""
    site.tick()
    for n in range(count):
        site.now += timedelta(milliseconds=100)
        position = site.store(site.draft(PATIENT, VALUE, by="clara", **changes))[0].position
        if n == 0:
            at[label] = position


EXPECTED = {
    ("clock entry", "clock entry"),
    ("backwards", "backwards"),
    ("clock off", "clock off"),
    ("ahead", "ahead"),
    ("signed earlier", "signed earlier"),
    ("burst", "burst"),
}
"""Which entry shows which trouble; two in a second, an import, and a minute either way are none."""


def test_every_trouble_is_found_and_nothing_else(planted: Planted) -> None:
    """A clock that was turned back to make a late entry look timely would pass the inspection."""
    labels = {position: label for label, position in planted.at.items()}
    found = {(labels.get(row.position, f"#{row.position}"), row.anomaly) for row in planted.ask().rows}
    assert EXPECTED == found


def test_a_burst_names_its_entries_once(planted: Planted) -> None:
    """Three signatures in one second are one question to one person, not three."""
    (row,) = (row for row in planted.ask().rows if row.anomaly == "burst")
    first = planted.at["burst"]
    assert (first, (first + 1, first + 2), "clara") == (row.position, row.others, row.person)


def test_how_far_is_said_in_seconds(planted: Planted) -> None:
    """Two hours and two seconds are not the same doubt."""
    by = {row.anomaly: row.by_s for row in planted.ask().rows}
    assert (7200, -180, 180) == (by["clock entry"], by["clock off"], by["signed earlier"])
    assert 7200 <= by["backwards"] < 7300


def test_one_patient_and_an_earlier_size_can_be_asked_for(planted: Planted) -> None:
    """The log's own clock entry is about no patient, and what came later was not known."""
    everything = planted.ask().rows
    own = planted.ask(patient="P-001").rows
    assert [row for row in everything if row.anomaly != "clock entry"] == list(own)
    known = planted.ask(known_at=planted.at["clock entry"]).rows
    assert {"burst", "clock off", "ahead", "signed earlier"} == {row.anomaly for row in known}


def test_the_ledger_with_trouble_is_still_whole(planted: Planted) -> None:
    """Trouble with time is a question to the site; it does not make the record false."""
    assert "ok-unanchored" == verify(planted.site.book, workers=1).verdict
