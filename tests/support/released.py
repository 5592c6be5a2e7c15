"""The released entries, written from docs/spec/entry.md alone: nothing of the program is used here.

    python tests/support/released.py          adds to tests/vectors/entries/ what the story goes on with

One entry of every kind, and of everything an envelope can say, as the log of a fictional site. Keys, salts,
ids and times are fixed, ES256 signatures are deterministic (RFC 6979), so the bytes come out the same again.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

FOLDER = Path(__file__).parents[1] / "vectors" / "entries"
STAMP = FOLDER / "timestamp.b64"
"""The answer of a fictional time-stamp authority, which cannot be made again: its signature has a chance in it."""
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PACIFIC = timezone(timedelta(hours=-8))
ZONE = "America/Los_Angeles"
ORGANISATION = "Fictional Site 001"
PACK, TERMS = b"a fictional protocol pack\n", b"a fictional dictionary of terms\n"
ALL_TERMS = b"a fictional full dictionary of terms\n"
MEANINGS = {
    "authorship": "I wrote this entry, and it is complete and correct to the best of my knowledge.",
    "performed": "I performed this act myself at the stated time.",
    "transcribed": "I copied this entry from the stated source and did not perform the act myself.",
    "verified": "I checked this myself, independently of the person who did it, and found it correct.",
    "dispensed": "I dispensed this product as stated.",
    "assessed": "I assessed this, and the judgement stated is my own.",
    "approved": "I approve this.",
    "acknowledged": "I have been told of this and take note of it.",
    "reviewed": "I have reviewed this; my review is not an approval.",
    "locked": "I lock this against further change.",
    "unlocked": "I unlock this for the stated reason.",
    "responsibility": "I take responsibility for what is stated here.",
    "attested-copy": "I compared this copy with the original and attest that it is complete and the same.",
    "possession": "I hold the private key that belongs to this public key, and nobody else does.",
    "system": "This entry was made by the device, not by a person.",
}
PEOPLE = {
    "rita": ("Rita Roth", "registrar"),
    "rolf": ("Rolf Reuter", "registrar"),
    "petra": ("Dr. Petra Prinz", "principal-investigator"),
    "ivan": ("Dr. Ivan Ibsen", "investigator"),
    "nina": ('Nora "Nina" Ünal', "nurse"),
    "norbert": ("Norbert Nagel", "nurse"),
    "paula": ("Paula Pohl", "pharmacist"),
    "theo": ("Theo Tamm \\ Night", "pharmacy-technician"),
    "clara": ("Clara Cohn", "coordinator"),
    "ws1": ("Device ws1", "system"),
    "simone": ("Dr. Simone Sand", "sponsor-medical"),
    "rosa": ("Rosa Ritter", "registrar"),
    "ruth": ("Ruth Rabe", "registrar"),
    "mona": ("Mona Mohn", "monitor"),
}
LATER = ("simone", "rosa", "ruth")
"""Who came when the log stood: their keys are written behind all others."""
LAST = ("mona",)
"""Who came last."""
TASKS = {
    "ivan": ["eligibility", "enrolment", "prescribing", "assessment", "safety"],
    "nina": ["premedication", "administration", "measurement", "safety"],
    "norbert": ["premedication", "administration", "measurement"],
    "paula": ["pharmacy", "supply"],
    "theo": ["pharmacy"],
    "clara": ["registration", "consent", "laboratory", "transcription", "administration"],
}


def b64u(data: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def canonical(value: object) -> bytes:
    """The one spelling of a JSON value whose members are in their order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Key:
    """The fixed key of a name; the principal investigator's is a smartcard's (ES256)."""

    def __init__(self, owner: str) -> None:
        """Derive the key from its owner's name."""
        self.secret = sha256(b"doseledger released key of " + owner.encode()).digest()
        self.card = owner == "petra"
        self.method = "pin" if self.card else "pwd"
        self.alg = "ES256" if self.card else "Ed25519"
        if self.card:
            self._ec = ec.derive_private_key(int.from_bytes(self.secret), ec.SECP256R1())
            point = self._ec.public_key().public_numbers()
            x, y = b64u(point.x.to_bytes(32)), b64u(point.y.to_bytes(32))
            self.jwk: dict[str, str | None] = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
        else:
            self._ed = Ed25519PrivateKey.from_private_bytes(self.secret)
            self.jwk = {"crv": "Ed25519", "kty": "OKP", "x": b64u(self._ed.public_key().public_bytes_raw()), "y": None}
        self.kid = b64u(sha256(canonical({k: v for k, v in self.jwk.items() if v is not None})).digest())

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of the signature; of ES256 the one with the low s."""
        if not self.card:
            return self._ed.sign(data)
        r, s = decode_dss_signature(self._ec.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True)))
        return r.to_bytes(32) + min(s, P256_ORDER - s).to_bytes(32)


def leaf_hash(raw: bytes) -> bytes:
    """RFC 6962: the hash of an entry."""
    return sha256(b"\0" + raw).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962: the root over leaf hashes."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def signature_line(name: str, key: Key, kind: int, signature: bytes) -> bytes:
    """A line of a signed note; `kind` is the type of signature of C2SP signed-note."""
    public = urlsafe_b64decode(f"{key.jwk['x']}=")
    named = sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
    return f"\u2014 {name} {b64encode(named + signature).decode()}\n".encode()


def cosigned(note: bytes, name: str, key: Key, at: datetime) -> bytes:
    """A signed note with the line of a witness (C2SP tlog-cosignature, cosignature/v1)."""
    text, seconds = note[: note.index(b"\n\n") + 1], int(at.timestamp())
    signature = key.sign(f"cosignature/v1\ntime {seconds}\n".encode() + text)
    return note + signature_line(name, key, 4, seconds.to_bytes(8) + signature)


def seal(payload: bytes, signatures: Sequence[tuple[dict[str, object], Key]]) -> bytes:
    """The bytes of an entry: the JWS of a payload with one protected header for each signer."""
    parts = []
    for header, key in signatures:
        protected = b64u(canonical(header))
        signature = b64u(key.sign(f"{protected}.{b64u(payload)}".encode()))
        parts.append({"protected": protected, "signature": signature})
    return canonical({"payload": b64u(payload), "signatures": parts})


@dataclass
class Said:
    """What an envelope says beside the body; what is not given is as in most entries."""

    at: str | None = None
    precision: str = "minute"
    basis: str = "observed"
    zone: str = ZONE
    offset_ms: str | None = None
    clock: str = "system"
    graded: bool = False
    shown: tuple[str, ...] = ()
    performed_by: str | None = None
    source: str = "direct"
    source_ref: str | None = None
    reason: str | None = None
    reason_text: str | None = None
    causes: tuple[str, ...] = ()
    corrects: str | None = None
    needs: tuple[tuple[str, str], ...] = ()
    first: bool = True


Part = tuple[str, str, str, Mapping[str, object], Said]
"""Name, stream, kind, body and envelope of an entry."""


@dataclass
class Released:
    """The log as it is written; `named` holds the entries by the names that the story gives them."""

    now: datetime = datetime(2010, 2, 1, 17, 0, tzinfo=UTC)
    raws: list[bytes] = field(default_factory=list)
    vectors: list[dict[str, object]] = field(default_factory=list)
    texts: list[dict[str, str]] = field(default_factory=list)
    named: dict[str, dict[str, object]] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=lambda: {name: Key(name) for name in KEYS})
    counters: dict[str, int] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    made: int = 0
    ledger: str = ""
    protocol: dict[str, str] | None = None
    dictionary: dict[str, str] | None = None
    blobs: list[bytes] = field(default_factory=lambda: [PACK, TERMS, ALL_TERMS])

    def uuid(self) -> str:
        """A UUIDv7: milliseconds, a counter, and fixed bits where others have chance."""
        self.made += 1
        tail = int.from_bytes(sha256(b"released id %d" % self.made).digest()[:8]) & ((1 << 62) - 1)
        number = int(self.now.timestamp() * 1000) << 80 | 7 << 76 | (self.made & 0xFFF) << 64 | 2 << 62 | tail
        text = f"{number:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def commit(self, text: str) -> str:
        """The commitment to a text, which is kept with its salt beside the entries."""
        salt = sha256(b"released salt of " + text.encode()).digest()
        commitment = "sha256:" + sha256(salt + text.encode()).hexdigest()
        self.texts.append({"commitment": commitment, "salt": salt.hex(), "text": text})
        return commitment

    def id(self, name: str) -> str:
        """The id of an entry that stands."""
        return str(self.named[name]["id"])

    def key(self, person: str) -> Key:
        """The key that a person signs with now: his first, until `held` names another."""
        return self.keys[self.held.get(person, person)]

    def minute(self, later: int = 0) -> str:
        """The local time now, to the minute."""
        return (self.now + timedelta(minutes=later)).astimezone(PACIFIC).isoformat(timespec="minutes")

    def day(self, text: str) -> None:
        """Go to nine o'clock of another day."""
        self.now = datetime.fromisoformat(f"{text}T09:00:00.250-08:00").astimezone(UTC)

    def write(
        self, name: str, stream: str, kind: str, body: Mapping[str, object], by: Sequence[str], **said: object
    ) -> None:
        """One entry that is a command of its own. `by`: `person` or `person meaning`, in the order of signing."""
        self.command([(name, stream, kind, body, Said(**said))], by)

    def elsewhere(self, part: Part, by: str, after: dict[str, object]) -> tuple[bytes, dict[str, object]]:
        """The bytes of an entry that does not stand in this log, and its payload; its counter is given out again."""
        self.now += timedelta(minutes=1)
        person, _, meaning = by.partition(" ")
        command = {"id": self.uuid(), "index": 0, "of": 1}
        payload = self._payload(part, self.uuid(), command, after, [(person, meaning)])
        header = self._header(person, meaning, {"act": self.uuid(), "first": True, "set": None})
        self.counters[self.held.get(person, person)] -= 1
        return seal(canonical(payload), [(header, self.key(person))]), payload

    def command(
        self, parts: Sequence[Part], by: Sequence[str], *, together: bool = True, ids: Sequence[str] = ()
    ) -> None:
        """The entries of one command; `together`: signed in one act as a set, where they are several."""
        self.now += timedelta(minutes=1)
        signers = [(person, meaning or "authorship") for person, _, meaning in (one.partition(" ") for one in by)]
        command, after = self.uuid(), self.after()
        ids = ids or [self.uuid() for _ in parts]
        self.named |= {f"@{i}": {"log": "main", "position": None, "id": one, "leaf": None} for i, one in enumerate(ids)}
        payloads = [
            canonical(self._payload(part, ids[i], {"id": command, "index": i, "of": len(parts)}, after, signers))
            for i, part in enumerate(parts)
        ]
        digest = sha256(b"".join(sha256(payload).digest() for payload in payloads)).hexdigest()
        acts = {person: self.uuid() for person, _ in signers}
        for i, (part, payload) in enumerate(zip(parts, payloads, strict=True)):
            shown = {"digest": digest, "i": i, "of": len(parts)} if together and len(parts) > 1 else None
            if i and not together:
                acts = {person: self.uuid() for person, _ in signers}
            first = part[4].first and (i == 0 or not together)
            headers = [
                self._header(person, meaning, {"act": acts[person], "first": first, "set": shown})
                for person, meaning in signers
            ]
            signed = [(header, self.key(person)) for header, (person, _) in zip(headers, signers, strict=True)]
            self._store(part[:3:2], ids[i], seal(payload, signed), payload, headers)

    def after(self) -> dict[str, object]:
        """The head of the log."""
        return {"log": "main", "size": len(self.raws), "root": root([leaf_hash(raw) for raw in self.raws]).hex()}

    def head(self) -> dict[str, object]:
        """The size and the root of the log."""
        return {name: value for name, value in self.after().items() if name != "log"}

    def note(self, key: str, size: int | None = None, top: str | None = None) -> bytes:
        """The signed checkpoint of the log as it stands, or of another size and root, by a key of the first epoch."""
        name = f"doseledger/nct00983528/{self.ledger[:32]}/main"
        over = str(self.head()["root"]) if top is None else top
        text = f"{name}\n{len(self.raws) if size is None else size}\n{b64encode(bytes.fromhex(over)).decode()}\n"
        return f"{text}\n".encode() + signature_line(name, self.keys[key], 1, self.keys[key].sign(text.encode()))

    def keep(self, data: bytes) -> str:
        """Keep a file beside the entries, and give its name."""
        digest = sha256(data).hexdigest()
        self.blobs.append(data)
        return digest

    def request(self, person: str) -> str:
        """The request with which a person offers his key."""
        key, name = self.key(person), PEOPLE[person][0]
        payload = {
            "format": 1,
            "person": person,
            "name": name,
            "organisation": ORGANISATION,
            "key_id": key.kid,
            "key": key.jwk,
        }
        header = self._header(person, "possession", {"act": self.uuid(), "first": True, "set": None})
        signer = header["signer"]
        assert isinstance(signer, dict)
        header |= {"signer": signer | {"role": "system"}, "n": 1}
        self.counters[self.held.get(person, person)] = 0
        return seal(canonical(payload), [(header, key)]).decode()

    def _payload(
        self,
        part: Part,
        entry_id: str,
        command: dict[str, object],
        after: dict[str, object],
        signers: Sequence[tuple[str, str]],
    ) -> dict[str, object]:
        _, stream, kind, body, said = part
        needs = [*((meaning, PEOPLE[person][1]) for person, meaning in signers), *said.needs]
        reason = None
        if said.reason is not None:
            reason = {"code": said.reason, "text": None if said.reason_text is None else self.commit(said.reason_text)}
        return {
            "format": 1,
            "ledger": self.ledger,
            "site": "001",
            "stream": stream,
            "id": entry_id,
            "command": command,
            "kind": kind,
            "occurred": {
                "at": said.at or self.minute(),
                "zone": said.zone,
                "precision": said.precision,
                "basis": said.basis,
            },
            "recorded_at": self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "clock": {"source": said.clock, "offset_ms": said.offset_ms},
            "protocol": self.protocol,
            "dictionary": self.dictionary if said.graded else None,
            "after": after,
            "needs": [{"meaning": meaning, "role": role} for meaning, role in needs],
            "shown": list(said.shown),
            "performed_by": said.performed_by,
            "source": {
                "kind": said.source,
                "ref": None if said.source_ref is None else self.commit(said.source_ref),
            },
            "reason": reason,
            "causes": [self.named[name] for name in said.causes],
            "corrects": None if said.corrects is None else self.named[said.corrects],
            "writer": {
                "software": "doseledger/0.1.0",
                "build": sha256(b"a fictional build").hexdigest(),
                "rules": "1",
                "device": "ws1",
            },
            "body": body,
        }

    def _header(self, person: str, meaning: str, auth: dict[str, object]) -> dict[str, object]:
        key, (name, role) = self.key(person), PEOPLE[person]
        owner = self.held.get(person, person)
        n = self.counters.get(owner, 0)
        self.counters[owner] = n + 1
        return {
            "alg": key.alg,
            "kid": key.kid,
            "typ": "doseledger-entry/1",
            "signer": {"id": person, "name": name, "role": role, "organisation": ORGANISATION},
            "at": self.now.astimezone(PACIFIC).isoformat(timespec="milliseconds"),
            "meaning": {"code": meaning, "lang": "en", "version": 1, "text": MEANINGS[meaning]},
            "n": n,
            "auth": {"method": key.method, **auth},
        }

    def _store(
        self, called: tuple[str, str], entry_id: str, raw: bytes, payload: bytes, headers: Sequence[dict[str, object]]
    ) -> None:
        name, kind = called
        position, leaf = len(self.raws), leaf_hash(raw).hex()
        self.raws.append(raw)
        self.named[name] = {"log": "main", "position": position, "id": entry_id, "leaf": leaf}
        self.vectors.append(
            {
                "position": position,
                "name": name,
                "kind": kind,
                "raw": raw.decode(),
                "leaf": leaf,
                "root": root([leaf_hash(one) for one in self.raws]).hex(),
                "payload": payload.decode(),
                "headers": [canonical(header).decode() for header in headers],
            }
        )


OTHER_KEYS = ("the log", "the next log", "recovery", "a witness", "ws2")
SECOND_KEYS = ("paula again", "nina again", "rita again")
TURNS = ("log.rotated/1", "ledger.restored/1")
LOG_KEYS = ("the third log", "the second epoch", "its next log")
"""The keys of the log after the first two: committed to by the rotation, of the new epoch, committed to by that."""
KEYS = (*(name for name in PEOPLE if name not in LATER + LAST), *OTHER_KEYS, *LATER, *SECOND_KEYS, *LAST, *LOG_KEYS)


def kept_texts() -> list[dict[str, str]]:
    """The frozen texts without those that a redaction among the frozen entries deleted: what a copy would hold."""
    entries, texts = (
        json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in ("entries", "texts")
    )
    bodies = [json.loads(one["payload"])["body"] for one in entries if one["kind"] == "text.redacted/1"]
    gone = {name for body in bodies for name in body["commitments"]}
    return [one for one in texts if one["commitment"] not in gone]


def story() -> Released:
    """The log of the fictional site, written anew."""
    log = Released()
    _study(log)
    _patient(log)
    _first_dose(log)
    _reaction(log)
    _other_doses(log)
    _amendments(log)
    _end(log)
    _sponsor(log)
    _levels(log)
    _cycles(log)
    _shelf(log)
    _exports(log)
    _keys(log)
    _review(log)
    _security(log)
    _archive(log)
    _lost(log)
    return log


def _study(log: Released) -> None:
    keys = log.keys
    registrars = [
        {
            "person": one,
            "name": PEOPLE[one][0],
            "organisation": ORGANISATION,
            "key_id": keys[one].kid,
            "key": keys[one].jwk,
        }
        for one in ("rita", "rolf")
    ]
    body = {
        "trial": "nct00983528",
        "purpose": "training",
        "zone": ZONE,
        "registrars": registrars,
        "quorum": 2,
        "device": {"id": "ws1", "key_id": keys["ws1"].kid, "key": keys["ws1"].jwk},
        "log_key": keys["the log"].jwk,
        "next_log_key": keys["the next log"].kid,
        "recovery_key": keys["recovery"].kid,
        "witnesses": {"quorum": 0, "keys": [{"name": "witness.example/w1", "key": keys["a witness"].jwk}]},
        "signing": "every-act",
    }
    both = ("rita responsibility", "rolf responsibility")
    log.write("genesis", "study", "ledger.created/1", body, both)
    log.ledger = str(log.named["genesis"]["leaf"])
    two = ("rita authorship", "rolf verified")
    for person in ("petra", "ivan", "nina", "norbert", "paula", "theo"):
        log.write(f"key of {person}", "people", "key.enrolled/1", _enrolled(log, person), two)
    log.write(
        "key of clara",
        "people",
        "key.enrolled/1",
        _enrolled(log, "clara") | {"identity": {"kind": "passport", "ref": log.commit("passport C01X00T47")}},
        ("rita authorship",),
        needs=(("verified", "registrar"),),
    )
    log.write(
        "countersignature",
        "people",
        "entry.countersigned/1",
        {"target": log.id("key of clara")},
        ("rolf verified",),
        causes=("key of clara",),
    )
    second = {"device": {"id": "ws2", "key_id": keys["ws2"].kid, "key": keys["ws2"].jwk}}
    log.write("second device", "people", "device.enrolled/1", second, two)
    pack = {"id": "fictional-pack", "version": "1.0", "digest": sha256(PACK).hexdigest()}
    terms = {"ctcae": "5.0", "digest": sha256(TERMS).hexdigest()}
    activated = {"pack": pack, "dictionary": terms, "fictional": ["level_minus_1"]}
    log.write("protocol", "study", "protocol.activated/1", activated, ("petra approved",))
    log.protocol, log.dictionary = pack, terms
    for person, tasks in TASKS.items():
        granted = {"person": person, "tasks": tasks, "since": "2010-02-01", "until": None}
        log.write(f"delegation of {person}", "people", "delegation.granted/1", granted, ("petra approved",))
    until = {"person": "theo", "tasks": ["supply"], "since": log.minute(), "until": "2010-12-31"}
    log.write("short delegation", "people", "delegation.granted/1", until, ("petra approved",))
    log.write(
        "end of a delegation",
        "people",
        "delegation.ended/1",
        {"delegation": log.id("short delegation")},
        ("petra approved",),
        causes=("short delegation",),
    )
    lot = {"agent": "alemtuzumab", "strength_mg": "30", "lot": "A1/2010-02", "expiry": "2012-02-29", "vials": 10}
    lot |= {"location": "pharmacy", "remarks": log.commit("one carton dented, vials whole")}
    log.write("lot", "supply/001", "lot.received/1", lot, ("paula performed",))


def _enrolled(log: Released, person: str) -> dict[str, object]:
    key, (name, role) = log.key(person), PEOPLE[person]
    return {
        "person": person,
        "name": name,
        "organisation": ORGANISATION,
        "roles": [role],
        "key_id": key.kid,
        "key": key.jwk,
        "protection": key.method,
        "valid_until": "2012-12-31" if person == "ivan" else None,
        "identity": {"kind": "staff-record", "ref": None},
        "request": log.request(person),
    }


STREAM = "patient/P-001"


def _patient(log: Released) -> None:
    log.day("2010-02-20")
    log.write("patient", STREAM, "patient.registered/1", {"sex": "F", "birth_year": 1970}, ("clara",))
    consent = {"form": "ICF-2.1", "guardian": log.commit("a fictional guardian")}
    day = {"at": "2010-02-19", "precision": "day", "basis": "chart"}
    paper = {"source": "paper", "source_ref": "binder 3, page 12", "reason": "late-entry"}
    log.write(
        "consent", STREAM, "consent.given/1", consent, ("clara transcribed",), **day, **paper, performed_by="ivan"
    )
    criteria = [
        {"criterion": "cd52", "met": True, "value": "84.5", "unit": "percent"},
        {"criterion": "age", "met": True, "value": None, "unit": None},
    ]
    log.write(
        "eligibility",
        STREAM,
        "eligibility.assessed/1",
        {"criteria": criteria, "eligible": True},
        ("ivan assessed",),
    )
    enrolled = {"level": "0", "cohort": 1, "slot": 1, "phase": "1", "decided_by": None}
    log.write("enrolment", STREAM, "patient.enrolled/1", enrolled, ("ivan",))
    log.write(
        "measurement",
        STREAM,
        "patient.measured/1",
        {"weight_kg": "70", "height_cm": "170"},
        ("nina performed",),
        zone="Etc/GMT+8",
        offset_ms="-12.5",
    )
    lab = {"test": "cmv-pcr", "comparator": "lt", "value": "137", "unit": "copies/mL", "lower_limit": None}
    lab |= {"upper_limit": None, "reported_at": log.minute(-5)}
    log.write("cmv", STREAM, "lab.measured/1", lab, ("clara transcribed",), source="device", clock="scripted")
    creatinine = {"test": "creatinine", "comparator": "eq", "value": "0.9", "unit": "mg/dL", "lower_limit": "0.6"}
    creatinine |= {"upper_limit": "1.2", "reported_at": None}
    log.write("creatinine", STREAM, "lab.measured/1", creatinine, ("clara transcribed",), source="import")
    agent = {"agent": "famciclovir", "since": "2010-02-20", "until": None}
    log.write("prophylaxis", STREAM, "prophylaxis.recorded/1", agent, ("ivan",))


def _ordered(log: Released, amount: str, **changes: object) -> dict[str, object]:
    return {
        "drug": "alemtuzumab",
        "step_mg": amount,
        "level_mg_m2": None,
        "cycle": None,
        "day": None,
        "planned_start": log.minute(60),
        "expires": log.minute(60 + 24 * 60),
        "ordered_mg": amount,
        "calculated_mg": None,
        "height_cm": "170",
        "weight_kg": "70",
        "bsa_m2": None,
        "factors": [],
        "rounding": None,
        "premedication": ["dexamethasone", "diphenhydramine", "acetaminophen"],
        "route": "iv",
        "duration_min": 120,
        "allergies": None,
        "overrides": [],
        **changes,
    }


def _first_dose(log: Released) -> None:
    log.day("2010-03-01")
    override = {"act": "dose", "rule": "A-PREMED-TIME", "drug": "alemtuzumab", "amount_mg": "3"}
    override |= {"valid_until": log.minute(24 * 60)}
    why = {"reason": "clinical-judgement", "reason_text": "the ward closes at noon"}
    log.write("override", STREAM, "override.granted/1", override, ("petra approved",), **why)
    allergies = {"overrides": [log.id("override")], "allergies": log.commit("none known")}
    log.write("order", STREAM, "dose.ordered/1", _ordered(log, "3", **allergies), ("ivan",), causes=("override",))
    amended = {key: _ordered(log, "3")[key] for key in ("planned_start", "expires", "step_mg", "ordered_mg")}
    amended = {"order": log.id("order"), **amended, "calculated_mg": None, "height_cm": None, "weight_kg": None}
    amended |= {"bsa_m2": None, "factors": [], "rounding": None, "overrides": [log.id("override")]}
    log.write("amended", STREAM, "order.amended/1", amended, ("ivan",), causes=("order", "override"))
    about = {"causes": ("order",)}
    log.write("checked", STREAM, "order.checked/1", {"order": log.id("order")}, ("paula verified",), **about)
    released = {"order": log.id("order"), "location": "pharmacy", "lot": "A1/2010-02", "expiry": "2012-02-29"}
    released |= {"strength_mg": "30", "vials": 1, "prepared_mg": "3", "volume_ml": "100"}
    released |= {"diluted_at": log.minute(), "wasted_mg": "27"}
    log.write("released", STREAM, "dose.released/1", released, ("paula dispensed", "theo verified"), **about)
    given = [
        {"agent": "dexamethasone", "dose_mg": "20", "route": "iv", "at": log.minute(-20)},
        {"agent": "acetaminophen", "dose_mg": "650", "route": "po", "at": log.minute(-15)},
    ]
    log.write(
        "premedication",
        STREAM,
        "premedication.given/1",
        {"order": log.id("order"), "given": given},
        ("nina performed",),
        at=log.minute(-15),
        **about,
    )
    identifiers = [
        {"kind": "wristband", "matched": True, "value": log.commit("P-001")},
        {"kind": "dob", "matched": True, "value": log.commit("dob")},
    ]
    checks = [
        "drug",
        "dose",
        "calculation",
        "volume",
        "route",
        "rate",
        "expiry",
        "appearance",
        "pump-rate",
        "cycle-day",
    ]
    started = {
        "order": log.id("order"),
        "rate_ml_h": "50",
        "identifiers": identifiers,
        "checks": checks,
        "overrides": [],
    }
    log.write("start", STREAM, "infusion.started/1", started, ("nina performed", "norbert verified"), **about)
    log.now += timedelta(minutes=40)
    dose = {"causes": ("start",)}
    paused = {"dose": log.id("start"), "volume_ml": "33.3", "why": "reaction", "toxicity": None}
    log.write("interruption", STREAM, "infusion.interrupted/1", paused, ("nina performed",), **dose, basis="device")
    log.now += timedelta(minutes=30)
    resumed = {"dose": log.id("start"), "rate_ml_h": "25"}
    log.write("resumption", STREAM, "infusion.resumed/1", resumed, ("nina performed",), **dose)
    log.now += timedelta(minutes=160)
    done = {"dose": log.id("start"), "given_mg": "3", "volume_ml": None}
    log.write("completion", STREAM, "infusion.completed/1", done, ("nina performed",), **dose)


def _reaction(log: Released) -> None:
    dose = log.id("start")
    verbatim = log.commit("Schüttelfrost „wie im Winter“ 🥶")
    reported = {"term": "infusion-related-reaction", "verbatim": verbatim, "dose": dose, "aware_at": log.minute()}
    graded = {"graded": True}
    log.write(
        "toxicity", STREAM, "toxicity.reported/1", reported, ("nina",), at=log.minute(-200), causes=("start",), **graded
    )
    log.now += timedelta(minutes=70)
    ae = log.id("toxicity")
    basis = {"value": "250", "unit": "/uL", "lower_limit": "1500", "upper_limit": None, "baseline": "900"}
    tolerance = {"dose": dose, "worst_grade": 2, "tolerated": True, "toxicities": [ae], "window_h": 24}
    log.command(
        [
            (
                "grade",
                STREAM,
                "toxicity.graded/1",
                {"toxicity": ae, "grade": 2, "lab": basis},
                Said(causes=("toxicity",), graded=True),
            ),
            (
                "tolerance",
                STREAM,
                "tolerance.assessed/1",
                tolerance,
                Said(causes=("start", "toxicity"), graded=True),
            ),
        ],
        ("ivan assessed",),
    )
    about = {"causes": ("toxicity",), "first": False}
    relation = {"toxicity": ae, "drug": "alemtuzumab", "relation": "probable"}
    log.write("attribution", STREAM, "toxicity.attributed/1", relation, ("ivan assessed",), **about)
    serious = {"toxicity": ae, "serious": True, "criteria": ["hospitalisation"], "aware_at": log.minute()}
    log.write("seriousness", STREAM, "seriousness.assessed/1", serious, ("ivan assessed",), **about)
    regraded = {"toxicity": ae, "graded": log.id("grade"), "grade": 1, "lab": None}
    log.write(
        "regrade",
        STREAM,
        "toxicity.regraded/1",
        regraded,
        ("ivan assessed", "petra approved"),
        causes=("toxicity", "grade"),
        **graded,
    )
    resolved = {"toxicity": ae, "outcome": "recovered"}
    log.write("resolution", STREAM, "toxicity.resolved/1", resolved, ("ivan assessed",), **about)
    target = {"rule": "A-PREMED-TIME", "target": dose}
    log.write("acknowledged", STREAM, "deviation.acknowledged/1", target, ("petra acknowledged",), causes=("start",))
    classified = {**target, "important": False, "root_cause": log.commit("late delivery"), "action": None}
    log.write("classified", STREAM, "deviation.classified/1", classified, ("ivan assessed",), causes=("start",))


def _other_doses(log: Released) -> None:
    log.day("2010-03-03")
    factors = [
        {"name": "renal", "value": "1", "source": log.id("creatinine")},
        {"name": "modifier", "value": "0.75", "source": None},
    ]
    clofarabine = {
        "drug": "clofarabine",
        "step_mg": None,
        "level_mg_m2": "20",
        "cycle": 1,
        "day": 1,
        "ordered_mg": "27.3",
        "calculated_mg": "27.3",
        "bsa_m2": "1.82",
        "factors": factors,
        "rounding": log.commit("none needed"),
        "premedication": [],
    }
    log.write(
        "second order",
        STREAM,
        "dose.ordered/1",
        _ordered(log, "27.3", **clofarabine),
        ("ivan",),
        causes=("creatinine",),
        shown=(f"A-PREMED-TIME@{log.named['start']['position']}",),
    )
    cancelled = {"order": log.id("second order"), "why": "hold"}
    log.write("cancelled", STREAM, "order.cancelled/1", cancelled, ("ivan",), causes=("second order",))
    log.write("third order", STREAM, "dose.ordered/1", _ordered(log, "10"), ("ivan",))
    omitted = {"order": log.id("third order"), "why": "fever"}
    log.write("omission", STREAM, "dose.omitted/1", omitted, ("nina performed",), causes=("third order",))
    fact = {
        "drug": "alemtuzumab",
        "cycle": None,
        "day": None,
        "order": None,
        "checked_by": "norbert",
        "lot": "A1/2010-02",
        "identity": "matched",
        "route": "iv",
        "ended": log.minute(-30),
        "prepared_mg": "9.9",
        "given_mg": "9.9",
        "volume_ml": "100",
        "interruptions": [{"since": log.minute(-100), "until": log.minute(-90), "why": "line-failure"}],
        "stopped": None,
    }
    copied = {"source": "paper", "source_ref": "chart, sheet 4", "reason": "downtime", "performed_by": "nina"}
    log.write("fact", STREAM, "infusion.recorded/1", fact, ("clara transcribed",), at=log.minute(-180), **copied)
    running = fact | {"ended": None, "given_mg": None, "volume_ml": None, "interruptions": [], "checked_by": None}
    log.day("2010-03-04")
    log.write("running", STREAM, "infusion.recorded/1", running | {"identity": "not-stated"}, ("nina performed",))
    log.now += timedelta(minutes=72)
    aborted = {"dose": log.id("running"), "given_mg": "5.94", "volume_ml": "60", "why": "reaction"}
    aborted |= {"toxicity": log.id("toxicity")}
    log.write("abortion", STREAM, "infusion.aborted/1", aborted, ("nina performed",), causes=("running", "toxicity"))
    hold = {"drug": "alemtuzumab", "why": "infection", "criterion": log.commit("three days without fever")}
    log.write("hold", STREAM, "hold.placed/1", hold, ("ivan",))
    log.write("hold lifted", STREAM, "hold.lifted/1", {"hold": log.id("hold")}, ("ivan",), causes=("hold",))


def _amendments(log: Released) -> None:
    fact = json.loads(str(log.vectors[int(str(log.named["fact"]["position"]))]["payload"]))
    corrected = {
        "kind": "infusion.recorded/1",
        "occurred": fact["occurred"] | {"basis": "chart"},
        "body": fact["body"] | {"order": log.id("third order"), "given_mg": "9.8"},
    }
    why = {"reason": "transcription", "reason_text": "9.8 on the chart"}
    log.write(
        "correction",
        STREAM,
        "entry.corrected/1",
        corrected,
        ("clara", "petra approved"),
        causes=("third order",),
        corrects="fact",
        **why,
    )
    why = {"reason": "never-happened", "reason_text": None}
    log.write(
        "void",
        STREAM,
        "entry.voided/1",
        {"why": "never-happened"},
        ("nina",),
        corrects="omission",
        needs=(("approved", "principal-investigator"),),
        **why,
    )
    sex = {"sex": "U", "birth_year": 1984}
    log.write("second patient", "patient/001-002", "patient.registered/1", sex, ("clara",))
    weight = {"weight_kg": "61.5", "height_cm": None}
    log.write("misplaced", STREAM, "patient.measured/1", weight, ("nina performed",))
    other = Said(corrects="misplaced", reason="wrong-patient", needs=(("approved", "principal-investigator"),))
    log.command(
        [
            ("void of the misplaced", STREAM, "entry.voided/1", {"why": "wrong-patient"}, other),
            ("moved", "patient/001-002", "patient.measured/1", weight, Said(causes=("@0",), reason="wrong-patient")),
        ],
        ("nina",),
        together=False,
    )
    refused = {"act": "dose-order", "streams": [STREAM], "rules": ["A-LADDER", "A-WEEK"], "exit": 3}
    refused |= {"claimed_by": "ivan", "proof": "key-opened", "signature": None}
    refused |= {"input": log.commit("alemtuzumab 30 mg"), "answer": log.commit("the step is 10 mg"), "count": 1}
    log.write("refusal", "attempts/001", "entry.refused/1", refused, ("ws1 system",), basis="device", first=False)
    clock = {"behind_ms": 420000, "reset": False}
    log.write("clock", "clock/001", "log.clock/1", clock, ("ws1 system",), basis="device", first=False)


def _end(log: Released) -> None:
    log.day("2010-03-10")
    stopped = {"drug": "alemtuzumab", "why": "toxicity"}
    log.write("discontinuation", STREAM, "course.discontinued/1", stopped, ("ivan",))
    log.write("end of treatment", STREAM, "treatment.ended/1", {"why": "toxicity"}, ("ivan",))
    log.write("withdrawal", STREAM, "consent.withdrawn/1", {"scope": "treatment"}, ("clara",))
    log.day("2010-03-12")
    died = {"cause": None, "aware_at": log.minute()}
    day = {"at": "2010-03-11", "precision": "day", "basis": "recalled"}
    log.write("death", STREAM, "patient.died/1", died, ("ivan",), **day)


def _sponsor(log: Released) -> None:
    """The sponsor's physician comes, and rules on the toxicity."""
    log.day("2010-03-15")
    two = ("rita authorship", "rolf verified")
    log.write("key of simone", "people", "key.enrolled/1", _enrolled(log, "simone"), two)
    loaded = {"dictionary": {"ctcae": "6.0", "digest": sha256(ALL_TERMS).hexdigest()}}
    loaded |= {"workbook": sha256(b"a fictional workbook").hexdigest(), "terms": 850}
    log.write("dictionary", "study", "dictionary.loaded/1", loaded, ("petra",))
    ae, about = log.id("toxicity"), {"causes": ("toxicity",)}
    expected = {"toxicity": ae, "expected": False, "reference": log.commit("a fictional brochure, edition 4")}
    log.write("expectedness", STREAM, "expectedness.assessed/1", expected, ("simone assessed",), **about)
    listed = {"toxicity": ae, "expected": True, "reference": None}
    log.write("expected after all", STREAM, "expectedness.assessed/1", listed, ("simone assessed",), **about)
    report = {"toxicity": ae, "report": "7-day", "ref": log.commit("fictional report 10-001")}
    log.write("report", STREAM, "report.submitted/1", report, ("simone",), **about)
    ruling = {"toxicity": ae, "dlt": True, "basis": log.commit("grade 3, probable"), "reverses": None}
    both = ("ivan assessed", "simone assessed")
    log.write("ruling", STREAM, "dlt.adjudicated/1", ruling, both, **about)
    turned = ruling | {"dlt": False, "basis": log.commit("resolved within a day"), "reverses": log.id("ruling")}
    three = (*both, "petra approved")
    log.write("reversal", STREAM, "dlt.adjudicated/1", turned, three, causes=("toxicity", "ruling"))
    basis = {"basis": log.commit("three of five doses, no toxicity")}
    log.write("not evaluable", STREAM, "patient.declared-non-evaluable/1", basis, both)


def _levels(log: Released) -> None:
    opened = {"level": "0", "mg_m2": "20"}
    log.write("level", "cohort/0", "level.opened/1", opened, ("petra approved",))
    suspended = {"level": "0", "why": "decision-basis"}
    log.write("suspended", "cohort/0", "accrual.suspended/1", suspended, ("simone approved",))
    log.write("resumed", "cohort/0", "accrual.resumed/1", {"level": "0"}, ("petra approved",))
    decided = {"level": "0", "decision": "deescalate", "n": 5, "dlt": 2, "outcomes": "2NNT 2NT", "to": "-1"}
    both = ("petra approved", "simone approved")
    log.write("decision", "cohort/0", "cohort.decided/1", decided, both)
    log.write("lower level", "cohort/-1", "level.opened/1", {"level": "-1", "mg_m2": "15"}, ("petra approved",))
    stop = {"level": "-1", "decision": "stop", "n": 0, "dlt": 0, "outcomes": "", "to": None}
    log.write("stop", "cohort/-1", "cohort.decided/1", stop, both)


def _cycles(log: Released) -> None:
    other = "patient/001-002"
    moved = log.id("moved")
    factors = [{"name": "level", "value": "20", "source": None}, {"name": "weight", "value": "61.5", "source": moved}]
    opened = {"n": 1, "level": "0", "level_mg_m2": "20", "height_cm": "170", "weight_kg": "61.5", "bsa_m2": "1.7"}
    opened |= {"crcl_ml_min": "88.4", "anc_giga": None, "factors": factors, "overrides": []}
    log.write("cycle", other, "cycle.opened/1", opened, ("ivan",), causes=("moved",))
    day = {"opened": log.id("cycle"), "day": 4, "why": "logistics"}
    log.write("day omitted", other, "day.omitted/1", day, ("nina performed",), causes=("cycle",))
    closed = {"opened": log.id("cycle"), "response": "CRi", "recovered": True, "unacceptable": False}
    log.write("cycle closed", other, "cycle.closed/1", closed, ("ivan",), causes=("cycle",))
    again = opened | {"n": 2, "crcl_ml_min": None, "anc_giga": "0.75", "factors": []}
    log.write("second cycle", other, "cycle.opened/1", again, ("petra",))
    stopped = {"opened": log.id("second cycle"), "why": "capillary-leak"}
    log.write("cycle stopped", other, "cycle.stopped/1", stopped, ("petra",), causes=("second cycle",))
    log.write("response", other, "response.assessed/1", {"response": "PD"}, ("ivan assessed",))
    chart = {"at": "2010-03-14", "precision": "day", "basis": "chart"}
    log.write("transplant", other, "transplant.recorded/1", {"type": "cord-blood"}, ("ivan transcribed",), **chart)


def _shelf(log: Released) -> None:
    log.day("2010-03-16")
    shelf = {"agent": "alemtuzumab", "strength_mg": "30", "lot": "A1/2010-02", "location": "pharmacy"}
    supply = "supply/001"
    of_lot = {"agent": "alemtuzumab", "lot": "A1/2010-02"}
    cold = of_lot | {"quarantined": True, "why": log.commit("the refrigerator stood open")}
    log.write("quarantine", supply, "lot.quarantined/1", cold, ("paula performed",))
    cleared = of_lot | {"quarantined": False, "why": log.commit("cleared by the sponsor")}
    log.write("out of quarantine", supply, "lot.quarantined/1", cleared, ("paula performed",))
    wasted = {**shelf, "vials": 1, "mg": "27", "why": "not-given", "order": log.id("order")}
    two = ("paula performed", "theo verified")
    log.write("wasted", supply, "drug.wasted/1", wasted, two, causes=("order",))
    broken = {**shelf, "vials": 1, "mg": "30", "why": "broken", "order": None}
    log.write("broken", supply, "drug.wasted/1", broken, ("paula performed", "nina verified"))
    log.write("moved vials", supply, "drug.transferred/1", {**shelf, "vials": 3, "to": "ward-2"}, ("paula performed",))
    log.write("returned", supply, "drug.returned/1", {**shelf, "vials": 1, "to": "quarantine"}, ("theo performed",))
    log.write("sent back", supply, "drug.returned/1", {**shelf, "vials": 1, "to": "sponsor"}, ("theo performed",))
    burnt = {**shelf, "location": "quarantine", "vials": 1, "method": log.commit("incinerated on site")}
    log.write("destroyed", supply, "drug.destroyed/1", burnt, two)
    log.write("counted", supply, "stock.counted/1", {**shelf, "counted": 4, "book": "4"}, ("paula performed",))
    below = {**shelf, "lot": "B7", "counted": 0, "book": "-2"}
    log.write("counted below", supply, "stock.counted/1", below, ("paula performed",))


def _exports(log: Released) -> None:
    log.day("2010-03-17")
    stream, device = "exports/001", {"basis": "device", "first": False}
    made = {"form": "bundle", **_head(log), "digest": sha256(b"a fictional bundle").hexdigest(), "streams": []}
    made |= {"name": "dossier-nct00983528-001-20100316-0123abcd", "claimed_by": "clara"}
    made |= {"recipient": log.commit("a fictional inspector")}
    log.write("export", stream, "export.made/1", made, ("ws1 system",), **device)
    lines = {"form": "audit-csv", **_head(log), "digest": sha256(b"a fictional table").hexdigest()}
    lines |= {"streams": ["patient/001-002", STREAM], "name": None, "claimed_by": None, "recipient": None}
    log.write("export of two patients", stream, "export.made/1", lines, ("ws1 system",), **device)
    counts = {"entries": made["size"], "withheld": 0, "texts": 30, "blobs": 3, "missing": 0}
    copy = {"export": log.id("export"), **counts}
    log.write("certified", stream, "copy.certified/1", copy, ("clara attested-copy",), causes=("export",))


def _head(log: Released) -> dict[str, object]:
    return {name: value for name, value in log.after().items() if name != "log"}


def _keys(log: Released) -> None:
    """Keys come and go: changed, lost, doubted, answered for; registrars and their policy; what was never used."""
    log.day("2010-03-18")
    two, both = ("rita authorship", "rolf verified"), ("rita responsibility", "rolf responsibility")
    old = log.key("paula").kid
    log.held["paula"] = "paula again"
    offered = _offered(log, "paula")
    log.held["paula"] = "paula"
    log.write("rotation", "people", "key.rotated/1", offered | {"old_key_id": old}, ("paula responsibility",))
    log.held["paula"] = "paula again"
    comes = {"added": _registrar(log, "rosa"), "request": log.request("rosa"), "removed": None}
    waits = {"needs": (("responsibility", "registrar"),)}
    log.write("third registrar", "people", "registrar.changed/1", comes, ("rita responsibility",), **waits)
    target = {"target": log.id("third registrar")}
    by, about = ("rolf responsibility",), {"causes": ("third registrar",)}
    log.write("completion", "people", "entry.countersigned/1", target, by, **about)
    witness = {"name": "witness.example/w1", "key": log.keys["a witness"].jwk}
    policy = {"quorum": 2, "signing": "session", "session_minutes": 10, "lockout_after": 5}
    policy |= {"witnesses": {"quorum": 1, "keys": [witness]}, "clock_limit_s": 60}
    log.write("policy", "people", "policy.amended/1", policy, both)
    stolen = {"person": "nina", "key_id": log.key("nina").kid, "why": "compromised"}
    stolen |= {"suspected_from": log.named["start"]["position"]}
    log.write("revocation", "people", "key.revoked/1", stolen, ("rosa responsibility",))
    log.held["nina"] = "nina again"
    log.write("nina's second key", "people", "key.enrolled/1", _enrolled(log, "nina"), two)
    stands = {"targets": [log.id("start"), log.id("day omitted")]}
    by, about = ("nina responsibility",), {"causes": ("start", "day omitted")}
    log.write("reaffirmed", "people", "signature.reaffirmed/1", stands, by, **about)
    moved = {"targets": [log.id("misplaced")]}
    log.write("repudiated", "people", "signature.repudiated/1", moved, by, causes=("misplaced",))
    left = {"person": "theo", "key_id": log.key("theo").kid, "why": "left", "suspected_from": None}
    log.write("theo left", "people", "key.revoked/1", left, ("rolf responsibility",))
    gone = {"person": "ws2", "key_id": log.keys["ws2"].kid, "why": "lost", "suspected_from": None}
    log.write("ws2 lost", "people", "key.revoked/1", gone, ("rosa responsibility",))
    log.held["rita"] = "rita again"
    changed = {"added": _registrar(log, "rita"), "request": log.request("rita"), "removed": "rita"}
    log.held["rita"] = "rita"
    by = ("rolf responsibility", "rosa responsibility")
    log.write("rita's second key", "people", "registrar.changed/1", changed, by)
    recovered = {"recovery_key": log.keys["recovery"].jwk, "registrar": _registrar(log, "ruth")}
    recovered |= {"request": log.request("ruth")}
    log.held["ruth"] = "recovery"
    log.write("recovery", "people", "registrar.recovered/1", recovered, ("ruth responsibility",))
    log.held["ruth"] = "ruth"
    goes = {"added": None, "request": None, "removed": "rolf"}
    by = ("rosa responsibility", "ruth responsibility")
    log.write("rolf goes", "people", "registrar.changed/1", goes, by)
    never = {"key_id": log.key("clara").kid, "n": [900, 901]}
    log.write("abandoned", "security/001", "signature.abandoned/1", never, ("ws1 system",), basis="device", first=False)


def _review(log: Released) -> None:
    """Questions and answers, sign-off, verification against the source, reviews of the trail, locks, a redaction."""
    log.day("2010-03-22")
    two, other, review = ("rosa authorship", "ruth verified"), "patient/001-002", "review/001"
    log.write("key of mona", "people", "key.enrolled/1", _enrolled(log, "mona"), two)
    asked = {"target": log.id("fact"), "field": "given_mg", "question": log.commit("the chart says 9.8")}
    log.write("query", STREAM, "query.opened/1", asked, ("mona",), causes=("fact",))
    said = {"query": log.id("query"), "answer": log.commit("corrected on 2010-03-09")}
    log.write("answer", STREAM, "query.answered/1", said, ("clara",), causes=("query",))
    ended = {"query": log.id("query"), "outcome": "corrected"}
    log.write("end of the query", STREAM, "query.closed/1", ended, ("mona",), causes=("query",))
    asked = {"target": log.id("transplant"), "field": None, "question": log.commit("which centre?")}
    log.write("second query", other, "query.opened/1", asked, ("ivan",), causes=("transplant",))
    ended = {"query": log.id("second query"), "outcome": "withdrawn"}
    log.write("second query ended", other, "query.closed/1", ended, ("clara",), causes=("second query",))
    signed = _covered(log, other)
    log.write("sign-off", other, "entries.signed/1", signed, ("petra responsibility",))
    compared = {"targets": [log.id("moved"), log.id("transplant")]}
    log.write("verified", other, "entry.reviewed/1", compared, ("mona verified",), causes=("moved", "transplant"))
    looked = {"since": 0, "until": len(log.raws), "streams": sorted([other, STREAM])}
    looked |= {"questions": ["favourable-changes", "late-entries"], "findings": log.commit("one correction, asked")}
    looked |= {"queries": [log.id("query")]}
    log.write("trail reviewed", review, "audit.reviewed/1", looked, ("mona reviewed",), causes=("query",))
    looked = {"since": 0, "until": 1, "streams": [], "questions": [], "findings": None, "queries": []}
    log.write("trail reviewed by the site", review, "audit.reviewed/1", looked, ("petra reviewed",))
    locks, unlocks = ("petra locked", "clara locked"), ("petra unlocked", "clara unlocked")
    log.write("lock", other, "record.locked/1", {"until": "2010-03-20"}, locks)
    why = {"reason": "new-information", "reason_text": "a letter of the transplant centre"}
    log.write("unlock", other, "record.unlocked/1", {"lock": log.id("lock")}, unlocks, causes=("lock",), **why)
    log.write("lock for good", STREAM, "record.locked/1", {"until": None}, locks)
    log.write("lock of the site", review, "site.locked/1", {"until": log.minute()}, locks)
    ended = {"lock": log.id("lock of the site")}
    why = {"reason": "other", "reason_text": None, "causes": ("lock of the site",)}
    log.write("unlock of the site", review, "record.unlocked/1", ended, unlocks, **why)
    told = log.texts[next(i for i, one in enumerate(log.texts) if one["text"].startswith("passport"))]
    two, why = ("petra approved", "clara approved"), {"reason": "privacy", "reason_text": None}
    redacted = {"commitments": [told["commitment"]]}
    log.write("redaction", "people", "text.redacted/1", redacted, two, causes=("key of clara",), **why)


def _security(log: Released) -> None:
    """What the machine reports: wrong passphrases, a lockout, throttled attempts, its clock; what is done about it."""
    log.day("2010-03-23")
    stream, raised, device = "security/001", "security.raised/1", {"basis": "device", "first": False}
    none = {"off_s": None, "until": None}
    failed = {"what": "failed-passphrase", "person": "clara", "count": 5, **none}
    log.write("wrong passphrase", stream, raised, failed, ("ws1 system",), **device)
    locked = {"what": "locked-out", "person": "clara", "count": 5, "off_s": None, "until": "2010-03-23T17:30:00.000Z"}
    log.write("locked out", stream, raised, locked, ("ws1 system",), **device)
    lifted = {"person": "clara"}
    log.write("lockout lifted", stream, "lockout.lifted/1", lifted, ("rosa responsibility",), causes=("locked out",))
    many = {"what": "attempt-throttled", "person": "ivan", "count": 20, **none}
    log.write("throttled", stream, raised, many, ("ws1 system",), **device)
    back = {"what": "clock-backwards", "person": None, "count": 1, "off_s": 3600, "until": None}
    log.write("clock back", stream, raised, back, ("ws1 system",), **device)
    log.write("clock ahead", stream, raised, back | {"what": "clock-jump"}, ("ws1 system",), **device)
    strange = {"what": "unknown-device", "person": None, "count": 1, **none}
    log.write("unknown device", stream, raised, strange, ("ws1 system",), **device)
    seen = ("wrong passphrase", "locked out", "throttled")
    known = {"targets": [log.id(one) for one in seen]}
    log.write("seen", stream, "security.acknowledged/1", known, ("rosa acknowledged",), causes=seen)


def _archive(log: Released) -> None:
    """What vouches for the log from outside, copies for the case of loss, the log's next key, and a new epoch."""
    log.day("2010-03-24")
    stream, made, device = "archive/001", "anchor.made/1", {"basis": "device", "first": False}
    none = {"evidence": None, "authority": None, "at": None}
    log.write("on paper", stream, made, {"form": "paper", **log.head(), **none}, ("ws1 system",), **device)
    witness = Key("a witness")
    said = {"authority": "witness.example/w1", "at": "2010-03-24T17:02:30.000Z"}
    note = cosigned(log.note("the log"), "witness.example/w1", witness, datetime(2010, 3, 24, 17, 2, 30, tzinfo=UTC))
    said = {"form": "witness", **log.head(), "evidence": log.keep(note), **said}
    log.write("witnessed", stream, made, said, ("ws1 system",), **device)
    said = {"authority": "timestamps.example", "at": "2010-03-24T17:03:30.000Z"}
    said = {"form": "timestamp", **log.head(), "evidence": log.keep(b64decode(STAMP.read_text())), **said}
    log.write("stamped", stream, made, said, ("ws1 system",), **device)
    copy = {**log.head(), "digest": sha256(b"a fictional backup").hexdigest()}
    log.write("backup", stream, "backup.made/1", copy, ("ws1 system",), **device)
    two = ("rosa responsibility", "ruth responsibility")
    turned = {"log": "main", "key": log.keys["the next log"].jwk, "next_log_key": log.keys["the third log"].kid}
    log.write("the log's next key", "people", "log.rotated/1", turned, two)
    log.write("backup restored", stream, "backup.restored/1", copy, ("ws1 system",), **device)
    lost = {"size": len(log.raws) + 3, "root": sha256(b"a fictional root that is lost").hexdigest()}
    note = log.note("the next log", int(lost["size"]), str(lost["root"]))
    begun = {"log": "main.2", "key": log.keys["the second epoch"].jwk, "next_log_key": log.keys["its next log"].kid}
    begun |= {**log.head(), "lost": lost, "evidence": log.keep(note)}
    why = {"reason": "data-loss", "reason_text": "the disk of the ward's server broke"}
    log.write("second epoch", "study", "ledger.restored/1", begun, two, **why)
    copy = {**log.head(), "digest": sha256(b"another fictional backup").hexdigest()}
    log.write("backup of the second epoch", stream, "backup.made/1", copy, ("ws1 system",), **device)


def _lost(log: Released) -> None:
    """What was recorded in the part that is lost, and comes back in its own bytes."""
    log.day("2010-03-25")
    stream = "patient/001-002"
    after = {"log": "main", "size": len(log.raws) + 1, "root": sha256(b"another root that is lost").hexdigest()}
    weight = {"weight_kg": "70.5", "height_cm": None}
    said = Said(reason="downtime", reason_text="weighed on the ward, typed in the evening")
    raw, payload = log.elsewhere(("weight", stream, "patient.measured/1", weight, said), "nina performed", after)
    occurred = payload["occurred"]
    assert isinstance(occurred, dict)
    back = Said(at=str(occurred["at"]), reason="data-loss")
    part = ("weight that came back", stream, "entry.recovered/1", {"entry": raw.decode()}, back)
    log.command([part], ("norbert verified",), ids=(str(payload["id"]),))


def _covered(log: Released, stream: str) -> dict[str, object]:
    """The range from the first entry of the log to the last, and what of the stream stands in it."""
    leaves = [leaf_hash(str(one["raw"]).encode()) for one in log.vectors if _stream(one) == stream]
    digest = sha256(b"".join(leaves)).hexdigest()
    return {"since": 0, "until": len(log.raws), "entries": len(leaves), "digest": digest}


def _stream(vector: dict[str, object]) -> str:
    return str(json.loads(str(vector["payload"]))["stream"])


def _offered(log: Released, person: str) -> dict[str, object]:
    key = log.key(person)
    return {
        "person": person,
        "old_key_id": "",
        "key_id": key.kid,
        "key": key.jwk,
        "protection": key.method,
        "valid_until": None,
        "request": log.request(person),
    }


def _registrar(log: Released, person: str) -> dict[str, object]:
    key = log.key(person)
    card = {"person": person, "name": PEOPLE[person][0], "organisation": ORGANISATION}
    return card | {"key_id": key.kid, "key": key.jwk}


def _readable(data: bytes) -> dict[str, str]:
    """A file as text, or as base64 where it is none."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(data).decode()}


def kept_blobs() -> dict[str, bytes]:
    """The frozen files by their digests."""
    found = json.loads((FOLDER / "blobs.json").read_text(encoding="utf-8"))
    return {one["digest"]: one["text"].encode() if "text" in one else b64decode(one["base64"]) for one in found}


def log_turns() -> list[tuple[int, str, bytes]]:
    """When the story's log changes its key: the position of the entry, the epoch from then on, the secret."""
    entries, keys = (json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in ("entries", "keys"))
    secrets = {one["jwk"]["x"]: bytes.fromhex(one["secret"]) for one in keys}
    named = ((one["position"], json.loads(one["payload"])) for one in entries if one["kind"] in TURNS)
    return [(at, said["body"]["log"], secrets[said["body"]["key"]["x"]]) for at, said in named]


def files(log: Released) -> dict[str, str]:
    """The frozen files by name."""
    keys = [
        {"owner": name, "alg": key.alg, "secret": key.secret.hex(), "jwk": key.jwk, "kid": key.kid}
        for name, key in log.keys.items()
    ]
    blobs = [{"digest": sha256(data).hexdigest(), **_readable(data)} for data in log.blobs]
    contents = {"entries": log.vectors, "keys": keys, "texts": log.texts, "blobs": blobs}
    return {f"{name}.json": json.dumps(found, ensure_ascii=False, indent=1) + "\n" for name, found in contents.items()}


if __name__ == "__main__":
    for name, text in files(story()).items():
        path = FOLDER / name
        stands = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        if json.loads(text)[: len(stands)] != stands:
            raise SystemExit(f"{name} would change what was released; nothing is written to it")
        path.write_text(text, encoding="utf-8")
