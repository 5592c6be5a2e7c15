"""Open the desk: what the ledger knows now, as an act and its judgement read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from commands.draft import Circumstances, Desk, Pad
from commands.post import Ids, Post
from ledger.book import Ledger
from ledger.course.dictionaries import in_force
from ledger.course.people import Roster
from ledger.course.stock import lots, quarantines
from ledger.errors import BadInput, Refused
from ledger.protocol.dictionary import Dictionary, load_dictionary
from ledger.protocol.model import Protocol, load
from ledger.rules.setting import Setting


def open_desk(ledger: Ledger, post: Post, persons: Sequence[str], said: Circumstances) -> Desk:
    """Open a desk for the persons who act, with what the whole ledger says now."""
    roster = ledger.roster()
    if roster.genesis is None:
        raise BadInput("the ledger has no genesis entry")
    zone = roster.genesis.zone
    now = post.clock().astimezone(ZoneInfo(zone))
    setting = _setting(ledger, roster)
    patterns = setting.protocol.patient_id_patterns if setting is not None else ()
    return Desk(
        ledger,
        setting,
        dictionaries(ledger),
        now,
        zone,
        roster.site,
        tuple(persons),
        Pad(post.random, Ids(now, post.random)),
        said,
        patterns,
        memory=post.memory.setdefault(ledger.id, {}),
        roster=roster,
    )


def site_setting(ledger: Ledger) -> Setting:
    """Give the setting of judgement as the whole ledger tells it; refused (K-VALUE) before a pack is activated."""
    setting = _setting(ledger, ledger.roster())
    if setting is None:
        raise Refused(
            "no protocol pack is active at this site",
            rules=("K-VALUE",),
            fix="activate one: doseledger protocol activate PACK",
        )
    return setting


def dictionaries(ledger: Ledger) -> tuple[tuple[datetime, Dictionary], ...]:
    """List the toxicity dictionaries that came into force, with since when; the oldest first."""
    return tuple((since, _dictionary(ledger.blob(ref.digest))) for since, ref in in_force(ledger.stream("study")))


def _setting(ledger: Ledger, roster: Roster) -> Setting | None:
    active = roster.protocol
    if active is None:
        return None
    shelves = [ledger.stream(name) for name in ledger.streams("supply/")]
    return Setting(_protocol(ledger.blob(active.pack.digest)), roster, lots(shelves), quarantines(shelves))


@lru_cache(maxsize=8)
def _protocol(data: bytes) -> Protocol:
    return load(data).protocol()


@lru_cache(maxsize=8)
def _dictionary(data: bytes) -> Dictionary:
    return load_dictionary(data)


def bare_desk(ledger: Ledger, post: Post, pad: Pad, said: Circumstances) -> Desk:
    """Open a desk for the device itself, which judges nothing."""
    roster = ledger.roster()
    zone = roster.genesis.zone if roster.genesis is not None else "UTC"
    now = post.clock().astimezone(ZoneInfo(zone))
    return Desk(ledger, None, (), now, zone, roster.site, (), pad, said, roster=roster)
