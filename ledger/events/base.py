"""What every entry carries: the envelope of the payload.

docs/spec/entry.md is the specification; the order of the members here is the order of the signed bytes.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ledger import wire


class Wire(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of all signed structs: immutable, closed, and without defaults."""


class Ref(Wire, frozen=True, kw_only=True):
    """Another entry, named so that nobody can put a different one in its place.

    `position` and `leaf` are null only between entries of one command.
    """

    log: wire.Token
    position: wire.Count | None
    id: wire.Uuid
    leaf: wire.Hex | None


class CommandRef(Wire, frozen=True, kw_only=True):
    """The act that this entry belongs to: `index` of `of` entries under one command id."""

    id: wire.Uuid
    index: wire.Count
    of: wire.Count

    def __post_init__(self) -> None:
        """Refuse (ValueError) a part that is not one of the command's."""
        if self.index >= self.of:
            raise ValueError(f"index {self.index} is not below {self.of}")


class Occurred(Wire, frozen=True, kw_only=True):
    """When it truly happened, as stated: a minute with its offset, or a day."""

    at: wire.When
    zone: wire.Zone
    precision: Literal["minute", "day"]
    basis: Literal["observed", "device", "chart", "recalled"]

    def __post_init__(self) -> None:
        """Refuse (ValueError) a precision that is not that of `at`."""
        if (self.precision == "day") != (len(self.at) == len("2010-03-01")):
            raise ValueError(f"{self.at!r} is not of the precision {self.precision}")


class Clock(Wire, frozen=True, kw_only=True):
    """Where `recorded_at` comes from and, when known, its offset from true time in milliseconds."""

    source: Literal["system", "scripted"]
    offset_ms: wire.Decimal | None


class ProtocolRef(Wire, frozen=True, kw_only=True):
    """The protocol pack in force: its id, version and the digest of its exact bytes."""

    id: wire.Token
    version: wire.Code
    digest: wire.Hex


class DictionaryRef(Wire, frozen=True, kw_only=True):
    """The toxicity dictionary that a grade belongs to."""

    ctcae: wire.Code
    digest: wire.Hex


class After(Wire, frozen=True, kw_only=True):
    """The head of the log at which the state shown to the author was folded."""

    log: wire.Token
    size: wire.Count
    root: wire.Hex


class Need(Wire, frozen=True, kw_only=True):
    """A signature that this entry must carry, at once or by countersignature."""

    meaning: wire.Meaning
    role: wire.Role


class Source(Wire, frozen=True, kw_only=True):
    """Where the statement was taken from; `ref` is a commitment to the page or file it names."""

    kind: Literal["direct", "paper", "import", "device"]
    ref: wire.Commitment | None


ReasonCode = Literal[
    "transcription",
    "wrong-patient",
    "duplicate",
    "never-happened",
    "test",
    "entered-in-error",
    "late-entry",
    "new-information",
    "source-corrected",
    "clinical-judgement",
    "downtime",
    "query-answer",
    "privacy",
    "data-loss",
    "other",
]


class Reason(Wire, frozen=True, kw_only=True):
    """Why: a code, and a commitment to the words."""

    code: ReasonCode
    text: wire.Commitment | None


class Writer(Wire, frozen=True, kw_only=True):
    """The software that wrote the bytes, the build of it, the version of its rules, and the device."""

    software: wire.Code
    build: wire.Hex
    rules: wire.Code
    device: wire.Token


class Payload(Wire, frozen=True, kw_only=True):
    """The signed payload of one entry (docs/spec/entry.md); `body` is opened by the struct of its kind."""

    format: Literal[1]
    ledger: wire.OptionalHex
    site: wire.Token
    stream: wire.Stream
    id: wire.EntryId
    command: CommandRef
    kind: wire.Kind
    occurred: Occurred
    recorded_at: wire.Utc
    clock: Clock
    protocol: ProtocolRef | None
    dictionary: DictionaryRef | None
    after: After
    needs: tuple[Need, ...]
    shown: tuple[wire.FindingId, ...]
    performed_by: wire.Token | None
    source: Source
    reason: Reason | None
    causes: tuple[Ref, ...]
    corrects: Ref | None
    writer: Writer
    body: msgspec.Raw
