"""Words of a forger on the terminal of whoever verifies: a name of a file, or a text, that commands the terminal."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import bundles
import pytest
from acts import Ward, founded

from commands.cli import console
from commands.cli.trust import tell
from ledger.verify import verify_path
from projections.export.carried import verify as alone

GREEN = "v It agrees with itself; nothing outside it was asked."
NAMES = (
    f"data/\x1b[2J\x1b[H{GREEN}",
    f"data/x\n{GREEN}",
    "data/\u009b2J",
    "data/\u202etxt.approved",
    f"data/\r{GREEN}",
)


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with files whose names clear a screen, begin a line, or run backwards."""
    folder = tmp_path_factory.mktemp("terminal")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as ward:
        made = Path(bundles.bundled(ward.book, folder / "bag").path)
    for name in NAMES:
        (made / name).write_text("x", encoding="utf-8")
    return made


def safe(said: str) -> bool:
    """Whether nothing in it commands a terminal, and no line is a green verdict."""
    unseen = [one for one in said if not one.isprintable() and one != "\n"]
    return not unseen and not any(line.startswith("v ") or line == GREEN for line in said.split("\n"))


def test_a_name_of_a_file_says_nothing_for_the_verifier(bag: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A forged bundle would wipe its red verdict off the inspector's screen, and print a green one."""
    tell(verify_path(bag), "bag", every=True)
    said = capsys.readouterr().out
    assert len(NAMES) == said.count("is not listed in manifest-sha256.txt")
    assert safe(said)


def test_nor_for_the_verifier_that_travels(bag: Path) -> None:
    """The verifier on the stick would be talked over by the files beside it."""
    said = alone.told(alone.verify(str(bag), None, None, None))
    assert len(NAMES) == said.count("is not listed in manifest-sha256.txt")
    assert safe(said)
    assert said.startswith("FAILED")


def test_what_is_printed_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A text in the record would recolour, hide or turn round the words beside it."""
    text = "a\x1b[2Jb\x07\u202ec\u009bd\re"
    console.answer(text)
    console.table(("words",), [(f"{text}\nf",)])
    out = capsys.readouterr().out
    assert [r"a\u001b[2Jb\u0007\u202ec\u009bd\u000de", "WORDS", r"a\u001b[2Jb\u0007\u202ec\u009bd\u000de\u000af"] == (
        out.splitlines()
    )
    console.insist("x\x1b[1A", "bad")
    assert "x\\u001b[1A\n" == capsys.readouterr().err


def test_the_programs_own_colours_stay() -> None:
    """Red and green would be printed as digits."""
    for code in ("32", "31;1", "33", "2", "1", "0"):
        assert f"\x1b[{code}mwords\n\tmore" == console.plain(f"\x1b[{code}mwords\n\tmore")
