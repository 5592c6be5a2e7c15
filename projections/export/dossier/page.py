"""The one file: shell, style, data and programs, under a policy that lets nothing else run and nothing be fetched."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files

from projections.export.dossier.blocks import Out

VERIFIER, STYLE = "verifier.js", "dossier.css"
PARTS = (
    "dom.js",
    "record.js",
    "history.js",
    "words.js",
    "state.js",
    "recount.js",
    "review.js",
    "chrome.js",
    "verdict.js",
    "detail.js",
    "entries.js",
    "plot.js",
    "swimmer.js",
    "doses.js",
    "patients.js",
    "reviewed.js",
    "patient.js",
    "answers.js",
    "questions.js",
    "people.js",
    "about.js",
    "main.js",
)
"""The files of the page's program, in the order in which they are joined; they share one scope."""


@lru_cache(maxsize=1)
def head() -> bytes:
    """Give everything before the data: the policy with the digests of style and programs, the style, the shell."""
    style = _inline(STYLE)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(_digest(one) for one in programs())}",
            f"style-src {_digest(style)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    shell = _carried("dossier.html")
    for mark, value in (("{policy}", policy), ("{style}", style)):
        before, after = shell.split(mark)
        shell = before + value + after
    return shell.encode()


@lru_cache(maxsize=1)
def programs() -> tuple[str, str]:
    """Give the verifier, and the program of the page: its files in one closed scope, with the digest of the style."""
    parts = "\n".join(_inline(f"dossier/{name}") for name in PARTS)
    style = f'const STYLE = "{_digest(_inline(STYLE))}";'
    return _inline(VERIFIER), f'\n(() => {{\n"use strict";\n{style}\n{parts}}})();\n'


def tail(out: Out) -> None:
    """Write what comes behind the data: the programs, which look at it as soon as they are read."""
    scripts = "".join(f"<script>{program}</script>\n" for program in programs())
    out.write(f"{scripts}</body>\n</html>\n".encode())


def _inline(name: str) -> str:
    """Read a file that stands inside an element of the page, and cannot end it."""
    text = _carried(name)
    if any(end in text.lower() for end in ("</script", "</style", "<!--")):
        raise ValueError(f"{name} would end the element it stands in")
    return text


def _carried(name: str) -> str:
    return files("projections.export.carried").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Name an element in the policy, as CSP level 2 does: SHA-256 over its text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
