"""docs/validation/part11.md: the clauses of 21 CFR Part 11 on access and signatures, and the tests that show each."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
CLAUSES: dict[str, tuple[str, str]] = {
    "P11-10d": ("11.10(d)", "Access is limited to authorised individuals."),
    "P11-10g": ("11.10(g)", "Only authorised individuals use the system, sign, alter a record or perform an act."),
    "P11-50a": ("11.50(a)", "A signed record shows the signer's printed name, date and time, and the meaning."),
    "P11-50b": ("11.50(b)", "These are part of every form in which people read the record."),
    "P11-70": ("11.70", "A signature cannot be removed, copied or transferred to another record."),
    "P11-100a": ("11.100(a)", "A signature is unique to one individual, never reused or reassigned."),
    "P11-100b": ("11.100(b)", "The identity of the individual is verified before the signature is established."),
    "P11-200a1": ("11.200(a)(1)", "A signature has two distinct components."),
    "P11-200a1i": ("11.200(a)(1)(i)", "In one continuous period of access the first signing uses both components."),
    "P11-200a1ii": ("11.200(a)(1)(ii)", "Outside such a period every signing uses both components."),
    "P11-200a2": ("11.200(a)(2)", "A signature is used only by its genuine owner."),
    "P11-200a3": ("11.200(a)(3)", "Use by anyone else takes the collaboration of two or more individuals."),
    "P11-300a": ("11.300(a)", "No two individuals have the same combination of components."),
    "P11-300b": ("11.300(b)", "Components are checked, recalled or revised."),
    "P11-300c": ("11.300(c)", "What is lost or stolen is deauthorised, and replaced under rigorous controls."),
    "P11-300d": ("11.300(d)", "Unauthorised use is prevented; attempts at it are detected and reported."),
    "P11-300e": ("11.300(e)", "Devices that bear or make components are tested."),
}
"""Our id of each clause, its number, and what it asks of the software, in our words."""
PROCEDURES = """\
## What no software shows

| clause | what the site does |
|---|---|
| 11.100(b) | looks at the person and the document; the program records which, and who looked |
| 11.100(c) | certifies to the agency that its electronic signatures are the equal of handwritten ones |
| 11.200(b) | not applicable: no biometric signatures are offered |
"""
HEAD = """\
# 21 CFR Part 11: access and signatures

Printed from the markers of the tests by `make docs`; do not edit. What is signed with this program is signed by people
under their site's own procedures: whether their records comply is for them to validate, with this table as a help. The
sentence behind each test says what would be wrong in the clinic, or at an inspection, if it failed.

| clause | what it asks |
|---|---|
"""


@dataclass(frozen=True)
class Shown:
    """A test that shows requirements: where it stands, its name, and what would be wrong if it failed."""

    file: Path
    name: str
    says: str
    ids: frozenset[str]


@cache
def showing() -> tuple[Shown, ...]:
    """Every test with a `req` marker, in the order of its file."""
    files = {path: ast.parse(path.read_text(encoding="utf-8")).body for path in sorted(HERE.rglob("test_*.py"))}
    nodes = ((path, node) for path, body in files.items() for node in body if isinstance(node, ast.FunctionDef))
    found = (
        Shown(path, node.name, (ast.get_docstring(node) or "").replace("\n", " "), frozenset(marked(node)))
        for path, node in nodes
    )
    return tuple(one for one in found if one.ids)


def marked(node: ast.FunctionDef) -> Iterator[str]:
    """The ids of the `req` markers of a test."""
    for one in node.decorator_list:
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.req":
            yield from (arg.value for arg in one.args if isinstance(arg, ast.Constant))


def page() -> str:
    """The whole page."""
    found = showing()
    parts = [HEAD + "".join(f"| [{number}](#{anchor(number)}) | {asks} |\n" for number, asks in CLAUSES.values())]
    for name, (number, asks) in CLAUSES.items():
        shown = [one for one in found if name in one.ids]
        rows = "".join(
            f"- [`{one.name}`](../../{one.file.relative_to(HERE.parent).as_posix()}): {one.says}\n" for one in shown
        )
        parts.append(f"## {number}\n\n{asks}\n\n{rows}")
    return "\n".join([*parts, PROCEDURES])


def anchor(number: str) -> str:
    """The name of a heading in a link."""
    return "".join(letter for letter in number if letter.isalnum())


@pytest.mark.docs
def test_the_table_of_clauses_is_fresh(repository: Path, golden: Callable[[Path, str], None]) -> None:
    """An inspector asks what shows 11.200(a)(3), and the page names a test that is gone."""
    golden(repository / "docs" / "validation" / "part11.md", page())


@pytest.mark.parametrize("name", CLAUSES)
def test_every_clause_is_shown_by_a_test(name: str) -> None:
    """A clause that no test shows may have stopped holding, and nobody would notice."""
    assert [one.name for one in showing() if name in one.ids]
