"""What one row of the table of kinds says: the stream, who signs with which meaning, and what it must not race."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from ledger import wire
from ledger.events.base import Wire
from ledger.events.people import Task

Family = Literal[
    "study",
    "people",
    "patient",
    "cohort",
    "supply",
    "attempts",
    "clock",
    "exports",
    "security",
    "review",
    "archive",
    "any",
]
"""The first part of the stream's name; `any`: the stream of the entry it is about."""

PHYSICIANS: frozenset[wire.Role] = frozenset({"investigator", "principal-investigator"})
PI: frozenset[wire.Role] = frozenset({"principal-investigator"})
PHARMACY: frozenset[wire.Role] = frozenset({"pharmacist", "pharmacy-technician"})
NURSES: frozenset[wire.Role] = frozenset({"nurse"})
DATA: frozenset[wire.Role] = frozenset({"coordinator", "data-manager"})
REGISTRARS: frozenset[wire.Role] = frozenset({"registrar"})
SPONSOR: frozenset[wire.Role] = frozenset({"sponsor-medical"})
MONITOR: frozenset[wire.Role] = frozenset({"monitor"})
DEVICE: frozenset[wire.Role] = frozenset({"system"})
SITE: frozenset[wire.Role] = PHYSICIANS | PHARMACY | NURSES | DATA
"""The roles that may state a fact; outside their row of the table it is finding S-DELEG."""


class Requirement(Struct, frozen=True):
    """One signature that a kind requires: any of `meanings`, by somebody who holds one of `roles`."""

    meanings: frozenset[wire.Meaning]
    roles: frozenset[wire.Role]


class KindRow(Struct, frozen=True):
    """One row of the table.

    `rank` orders facts of the same minute. `factual` rows are never refused for role or delegation inside
    the site. `gated` kinds are void when an entry of `conflicts` stands between what was read and where
    they were written. `completed` kinds take effect only when every needed signature is there. `graded` kinds
    speak in the terms of the toxicity dictionary, which their envelope names.
    """

    name: str
    struct: type[Wire]
    family: Family
    rank: int
    signatures: tuple[Requirement, ...]
    task: Task | None = None
    factual: bool = False
    conflicts: tuple[tuple[Family, frozenset[str]], ...] = ()
    completed: bool = False
    graded: bool = False


def by(roles: frozenset[wire.Role], *meanings: wire.Meaning) -> Requirement:
    """Require one signature by one of `roles`, with one of `meanings` (authorship when none is named)."""
    return Requirement(frozenset(meanings or ("authorship",)), roles)


FACT: tuple[wire.Meaning, ...] = ("authorship", "performed", "transcribed")
"""With which meanings a fact may be stated."""
