"""What the device writes down by itself: one entry under its own key, made and appended in one writer's turn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Literal

from commands.draft import Pad
from commands.post import Ids, Post
from commands.sealing import system_entry
from ledger.book import Ledger, Receipt
from ledger.course.people import Roster
from ledger.events.base import Wire

Family = Literal["attempts", "exports", "archive", "security", "clock"]
"""The streams that a device writes, one of each for the site."""


def note(ledger: Ledger, post: Post, family: Family, event: Callable[[Pad, Roster], Wire]) -> Receipt:
    """Append what `event` gives to the site's stream of that family, with the texts and files it put on the pad."""
    with ledger.turn():
        now = post.clock().astimezone(UTC)
        pad, roster = Pad(post.random, Ids(now, post.random)), ledger.roster()
        raw = system_entry(ledger, post, f"{family}/{roster.site}", event(pad, roster), pad)
        return ledger.append([raw], now=now, texts=pad.texts, blobs=pad.blobs)[0]
