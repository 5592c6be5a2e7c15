"""Questions to the person at the terminal. Without a terminal a question ends the run and names the option."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from commands.cli import console
from commands.cli.place import open_to_others
from ledger.errors import BadInput, Question

LONGEST_PASSPHRASE = 1024


def present() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin.isatty()


def ask(question: str, *, option: str) -> str:
    """Ask for a line of text; `option` is what answers it without a terminal."""
    if not present():
        raise Question(f"a question cannot be asked here: {question}", why="there is no terminal", fix=option)
    try:
        return console.ask_line(f"{question} ").strip()
    except EOFError:
        raise KeyboardInterrupt from None


def agree(question: str, *, option: str = "--yes") -> bool:
    """Ask yes or no; anything but yes is no."""
    return ask(f"{question} [y/N]", option=option).lower() in ("y", "yes")


def choose(question: str, choices: Sequence[str], *, option: str) -> int:
    """Ask for one of a numbered list; gives its index."""
    while True:
        for number, words in enumerate(choices, 1):
            console.insist(f"  {number}  {words}")
        said = ask(f"{question} [1-{len(choices)}]", option=option)
        if said.isdecimal() and 1 <= int(said) <= len(choices):
            return int(said) - 1
        console.insist(f"  {said!r} is not one of the numbers.", "warn")


def key(allowed: str) -> str:
    """Wait for one of these keys, without Enter; anything else is ignored. Ctrl-C interrupts."""
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin.fileno())
    try:
        tty.setcbreak(sys.stdin.fileno())
        while True:
            pressed = os.read(sys.stdin.fileno(), 1).decode("ascii", "replace").lower()
            if not pressed:
                raise KeyboardInterrupt
            if pressed in allowed:
                return pressed
    finally:
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, before)


def passphrase(prompt: str, *, option: str = "--passphrase-file or --passphrase-fd") -> bytes:
    """Ask for a passphrase without showing it."""
    if not present():
        raise Question("a passphrase is needed to sign", why="there is no terminal to ask at", fix=option)
    import getpass

    try:
        return getpass.getpass(f"{prompt}: ").encode()
    except EOFError:
        raise KeyboardInterrupt from None


def given(files: Sequence[str], descriptors: Sequence[str]) -> dict[str, bytes]:
    """Read the passphrases that options name; the key "" stands for the first person."""
    found: dict[str, bytes] = {}
    for text in files:
        name, path = _named(text)
        try:
            with Path(path).open("rb") as file:
                found[name] = _line(file.read(LONGEST_PASSPHRASE))
            if open_to_others(Path(path)):
                console.say(f"! others can read the passphrase in {path}: chmod 600 {path}", "warn")
        except OSError as error:
            raise BadInput(
                f"the passphrase file {path} cannot be read", why=error.strerror or "", fix="check its name"
            ) from error
    for text in descriptors:
        name, number = _named(text)
        try:
            with os.fdopen(int(number), "rb", closefd=False) as file:
                found[name] = _line(file.read(LONGEST_PASSPHRASE))
        except (OSError, ValueError) as error:
            raise BadInput(
                f"{number!r} is not an open file descriptor", why=str(error), fix="--passphrase-fd 3 3<FILE"
            ) from error
    return found


def _named(text: str) -> tuple[str, str]:
    name, sign, rest = text.partition("=")
    return (name, rest) if sign else ("", text)


def _line(data: bytes) -> bytes:
    return data.removesuffix(b"\n").removesuffix(b"\r")
