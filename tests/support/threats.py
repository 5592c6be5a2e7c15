"""Who attacks the record, and how: every threat that bytes can express, as a change of one small honest ledger.

`Trial` is the ledger: two registrars, petra (investigator) and nina (nurse), a protocol, seven weights of a patient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from anchored import NAME, witness_of
from attacked import Attacked
from forging import Forged, copied, edited, resigned, with_signatures
from minting import Site, committed, key_of, minute, utc

from ledger.anchors import cosignature
from ledger.events.base import After, Occurred, Reason
from ledger.events.keys import KeyRevoked
from ledger.events.patient import PatientMeasured
from ledger.merkle import tree
from ledger.signing import jws
from ledger.signing.header import open_header

PATIENT = "patient/001-001"
NINA, SPOT = 2, 8
"""Positions: nina's enrolment, the weight of 73 kg that is attacked."""


def weight(kg: str) -> PatientMeasured:
    """A weight."""
    return PatientMeasured(weight_kg=kg, height_cm=None)


class Trial:
    """The honest record, what was seen of it outside, and the hands of those who could sign more."""

    def __init__(self, folder: Path) -> None:
        self.site = _written(Site(folder / "trial.ledger"))
        self.honest: Forged = copied(self.site.book)
        self.site.book.close()
        other = _written(Site(folder / "other.ledger", seed="other"))
        self.other: Forged = copied(other.book)
        other.book.close()
        self.record = Attacked(self.honest.entries, self.honest.texts, self.honest.blobs)
        self.size = self.honest.size

    def after(self, record: Forged, size: int | None = None) -> After:
        """The head of a record, or an earlier one, as an entry names it."""
        top = record.size if size is None else size
        root = tree.root([tree.leaf_hash(raw) for raw in record.entries[:top]])
        return After(log="main", size=top, root=root.hex())

    def signed(self, record: Forged, by: str, kg: str, *, size: int | None = None, **changes: object) -> bytes:
        """A weight that somebody signs at the end of a record, with the next counter of his key."""
        self.site.tick()
        after, counters = self.after(record, size), self.counters(record, by)
        return self.site.entry(PATIENT, weight(kg), by=by, after=after, counters=counters, **changes)

    def counters(self, record: Forged, *names: str) -> dict[str, int]:
        """The next counter of each key."""
        used: dict[str, int] = {}
        for raw in record.entries:
            for one in jws.parse(raw).signatures:
                header = open_header(one.protected)
                used[header.kid] = max(used.get(header.kid, 1), header.n)
        kids = [self.site.people[name].key.public.kid for name in names]
        return {kid: used[kid] + 1 for kid in kids}

    def cosigned(self, note: bytes) -> bytes:
        """A head as a witness keeps it, with his signature."""
        key, signer = witness_of(NAME)
        at = int(self.site.now.timestamp())
        return note + cosignature.cosign(note[: note.index(b"\n\n") + 1], key, at, signer.sign)


def _written(site: Site) -> Site:
    site.enrol("petra", "Petra Prinz", "principal-investigator")
    site.enrol("nina", "Nina Nolte", "nurse")
    site.delegate("nina", "measurement")
    site.activate(b"[pack]\n", b"terms\n", id="demo", version="1", ctcae="5.0")
    commitment, pair = committed("as told by the patient")
    for i in range(7):
        said = {"reason": Reason(code="other", text=commitment), "texts": {commitment: pair}} if not i else {}
        site.write(PATIENT, weight(f"7{i}"), by="nina", **said)
    return site


Change = Callable[[Trial], Attacked]
Seen = tuple[Forged, int, Forged, int]
"""Of which record, and at which size, the last-seen head is, and the one that the witness keeps."""


@dataclass(frozen=True)
class Threat:
    """One attack: its row in the list of threats, what is done, and who does it.

    `sealed` says that whoever does it lets the program seal it, so that both attackers leave the same. `file_only`:
    a copy holds nothing of what was changed. `seen` says what was seen outside, of the honest record or of the one that
    is left; the honest head where it is None.
    """

    row: str
    what: str
    who: str
    change: Change
    sealed: bool = False
    file_only: bool = False
    seen: Callable[[Trial, Forged], Seen] | None = None


def entry(position: int, change: Callable[[bytes], bytes]) -> Change:
    """One entry becomes another."""
    return lambda t: t.record.put(position, change(t.record.entries[position]))  # type: ignore[return-value]


def edit(position: int, old: bytes, new: bytes) -> Change:
    """Something else stands in a payload, under the signatures that it had."""
    return entry(position, lambda raw: edited(raw, old, new))


def signed_anew(position: int, old: bytes, new: bytes, *names: str) -> Change:
    """Something else stands in a payload, and the keys of these people sign it."""

    def change(t: Trial) -> Attacked:
        at = position % t.size
        return t.record.put(at, resigned(edited(t.record.entries[at], old, new), [key_of(one) for one in names]))  # type: ignore[return-value]

    return change


def left(*, until: int) -> Change:
    """Only the first entries are left."""
    return lambda t: replace(t.record, entries=t.record.entries[:until])


def with_last(pick: Callable[[Trial], bytes]) -> Change:
    """One more entry stands at the end."""
    return lambda t: replace(t.record, entries=(*t.record.entries, pick(t)))


def without_head(pick: Callable[[Trial], int]) -> Change:
    """The checkpoint of one size is gone."""
    return lambda t: replace(t.record, unstored=frozenset({pick(t)}))


def other_words(t: Trial) -> Attacked:
    """The texts say something else, with the salts that they had."""
    return replace(t.record, texts={name: (salt, b"as seen") for name, (salt, _) in t.record.texts.items()})


def other_rules(t: Trial) -> Attacked:
    """The files of the protocol say something else, under the names that they had."""
    return replace(t.record, blobs={name: data + b" " for name, data in t.record.blobs.items()})


def other_signature(t: Trial) -> Attacked:
    """Under the attacked entry stands the signature of the entry before it."""
    return t.record.put(SPOT, with_signatures(t.record.entries[SPOT], [(t.record.entries[SPOT - 1], 0)]))  # type: ignore[return-value]


def invented(t: Trial) -> Attacked:
    """Another ledger stands in the place of this one, all of it properly signed."""
    return Attacked(t.other.entries, t.other.texts, t.other.blobs)


def sql(*statements: str) -> Change:
    """The tables are changed."""
    return lambda t: replace(t.record, statements=statements)


def grown(t: Trial, by: str = "nina", kg: str = "99.5", **about: object) -> Attacked:
    """The record with one more entry, properly signed."""
    return replace(t.record, entries=(*t.record.entries, t.signed(t.record, by, kg, **about)))


def anew(t: Trial, until: int, kg: str) -> Attacked:
    """The record up to a position, and others behind it, more than there were: another history."""
    kept = replace(t.record, entries=t.record.entries[:until])
    while kept.size <= t.size:
        kept = replace(kept, entries=(*kept.entries, t.signed(kept, "nina", kg)))
    return kept


def header(old: bytes, new: bytes) -> Change:
    """The protected header of the attacked entry says something else."""

    def changed(raw: bytes) -> bytes:
        parsed = jws.parse(raw)
        (one,) = parsed.signatures
        assert one.protected.count(old) == 1, one.protected
        return jws.assemble(parsed.payload, [jws.Signature(one.protected.replace(old, new), one.signature)])

    return entry(SPOT, changed)


def outer(raw: bytes) -> bytes:
    """An unprotected header beside the signatures."""
    return raw.replace(b'{"payload":', b'{"header":{"alg":"none"},"payload":')


def swapped(t: Trial) -> Attacked:
    """Two weights trade places."""
    entries = list(t.record.entries)
    entries[SPOT], entries[SPOT + 1] = entries[SPOT + 1], entries[SPOT]
    return replace(t.record, entries=tuple(entries))


def withheld_by_the_operator(t: Trial) -> Attacked:
    """The author signed two entries; the first of them never arrived."""
    kid = t.site.people["nina"].key.public.kid
    lost = t.signed(t.record, "nina", "98")
    n = open_header(jws.parse(lost).signatures[0].protected).n
    t.site.tick()
    raw = t.site.entry(PATIENT, weight("98.5"), by="nina", after=t.after(t.record), counters={kid: n + 1})
    return replace(t.record, entries=(*t.record.entries, raw))


def reused_counter(t: Trial) -> Attacked:
    """A second machine signs with a counter that the key has used."""
    kid = t.site.people["nina"].key.public.kid
    t.site.tick()
    raw = t.site.entry(PATIENT, weight("98"), by="nina", after=t.after(t.record), counters={kid: 3})
    return replace(t.record, entries=(*t.record.entries, raw))


def revoked(t: Trial) -> Attacked:
    """The record in which a registrar has ended nina's key; it was stolen."""
    kid = t.site.people["nina"].key.public.kid
    event = KeyRevoked(person="nina", key_id=kid, why="compromised", suspected_from=None)
    t.site.tick()
    by = [("rita", "responsibility")]
    raw = t.site.entry("people", event, by=by, after=t.after(t.record), counters=t.counters(t.record, "rita"))
    return replace(t.record, entries=(*t.record.entries, raw))


def before_the_revocation(t: Trial) -> Attacked:
    """The thief and the operator slip an entry in before the revocation, which named the head before it."""
    ended = revoked(t)
    slipped = t.signed(t.record, "nina", "98")
    return replace(ended, entries=(*t.record.entries, slipped, ended.entries[-1]))


def seen_revoked(t: Trial, left: Forged) -> Seen:
    """Both outside saw the head with the revocation."""
    ended = replace(t.honest, entries=(*t.honest.entries, left.entries[-1]))
    return ended, ended.size, ended, ended.size


def backdated(t: Trial) -> Attacked:
    """A weight of today that is said to have been measured last week."""
    at = Occurred(at=minute(t.site.now - timedelta(days=7)), zone="Europe/Berlin", precision="minute", basis="recalled")
    return grown(t, occurred=at)


def moved_clock(t: Trial, hours: int) -> Attacked:
    """An act on a machine whose clock was moved."""
    at = t.site.now + timedelta(hours=hours)
    said = Occurred(at=minute(at), zone="Europe/Berlin", precision="minute", basis="observed")
    return grown(t, recorded_at=utc(at), occurred=said)


def at_the_branch(t: Trial, left: Forged) -> Seen:
    """This reader last saw the branch that he is shown; the witness saw the other one."""
    return left, left.size, t.honest, t.size


def before_the_cut(t: Trial, left: Forged) -> Seen:
    """Both outside saw the record before the entries that are cut off were written."""
    return t.honest, left.size, t.honest, left.size


def refused_to_cosign(t: Trial, left: Forged) -> Seen:
    """The witness has not cosigned since; this reader saw more."""
    return t.honest, t.size, t.honest, left.size


def weak(t: Trial) -> Attacked:
    """Both registrars enrol somebody whose key everybody can sign with."""
    who = t.site.add("norbert", "Norbert Nagel", "nurse")
    event = t.site.enrolment(who, key=type(who.jwk)(crv="Ed25519", kty="OKP", x="A" * 43, y=None))
    t.site.tick()
    counters = t.counters(t.record, "rita", "rolf")
    raw = t.site.entry("people", event, by=("rita", "rolf"), after=t.after(t.record), counters=counters)
    return replace(t.record, entries=(*t.record.entries, raw))


def with_a_file(t: Trial) -> Attacked:
    """The record with bytes beside it that nobody signed."""
    data = b"rules that were never in force"
    return replace(t.record, blobs={**t.record.blobs, sha256(data).hexdigest(): data})
