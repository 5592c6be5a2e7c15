"""A head on paper: its size and root in groups that are read and typed by people, each line with a check code.

A line of the root is 16 of its 64 hexadecimal digits, in groups of four; its code, two digits behind a `*`, is the
beginning of SHA-256 over `doseledger-paper/1`, the number of the line and what stands in it (docs/spec/anchors.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from ledger.errors import BadInput
from ledger.merkle.tree import MAX_SIZE

LINES = 4
_PER_LINE = 16
_SIZE = re.compile(r"[0-9]{1,16}\Z")
_HEX = re.compile(r"[0-9a-f]*\Z")
_CODE = re.compile(r"[0-9a-f]{2}\Z")
_FIX = "compare it with the paper digit by digit: 0-9 and a-f, no letter o or l"


@dataclass(frozen=True, slots=True)
class Paper:
    """A head as it stands on paper: how many entries, and the root over them, 64 hexadecimal digits."""

    size: int
    root: str


def code(line: int, text: str) -> str:
    """The check code of a line: 0 is the number of entries in digits, 1 to 4 are the digits of the root."""
    return sha256(f"doseledger-paper/1 {line} {text}".encode()).hexdigest()[:2]


def written(size: int, root: str) -> tuple[str, ...]:
    """The five lines that are printed, each with its code: the number of entries, then the root."""
    lines = [root[at : at + _PER_LINE] for at in range(0, len(root), _PER_LINE)]
    grouped = (" ".join(line[at : at + 4] for at in range(0, _PER_LINE, 4)) for line in lines)
    codes = (code(number, line) for number, line in enumerate(lines, 1))
    return f"{size} *{code(0, str(size))}", *(f"{text} *{made}" for text, made in zip(grouped, codes, strict=True))


def read(text: str) -> Paper:
    """Read what was typed: the number of entries, then the root; with the check codes or without any of them.

    Blanks, line breaks, hyphens and capitals are forgiven. Raises BadInput, which names the line that was mistyped.
    """
    words = _words(text)
    if not words or _SIZE.match(words[0]) is None or int(words[0]) > MAX_SIZE:
        raise BadInput("the paper begins with the number of entries", why=f"this begins with {text[:20]!r}", fix=_FIX)
    size, at = str(int(words[0])), 1
    if at < len(words) and words[at].startswith("*"):
        _compare(0, size, words[at])
        at += 1
    return Paper(int(size), "".join(_lines(words[at:])))


def read_line(number: int, text: str) -> str:
    """Read one typed line: 0 the number of entries, 1 to 4 of the root; gives its digits. Raises BadInput."""
    words = _words(text)
    digits, codes = "".join(word for word in words if word[0] != "*"), [word for word in words if word[0] == "*"]
    if number == 0:
        if _SIZE.match(digits) is None or int(digits) > MAX_SIZE:
            raise _mistyped(number, "it is a number of entries")
        digits = str(int(digits))
    elif len(digits) != _PER_LINE or _HEX.match(digits) is None:
        raise _mistyped(number, f"it has {_PER_LINE} digits 0-9 a-f; {len(digits)} are typed")
    if len(codes) > 1:
        raise _mistyped(number, "it has one check code")
    for said in codes:
        _compare(number, digits, said)
    return digits


def _words(text: str) -> list[str]:
    """Groups of digits and check codes, each by itself, whatever blanks were typed."""
    return re.sub(r"\s*\*\s*([0-9a-f]{2})", r" *\1 ", text.lower().replace("-", " ")).split()


def _lines(words: list[str]) -> list[str]:
    """The lines of the root: each ends with its code, or all of them are typed without."""
    if not any(word.startswith("*") for word in words):
        digits = "".join(words)
        if len(digits) != LINES * _PER_LINE or _HEX.match(digits) is None:
            raise BadInput("the root on the paper has 64 digits 0-9 a-f", why=f"{len(digits)} are typed", fix=_FIX)
        return [digits]
    found, line = list[str](), ""
    for word in words:
        line += f" {word}"
        if word.startswith("*"):
            found.append(read_line(len(found) + 1, line))
            line = ""
    if line or len(found) != LINES:
        raise BadInput(f"the root on the paper has {LINES} lines", why=f"{len(found)} end with a check code", fix=_FIX)
    return found


def _compare(number: int, digits: str, said: str) -> None:
    if _CODE.match(said[1:]) is None or said[1:] != code(number, digits):
        raise _mistyped(number, f"its check code is not {said}")


def _mistyped(number: int, why: str) -> BadInput:
    what = "the number of entries is" if number == 0 else f"line {number} of the root is"
    return BadInput(f"{what} mistyped", why=why, fix=_FIX)
