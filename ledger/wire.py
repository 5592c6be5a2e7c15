r"""The grammars of the record: what a string in the signed bytes may look like, and nothing else.

Every string that is signed has one of these types; a plain `str` does not exist there. Patterns end in
`\Z`, never `$`, so that no trailing newline passes. docs/spec/entry.md holds the same table in prose.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

_YEAR = r"(?:19|20|21)[0-9]{2}"
_LEAP_YEAR = r"(?:(?:19|20|21)(?:0[48]|[2468][048]|[13579][26])|2000)"
_DATE = (
    rf"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    rf"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_HM = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_OFFSET = r"(?!-00:00)(?:[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+]14:00)"
_NAME = r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?"
_PATIENT = r"(?=.{1,32}\Z)(?:P-)?[0-9]+(?:-[0-9]+)*"
_LEVEL = r"(?:0|-?[1-9])"
_RULE = r"[A-Z]-[A-Z0-9]+(?:-[A-Z0-9]+)*"
_UNSEEN = r"\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
_32_BYTES = r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"

Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""A whole number, 0 to 2^53 - 1: what every JSON reader keeps exactly."""
Decimal = Annotated[str, Meta(pattern=r"\A(?!-0\Z)-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,8}[1-9])?\Z")]
"""A decimal number in its one shortest form; no exponent, no -0, no trailing zero."""
Amount = Annotated[str, Meta(pattern=r"\A(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,8}[1-9])?\Z")]
"""A decimal that is not negative."""
Uuid = Annotated[str, Meta(pattern=r"\A[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")]
EntryId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")]
"""A UUIDv7 (RFC 9562)."""
Hex = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
"""A SHA-256, lower-case hexadecimal."""
OptionalHex = Annotated[str, Meta(pattern=r"\A(?:[0-9a-f]{64})?\Z")]
"""A SHA-256, or empty: the ledger id inside the genesis entry itself."""
Commitment = Annotated[str, Meta(pattern=r"\Asha256:[0-9a-f]{64}\Z")]
"""SHA-256 over a 32-byte salt and the UTF-8 bytes of a text that is kept beside the record."""
Utc = Annotated[str, Meta(pattern=rf"\A{_DATE}T{_HM}:[0-5][0-9]\.[0-9]{{3}}Z\Z")]
SignedAt = Annotated[str, Meta(pattern=rf"\A{_DATE}T{_HM}:[0-5][0-9]\.[0-9]{{3}}{_OFFSET}\Z")]
"""The signer's local time to the millisecond, with its offset from UTC."""
Minute = Annotated[str, Meta(pattern=rf"\A{_DATE}T{_HM}{_OFFSET}\Z")]
"""Local time to the minute, with its offset."""
Day = Annotated[str, Meta(pattern=rf"\A{_DATE}\Z")]
"""A day of the Gregorian calendar, in the years 1900 to 2199."""
When = Annotated[str, Meta(pattern=rf"\A{_DATE}(?:T{_HM}{_OFFSET})?\Z")]
"""A minute or a day, as `occurred.precision` says."""
Zone = Annotated[str, Meta(pattern=r"\A[A-Z][A-Za-z0-9_+-]{0,13}(?:/[A-Za-z0-9_+-]{1,14}){0,2}\Z")]
"""A name of the IANA time zone database, which keeps each of its parts within 14 characters."""
Token = Annotated[str, Meta(pattern=rf"\A{_NAME}\Z")]
"""A short lower-case name: a drug, a term, a criterion, a person's id, a log."""
Code = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,62}[A-Za-z0-9])?\Z")]
"""A number printed on something: a lot, a version, a form."""
Stream = Annotated[
    str,
    Meta(
        pattern=rf"\A(?:study|people|patient/{_PATIENT}|cohort/{_LEVEL}|(?!study/|people/|patient/|cohort/)[a-z]+/{_NAME})\Z"
    ),
]
"""The entries about one subject: the study, the people, a patient, the cohort of a dose level, a device, a site.

A patient's study number has digits and hyphens, and `P-` before them where the pack allows it.
"""
Kind = Annotated[str, Meta(pattern=r"\A[a-z]+\.[a-z]+(?:-[a-z]+)*/[1-9][0-9]{0,2}\Z", max_length=64)]
FindingId = Annotated[str, Meta(pattern=rf"\A{_RULE}@(?:0|[1-9][0-9]{{0,15}})\Z", max_length=41)]
"""`RULE@position` of the entry that the finding is about, in the log that `after` names."""
PrintedName = Annotated[
    str,
    Meta(
        pattern=(
            rf"\A[^\x00-\x20\x7f-\xa0{_UNSEEN}]"
            rf"(?:[^\x00-\x1f\x7f-\x9f{_UNSEEN}]{{0,126}}[^\x00-\x20\x7f-\xa0{_UNSEEN}])?\Z"
        )
    ),
]
"""A person's or an organisation's printed name (21 CFR 11.50), kept readable on purpose; at most 128 bytes."""
Base64url = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]*\Z")]
RuleId = Annotated[str, Meta(pattern=rf"\A{_RULE}\Z", max_length=24)]
"""The id of a rule, e.g. `A-PREMED-TIME`."""
Level = Annotated[str, Meta(pattern=rf"\A{_LEVEL}\Z")]
"""A dose level relative to the starting level, e.g. `0` or `-1`."""
Outcomes = Annotated[str, Meta(pattern=r"\A(?:[1-9][0-9]?[NT]{1,12}(?: [1-9][0-9]?[NT]{1,12}){0,11})?\Z")]
"""Cohorts as statisticians' packages read them: level number, then N or T for each patient, e.g. `2NNT 1NNN`."""
EntryText = Annotated[
    str,
    Meta(
        pattern=r'\A\{"payload":"[A-Za-z0-9_-]+","signatures":\[(?:\{"protected":"[A-Za-z0-9_-]+","signature":"[A-Za-z0-9_-]+"\},?){1,8}\]\}\Z',
        max_length=46_000,
    ),
]
"""The exact bytes of another entry, which are ASCII."""
JwsText = Annotated[
    str,
    Meta(
        pattern=r'\A\{"payload":"[A-Za-z0-9_-]+","signatures":\[\{"protected":"[A-Za-z0-9_-]+","signature":"[A-Za-z0-9_-]+"\}\]\}\Z',
        max_length=8192,
    ),
]
"""A whole JWS with one signature, carried as text: the request with which a key was enrolled."""
Kid = Annotated[str, Meta(pattern=rf"\A{_32_BYTES}\Z")]
"""RFC 7638 thumbprint (SHA-256) of the public key, base64url."""
Coordinate = Annotated[str, Meta(pattern=rf"\A{_32_BYTES}\Z")]
"""32 bytes of a public key, base64url in its one form."""
Alg = Literal["Ed25519", "ES256"]

Role = Literal[
    "investigator",
    "principal-investigator",
    "pharmacist",
    "pharmacy-technician",
    "nurse",
    "coordinator",
    "data-manager",
    "monitor",
    "sponsor-medical",
    "sponsor",
    "registrar",
    "inspector",
    "system",
]
"""What a person (or `system`, a device) signs as; DOMAIN vocabulary, docs/spec/kinds.md."""
Meaning = Literal[
    "authorship",
    "performed",
    "transcribed",
    "verified",
    "dispensed",
    "assessed",
    "approved",
    "acknowledged",
    "reviewed",
    "responsibility",
    "locked",
    "unlocked",
    "attested-copy",
    "possession",
    "system",
]
"""The closed list of meanings of a signature (21 CFR 11.50(a)(3)); `reviewed` is never an approval."""


class Jwk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public key as RFC 7517 writes it; members in the order of RFC 7638. `y` is null for Ed25519."""

    crv: Literal["Ed25519", "P-256"]
    kty: Literal["OKP", "EC"]
    x: Coordinate
    y: Coordinate | None

    def __post_init__(self) -> None:
        """Refuse (ValueError) a type, a curve and coordinates that do not belong together."""
        if (self.crv, self.kty, self.y is None) not in {("Ed25519", "OKP", True), ("P-256", "EC", False)}:
            raise ValueError(f"a key of type {self.kty} on the curve {self.crv} is not written like this")
