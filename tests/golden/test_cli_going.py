"""How far a long verification is, and how one goes on from what was verified before: what the terminal shows."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from commands.cli import console, going, trust
from commands.cli.going import Going


class Terminal(io.StringIO):
    """What a person sees of stderr."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@dataclass
class Watching:
    """Somebody before a terminal, and the clock that the program reads."""

    screen: Terminal
    now: float = 100.0


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Watching:
    """A terminal on stderr, and a clock that goes when it is told to."""
    found = Watching(Terminal())
    monkeypatch.setattr(console, "manner", console.Manner())
    monkeypatch.setattr(going, "monotonic", lambda: found.now)
    monkeypatch.setattr(console, "sys", SimpleNamespace(stderr=found.screen))
    return found


def test_it_says_how_far_it_is_after_half_a_second(watching: Watching) -> None:
    """Whoever waits a minute for a verdict thinks that the program hangs, and ends it."""
    with Going("judged") as told:
        told(256, 100_000)
        watching.now += 0.4
        told(512, 100_000)
        assert "" == watching.screen.getvalue()
        watching.now += 0.2
        told(768, 100_000)
        told(1_024, 100_000)
        watching.now += 0.3
        told(1_280, 100_000)
    lines = ("  768 of 100,000 entries judged", "  1,280 of 100,000 entries judged", "")
    assert "".join(f"\r\x1b[K{line}" for line in lines) == watching.screen.getvalue()


def test_an_interrupt_takes_the_line_away(watching: Watching) -> None:
    """The prompt of the shell would stand behind half a sentence."""

    def interrupted() -> None:
        with Going("judged") as told:
            watching.now += 1
            told(1, 2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert watching.screen.getvalue().endswith("\r\x1b[K")


def test_an_interrupt_says_that_nothing_more_happens(here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever ends a command would not know whether it went on behind his back."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(trust, "verify_path", interrupted)
    ran = here.run("verify")
    assert (130, "", True) == (ran.code, ran.out, "Interrupted; nothing more is written." in ran.err)


@pytest.mark.parametrize("manner", [console.Manner(json=True), console.Manner(quiet=True), None])
def test_nobody_else_is_told(
    watching: Watching,
    monkeypatch: pytest.MonkeyPatch,
    manner: console.Manner | None,
) -> None:
    """A nightly job would find the log of its mail full of half lines."""
    if manner is None:
        monkeypatch.setattr(watching.screen, "isatty", lambda: False)
    else:
        monkeypatch.setattr(console, "manner", manner)
    with Going("judged") as told:
        watching.now += 1
        told(1, 2)
    assert "" == watching.screen.getvalue()


def test_what_was_verified_here_is_not_judged_again(site, tmp_path: Path) -> None:
    """A short verification would not say what it did not look at, or from when on."""
    kept = tmp_path / "state"
    first = site.run("verify", "--new", "--state", str(kept))
    assert (0, True) == (first.code, "nothing of this ledger was verified here before" in first.err)
    (path,) = kept.glob("last-seen/*/main.verified.json")
    assert (0o600, "doseledger-verified/1") == (path.stat().st_mode & 0o777, json.loads(path.read_text())["format"])
    assert 0 == site.sign("crc.1", "patient", "measure", "001-001", "--weight", "60kg").code
    again = site.run("verify", "--new", "--state", str(kept), "--json")
    report = json.loads(again.out)["data"]
    assert (0, "continued", []) == (again.code, report["verdict"], report["findings"])
    assert report["not_checked"][0].startswith("entries 0 to ")
    shown = site.run("verify", "--new", "--state", str(kept))
    assert shown.out.startswith("v What came since holds; what was verified before was not looked at again.")
    assert "as a whole last on" not in shown.out or "are taken from the checkpoint of" in shown.out
    note = tmp_path / "kept.note"
    note.write_text(json.loads(path.read_text())["note"])
    assert "were verified on " in site.run("verify", "--since", str(note), "--state", str(kept)).out
    assert 2 == site.run("verify", "--since", str(note), "--new").code


def test_a_copy_is_not_verified_from_a_checkpoint_on(site, tmp_path: Path) -> None:
    """An inspector would be handed a report on a copy of which nobody ever looked at the beginning."""
    copy = tmp_path / "copy"
    assert 0 == site.run("export", "jsonl", "--out", str(copy)).code
    ran = site.run("verify", str(copy), "--new")
    assert (2, True) == (ran.code, "a copy, and what is inspected, is always verified whole" in ran.err)
