"""The how-to pages: every command on them is run at a terminal, and prints what the page shows."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs" / "how-to").glob("*.md"))
BLOCK = re.compile(r"^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
TOLD = [page for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))]


def commands(block: str) -> Iterator[str]:
    """The command lines of a block."""
    return (line[2:] for line in block.splitlines() if line.startswith("$ "))


def played(site, block: str) -> str:
    """A block with what its commands print now."""
    parts = []
    for line in commands(block):
        program, *args = shlex.split(line)
        assert program in {"doseledger", "cp"}
        if program == "cp":
            shutil.copyfile(*(site.folder / name for name in args))
            said = ""
        else:
            said, _ = site.converse(args)
        parts.append(
            f"$ {line}\n" + "".join(f"{row.rstrip()}\n" for row in said.replace(f"{site.folder}/", "").splitlines())
        )
    return "".join(parts)


@pytest.mark.docs
@pytest.mark.parametrize("page", TOLD, ids=lambda page: page.stem)
def test_a_page_shows_what_happens(site, clean, request, page) -> None:
    """A nurse follows the page at night; a page that shows something else leaves her alone with the machine."""
    text = page.read_text(encoding="utf-8")
    now = BLOCK.sub(lambda found: f"```console\n{played(site, found['body'])}```", text)
    if clean(text) != clean(now) and request.config.getoption("--update"):
        page.write_text(now, encoding="utf-8")
        text = now
    assert clean(text) == clean(now)
