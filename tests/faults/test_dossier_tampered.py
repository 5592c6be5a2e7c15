"""A dossier that somebody changed: the page says so, or what was forged is gone from it; and so says `verify`."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from acts import PATIENT, Ward
from dossiers import Lines, altered, in_a_browser, line, made, member, opened, running, whole
from playwright.sync_api import Browser

from ledger.verify import verify_path

Change = Callable[[str], str]


@dataclass(frozen=True)
class Good:
    """The record, its dossier as text, and the entry that a forger would like to be another: a dose of 30 mg."""

    ward: Ward
    text: str
    dose: int


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Good]:
    """A dossier as it was made."""
    folder = tmp_path_factory.mktemp("good")
    ward = whole(folder / "trial.ledger")
    dose = next(e.position for e in ward.book.entries() if e.kind == "infusion.recorded/1")
    yield Good(ward, made(ward, folder / "dossier.html").read_text(encoding="utf-8"), dose)
    ward.book.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser."""
    with running() as found:
        yield found


def payload(old: str, new: str) -> Change:
    """An entry whose signed payload says something else, in its one form."""

    def changed(one: str) -> str:
        entry = json.loads(one)
        raw = entry["payload"]
        text = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode().replace(old, new)
        entry["payload"] = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
        return json.dumps(entry, separators=(",", ":"))

    return changed


def signature(one: str) -> str:
    """An entry with another signature."""
    place = one.index('"signature":"') + 20
    return one[:place] + ("A" if one[place] != "A" else "B") + one[place + 1 :]


def swapped(lines: Lines) -> Lines:
    """Two entries in each other's place."""
    return [*lines[:30], lines[31], lines[30], *lines[32:]]


CHANGES: dict[str, tuple[str, Callable[[Good], Callable[[Lines], Lines]], str]] = {
    "a dose": ("entries", lambda g: line(g.dose, payload('"given_mg":"30"', '"given_mg":"10"')), "signature"),
    "a signature": ("entries", lambda g: line(g.dose, signature), "signature"),
    "bytes that are no entry": ("entries", lambda g: line(g.dose, lambda one: one[:-1]), "bytes"),
    "an entry left out": ("entries", lambda g: lambda lines: [*lines[: g.dose], *lines[g.dose + 1 :]], ""),
    "two entries exchanged": ("entries", lambda _: swapped, ""),
    "the newest entry cut off": ("entries", lambda _: lambda lines: lines[:-1], "checkpoint"),
    "a hidden entry that never was": (
        "entries",
        lambda g: line(g.dose, lambda _: '{"withheld":"' + "ab" * 32 + '"}'),
        "",
    ),
    "a reason": ("texts", lambda _: line(0, member("text", "another reason")), "text"),
    "a text taken away": ("texts", lambda _: lambda lines: lines[1:], "text"),
    "a checkpoint": (
        "checkpoints",
        lambda _: line(-1, lambda one: one.replace("AAA", "BBB") if "AAA" in one else forged(one)),
        "checkpoint",
    ),
    "the protocol": (
        "blobs",
        lambda _: line(0, member("data", base64.b64encode(b"ladder_max_doses = 99").decode())),
        "blob",
    ),
    "the root it claims": ("about", lambda _: line(0, member("root", "0" * 64)), "copy"),
}
"""What is changed: the block, the change of its lines, and the code of the first fault where it is one alone."""


def forged(one: str) -> str:
    """A checkpoint whose signature is another."""
    note = json.loads(one)
    text = note["note"]
    return json.dumps({**note, "note": text[:-6] + ("A" if text[-6] != "A" else "B") + text[-5:]})


@in_a_browser
@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_in_the_data_is_found(good: Good, browser: Browser, tmp_path: Path, what: str) -> None:
    """A dose, a time or a reason that was changed after it was signed would be read as the record."""
    name, change, code = CHANGES[what]
    path = tmp_path / "dossier.html"
    path.write_text(altered(good.text, name, change(good)), encoding="utf-8")
    with opened(browser, path, f"patient={PATIENT}") as found:
        said = found.text(".verdict [role=status] >> nth=0")
        assert ("failed", True) == (found.verdict, "Do not rely on this file" in said)
        assert 0 == found.page.locator(".tile.good").count()
        assert code in said
    assert verify_path(path).exit_code == 8


@in_a_browser
def test_the_content_of_a_forged_entry_is_not_shown(good: Good, browser: Browser, tmp_path: Path) -> None:
    """A forged amount beside a red line is still an amount that somebody copies into a table."""
    path = tmp_path / "dossier.html"
    change = line(good.dose, payload('"given_mg":"30"', '"given_mg":"17.25"'))
    path.write_text(altered(good.text, "entries", change), encoding="utf-8")
    with opened(browser, path) as found:
        for view in ("patients", f"patient={PATIENT}", "entries", "answers", f"entry={good.dose}"):
            found.go(view)
            found.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            assert "17.25" not in found.page.evaluate(
                "document.body.innerText + document.querySelector('dialog').innerText"
            )
        assert "not authentic" in found.text("dialog")


@in_a_browser
def test_a_text_that_was_changed_is_not_shown(good: Good, browser: Browser, tmp_path: Path) -> None:
    """The reason of a correction is what an inspector reads first; another one must not stand there."""
    path = tmp_path / "dossier.html"
    place = next(i for i, one in enumerate(texts(good.text)) if one["text"] == "misread")
    path.write_text(altered(good.text, "texts", line(place, member("text", "as agreed"))), encoding="utf-8")
    with opened(browser, path, f"patient={PATIENT}") as found:
        assert "as agreed" not in found.text("main")
        assert "misread" not in found.text("main")
        assert "failed" == found.verdict


def texts(text: str) -> list[dict[str, str]]:
    """The texts of a dossier."""
    found = re.search(r'id="dl-texts">\n(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return [json.loads(one) for one in found[1].splitlines()]


def one_dose_less(one: str) -> str:
    """A computed state in which the newest card of the first patient has counted one dose less."""
    state = json.loads(one)
    changes = state["patients"][0]["changes"]
    newest = next(change for change in reversed(changes) if "counted" in change)
    newest.update(counted=newest["counted"] - 1, remaining=newest["remaining"] + 1)
    return json.dumps(state)


def another_amount(one: str) -> str:
    """A computed state in which a dose of the first patient was another amount."""
    state = json.loads(one)
    changes = state["patients"][0]["changes"]
    newest = next(change for change in reversed(changes) if any("given_mg" in dose for dose in change.get("doses", [])))
    newest["doses"][-1]["given_mg"] = "2.5"
    return json.dumps(state)


@in_a_browser
@pytest.mark.parametrize("change", [one_dose_less, another_amount], ids=["a count", "an amount"])
def test_a_computed_state_that_was_changed_is_contradicted(
    good: Good, browser: Browser, tmp_path: Path, change: Change
) -> None:
    """The state is no evidence; a thirteenth dose would look allowed if nobody counted again."""
    path = tmp_path / "dossier.html"
    path.write_text(altered(good.text, "state", line(0, change)), encoding="utf-8")
    with opened(browser, path, f"patient={PATIENT}") as found:
        assert f"computed for {PATIENT} is not what this page counts" in found.text(".verdict")
        assert "✗ differs" in found.text(".computed")
        assert found.page.locator("table.differ tbody tr").count() > 0


def behind(what: str) -> Change:
    """The page with something at its end."""
    return lambda text: text.replace("</body>", f"{what}</body>", 1)


def before(what: str) -> Change:
    """The page with something before its data."""
    return lambda text: text.replace("<noscript>", f"{what}<noscript>", 1)


SHELL: dict[str, Change] = {
    "a paragraph": before("<p>FORGED: 12 doses of 10 mg</p>"),
    "a table behind the data": lambda text: text.replace(
        "</body>", "<table><tr><td>FORGED</td></tr></table></body>", 1
    ),
    "bare words": behind("FORGED"),
    "a handler": lambda text: text.replace("<body>", "<body onload=\"document.title='FORGED'\">", 1),
    "a program": behind("<script>document.body.append('FORGED')</script>"),
    "more data": behind('<script type="application/json" id="dl-state">\n{"FORGED":1}\n</script>'),
    "a style": lambda text: text.replace("</head>", "<style>.verdict::after{content:'FORGED'}</style></head>", 1),
    "a picture": lambda text: text.replace(
        "<noscript>", '<img alt="FORGED" src="data:image/png;base64,AA"><noscript>', 1
    ),
    "a second title": lambda text: text.replace("</title>", "</title><title>FORGED</title>", 1),
}


@in_a_browser
@pytest.mark.parametrize("what", SHELL)
def test_what_was_put_beside_the_data_is_gone_and_said(good: Good, browser: Browser, tmp_path: Path, what: str) -> None:
    """A green verdict beside a forged cell was what a first draft of such a page could be made to show."""
    path = tmp_path / "dossier.html"
    changed = SHELL[what](good.text)
    assert changed != good.text
    path.write_text(changed, encoding="utf-8")
    with opened(browser, path) as found:
        assert "FORGED" not in found.page.evaluate("document.title + document.documentElement.innerText")
        assert 0 == found.page.locator("[alt=FORGED], body > table, body > p").count()
        assert "was removed" in found.text(".verdict [role=status] >> nth=0")
        assert 0 == found.page.locator(".tile.good").count()


BROKEN: dict[str, Change] = {
    "a block away": lambda text: text.replace('id="dl-texts"', 'id="dl-other"', 1),
    "a block without its form": lambda text: altered(text, "checkpoints", lambda _: ["not json"]),
    "a state without its form": lambda text: altered(text, "state", lambda _: ['{"patients":[{"changes":7}]}']),
    "no entries": lambda text: altered(text, "entries", lambda _: []),
}


@in_a_browser
@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_no_dossier_shows_nothing(good: Good, browser: Browser, tmp_path: Path, what: str) -> None:
    """Half a file, cut off in an e-mail, must not pass as a small record."""
    path = tmp_path / "dossier.html"
    path.write_text(BROKEN[what](good.text), encoding="utf-8")
    with opened(browser, path) as found:
        assert "Do not rely on this file" in found.text("body")
        assert 0 == found.page.locator(".tile.good").count()
        assert PATIENT not in found.text("body")
    # what was computed is no evidence: `verify` does not look at it
    assert verify_path(path).exit_code == (0 if what == "a state without its form" else 8)
