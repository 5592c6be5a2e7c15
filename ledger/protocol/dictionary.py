"""The toxicity dictionary: the terms of one CTCAE version, the grades each one has, and laboratory limits.

Terms, classes and grades are facts of NCI's table; the words beside each grade are this project's own, short, and
no substitute for the published definitions. There are no MedDRA codes.
"""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import msgspec
from msgspec import Struct

from ledger import wire
from ledger.errors import BadInput, Refused
from ledger.protocol.limits import Limits
from ledger.protocol.reading import Line


class _Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    printed: Line
    organ_class: Line
    grades: dict[str, Line]
    aliases: tuple[wire.Token, ...] = ()


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: int
    version: wire.Code
    notice: Line
    terms: dict[wire.Token, _Row]
    limits: dict[wire.Token, Limits] = {}


class Term(Struct, frozen=True, kw_only=True):
    """One term: its token in the record, how it is printed, its organ class, its grades in our words."""

    name: str
    printed: str
    organ_class: str
    aliases: tuple[str, ...]
    words: Mapping[int, str]
    """What each available grade means, in a few words of our own."""
    limits: Limits | None
    """The limits of a laboratory term, where the dictionary gives them."""

    @property
    def grades(self) -> tuple[int, ...]:
        """The grades that exist for this term, lowest first."""
        return tuple(self.words)


@dataclass(frozen=True, kw_only=True)
class Dictionary:
    """A toxicity dictionary as loaded; `digest` is the SHA-256 (hexadecimal) of exactly `data`."""

    version: str
    notice: str
    data: bytes
    digest: str
    terms: Mapping[str, Term]
    names: Mapping[str, str]
    """Every name a term answers to, in lower case, with its token."""

    def __hash__(self) -> int:
        """The digest covers every other field."""
        return hash(self.digest)

    def term(self, name: str) -> Term:
        """Return a term by token, printed term or alias in any case; BadInput names near matches."""
        wanted = " ".join(name.lower().split())
        token = self.names.get(wanted) or self.names.get(wanted.replace(" ", "-"))
        if token is not None:
            return self.terms[token]
        close = difflib.get_close_matches(wanted, self.names, n=6)
        close += [known for known in self.names if {*wanted.split()} & {*known.replace("-", " ").split()}]
        near = list(dict.fromkeys(self.names[known] for known in close))[:6]
        hint = f"near to it: {', '.join(near)}" if near else "`dictionary show` lists the terms"
        raise BadInput(f"CTCAE {self.version} has no term {name!r} in this dictionary", fix=hint)

    def require_grade(self, name: str, grade: int) -> Term:
        """Return the term when it has this grade; Refused (T-GRADE) lists those it has. Grade 0 is not an event."""
        term = self.term(name)
        if grade in term.words:
            return term
        have = ",".join(map(str, term.grades))
        raise Refused(
            f"{term.printed} has no grade {grade} in CTCAE {self.version}: available {have}",
            rules=("T-GRADE",),
            why="grade 0 is not an adverse event" if grade == 0 else "each term has its own grades",
            fix=f"grade {term.name} with one of {have}",
        )


def load_dictionary(data: bytes) -> Dictionary:
    """Read a dictionary; BadInput names the term that is malformed or shares a name with another."""
    try:
        file = msgspec.json.decode(data, type=_File) if data[:1] == b"{" else _of_toml(data)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise BadInput(f"this is not a toxicity dictionary: {error}") from error
    if file.format != 1:
        raise BadInput(f"dictionaries of format {file.format} are not known")
    if strays := sorted(set(file.limits) - set(file.terms)):
        raise BadInput(f"limits for {strays[0]}: there is no such term")
    terms = {name: _term(name, row, file.limits.get(name)) for name, row in file.terms.items()}
    return Dictionary(
        version=file.version,
        notice=file.notice,
        data=data,
        digest=hashlib.sha256(data).hexdigest(),
        terms=MappingProxyType(terms),
        names=MappingProxyType(_names(terms)),
    )


def _of_toml(data: bytes) -> _File:
    return msgspec.convert(tomllib.loads(data.decode()), _File)


def _term(name: str, row: _Row, limits: Limits | None) -> Term:
    if not row.grades or list(row.grades) != sorted(row.grades) or not set(row.grades) <= set("12345"):
        raise BadInput(f"term {name}: its grades are some of 1 to 5, lowest first")
    words = {int(grade): text for grade, text in row.grades.items()}
    if limits is not None and (strays := sorted({band.grade for band in limits.bands} - set(words))):
        raise BadInput(f"limits for {name}: the term has no grade {strays[0]}")
    return Term(
        name=name,
        printed=row.printed,
        organ_class=row.organ_class,
        aliases=row.aliases,
        words=MappingProxyType(words),
        limits=limits,
    )


def _names(terms: Mapping[str, Term]) -> dict[str, str]:
    names: dict[str, str] = {}
    for token, term in terms.items():
        for name in dict.fromkeys((token, term.printed.lower(), *term.aliases)):
            if name in names:
                raise BadInput(f"term {token}: the name {name!r} already belongs to {names[name]}")
            names[name] = token
    return names
