"""Anchors for tests: a site whose first entry names a witness, and what witnesses and papers say of its heads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from minting import Site, jwk_of, key_of, utc

from ledger.anchors import cosignature
from ledger.book import Ledger
from ledger.events.archive import AnchorMade
from ledger.events.entry import Entry
from ledger.events.study import Witness, Witnesses
from ledger.merkle.note import VerifierKey
from ledger.signing.signer import MemorySigner

NAME = "witness.example/w1"
ARCHIVE = "archive/001"


def witness_of(name: str = NAME) -> tuple[VerifierKey, MemorySigner]:
    """The keys of a witness, made from his name."""
    signer = key_of(f"witness {name}")
    return cosignature.witness_key(name, signer.public.raw), signer


def named(*names: str, quorum: int = 1) -> Witnesses:
    """A policy that names witnesses."""
    return Witnesses(quorum=quorum, keys=tuple(Witness(name=one, key=jwk_of(witness_of(one)[1])) for one in names))


def watched(path: Path, policy: Witnesses) -> Site:
    """A staffed site whose first entry names these witnesses."""
    site = Site.__new__(Site)
    super(Site, site).__init__(seed="site")
    site.path = path
    site.book = Ledger.create(path, site.genesis(witnesses=policy), log_signer=site.log_key, now=site.now)
    return site.staffed()


@dataclass
class Shown:
    """What a witness made of a head: the cosigned note, and the event that records it."""

    note: bytes
    event: AnchorMade


def cosigned(
    site: Site, *, name: str = NAME, size: int | None = None, at: datetime | None = None, note: bytes | None = None
) -> Shown:
    """A witness cosigns a head of the site, the newest unless another is given."""
    top = site.book.size if size is None else size
    head = site.book.checkpoint_at(top) if note is None else note
    moment = (at or site.now + timedelta(seconds=30)).replace(microsecond=0)
    key, signer = witness_of(name)
    text = head[: head.index(b"\n\n") + 1]
    line = cosignature.cosign(text, key, int(moment.timestamp()), signer.sign)
    return recorded(site, "witness", head + line, name, moment.astimezone(UTC), top)


def recorded(  # noqa: PLR0917
    site: Site, form: str, evidence: bytes, authority: str, at: datetime, size: int
) -> Shown:
    """The event that records evidence, whatever it is."""
    digest = sha256(evidence).hexdigest()
    root = site.book.root_at(size).hex()
    event = AnchorMade(form=form, size=size, root=root, evidence=digest, authority=authority, at=utc(at))
    return Shown(evidence, event)


def on_paper(site: Site) -> Shown:
    """The newest head goes on paper."""
    root = site.book.root().hex()
    event = AnchorMade(form="paper", size=site.book.size, root=root, evidence=None, authority=None, at=None)
    return Shown(b"", event)


def write(site: Site, shown: Shown, **changes: object) -> Entry:
    """The device records an anchor."""
    blobs = {} if shown.event.evidence is None else {shown.event.evidence: shown.note}
    return site.write(ARCHIVE, shown.event, by="ward-1", blobs=blobs, **changes)
