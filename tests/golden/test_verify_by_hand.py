"""The page on verifying without this program: its lines are typed into a shell, and print what the page shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from carried import laid_out
from forging import Forged
from released import kept_blobs

from ledger.signing.signer import MemorySigner
from projections.export.carried import verify

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "verify-without-us.md"
FROZEN = Path(__file__).parents[1] / "vectors" / "entries"
BLOCK = re.compile(r"^```shell-session\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^\$ .*(?:\n> .*)*", re.MULTILINE)
ENTRIES = 32
needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("bash", "jq", "openssl")), reason="NOT RUN: no bash, jq or openssl here"
)


def frozen(name: str) -> list[dict[str, str]]:
    """One of the files of the released entries."""
    return json.loads((FROZEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The copy that the page is about, with the verifier in it."""
    entries = frozen("entries")[:ENTRIES]
    texts = {one["commitment"]: (bytes.fromhex(one["salt"]), one["text"].encode()) for one in frozen("texts")}
    named = {name: text for name, text in texts.items() if any(name in one["payload"] for one in entries)}
    files = kept_blobs().items()
    blobs = {name: data for name, data in files if any(name in one["payload"] for one in entries)}
    secret = next(one["secret"] for one in frozen("keys") if one["owner"] == "the log")
    trial = json.loads(entries[0]["payload"])["body"]["trial"]
    raws = tuple(one["raw"].encode() for one in entries)
    folder = laid_out(Forged(raws, named, blobs, MemorySigner(bytes.fromhex(secret)), trial), tmp_path / "copy")
    shutil.copy(verify.__file__, folder / "verify.py")
    return folder


def typed(folder: Path, lines: str) -> str:
    """What a shell prints when the lines are typed; those after the first begin with the shell's `> `."""
    script = "\n".join(line[2:] for line in lines.splitlines())
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout if not done.stdout or done.stdout.endswith("\n") else f"{done.stdout}\n"


@pytest.mark.docs
@needs_tools
def test_the_page_shows_what_happens(copy: Path, request: pytest.FixtureRequest) -> None:
    """An inspector who follows the page in ten years would find that it does not lead to the record."""
    text = PAGE.read_text(encoding="utf-8")
    now = BLOCK.sub(
        lambda block: "```shell-session\n{}```".format(
            "".join(f"{lines}\n{typed(copy, lines)}" for lines in TYPED.findall(block["body"]))
        ),
        text,
    )
    if text != now and request.config.getoption("--update"):
        PAGE.write_text(now, encoding="utf-8")
        text = now
    assert text == now
    assert "Signature Verified Successfully" in now
