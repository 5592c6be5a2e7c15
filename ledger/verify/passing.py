"""The one pass from the first entry to the last: keys, judgement, hashes, checkpoints, texts and blobs in log order."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from ledger.admission import problems, signing_keys
from ledger.admission.problem import Level
from ledger.admission.signatures import check_made, public_of
from ledger.codec import Opened, commitments, open_whole
from ledger.copies import Withheld
from ledger.course.people import Roster, evolve
from ledger.errors import DoseLedgerError, Malformed
from ledger.events.body import blobs
from ledger.events.keys import SignatureAbandoned
from ledger.events.review import TextRedacted
from ledger.events.study import LedgerCreated, LedgerRestored
from ledger.logkeys import turned
from ledger.merkle.epochs import LogKeys
from ledger.signing import keys
from ledger.verify import restored
from ledger.verify.doubts import doubts
from ledger.verify.opening import Head, Looked, Run, head_of, sentence
from ledger.verify.report import Finding
from ledger.verify.seen import Seen
from ledger.verify.since import Continued, Since
from ledger.verify.source import Source
from ledger.verify.texts import Texts
from ledger.verify.unseen import Unseen
from ledger.verify.vouching import Vouching

_NO_HEADS = frozenset({"checkpoints", "earlier checkpoints"})


class Passing:
    """The state of the pass; `known` fills with the keys that the log makes active, for the threads to use."""

    def __init__(self, source: Source, lacks: Iterable[str] = (), since: Since | None = None) -> None:
        """`lacks` names what the source does not hold: `texts`, `blobs`, `checkpoints`, `earlier checkpoints`.

        With `since` the pass begins behind what was verified before.
        """
        self.source = source
        self.since = since
        self.lacks = frozenset(lacks)
        self.unseen = Unseen()
        self.seen = Seen(self._reopen)
        self.roster = Roster()
        self.log_keys = LogKeys()
        self.known: dict[str, keys.PublicKey] = {}
        self.findings: list[Finding] = []
        self.notices: list[Finding] = []
        self.abandoned: dict[str, set[int]] = {}
        self.texts = Texts()
        self.vouching = Vouching()
        self.newest_head = 0
        self._sealed = bytearray(1)
        self._named: set[str] = set()
        self.broken = False
        if since is not None:
            self._begin(since)

    def take(self, run: Run) -> None:
        """Pass a run of entries and their checkpoints, both in order."""
        heads = {head.size: head for head in run.heads}
        for looked in run.looked:
            self.entry(looked)
            if self.broken:
                return
            head = heads.get(self.seen.size)
            if head is not None:
                self.head(head)

    def entry(self, looked: Looked) -> None:
        """Pass the next entry."""
        position = self.seen.size
        opened = looked.opened
        if looked.missing:
            self.fail(position, None, "L1", "missing", "the entry is missing; those behind it have lost their place")
            self.broken = True
            return
        if looked.withheld:
            self.unseen.withheld.append(position)
            self.seen.skip(looked.leaf, withheld=True)
            return
        if opened is None:
            self.fail(position, None, "L1", "bytes", looked.error)
            self.seen.skip(looked.leaf)
            return
        kind = opened.entry.kind
        before = len(self.findings)
        if position or isinstance(opened.entry.event, LedgerCreated):
            self._signatures(opened, looked)
        left_open = self.unseen.open_codes(opened, self.seen)
        try:
            for problem in problems(opened, roster=self.roster, view=self.seen):
                if problem.code in left_open:
                    continue
                finding = Finding(problem.level, problem.code, problem.why, position, kind)
                (self.findings if problem.severity == "failure" else self.notices).append(finding)
        except DoseLedgerError as error:
            self.fail(position, kind, "L2", "not-judged", sentence(error))
        if isinstance(opened.entry.event, SignatureAbandoned):
            self.abandoned.setdefault(opened.entry.event.key_id, set()).update(opened.entry.event.n)
        told = opened.entry.told.event
        if isinstance(told, TextRedacted) and len(self.findings) == before:
            self.texts.redacts(told, position)
            why = f"texts deleted by two persons: {len(told.commitments)}"
            self.notices.append(Finding("L2", "redacted", why, position, kind))
        if isinstance(opened.entry.event, LedgerRestored):
            self.notices.append(restored.told(opened.entry.event, position, kind))
        self._beside(opened, position)
        self._sealed_at(opened.entry.payload.after.size, position)
        self.vouching.take(opened, self.roster)
        self.seen.add(opened, looked.leaf)
        good = not any(finding.level == "L1" for finding in self.findings[before:])
        if good:
            self._authority(opened)
        if good or not position:
            self.log_keys = turned(self.log_keys, opened.entry)

    def head(self, head: Head) -> None:
        """Compare a stored checkpoint of as many entries as were passed."""
        position, size = head.size - 1, head.size
        key = self.log_keys.at(size)
        if key != head.key:
            head = head_of(size, head.note, key)
        found = head.checkpoint
        if found is None:
            self.fail(position, None, "L1", "checkpoint", f"the checkpoint of {size} entries: {head.error}")
        elif (found.size, found.root) != (size, self.seen.root_at(size)):
            self.fail(position, None, "L1", "root", f"the signed checkpoint of {size} entries gives another root")
        self.newest_head = max(self.newest_head, size)
        self._sealed += bytes(size + 1 - len(self._sealed))
        self._sealed[size] = 1

    def ended(self, size: int) -> None:
        """Close the pass over a ledger of `size` entries."""
        if size and self.newest_head != size and "checkpoints" not in self.lacks:
            self.fail(size - 1, None, "L1", "checkpoint", f"no signed checkpoint of all {size} entries is stored")
        if "texts" not in self.lacks:
            self.findings.extend(self.texts.ended(self.source))
        if self.since is None and "blobs" not in self.lacks and not self.unseen.withheld:
            for digest in self.source.digests():
                if digest not in self._named:
                    self.fail(None, None, "L1", "blob", f"no entry names the stored bytes {digest[:12]}...")
        if size:
            self._last_parts(size - 1)
        for kid, used in () if self.unseen.withheld else self.seen.counters().items():
            self._gaps(kid, used)
        self.notices.extend(doubts(self.roster, self.seen))
        self.vouching.ended(self.roster, size)
        self.notices.extend(self.vouching.notices)

    def _signatures(self, opened: Opened, looked: Looked) -> None:
        position, kind = opened.entry.position, opened.entry.kind
        try:
            needed = signing_keys(opened, self.roster)
        except DoseLedgerError as error:
            self.fail(position, kind, "L1", "key", sentence(error))
            return
        for index, public in enumerate(needed):
            made = looked.made[index]
            if made is None:
                try:
                    check_made(opened, index, public)
                    made = ""
                except DoseLedgerError as error:
                    made = sentence(error)
            if made:
                self.fail(position, kind, "L1", "signature", f"{opened.headers[index].signer.id}: {made}")

    def _authority(self, opened: Opened) -> None:
        roster = evolve(self.roster, opened.entry)
        if roster is self.roster:
            return
        self._know(roster)

    def _know(self, roster: Roster) -> None:
        self.roster = roster
        for key in (*roster.keys.values(), *roster.devices.values()):
            if key.kid not in self.known:
                self.known[key.kid] = public_of(key.jwk)

    def _begin(self, since: Since) -> None:
        self.seen = Continued(since, self._reopen)
        self.log_keys = since.log_keys
        self.newest_head = since.size
        self._sealed = bytearray(b"\x01") * (since.size + 1)
        self.texts.redacted_before(since.earlier.redacted)
        self.abandoned = since.abandoned()
        self.vouching.begin(since.roster)
        self._know(since.roster)

    def _beside(self, opened: Opened, position: int) -> None:
        """What the entry promises beside its bytes: its texts, and the blobs of the protocol it activates."""
        kind = opened.entry.kind
        for commitment in () if "texts" in self.lacks else sorted(commitments(opened.jws.payload)):
            why = self.texts.look(commitment, self.source, position, kind)
            if why:
                self.fail(position, kind, "L1", "text", why)
        for _, digest in () if "blobs" in self.lacks else blobs(opened.entry.event):
            blob = self.source.blob(digest)
            self._named.add(digest)
            if blob is None or sha256(blob).hexdigest() != digest:
                self.fail(
                    position, kind, "L1", "blob", f"the bytes with the digest {digest[:8]}... are missing or others"
                )
            elif isinstance(opened.entry.event, LedgerRestored):
                why = restored.evidence(opened.entry.event, blob, self.log_keys)
                if why:
                    self.fail(position, kind, "L1", "anchor", why)

    def _sealed_at(self, size: int, position: int) -> None:
        """The head at which an author looked was sealed: where its checkpoint is gone, somebody took it away."""
        if not 0 < size <= position or _NO_HEADS & self.lacks:
            return
        if size >= len(self._sealed) or not self._sealed[size]:
            why = f"no signed checkpoint of {size} entries is stored, and #{position} was written after it"
            self.fail(size - 1, None, "L1", "checkpoint", why)
            self._sealed += bytes(max(0, size + 1 - len(self._sealed)))
            self._sealed[size] = 1

    def _last_parts(self, last: int) -> None:
        """What the newest entry belongs to must be complete: an act of several entries is stored at once or not."""
        try:
            opened = self.seen.opened(last)
        except DoseLedgerError:
            return
        command, kind = opened.entry.payload.command, opened.entry.kind
        if command.index + 1 != command.of:
            self.fail(
                last, kind, "L2", "command-broken", f"the command ends at part {command.index + 1} of {command.of}"
            )
        for header in opened.headers:
            part = header.auth.set
            if part is not None and part.i + 1 < part.of:
                self.fail(last, kind, "L2", "set", f"of {part.of} entries signed together the last are missing")

    def _gaps(self, kid: str, used: dict[int, int]) -> None:
        """A counter that never arrived and was never abandoned: a draft was dropped, or somebody withheld the entry."""
        key = self.roster.keys.get(kid)
        requested = {1} if key is not None and key.since > 0 else set()  # the request for the key was signature 1
        requested |= self.abandoned.get(kid, set())
        low, high = min(used), max(used)
        unlikely = high - low > 2 * len(used) + 1000  # a counter that jumps is no list of missing ones
        missing = [] if unlikely else [n for n in range(low, high) if n not in used and n not in requested]
        if missing:
            who = key.person if key is not None else kid[:8]
            listed = ", ".join(str(n) for n in missing[:10])
            self.notices.append(Finding("L2", "n-missing", f"signatures of {who} that never arrived: {listed}"))

    def _reopen(self, position: int) -> Opened:
        (raw,) = self.source.raws(position, position + 1)
        if raw is None or isinstance(raw, Withheld):
            raise Malformed(f"the entry at position {position} can no longer be read")
        return open_whole(raw, log=self.source.log, position=position)

    def fail(self, position: int | None, kind: str | None, level: Level, code: str, why: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(level, code, why, position, kind))
