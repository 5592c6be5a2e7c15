"""The core can be imported without the database, the keys or the terminal."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("eventsourcing", "cryptography", "bcrypt", "sqlite3", "psycopg", "typer", "click", "rich")
CORE = ("errors", "values", "wire", "events", "protocol", "course", "rules")
PRESENT = [room for room in CORE if (ROOT / "ledger" / room).is_dir() or (ROOT / "ledger" / f"{room}.py").is_file()]


@pytest.mark.parametrize("room", PRESENT)
def test_a_room_of_the_core_loads_nothing_heavy(room: str) -> None:
    """A rule that needs a database to be imported cannot be re-judged by an inspector who has only the entries."""
    folder = ROOT / "ledger" / room
    modules = [f"ledger.{room}", *(f"ledger.{room}.{file.stem}" for file in folder.glob("[!_]*.py"))]
    program = f"import sys, {', '.join(modules)}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.split() == []


@pytest.mark.parametrize("package", ["ledger", "commands", "projections"])
def test_a_root_package_is_one_sentence(package: str) -> None:
    """An import in a root package would load the whole house for the smallest look at one entry."""
    tree = ast.parse((ROOT / package / "__init__.py").read_text(encoding="utf-8"))
    assert [type(node).__name__ for node in tree.body] == ["Expr"]
    assert ast.get_docstring(tree)
