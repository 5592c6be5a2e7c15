"""A dossier in a real browser: the record it is made of, the page opened offline, and what a forger does to it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from acts import DRUG, MONDAY, PATIENT, Ward
from dosed import HOUR, eventful
from playwright.sync_api import Browser, Page, sync_playwright

from ledger.errors import Refused
from projections.export.dossier import making

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
in_a_browser = pytest.mark.skipif(not CHROMIUM, reason="NOT RUN: there is no Chromium here to open the page in")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
READY = "html[data-ready]"
"""What the page sets when it has come to a verdict."""
SOFTWARE = "doseledger/0.1.0"
MARKUP = '</script><script>document.title="forged"</script><img src=x onerror=alert(1)><!-- '
"""A text that would be code, if it were ever read as markup."""
OTHER = "P-002"


def whole(path: Path) -> Ward:
    """Make a record with everything a page has to show.

    A correction, a void, a reaction, a held drug, a refused act, a late entry, a second patient, and a hostile text.
    """
    ward = Ward.founded(path)
    ward.enrol(OTHER)
    eventful(ward)
    ward.now += HOUR
    with pytest.raises(Refused):
        ward.do("inv.1", "dose order", patient=PATIENT, drug=DRUG, amount="30mg", **{"for": "2010-03-03T10:00-08:00"})
    first = given(ward, "3mg", MONDAY + timedelta(days=3))
    ward.now += 2 * HOUR
    ward.do("inv.1", "tolerance assess", dose=first, worst=1)
    second = given(ward, "30mg", MONDAY + timedelta(days=4))
    ward.now += 72 * HOUR
    ward.do("inv.1", "tolerance assess", dose=second, worst=0)
    late = given(ward, "30mg", MONDAY + timedelta(days=8), hours=50, reason="late-entry", reason_text="on the chart")
    ward.do("inv.1", "tolerance assess", dose=late, worst=0)
    ward.do("nurse.1", "correct", entry=second, set=["lot=A2"], reason="transcription", reason_text=MARKUP)
    ward.do("nurse.1", "correct", entry=first, set=["given=10mg"], reason="transcription", reason_text="10, not 3")
    return ward


def given(ward: Ward, amount: str, started: datetime, *, hours: float = 2.5, **said: str) -> str:
    """Record a dose of the other patient so many hours after its start, with the premedication before it."""
    begin, end, before = ((started + after * HOUR).isoformat(timespec="minutes") for after in (0, 2, -0.75))
    ward.now = started
    ward.do("nurse.1", "premed give", subject=OTHER, set=True, at=before)
    ward.now = started + hours * HOUR
    return ward.do("nurse.1", "dose record", patient=OTHER, drug=DRUG, given=amount, at=begin, until=end, **said)


def made(ward: Ward, path: Path, **said: object) -> Path:
    """Make the dossier of a record."""
    making.dossier(ward.book, path, software=SOFTWARE, **said)
    return path


@contextmanager
def running() -> Iterator[Browser]:
    """Run a browser."""
    with sync_playwright() as library:
        found = library.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        yield found
        found.close()


@dataclass
class Opened:
    """A page that was opened, what it asked the network for, and what went wrong in it."""

    page: Page
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The verdict that the page came to."""
        return str(self.page.evaluate("document.documentElement.dataset.ready"))

    def text(self, selector: str) -> str:
        """The visible words of a part."""
        return self.page.inner_text(selector)

    def go(self, route: str) -> None:
        """Follow a link inside the page."""
        self.page.evaluate("to => { location.hash = to; }", route)
        self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def known(self, size: int) -> None:
        """Move the slider to as known after so many entries."""
        self.page.evaluate(
            "n => { const s = document.querySelector('#known'); s.value = n; s.dispatchEvent(new Event('input')); "
            "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); }",
            size,
        )


@contextmanager
def opened(browser: Browser, path: Path, route: str = "", *, script: str = "", **said: object) -> Iterator[Opened]:
    """Open a file without a network, and wait for its verdict; `script` runs in the page before its own programs."""
    context = browser.new_context(offline=True, **{"viewport": {"width": 1280, "height": 900}, **said})
    context.set_default_timeout(10_000)
    page = context.new_page()
    found = Opened(page)
    page.on("request", lambda request: found.asked.append(request.url))
    page.on("pageerror", lambda error: found.wrong.append(str(error)))
    page.on("console", lambda said: found.wrong.append(said.text) if said.type == "error" else None)
    if script:
        page.add_init_script(script)
    page.goto(f"{path.as_uri()}{f'#{route}' if route else ''}")
    page.wait_for_selector(READY, state="attached")
    yield found
    context.close()


# --- what a forger does --------------------------------------------------------------------------------------------

Lines = list[str]


def altered(text: str, name: str, change: Callable[[Lines], Lines]) -> str:
    """The page with the lines of one block changed."""
    found = re.search(rf'(<script type="application/json" id="dl-{name}">\n)(.*?)(</script>)', text, re.DOTALL)
    assert found is not None
    lines = change(found[2].splitlines())
    return text[: found.start(2)] + "".join(f"{line}\n" for line in lines) + text[found.end(2) :]


def line(place: int, change: Callable[[str], str]) -> Callable[[Lines], Lines]:
    """A change of one line."""

    def changed(lines: Lines) -> Lines:
        new = change(lines[place])
        assert new != lines[place]
        return [*lines[:place], new, *lines[place % len(lines) + 1 :]]

    return changed


def member(name: str, value: object) -> Callable[[str], str]:
    """A change of one member of the object on a line."""
    return lambda one: json.dumps({**json.loads(one), name: value})
