"""Labels: the names that a script gives to what its steps wrote, and their place in later options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ledger.errors import BadInput

_NAME = r"[A-Za-z][A-Za-z0-9_-]*"
_WHOLE = re.compile(rf"@(?P<label>{_NAME})(?:\.(?P<place>[0-9]+))?\Z")
_INSIDE = re.compile(rf"(?P<rule>\b[A-Z]-[A-Z0-9-]*[A-Z0-9])?@@?(?P<label>{_NAME})(?:\.(?P<place>[0-9]+))?")
_FINDINGS = ("seen", "finding")
WORDS = (
    "criterion",
    "reason-text",
    "reason_text",
    "words",
    "cause",
    "root-cause",
    "root_cause",
    "action",
    "allergies",
    "rounding",
)
"""Options in people's own words, in which an @ is only an @."""


class NothingThere(BadInput):
    """A label of the script stands for nothing here: the step that has it wrote nothing."""


@dataclass(frozen=True)
class Labelled:
    """What a step wrote: the positions of its entries, first to last, and the findings it raised."""

    entries: tuple[int, ...] = ()
    findings: tuple[str, ...] = ()

    def and_then(self, other: Labelled) -> Labelled:
        """Join what two steps under one label wrote."""
        return Labelled((*self.entries, *other.entries), (*self.findings, *other.findings))


def named(given: object) -> Iterator[str]:
    """List the labels that a value names."""
    match given:
        case str():
            yield from (found["label"] for found in _INSIDE.finditer(given))
        case list():
            yield from (label for inner in given for label in named(inner))
        case dict():
            yield from (label for key, inner in given.items() if key not in WORDS for label in named(inner))
        case _:
            return


class Labels:
    """The labels of one branch of the run."""

    def __init__(self, known: Mapping[str, Labelled] | None = None) -> None:
        self._known = dict(known or {})

    def copy(self) -> Labels:
        """Give the same labels to a fork."""
        return Labels(self._known)

    def put(self, label: str, wrote: Labelled) -> None:
        """Name what a step wrote; a label that several steps share grows."""
        self._known[label] = self._known.get(label, Labelled()).and_then(wrote)

    def options(self, given: Mapping[str, object]) -> dict[str, object]:
        """Put entries, and in `seen` and `finding` findings, in the place of labels; BadInput names an unknown one."""
        return {
            name: given[name] if name in WORDS else self.value(given[name], findings=name in _FINDINGS)
            for name in given
        }

    def value(self, given: object, *, findings: bool = False) -> object:
        """Put entries in the place of the labels in a value: `#12` for a whole text, `12` inside one."""
        match given:
            case str():
                return self._text(given, findings=findings)
            case list() | tuple():
                items = [self.value(inner, findings=findings) for inner in given]
                return [one for item in items for one in (item if isinstance(item, tuple) else (item,))]
            case dict():
                return {name: self.value(inner, findings=findings) for name, inner in given.items()}
            case _:
                return given

    def _text(self, text: str, *, findings: bool) -> object:
        whole = _WHOLE.match(text)
        if whole is None:
            return _INSIDE.sub(self._inside, text)
        if not findings:
            return f"#{self._entry(whole)}"
        raised = self._labelled(whole).findings
        if not raised:
            raise NothingThere(f"{text} raised no finding", fix=f"name one: A-GAP{text}")
        return raised if len(raised) > 1 else raised[0]

    def _inside(self, found: re.Match[str]) -> str:
        position = str(self._entry(found))
        return f"{found['rule']}@{position}" if found["rule"] else position

    def _entry(self, found: re.Match[str]) -> int:
        entries, place = self._labelled(found).entries, found["place"]
        index = int(place) - 1 if place else -1
        if index >= len(entries) or not entries:
            raise NothingThere(f"the step of {found[0]!r} wrote {len(entries)} entries")
        return entries[index]

    def _labelled(self, found: re.Match[str]) -> Labelled:
        known = self._known.get(found["label"])
        if known is None:
            raise NothingThere(f"the step with the label {found['label']!r} wrote nothing")
        return known
