"""The error tree: drawn in its docstring as it is, one documented exit code each."""

from __future__ import annotations

import re

import pytest

from ledger import errors

# The exit codes of the command line beside 0 (done), 1 (the answer is no) and 130 (interrupted).
DOCUMENTED = {2, 3, 4, 5, 6, 7, 8, 9, 70}
# Two ways of asking badly are one answer to a script: usage.
SHARED = {frozenset({"BadInput", "Question"})}

CLASSES = {
    name: thing
    for name, thing in vars(errors).items()
    if isinstance(thing, type) and issubclass(thing, errors.DoseLedgerError)
}


def drawn() -> dict[str, tuple[str, int]]:
    """Parent and exit code of every class, as the docstring draws them."""
    found: dict[str, tuple[str, int]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"( +)([A-Z]\w+) +(\d+)\b", line):
            depth = len(match[1]) // 2 - 2
            above[depth:] = [match[2]]
            found[match[2]] = (above[depth - 1] if depth else "Exception", int(match[3]))
    return found


def test_the_tree_is_drawn_as_it_is() -> None:
    """Whoever writes a ward's script reads the drawing; a wrong code there takes a refusal for a success."""
    assert {name: (cls.__base__.__name__, cls.exit_code) for name, cls in CLASSES.items()} == drawn()


def test_every_exit_code_is_documented() -> None:
    """An unknown code tells the night shift nothing."""
    assert {cls.exit_code for cls in CLASSES.values()} == DOCUMENTED


def test_no_two_branches_share_a_code() -> None:
    """If 'a rule refuses' and 'somebody wrote first' left with one code, a script would retry a refused dose."""
    branches: dict[int, set[str]] = {}
    for name, cls in CLASSES.items():
        if cls.__base__ is errors.DoseLedgerError:
            branches.setdefault(cls.exit_code, set()).add(name)
    assert {frozenset(names) for names in branches.values() if len(names) > 1} == SHARED


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_subclass_keeps_the_code_of_its_branch(name: str) -> None:
    """A wrong passphrase must leave as 'not allowed', also for scripts that know only the parent."""
    branch = next((cls for cls in CLASSES[name].__mro__ if cls.__base__ is errors.DoseLedgerError), CLASSES[name])
    assert branch.exit_code == CLASSES[name].exit_code
    assert CLASSES[name].__doc__
