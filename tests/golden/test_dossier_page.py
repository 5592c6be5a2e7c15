"""The dossier as whoever opens it meets it: the verdict, both time axes, search, keyboard, print, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from acts import PATIENT, Ward
from dossiers import CHROMIUM, MARKUP, OTHER, READY, SOFTWARE, Opened, in_a_browser, made, opened, running, whole
from playwright.sync_api import Browser

from ledger.book import Ledger
from projections import patient
from projections.export.dossier import making

pytestmark = in_a_browser
VIEWS = ("patients", f"patient={PATIENT}", f"patient={OTHER}", "entries", "answers", "people", "about")
STATES = {"NOT_STARTED": "not started", "ON_HOLD": "on hold", "AT_TARGET": "at target"}
"""The states of the step-up course, as the page says them where that is not their lower case."""


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A record with everything a page has to show."""
    found = whole(tmp_path_factory.mktemp("ward") / "trial.ledger")
    yield found
    found.book.close()


@pytest.fixture(scope="module")
def page(ward: Ward, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its dossier."""
    return made(ward, tmp_path_factory.mktemp("dossier") / "dossier.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser."""
    assert CHROMIUM
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def shown(browser: Browser, page: Path) -> Iterator[Opened]:
    """The page opened once, for tests that only look."""
    with opened(browser, page) as found:
        yield found


def grouped(digits: str) -> str:
    """A hash as the page writes it."""
    return "".join(digits.split())


def test_the_verdict_comes_first_and_names_what_to_compare(ward: Ward, shown: Opened) -> None:
    """An inspector who sees colour alone, or no root, has nothing to hold against the paper in the master file."""
    assert "self-consistent" == shown.verdict
    said = shown.page.locator(".verdict [role=status]").first.inner_text()
    assert "Unchanged since it was signed" in said
    assert "the file's own check" in said
    root, ledger, key = (grouped(text) for text in shown.page.locator(".identity .hash").all_inner_texts())
    assert (ward.book.root().hex(), ward.book.id) == (root, ledger)
    assert key.startswith(ward.book.origin)
    assert "verdict" == shown.page.evaluate("document.querySelector('section').className")
    assert [] == shown.wrong


def test_nothing_is_fetched(page: Path, browser: Browser) -> None:
    """A page that asks somebody's server tells him who inspects which trial, and shows what he sends."""
    with opened(browser, page) as found:
        for view in VIEWS:
            found.go(view)
        assert [page.as_uri()] == found.asked


def test_the_policy_lets_nothing_else_run(page: Path, browser: Browser) -> None:
    """A text that reached the page as markup could otherwise run as a program beside a green verdict."""
    with opened(browser, page) as found:
        policy = found.page.get_attribute('meta[http-equiv="Content-Security-Policy"]', "content") or ""
        assert policy.startswith("default-src 'none'; script-src 'sha256-")
        assert "unsafe" not in policy
        found.page.evaluate(
            """() => {
              const box = document.createElement("div");
              box.innerHTML = '<img src="x" onerror="window.ran = 1"><b onclick="window.ran = 2">b</b>';
              document.querySelector("main").append(box);
              box.querySelector("b").click();
              const script = document.createElement("script");
              script.textContent = "window.ran = 3";
              box.append(script);
            }"""
        )
        found.page.evaluate("() => new Promise((done) => setTimeout(done, 50))")
        assert found.page.evaluate("window.ran") is None
        assert any("Content Security Policy" in said for said in found.wrong)


def test_a_hostile_text_is_read_as_text(ward: Ward, shown: Opened) -> None:
    """A reason that somebody typed could otherwise end the data and begin a program of its own."""
    position = next(e.position for e in ward.book.entries() if ward.book.text(str(reason(e))) == MARKUP.encode())
    shown.go(f"entry={position}")
    assert MARKUP.strip() in shown.text("dialog")
    assert "forged" not in shown.page.title()
    shown.go("patients")


def reason(entry) -> str | None:
    """The commitment of an entry's reason."""
    found = entry.payload.reason
    return None if found is None else found.text


def test_the_slider_shows_what_replay_shows(ward: Ward, shown: Opened) -> None:
    """An inspector who asks what was known when a dose was ordered is told something that was not."""
    shown.go("patients")
    compared = 0
    for size in range(20, ward.book.size + 1):
        shown.known(size)
        assert "differs" not in shown.text("main")
        for row in shown.page.locator("table.patients tbody tr").all():
            number, state, course, step, counted, remaining, *_ = row.locator("td").all_inner_texts()
            card = patient.status(ward.book, number, now=ward.local, known_at=size)
            known = card.step_up
            assert [
                card.state.lower().replace("_", " "),
                STATES.get(known.state, known.state.lower()),
                f"{known.protocol_step_mg} mg" if known.protocol_step_mg else "none",
                f"{known.counted} of 12",
                str(known.remaining),
            ] == [state, course, step, counted.strip(), remaining], size
            compared += 1
    assert 2 * (ward.book.size - 40) < compared


def test_the_doses_of_a_patient_are_those_of_replay(ward: Ward, shown: Opened) -> None:
    """A dose that was corrected later must stand as it was believed then, or the decision cannot be judged."""
    shown.go(f"patient={PATIENT}")
    for size in range(30, ward.book.size + 1, 3):
        shown.known(size)
        rows = shown.page.locator("h3:text-is('Doses') + table tbody tr").all()
        found = [row.locator("td").all_inner_texts() for row in rows]
        card = patient.status(ward.book, PATIENT, now=ward.local, known_at=size)
        expected = [(f"#{one.entry}", f"{one.given_mg} mg") for one in card.doses]
        assert sorted(expected) == sorted((row[0], row[4]) for row in found), size
    shown.known(ward.book.size)


def test_what_was_corrected_stays_beside_what_replaced_it(shown: Opened) -> None:
    """A correction without the old value, its reason and its author hides what was believed (21 CFR 11.10(e))."""
    shown.go("answers")
    shown.page.evaluate("for (const one of document.querySelectorAll('.questions details')) one.open = true")
    said = shown.page.locator("table", has_text="old → new").inner_text()
    assert "misread" in said
    assert ["30 mg"] == shown.page.locator("li:has-text('given:') del").all_inner_texts()[:1]
    shown.go(f"patient={PATIENT}")
    assert shown.page.locator("ol.timeline del").count() > 1
    assert "duplicate" in shown.text("ol.timeline").lower() or "void" in shown.text("ol.timeline").lower()


def test_both_orders_of_time(shown: Opened) -> None:
    """What was written on Thursday about Monday must be found under Monday and under Thursday."""
    shown.go("entries")
    recorded = shown.page.locator("table.entries tbody td.no").all_inner_texts()
    shown.page.get_by_label("as it happened").check(force=True)
    happened = shown.page.locator("table.entries tbody td.no").all_inner_texts()
    assert recorded == sorted(recorded, key=lambda one: int(one[1:]))
    assert (sorted(recorded), False) == (sorted(happened), recorded == happened)
    shown.page.get_by_label("as recorded").check(force=True)


def test_late_entries_are_flagged(shown: Opened) -> None:
    """An assessment written three days after the dose must not look like one made at the bedside."""
    shown.go("entries")
    shown.page.get_by_role("combobox", name="Only").select_option("late")
    assert "late" in shown.text("table.entries tbody tr >> nth=0")
    shown.page.get_by_role("button", name="Clear").click()


@pytest.mark.parametrize(
    ("words", "some"),
    [("nurse.1 premed", "Premedication given"), ("misread", "Entry corrected"), ("2010-03-01", "2010-03-01")],
)
def test_search_finds_by_person_kind_text_and_day(shown: Opened, words: str, some: str) -> None:
    """An inspector who cannot find an entry concludes that it is not there."""
    shown.go("entries")
    shown.page.get_by_label("Search", exact=True).fill(words)
    rows = shown.page.locator("table.entries tbody tr").all_inner_texts()
    assert rows
    assert any(some in row for row in rows)
    shown.page.get_by_role("button", name="Clear").click()


def test_filters_narrow_to_patient_person_and_kind(ward: Ward, shown: Opened) -> None:
    """A filter that lets a row of another patient through breaks the blinding, or the count."""
    shown.go("entries")
    shown.page.get_by_role("combobox", name="Patient").select_option(OTHER)
    shown.page.get_by_role("combobox", name="Kind").select_option("infusion.recorded/1")
    expected = [e for e in ward.book.stream(f"patient/{OTHER}") if e.kind == "infusion.recorded/1"]
    assert [f"#{e.position}" for e in expected] == shown.page.locator("table.entries tbody td.no").all_inner_texts()
    shown.page.get_by_role("button", name="Clear").click()


@pytest.mark.req("P11-50a", "P11-50b")
def test_a_signature_is_shown_as_the_law_wants_it(ward: Ward, shown: Opened) -> None:
    """Printed name, role, organisation, local time and UTC, meaning and statement, key, number (21 CFR 11.50)."""
    entry = next(e for e in ward.book.entries() if e.kind == "tolerance.assessed/1")
    one = entry.signers[0]
    shown.go(f"entry={entry.position}")
    said = shown.text("dialog .signature")
    for words in (
        one.name,
        one.role,
        one.organisation,
        one.meaning,
        one.statement,
        one.kid[:8],
        "UTC",
        "✓ valid",
        one.at[:10],
    ):
        assert words in said
    assert f"#{entry.position}" in shown.text("dialog h2")
    shown.go("patients")


def test_everything_is_reached_by_the_keyboard(browser: Browser, page: Path, ward: Ward) -> None:
    """Whoever cannot use a mouse must be able to inspect the record too."""
    with opened(browser, page) as found:
        keys = found.page.keyboard
        keys.press("Tab")
        assert "Skip to the record" == found.page.evaluate("document.activeElement.textContent")
        keys.press("Enter")
        found.page.wait_for_selector("#record:focus")
        found.page.focus("#known")
        keys.press("ArrowLeft")
        keys.press("ArrowLeft")
        assert f"{ward.book.size - 2} of {ward.book.size} entries" in found.text("#known-words")
        found.go("entries")
        found.page.focus("table.entries tbody a >> nth=0")
        keys.press("Enter")
        found.page.wait_for_selector("dialog[open]")
        keys.press("Escape")
        found.page.wait_for_selector("dialog:not([open])", state="attached")
        assert ["#entries", "#0"] == found.page.evaluate("[location.hash, document.activeElement.textContent]")


def test_print_shows_verdict_root_and_every_row(browser: Browser, page: Path, ward: Ward) -> None:
    """A print-out for the binder without root, or with only the rows that fitted on the screen, proves nothing."""
    with opened(browser, page, "entries") as found:
        found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        found.page.emulate_media(media="print")
        assert ward.book.size == found.page.locator("table.entries tbody tr").count()
        assert found.page.locator(".identity .hash").first.is_visible()
        assert not found.page.locator("#known").is_visible()
        assert not found.page.locator(".filters").is_visible()
        assert found.page.pdf().startswith(b"%PDF")


def test_nothing_is_cut_off_on_paper(browser: Browser, page: Path) -> None:
    """The ledger id whose last digits lie beside the sheet cannot be compared with the one in the master file."""
    with opened(browser, page, viewport={"width": 700, "height": 1000}) as found:
        found.page.emulate_media(media="print")
        for view in VIEWS:
            found.go(view)
            found.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            wider = "[...document.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > 701)"
            assert (view, []) == (view, found.page.evaluate(f"{wider}.map((one) => one.outerHTML.slice(0, 120))"))


def test_without_programs_it_says_what_to_run(browser: Browser, page: Path) -> None:
    """A page that shows data before anything was checked would be believed."""
    context = browser.new_context(offline=True, java_script_enabled=False)
    bare = context.new_page()
    bare.goto(page.as_uri())
    said = bare.inner_text("body")
    assert "has not been checked" in said
    assert "doseledger verify" in said
    assert PATIENT not in said
    context.close()


NO_ED25519 = """
for (const name of ["importKey", "verify", "generateKey"]) {
  const before = crypto.subtle[name].bind(crypto.subtle);
  crypto.subtle[name] = (...given) => JSON.stringify(given).includes("Ed25519")
    ? Promise.reject(new DOMException("unsupported", "NotSupportedError")) : before(...given);
}
"""


def test_a_browser_that_cannot_check_is_never_green(browser: Browser, page: Path) -> None:
    """An old browser in the inspector's office must not vouch for what it never looked at."""
    with opened(browser, page, script=NO_ED25519) as found:
        assert "unsupported" == found.verdict
        assert "Not checked" in found.text(".verdict [role=status] >> nth=0")
        assert 0 == found.page.locator(".tile.good").count()
        found.page.locator("#held").fill(found.page.locator(".identity .hash").first.inner_text())
        found.page.get_by_role("button", name="Compare").click()
        found.page.wait_for_selector(".answer .sign")
        assert 0 == found.page.locator(".tile.good").count()


def test_what_somebody_holds_is_compared(ward: Ward, browser: Browser, page: Path) -> None:
    """The paper in the master file is the root of trust; a comparison that always says yes is none."""
    earlier = next(size for size in range(30, 60) if noted(ward, size))
    cases = {
        ward.book.root().hex(): "Same root",
        ward.book.root().hex()[:16].upper(): "Same root",
        ward.book.id: "Same ledger id",
        ward.book.root_at(earlier).hex(): f"its first {earlier} entries",
        "0" * 64: "NOT this record",
        "misprint": "neither",
        noted(ward, earlier): f"its {earlier} entries are the first",
        noted(ward, earlier).replace(f"\n{earlier}\n", f"\n{earlier + 1}\n"): "NOT this record",
    }
    with opened(browser, page) as found:
        for held, expected in cases.items():
            found.page.locator("#held").fill(held)
            found.page.get_by_role("button", name="Compare").click()
            found.page.locator(".answer", has_text=expected).wait_for()
            assert ("NOT" in expected) == (found.page.locator(".tile.ask.bad").count() == 1)


def noted(ward: Ward, size: int) -> str:
    """The signed checkpoint of that size, if there is one."""
    return {at: note.decode() for at, note in ward.book.checkpoints(ward.book.size)}.get(size, "")


def test_no_barrier_that_a_checker_finds(browser: Browser, page: Path) -> None:
    """An inspector who hears the page, or needs strong contrast, is owed the same record."""
    axe = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    with opened(browser, page, bypass_csp=True) as found:
        found.page.evaluate(axe)
        for view in (f"patient={PATIENT}", "entries", "answers", "about", "entry=40"):
            found.go(view)
            if view == "entries":
                found.page.get_by_label("Search", exact=True).fill("misread")
            found.page.evaluate(
                "for (const one of document.querySelectorAll('.limits, details:nth-child(6)')) one.open = 1"
            )
            result = found.page.evaluate("axe.run({ resultTypes: ['violations'] })")
            barriers = [(one["id"], one["nodes"][0]["html"][:200]) for one in result["violations"]]
            assert (view, []) == (view, barriers)


def test_a_tablet_needs_no_sideways_scrolling(browser: Browser, page: Path) -> None:
    """On the ward's tablet a column that lies outside the screen is a column that nobody reads."""
    with opened(browser, page, viewport={"width": 768, "height": 1024}) as found:
        for view in VIEWS:
            found.go(view)
            found.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            assert (view, 768) == (view, found.page.evaluate("document.documentElement.scrollWidth"))


def test_a_dossier_of_one_patient_holds_nothing_of_another(ward: Ward, browser: Browser, tmp_path: Path) -> None:
    """A monitor who is shown another patient's record has seen what he had no right to see."""
    path = made(ward, tmp_path / "one.html", patient=OTHER)
    assert f'"{PATIENT}"' not in path.read_text(encoding="utf-8")
    with opened(browser, path, f"patient={OTHER}") as found:
        assert "self-consistent" == found.verdict
        assert "withheld" in found.text(".verdict")
        assert [] == found.wrong


def test_a_long_record_is_cut_by_patient_under_an_index(ward: Ward, browser: Browser, tmp_path: Path) -> None:
    """A page of a hundred megabytes that no browser opens is no copy for an inspector."""
    files = making.folder(ward.book, tmp_path / "all", software=SOFTWARE)
    assert [None, PATIENT, OTHER] == [one.patient for one in files]
    with opened(browser, tmp_path / "all" / "index.html") as found:
        assert "self-consistent" == found.verdict
        found.page.get_by_role("link", name=OTHER, exact=True).click()
        found.page.wait_for_selector(READY, state="attached")
        assert f"patient {OTHER}" in found.text("header")


def test_the_same_record_makes_the_same_bytes(ward: Ward, page: Path, tmp_path: Path) -> None:
    """Two copies that differ by a clock cannot be compared by their digest, and every difference would be suspect."""
    assert page.read_bytes() == made(ward, tmp_path / "again.html").read_bytes()


def test_a_dossier_made_of_a_dossier_is_the_same(page: Path, tmp_path: Path) -> None:
    """Whoever doubts the computed state has it computed again, on a machine of his own, from the copy alone."""
    with Ledger.open(page, read_only=True) as copy:
        making.dossier(copy, tmp_path / "again.html", software=SOFTWARE)
    assert page.read_bytes() == (tmp_path / "again.html").read_bytes()
