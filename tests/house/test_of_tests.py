"""The test of the tests: each says what would be wrong in the clinic, and each can fail."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FILES = sorted(TESTS.rglob("*.py"))
FOLDERS = {"stories", "properties", "golden", "vectors", "faults", "house", "benchmarks"}
# Fixtures and library calls that fail by themselves.
FAILING = {"golden", "raises", "warns", "fail", "run_state_machine_as_test", "expect", "expect_exact", "assert_never"}

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module."""
    return [node for node in ast.walk(tree) if isinstance(node, FUNCTION)]


def called(function: ast.AST) -> set[str]:
    """The last names of everything that a function calls or asks for as a fixture."""
    names = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
    }
    decorators = getattr(function, "decorator_list", [])
    return names | {ast.unparse(decorator).split("(")[0] for decorator in decorators}


def asserts(function: ast.AST, helpers: frozenset[str]) -> bool:
    """Whether something in a function can fail: an assertion, an expected error, or a helper that has one."""
    return any(isinstance(node, ast.Assert) for node in ast.walk(function)) or bool(called(function) & helpers)


def able_to_fail(trees: Sequence[ast.Module]) -> frozenset[str]:
    """The names of all helpers that assert, themselves or through another."""
    helpers = frozenset(FAILING)
    while True:
        found = helpers | {
            function.name for tree in trees for function in functions(tree) if asserts(function, helpers)
        }
        if found == helpers:
            return helpers
        helpers = frozenset(found)


def faults(source: str, helpers: frozenset[str] = frozenset(FAILING)) -> list[str]:
    """What is wrong with the tests of one module."""
    found: list[str] = []
    for function in functions(ast.parse(source)):
        if function.name.startswith("test_"):
            if not (ast.get_docstring(function) or "").strip():
                found.append(f"{function.name}: no docstring")
            if not asserts(function, helpers):
                found.append(f"{function.name}: cannot fail")
    return found


@cache
def trees() -> tuple[ast.Module, ...]:
    """All modules under tests/, parsed once."""
    return tuple(ast.parse(file.read_text(encoding="utf-8")) for file in FILES)


@cache
def failing() -> frozenset[str]:
    """The helpers of all modules under tests/ that assert."""
    return able_to_fail(trees())


@pytest.mark.parametrize("file", [file for file in FILES if file.name.startswith("test_")], ids=lambda file: file.stem)
def test_every_test_can_fail_and_says_why_it_matters(file: Path) -> None:
    """A test that cannot fail is a signature without a reader: the error it guards reaches the patient."""
    assert faults(file.read_text(encoding="utf-8"), failing()) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def test_a():\n    assert 1 == x", ["test_a: no docstring"]),
        ("def test_a():\n    'why'\n    run()", ["test_a: cannot fail"]),
        ("def test_a():\n    'why'\n    with pytest.raises(Refused):\n        run()", []),
    ],
)
def test_a_planted_fault_is_caught(source: str, expected: list[str]) -> None:
    """The judge of the tests must itself be able to say no."""
    assert expected == faults(source)


def test_test_modules_live_in_the_folders_by_kind() -> None:
    """A test nobody finds is a promise nobody keeps; two modules of one name hide each other."""
    modules = [file for file in FILES if file.name.startswith("test_")]
    assert {file.relative_to(TESTS).parts[0] for file in modules} <= FOLDERS
    assert [name for name, count in Counter(file.name for file in modules).items() if count > 1] == []
    assert [file.name for file in FILES if file.name == "__init__.py"] == []


def unexplained(tree: ast.Module) -> list[str]:
    """Name the calls that skip a test without a stated reason, or sleep; a tool that is absent is NOT RUN, by name."""
    found = called(tree) & {"sleep", "skip", "xfail", "importorskip"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "skipif":
            reasons = [ast.unparse(word.value) for word in node.keywords if word.arg == "reason"]
            if not reasons or not reasons[0].lstrip("f'\"(").startswith("NOT RUN"):
                found |= {"skipif"}
    return sorted(found)


def test_no_test_sleeps_or_is_skipped() -> None:
    """A skipped test is a control that nobody carried out; a sleeping one passes on the machine of its author."""
    found = [(file.name, unexplained(tree)) for file, tree in zip(FILES, trees(), strict=True) if unexplained(tree)]
    assert found == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("@pytest.mark.skipif(x, reason='slow')\ndef test_a(): ...", ["skipif"]),
        ("@pytest.mark.skipif(x)\ndef test_a(): ...", ["skipif"]),
        ("time.sleep(1)", ["sleep"]),
        ("@pytest.mark.skipif(x, reason='NOT RUN: no ssh-keygen here')\ndef test_a(): ...", []),
    ],
)
def test_a_planted_skip_is_caught(source: str, expected: list[str]) -> None:
    """The judge of skips must itself be able to say no."""
    assert expected == unexplained(ast.parse(source))
