"""One row of the audit trail, and its columns."""

from __future__ import annotations

from typing import Literal

from projections.printed import Signature, View

Transaction = Literal["insert", "correct", "void", "late", "context"]
"""`insert`: a first entry; `late`: one that came after its pack's limit for its kind, or says so itself; `correct`,
`void`: an amendment of another; `context`: an entry of its own that speaks of another, or that is about no record."""


class TrailRow(View, frozen=True, kw_only=True):
    """One field that one entry states or changes (EMA computerised systems guideline 6.2.1; 21 CFR 11.10(e)).

    `record` is the position of the entry that holds the field: for an amendment the entry that it amends in the end,
    else the entry itself; `record_kind` is that entry's kind. `about` is the entry that a `context` entry speaks of.
    `old` is null where nothing stood, `new` where nothing stands any more; the `old` of a regrade is the grade that it
    changes. `in_force` is the position from which the row holds: its own, or that of the countersignature that
    completed it; null while it waits for one, or when none came in time. `query` is the query that an amendment
    answers. `delay_min` is from what happened to its entry in whole minutes, null where only the day is stated.
    """

    position: int
    entry_id: str
    leaf: str
    site: str
    stream: str
    patient: str | None
    kind: str
    transaction: Transaction
    record: int
    record_kind: str
    about: int | None
    field: str
    old: str | None
    new: str | None
    unit: str | None
    in_force: int | None
    person: str
    name: str
    role: str
    organisation: str
    meaning: str
    signed_at: str
    signed_at_utc: str
    key: str
    occurred: str
    recorded_at: str
    recorded_at_utc: str
    delay_min: int | None
    reason: str | None
    reason_text: str | None
    query: int | None
    device: str
    software: str
    protocol: str | None
    signatures: tuple[Signature, ...]
