"""A small trial site on disk, the installed `doseledger` run in it as a person would, and texts made comparable."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pexpect
import pytest

from commands.cli import clock, main
from commands.cli.demo.script import Script
from commands.cli.demo.staff import PASSPHRASE, keys_for
from commands.cli.demo.stage import Stage
from ledger.anchors import LastSeen

ZONE = "America/Los_Angeles"
PROGRAM = Path(sys.executable).parent / "doseledger"
SITE_ENV = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "120", "PYTHONWARNINGS": "error"}
NORMAL = (
    (re.compile(r"\b20[2-9]\d-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{3})?)?(?:Z|[+-]\d{2}:\d{2})"), "<time>"),
    (re.compile(r"\b20[2-9]\d-\d{2}-\d{2}(?: \d{2}:\d{2}(?::\d{2})?)?\b"), "<day>"),
    (re.compile(r"(?<=<day>-)[0-9a-f]{8}\b"), "<root>"),
    (re.compile(r"(?<=main\.stale-)[0-9a-f]{16}\b"), "<digest>"),
    (re.compile(r"\bdoseledger/[a-z0-9._-]+/[0-9a-f]{32}/main(?:\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+)?"), "<log>"),
    (re.compile(r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}(?![A-Za-z0-9+/=])"), "+<key>"),
    (re.compile(r"\b[0-9a-f]{4}(?: [0-9a-f]{4}){15}\b"), "<root in groups>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b\d+ h(?: \d+ min)? over"), "<hours> over"),
    (re.compile(r"\bgiven over \d+ min"), "given over <minutes>"),
    (re.compile(r"\bcame later, in \d+ h \d+ min"), "came later, in <hours>"),
    (re.compile(r"\bPython \d+\.\d+\.\d+"), "Python <version>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"(?<=\bid )[0-9a-f]{8,16}\b"), "<id>"),
    (re.compile(r"(?<=\bleaf )[0-9a-f]{12}\b"), "<leaf>"),
    (re.compile(r"(?<=\bkey )[A-Za-z0-9_-]{8}(?![A-Za-z0-9_-])"), "<key>"),
    (re.compile(r"(?<=public name is )[A-Za-z0-9_-]{8}"), "<key>"),
    (re.compile(r"[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"), "<kid>"),
)
"""What differs from run to run, and what stands for it."""


def normal(text: str, site: Path) -> str:
    """A transcript without times, ids, hashes and this run's folder."""
    text = text.replace("\r\n", "\n").replace(str(site), "<site>")
    for pattern, name in NORMAL:
        text = pattern.sub(name, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


@dataclass
class Ran:
    """What one run printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass
class Site:
    """A ledger with its keys in a folder, and a person who works there."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ledger = self.folder / "site.ledger"
        self.passphrase = self.folder / "passphrase"
        self.env = {
            "PATH": f"{PROGRAM.parent}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "DOSELEDGER_LEDGER": str(self.ledger),
            "DOSELEDGER_KEYS": str(self.folder / "keys"),
            "DOSELEDGER_STATE": str(self.folder / "state"),
            **SITE_ENV,
            **self.env,
        }

    def run(self, *args: str, **env: str) -> Ran:
        """Run the installed program without a terminal."""
        done = subprocess.run(
            [PROGRAM, *args],
            env={**self.env, **env},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def sign(self, by: str, *args: str) -> Ran:
        """Run a write command with everybody's passphrase from a file; `by` names the signers, `nurse.1+nurse.2`."""
        first, *others = by.split("+")
        options = [f"--passphrase-file={person}={self.passphrase}" for person in by.split("+")]
        return self.run(*args, "--as", first, *(f"--witness={other}" for other in others), *options, "--yes")

    def transcript(self, ran: Ran, *args: str) -> str:
        """A run as text: the command, its data, its words, its exit code."""
        parts = [f"$ doseledger {shlex.join(args)}\n", ran.out]
        if ran.err:
            parts += ["--- stderr\n", ran.err]
        return normal("".join(parts), self.folder) + f"[exit {ran.code}]\n"

    def converse(self, args: Sequence[str], *, cwd: Path | None = None) -> tuple[str, int]:
        """Run at a terminal; every passphrase asked for is typed."""
        child = pexpect.spawn(
            str(PROGRAM),
            list(args),
            env=self.env,
            encoding="utf-8",
            timeout=30,
            dimensions=(60, 220),
            cwd=str(cwd or self.folder),
        )
        said = []
        while child.expect([r"assphrase[^\n]*: ", pexpect.EOF]) == 0:
            said.append(str(child.before) + str(child.after))
            child.sendline(PASSPHRASE.decode())
        said.append(str(child.before))
        child.close()
        return "".join(said).replace("\r\n", "\n"), child.exitstatus if child.exitstatus is not None else 128


def _now() -> datetime:
    """The present time at the site, which is built around the clock that the program under test reads."""
    return clock.now().astimezone(ZoneInfo(ZONE))


def written(script: Script) -> None:
    """The people, the pack, a lot, and two enrolled patients; the second has had a first dose, tolerated."""
    script.do(1, "09:00", "pi.1", "protocol activate", pack="nct00983528-demo")
    for minute, person in enumerate(("inv.1", "pharm.1", "pharm.2", "nurse.1", "nurse.2", "crc.1")):
        script.do(1, f"09:{minute + 10:02}", "pi.1", "person delegate", person=person, from_=script.day(0))
    script.do(
        1,
        "11:00",
        "pharm.1",
        "lot receive",
        agent="alemtuzumab",
        lot="A1",
        strength="30mg",
        vials=20,
        expiry=script.day(400),
    )
    for minute, patient in enumerate(("001-001", "001-002")):
        script.do(2, f"09:{minute:02}", "crc.1", "patient register", patient=patient, sex="F", birth_year=1970)
        script.do(2, f"10:{minute:02}", "inv.1", "patient consent", patient=patient, form="v1", signed_on=script.day(1))
        script.do(3, f"09:{minute:02}", "inv.1", "patient screen", patient=patient)
        script.do(3, f"10:{minute:02}", "inv.1", "patient enrol", patient=patient)
        for number, agent in enumerate(("trimethoprim-sulfamethoxazole", "famciclovir")):
            script.do(
                3,
                f"11:{minute}{number}",
                "inv.1",
                "prophylaxis record",
                patient=patient,
                agent=agent,
                from_=script.day(3),
            )
    patient = "001-002"
    script.do(
        6,
        "08:00",
        "inv.1",
        "dose order",
        patient=patient,
        drug="alemtuzumab",
        amount="3mg",
        for_=script.time(6, "10:00"),
        label="o",
    )
    script.do(6, "08:20", "pharm.1", "dose pharmacy-check", order="@o")
    script.do(6, "08:40", "pharm.1+pharm.2", "dose release", order="@o", lot="A1", prepared="3mg", waste="27mg")
    script.do(6, "09:16", "nurse.1", "premed give", subject="@o", set=True, at=script.time(6, "09:15"))
    script.do(6, "10:00", "nurse.1+nurse.2", "dose start", order="@o", wristband=patient)
    script.do(6, "12:00", "nurse.1", "dose complete", dose="@o", given="all")
    script.do(6, "14:00", "inv.1", "tolerance assess", dose="@o", worst=0)


@pytest.fixture(scope="session")
def pattern_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as it is copied for every test; whoever works there has seen its newest head."""
    folder = tmp_path_factory.mktemp("pattern")
    script = Script((_now() - timedelta(days=8)).date(), ZoneInfo(ZONE))
    written(script)
    stage = Stage(folder / "site.ledger", ZONE, keys_for(folder / "keys"), "0" * 64, script.moment(0, "09:00"))
    with stage.founded(trial="nct00983528", site="001", device="ward-1") as ledger:
        post = stage.post("ward-1")
        stage.enrol_staff(ledger, post)
        stage.play(ledger, post, script.in_order(), lambda _at, _text: None)
        LastSeen(folder / "state" / "last-seen", ledger.id, ledger.log).keep(ledger.checkpoint())
    (folder / "passphrase").write_bytes(PASSPHRASE + b"\n")
    (folder / "passphrase").chmod(0o600)
    return folder


@pytest.fixture
def site(pattern_site: Path, tmp_path: Path) -> Site:
    """A fresh copy of the site."""
    folder = tmp_path / "site"
    shutil.copytree(pattern_site, folder)
    return Site(folder)


@pytest.fixture
def here(site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Site:
    """The site, where commands run inside this process, so that a hundred of them take seconds; no terminal."""
    for name, value in site.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(site.folder)
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def run(*args: str, **env: str) -> Ran:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            code = main(list(args))
        told = capfd.readouterr()
        return Ran(code, told.out, told.err)

    monkeypatch.setattr(site, "run", run)
    return site


@pytest.fixture
def clean(site: Site) -> Callable[[str], str]:
    """Make a text comparable."""
    return lambda text: normal(text, site.folder)


@pytest.fixture
def local_now() -> datetime:
    """The present time at the site."""
    return _now()


@pytest.fixture(autouse=True)
def _no_settings_of_the_tester(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("DOSELEDGER_"):
            monkeypatch.delenv(name)
