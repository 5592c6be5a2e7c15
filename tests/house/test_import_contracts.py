"""The import contracts hold, and each of them catches what it is there to catch."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

CONTRACTS = tuple(
    contract["id"]
    for contract in tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
)


@dataclass(frozen=True)
class Plant:
    """A forbidden import added to a module, and what the report must then name."""

    module: str
    statement: str
    reported: str


def imports(module: str, imported: str, reported: str | None = None) -> Plant:
    """Plant `import imported` in `module`; the report names both."""
    return Plant(module, f"import {imported}", reported or f"{module} -> {imported}")


CORE = ("ledger.values", "ledger.events.planted", "ledger.protocol.planted", "ledger.course.planted")
IMPURE = ("os", "random", "secrets", "socket", "subprocess", "time", "logging", "pathlib")
KEYS_AND_FILES = ("ledger.signing", "ledger.merkle", "ledger.storage")

PLANTS: dict[str, tuple[Plant, ...]] = {
    "packages": (
        imports("ledger.planted", "projections"),
        imports("ledger.planted", "commands"),
        imports("projections.planted", "commands"),
    ),
    "rooms-of-the-ledger": (
        imports("ledger.errors", "ledger.wire"),
        imports("ledger.values", "ledger.wire"),
        imports("ledger.events.planted", "ledger.course"),
        imports("ledger.signing.planted", "ledger.events"),
        imports("ledger.storage.planted", "ledger.rules"),
        imports("ledger.course.planted", "ledger.storage"),
        imports("ledger.codec", "ledger.book"),
        Plant("ledger.attic", "", "ledger.attic"),
    ),
    "rooms-of-the-commands": (
        imports("commands.perform", "commands.cli"),
        imports("commands.patient", "commands.perform"),
        imports("commands.dosing", "commands.simulate"),
        imports("commands.draft", "commands.record"),
        Plant("commands.attic", "", "commands.attic"),
    ),
    "readers": (imports("commands.perform", "projections"), imports("commands.simulate", "projections.planted")),
    "storage": (
        imports("commands.perform", "ledger.storage"),
        imports("ledger.anchors.planted", "ledger.storage.planted"),
        imports("projections.planted", "ledger.storage"),
    ),
    "door-of-the-database": (
        imports("ledger.book", "eventsourcing.application", "ledger.book -> eventsourcing"),
        imports("commands.cli.planted", "sqlite3"),
        imports("projections.planted", "sqlite3"),
    ),
    "door-of-the-server": (
        imports("commands.cli.planted", "psycopg"),
        imports("ledger.storage.reader", "psycopg.errors", "ledger.storage.reader -> psycopg"),
    ),
    "door-of-the-keys": (
        imports("ledger.codec", "cryptography.hazmat", "ledger.codec -> cryptography"),
        imports("commands.cli.planted", "bcrypt"),
    ),
    "door-of-the-terminal": (
        imports("commands.perform", "typer"),
        imports("ledger.errors", "rich.text", "ledger.errors -> rich"),
        imports("projections.planted", "rich"),
    ),
    "door-of-the-workbook": (
        imports("commands.study", "openpyxl"),
        imports("ledger.protocol.model", "openpyxl.styles", "ledger.protocol.model -> openpyxl"),
    ),
    "door-of-the-pages": (
        imports("commands.cli.planted", "jinja2"),
        imports("projections.card", "jinja2.sandbox", "projections.card -> jinja2"),
    ),
    "door-of-the-xml-signature": (
        imports("commands.cli.planted", "signxml"),
        imports("projections.export.audit.planted", "lxml.etree", "projections.export.audit.planted -> lxml"),
    ),
    "door-of-the-time-stamps": (
        imports("commands.cli.planted", "rfc3161_client"),
        imports("ledger.verify.planted", "rfc3161_client.tsp", "ledger.verify.planted -> rfc3161_client"),
    ),
    "door-of-the-qr-code": (
        imports("commands.cli.planted", "segno"),
        imports("projections.export.audit.planted", "segno.encoder", "projections.export.audit.planted -> segno"),
    ),
    "pure-core": (
        *(imports(room, library) for room, library in zip(CORE * 2, IMPURE, strict=True)),
        *(imports("ledger.rules.planted", forbidden) for forbidden in KEYS_AND_FILES),
    ),
    "no-circles": (
        Plant("ledger.course.planted_a", "import ledger.course.planted_b", "ledger.course"),
        Plant("ledger.course.planted_b", "import ledger.course.planted_a", "planted_a"),
    ),
}


def source(root: Path, module: str) -> Path:
    """The file of a module in the copy, with the packages above it; made when it is not there."""
    folder = root.joinpath(*module.split("."))
    if (folder / "__init__.py").exists():
        return folder / "__init__.py"
    for parent in reversed(folder.relative_to(root).parents):
        if parent != Path() and not (root / parent / "__init__.py").exists():
            (root / parent).mkdir(parents=True, exist_ok=True)
            (root / parent / "__init__.py").touch()
    file = folder.with_suffix(".py")
    file.touch()
    return file


def plant(root: Path, plants: tuple[Plant, ...]) -> None:
    """Write the violations into the copy; what a planted statement imports exists there too."""
    for planted in plants:
        imported = planted.statement.removeprefix("import ")
        if imported.startswith(("ledger.", "commands.", "projections.")):
            source(root, imported)
        file = source(root, planted.module)
        file.write_text(f"{file.read_text(encoding='utf-8')}\n{planted.statement}\n", encoding="utf-8")


def lint(root: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Check these contracts of the packages in `root` with its own configuration; none named: all of them."""
    limits = [argument for contract in contracts for argument in ("--contract", contract)]
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo", "--config", "pyproject.toml", *limits],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "COLUMNS": "400", "NO_COLOR": "1"},
    )


def test_every_contract_holds(repository: Path) -> None:
    """A reader that could write, or a rule that could read the clock, would make an inspection depend on who looks."""
    result = lint(repository)
    assert (result.returncode, "0 broken" in result.stdout) == (0, True), result.stdout + result.stderr


def test_every_contract_has_a_planted_violation() -> None:
    """A contract without a planted violation may long have stopped catching anything."""
    assert sorted(PLANTS) == sorted(CONTRACTS)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_planted_violation_is_caught(replica: Path, contract: str) -> None:
    """A check that cannot fail would let the wall between judging and storing doses crumble unseen."""
    before = lint(replica, contract)
    assert before.returncode == 0, before.stdout + before.stderr
    plant(replica, PLANTS[contract])
    after = lint(replica, contract)
    unseen = [planted for planted in PLANTS[contract] if planted.reported not in after.stdout]
    assert (after.returncode, "1 broken" in after.stdout, unseen) == (1, True, []), after.stdout + after.stderr
