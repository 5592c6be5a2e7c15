"""The whole tree of commands: each has help and the shared options, each is on its page, and none is loaded in vain."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import founded

from commands.cli import topics
from commands.cli.app import root
from commands.cli.place import VARIABLES
from commands.cli.tree import PANELS, TREE, WRITES, leaves
from commands.cli.version import VERSION
from commands.verbs import COMMON, VERBS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
ALL = sorted(leaves())
SHARED = {"--ledger", "-l", "--as", "--json", "--quiet", "--color", "--help"}
SIGNING = {"--yes", "--dry-run", "--witness", "--passphrase-file", "--passphrase-fd", "--command-id"}
HEAVY = ("cryptography", "bcrypt", "eventsourcing", "rich", "typer", "sqlite3")


def command(name: str):
    """A command and its context, as the parser has them."""
    import typer

    group = root()
    context = typer.Context(group, info_name="doseledger")
    for word in name.split():
        found = group.get_command(context, word)
        assert found is not None, name
        context = typer.Context(found, info_name=word, parent=context)
        group = found
    return group, context


def options(name: str) -> set[str]:
    """Every option of a command."""
    found, context = command(name)
    return {word for parameter in found.get_params(context) for word in parameter.opts if word.startswith("-")}


def test_every_write_command_has_its_place_and_no_other() -> None:
    """An act that the table knows and the command line does not is an act that is done on paper."""
    assert set(VERBS) == {name for name, module in leaves().items() if module == WRITES}
    assert {name: verb.panel for name, verb in VERBS.items()} == {name: TREE[name.split()[0]].panel for name in VERBS}
    assert {branch.panel for branch in TREE.values()} == set(PANELS)


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_help_and_the_shared_options(name) -> None:
    """Whoever asks --help at night must find words, not a name."""
    found, context = command(name)
    assert (found.help or "").strip().endswith(".")
    assert set() == SHARED - options(name)
    without = [p.name for p in found.get_params(context) if not (getattr(p, "help", "") or "").strip()]
    assert [] == without


@pytest.mark.parametrize("name", sorted(VERBS))
def test_every_write_command_can_be_tried_witnessed_scripted_and_repeated(name) -> None:
    """A write without --dry-run is tried out on a patient."""
    assert set() == SIGNING - options(name)
    own = {f"--{option.name}" for option in (*VERBS[name].options, *COMMON) if not option.positional}
    assert set() == own - options(name)


def test_no_setting_moves_the_clock() -> None:
    """A time of recording that its writer can choose proves nothing (21 CFR 11.10(e))."""
    words = " ".join((*VARIABLES, *VARIABLES.values(), *(word for name in ALL for word in options(name))))
    assert not re.search(r"clock|recorded", words, re.IGNORECASE)


def test_the_version_is_the_one_that_is_installed(repository: Path) -> None:
    """An inspector asks which program wrote an entry; two answers are no answer."""
    assert VERSION == tomllib.loads((repository / "pyproject.toml").read_text())["project"]["version"]


def loaded(*args: str, state: str = "/nonexistent") -> set[str]:
    """The heavy libraries that a run of the program loads; `state` is where it keeps what it saw."""
    program = (
        f"import sys; from commands.cli import main; main({list(args)!r}); "
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "DOSELEDGER_STATE": state}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env)
    return set(done.stderr.splitlines()[-1].split()) if done.stderr.strip() else set()


@pytest.mark.parametrize("args", [["--version"], ["--help"], []])
def test_the_first_answer_loads_no_library(args) -> None:
    """A program that takes a second to say its name is not asked at the bedside."""
    assert set() == loaded(*args)


def test_reading_loads_no_key_and_no_event_store(tmp_path: Path) -> None:
    """A monitor's machine reads the record without the libraries that could write it."""
    path, state = str(founded(tmp_path / "trial.ledger")), str(tmp_path / "state")
    assert "cryptography" in loaded("status", "--ledger", path, state=state)  # a head that was never seen is checked
    for args in (("status",), ("status", "P-001"), ("log",), ("timeline", "P-001"), ("todo",)):
        assert {"typer", "sqlite3"} == loaded(*args, "--ledger", path, state=state), args


def described(name: str, *, but: set[str]) -> str:
    """The help of a command, without the options described elsewhere."""
    found, context = command(name)
    for parameter in found.get_params(context):
        if but & set(parameter.opts):
            parameter.hidden = True
    context.terminal_width = 110
    return found.get_help(context).strip()


def only(name: str, wanted: set[str]) -> str:
    """The lines of a command's help about some options."""
    found, context = command(name)
    rows = [p.get_help_record(context) for p in found.get_params(context) if wanted & set(p.opts)]
    width = max(len(row[0]) for row in rows if row) + 2
    return "\n".join(f"{row[0]:<{width}}{row[1]}" for row in rows if row)


def page() -> str:
    """The reference of the command line, from the program's own help."""
    said = {f"--{option.name}" for option in COMMON}
    lines = ["# The command line", "", "Generated from the program; `make docs` writes it anew.", "", topics.NOTICE]
    lines += ["", "```", topics.overview(), "```"]
    lines += ["", "## Options of every command", "", "```", only("status", SHARED), "```"]
    lines += ["", "## Options of every command that writes", "", "```", only("dose order", SIGNING | said), "```"]
    for panel in PANELS:
        for word, branch in TREE.items():
            if branch.panel != panel:
                continue
            for name in [word] if branch.leaves is None else [f"{word} {second}" for second in branch.leaves]:
                but = SHARED | (SIGNING | said if name in VERBS else set())
                own = {f"--{option.name}" for option in VERBS[name].options} if name in VERBS else set()
                lines += ["", f"## doseledger {name}", "", "```", described(name, but=but - own), "```"]
    for text in topics.PAGES.values():
        title, _, body = text.partition("\n")
        lines += ["", f"## help: {title.lower()}", "", "```", body.strip("\n"), "```"]
    return "\n".join(lines) + "\n"


@pytest.mark.docs
def test_every_command_is_on_its_page(golden: Callable[[Path, str], None]) -> None:
    """A page that names an option which is gone is followed until it fails at the bedside."""
    golden(PAGE, page())
