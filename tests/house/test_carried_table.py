"""The verifier that travels with a copy holds the table of kinds as it is, and imports nothing of this program."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import carried_table
import pytest

FILE = Path("projections/export/carried/verify.py")


@pytest.mark.docs
def test_the_table_in_the_verifier_is_fresh(repository: Path, golden: Callable[[Path, str], None]) -> None:
    """The verifier on the inspector's stick would call entries damaged that this version writes."""
    golden(repository / FILE, carried_table.filled((repository / FILE).read_text(encoding="utf-8")))


def test_the_verifier_needs_nothing_but_the_standard_library(repository: Path) -> None:
    """In 25 years the program is gone; whatever the verifier imports of it would be gone with it."""
    tree = ast.parse((repository / FILE).read_text(encoding="utf-8"), feature_version=(3, 8))
    named = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    strangers = {name.partition(".")[0] for name in named} - sys.stdlib_module_names
    assert {"cryptography"} == strangers


@pytest.mark.parametrize(
    ("spelling", "type_"),
    [
        ("tuple[Need, ...]", "Need*"),
        ("wire.Token | None", "Token?"),
        ("Literal['F', 'M']", "F|M"),
        ("Literal['en']", "en|"),
        ("Literal[1]", "1..1"),
        ("Annotated[int, Meta(ge=0, le=5)]", "0..5"),
        ("msgspec.Raw", "Body"),
    ],
)
def test_a_type_has_one_word(spelling: str, type_: str) -> None:
    """A member could be read in the verifier as another type than it was written as."""
    assert type_ == carried_table._type(spelling)


def test_a_type_without_a_word_is_refused() -> None:
    """A member whose grammar the table cannot say would not be checked at all."""
    with pytest.raises(AssertionError):
        carried_table._type("dict[str, int]")


def test_the_verifier_knows_every_code_of_the_judgement(repository: Path) -> None:
    """What append refuses would pass on the inspector's desk, without even being named as not checked."""
    rooms = [repository / "ledger" / "admission", repository / "ledger" / "verify"]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for room in rooms for path in sorted(room.glob("*.py"))]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    judged = {word for call in calls if getattr(call.func, "id", "") == "Problem" for word in words(call.args[:1])}
    found = {word for call in calls if getattr(call.func, "id", "") == "Finding" for word in words(call.args[1:2])}
    failed = {word for call in calls if getattr(call.func, "attr", "") == "fail" for word in words(call.args[3:4])}
    assert {"signer", "needs"} <= judged
    assert {"disputed", "fork"} <= found
    assert {"bytes", "root"} <= failed
    known = set(words([ast.parse((repository / FILE).read_text(encoding="utf-8"))]))
    beyond = {"missing", "zone"}  # no position of a copy is empty; no time zone database is asked
    assert set() == (judged | found | failed) - known - beyond


def words(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The texts in some code."""
    for node in nodes:
        for one in ast.walk(node):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value
