"""The only module that prints, and the rules of the terminal.

Data go to stdout; words, questions and errors go to stderr, so that a pipe carries data alone. Meaning is never
carried by colour alone. Tables are drawn by `rich`, and only for a terminal; everywhere else they are columns of text.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TextIO

Color = Literal["auto", "always", "never"]
Style = Literal["good", "bad", "warn", "dim", "bold"]
_SGR: dict[Style, str] = {"good": "32", "bad": "31;1", "warn": "33", "dim": "2", "bold": "1"}
_UNSEEN = "\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
_HIDDEN = re.compile(rf"(?!\x1b\[(?:0|{'|'.join(_SGR.values())})m)[{_UNSEEN}]")
"""What moves the cursor, hides or turns round what stands beside it; our own colours are none of it."""
_BROKEN = re.compile("[\n\t]")


@dataclass
class Manner:
    """How this run prints; set once, from its options."""

    color: Color = "auto"
    quiet: bool = False
    json: bool = False


manner = Manner()


def plain(text: str) -> str:
    """Write what a terminal would obey, and nobody would see, as JSON escapes it; lines and tabs stay."""
    return _HIDDEN.sub(_escaped, text)


def one_line(text: str) -> str:
    """Write a text of somebody else's as one line: it cannot begin another that looks like ours."""
    return _BROKEN.sub(_escaped, plain(text))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def answer(text: str) -> None:
    """Print data."""
    print(plain(text))


def answer_alone(text: str, *, code: int = 0) -> int:
    """Print data that are the whole answer of a run, and give its exit code; a reader who left is no error."""
    try:
        answer(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
    return code


def silence() -> None:
    """Whoever read the output has gone: let nothing more be written, nor complained about, at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def raw(data: bytes) -> None:
    """Write data as bytes, exactly."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)


def say(text: str = "", style: Style | None = None) -> None:
    """Say words to the person; `--quiet` leaves them out."""
    if not manner.quiet:
        print(plain(paint(text, style, sys.stderr)), file=sys.stderr)


def insist(text: str, style: Style | None = None) -> None:
    """Say words that even `--quiet` does not leave out: an error, what is about to be signed."""
    print(plain(paint(text, style, sys.stderr)), file=sys.stderr, flush=True)


def watched() -> bool:
    """Whether a person sees what goes to stderr, and wants to: a terminal, neither `--json` nor `--quiet`."""
    return sys.stderr.isatty() and not manner.json and not manner.quiet


def over(text: str) -> None:
    """Put words on a terminal in the place of those that were put there last; none take them away."""
    print(f"\r\x1b[K{plain(text)}", end="", file=sys.stderr, flush=True)


def ask_line(prompt: str) -> str:
    """Print a question and read one line; EOFError where there is no answer."""
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def flush() -> None:
    """Write out what is buffered, so that a closed pipe is noticed inside the program."""
    sys.stdout.flush()


def colored(stream: TextIO) -> bool:
    """Whether to colour what goes to this stream: `--color`, then NO_COLOR, then whether it is a terminal."""
    if manner.color != "auto":
        return manner.color == "always"
    return "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb" and stream.isatty()


def paint(text: str, style: Style | None, stream: TextIO | None = None) -> str:
    """Colour a text where colour is on; the text says the same without."""
    return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if style and colored(stream or sys.stdout) else text


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: frozenset[str] = frozenset()) -> None:
    """Print a table to stdout: drawn for a terminal, aligned text elsewhere; `right` names right-aligned columns."""
    cells = [["" if cell is None else one_line(str(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty() and colored(sys.stdout):
        _drawn(columns, cells, right)
        return
    widths = [max(len(name), *(len(row[i]) for row in cells), 0) for i, name in enumerate(columns)]
    for row in ([name.upper() for name in columns], *cells):
        padded = (
            cell.rjust(width) if name in right else cell.ljust(width)
            for name, cell, width in zip(columns, row, widths, strict=True)
        )
        print("  ".join(padded).rstrip())


def _drawn(columns: Sequence[str], cells: Sequence[Sequence[str]], right: frozenset[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in columns:
        drawn.add_column(name.upper(), justify="right" if name in right else "left", overflow="fold")
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    Console(file=sys.stdout, highlight=False, soft_wrap=False).print(drawn)
