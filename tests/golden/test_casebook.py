"""The casebook: what a reader of the page or of the print finds of one patient, and that nothing is hidden from him."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import axe_playwright_python
import pytest
from acts import DRUG, MONDAY, Ward, founded
from acts import PATIENT as REVIEWED
from bundles import beside
from dosed import reviewed
from dossiers import in_a_browser, running

from ledger.book import Ledger
from ledger.errors import BadInput, Refused
from ledger.events.registry import KINDS
from projections.export import jsonl
from projections.export.casebook import making, review
from projections.export.casebook.making import casebook
from projections.export.casebook.parts import says
from projections.export.casebook.signed import STATUSES, manifests
from projections.printed import utc

GOLDEN = Path(__file__).parent / "casebook"
SOFTWARE = "doseledger/0.1.0"
PATIENT = "P-002"
MARKUP = '</style><script>document.title="forged"</script><img src=x onerror=alert(1)> "} & \x01'
"""A text that would be code, if it were ever read as markup."""
TIMES = {"at": "2010-03-02T09:00-08:00", "until": "2010-03-02T11:00-08:00"}


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A patient of few entries: corrected, voided, late, refused, a correction that waits, and one in doubt."""
    folder = tmp_path_factory.mktemp("casebook")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as one:
        one.enrol(PATIENT)
        one.now = MONDAY + timedelta(hours=26)
        weight = one.do("nurse.1", "patient measure", patient=PATIENT, weight="70kg", height="170cm")
        one.do("nurse.1", "correct", entry=weight, set=["weight=71kg"], reason="transcription", reason_text=MARKUP)
        one.do("nurse.1", "premed give", subject=PATIENT, set=True, at="2010-03-02T08:15-08:00")
        dose = one.do("nurse.1", "dose record", patient=PATIENT, drug=DRUG, given="30mg", **TIMES)
        again = one.do("nurse.1", "dose record", patient=PATIENT, drug=DRUG, given="5mg", **TIMES)
        one.do("pi.1", "countersign", entry=one.do("nurse.1", "void", entry=again, reason="duplicate"))
        fix = one.do("nurse.1", "correct", entry=dose, set=["given=3mg"], reason="transcription", reason_text="misread")
        one.do("pi.1", "countersign", entry=fix)
        sick = one.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", dose=dose, words="rigors")
        one.do("inv.1", "toxicity grade", toxicity=sick, grade=3)
        one.do("inv.1", "countersign", entry=one.do("pi.1", "toxicity regrade", toxicity=sick, grade=2))
        one.do("pi.1", "toxicity regrade", toxicity=sick, grade=1)
        with pytest.raises(Refused):
            one.do(
                "inv.1", "dose order", patient=PATIENT, drug=DRUG, amount="30mg", **{"for": "2010-03-04T10:00-08:00"}
            )
        one.now += timedelta(days=4)
        said = {"reason": "late-entry", "reason_text": "found on the chart"}
        one.do("nurse.2", "patient measure", patient=PATIENT, weight="69kg", at="2010-03-03T09:00-08:00", **said)
        one.do("nurse.1", "correct", entry=dose, set=["given=2mg"], reason="transcription", reason_text="perhaps")
        yield one


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A patient about whom was asked, who was signed off, compared, corrected afterwards, locked and unlocked."""
    folder = tmp_path_factory.mktemp("closed")
    with closing(Ward.copy(founded(folder / "begun.ledger"), folder / "trial.ledger")) as one:
        yield reviewed(one)


@pytest.fixture(scope="module")
def page(ward: Ward) -> str:
    """The page of the patient."""
    return made(ward.book)


def made(book: Ledger, **said: object) -> str:
    """A casebook as text."""
    return casebook(book, PATIENT, software=SOFTWARE, **said).page.decode()


class Read(HTMLParser):
    """What a reader sees, what is struck through, which elements there are, and the words of each section."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.struck: list[str] = []
        self.elements: list[str] = []
        self.sections: dict[str, str] = {"": ""}
        self.ids: list[str] = []
        self.here = ""
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self._open.append(tag)
        said = dict(attrs)
        self.ids += [str(said["id"])] if "id" in said else []
        if tag == "section":
            self.here = str(said["id"])
            self.sections[self.here] = ""
        if tag == "del":
            self.struck.append("")
        if tag in ("td", "th", "br", "dt", "dd", "p", "caption", "h2"):
            self.sections[self.here] += " "

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        if "del" in self._open:
            self.struck[-1] += data
        self.sections[self.here] += data

    @property
    def words(self) -> str:
        """Everything, in one line."""
        return flat(" ".join(self.sections.values()))


def flat(text: str) -> str:
    """Words in one line."""
    return " ".join(text.split())


# --- the bytes -------------------------------------------------------------------------------------------------------


def test_the_page_is_the_one_that_was_looked_at(page: str, golden) -> None:
    """A value, a mark or a signature that is gone is missed by the inspector. Drawings have tests of their own."""
    drawn = re.compile(r"<svg .*?</svg>", re.DOTALL)
    assert 2 == len(drawn.findall(page))
    golden(GOLDEN / f"{PATIENT}.html", drawn.sub("<svg></svg>", page))


def test_the_same_head_gives_the_same_bytes(ward: Ward, page: str, tmp_path: Path) -> None:
    """Of two casebooks of one head that differ, nobody could say which shows the record."""
    jsonl.directory(ward.book, tmp_path / "copy", size=ward.book.size)
    with Ledger.open(tmp_path / "copy", read_only=True) as copy:
        assert page == made(copy)
    assert page == made(ward.book, known_at=ward.book.size)


# --- signatures ------------------------------------------------------------------------------------------------------


@pytest.mark.req("P11-50a")
@pytest.mark.req("P11-50b")
def test_every_entry_is_shown_with_every_signature_in_full(ward: Ward, page: str) -> None:
    """A printed record without name, meaning and time of whoever signed is signed by nobody (21 CFR 11.50)."""
    found = Read(page)
    rows = re.findall(r"<tr><td>#(\d+)<br><span.*?</tr>", page, re.DOTALL)
    attempts = [one for one in ward.book.stream("attempts/001") if f"patient/{PATIENT}" in one.event.streams]
    shown = [*ward.book.stream(f"patient/{PATIENT}"), *attempts]
    assert {str(one.position) for one in shown} == set(rows)
    assert 1 == len(attempts)
    for one in shown:
        for signer in one.signers:
            moment = f"{signer.at} {utc(datetime.fromisoformat(signer.at))}"
            assert f"{signer.name} ({signer.person})" in found.words
            assert f"{signer.role}, {signer.organisation}" in found.words
            assert f"{signer.meaning} {signer.statement}" in flat(re.sub(r"<[^>]+>", " ", page)).replace("&#39;", "'")
            assert moment in flat(re.sub(r"<[^>]+>", " ", page))
            assert signer.kid[:8] in found.words


@pytest.mark.req("P11-50b")
def test_what_a_printed_page_shows_is_signed_on_that_page(ward: Ward, page: str) -> None:
    """A page that was torn out of the print would show a dose that nobody signed."""
    words = Read(page).words
    for one in ward.book.stream(f"patient/{PATIENT}"):
        for signer in one.signers:
            brief = f"#{one.position} {signer.name}, {signer.role}: {signer.meaning}"
            places = [found.end() for found in re.finditer(re.escape(brief), words)]
            assert places, brief
            assert {f" {signer.at}"} == {words[place : place + len(signer.at) + 1] for place in places}
    style = page.partition("@top-left")[2].partition("</style>")[0]
    assert f"Patient {PATIENT} " in style
    assert f"root {ward.book.root().hex()}" in style
    assert "counter(page)" in style


def test_a_signature_is_called_valid_only_when_it_was_checked(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """A green word beside a forged signature is worse than no word."""
    roster, position = ward.book.roster(), ward.book.stream(f"patient/{PATIENT}")[0].position
    assert ["VALID"] == [one.status for one in manifests(ward.book, roster, [position], {})]
    changed = list(manifests(ward.book, roster, [position], {position: 99}))
    assert [("STALE", "changed in #99")] == [(one.status, one.why) for one in changed]
    raw = json.loads(ward.book.raw(position))
    raw["signatures"][0]["signature"] = (
        raw["signatures"][0]["signature"][::-1].replace("A", "B").rjust(86, "A")[-86:-1] + "A"
    )
    monkeypatch.setattr(Ledger, "raw", lambda _, __: json.dumps(raw, separators=(",", ":")).encode())
    assert ["INVALID"] == [one.status for one in manifests(ward.book, roster, [position], {})]


def test_a_sign_off_is_printed_with_what_made_it_stale(closed: Ward) -> None:
    """The investigator's signature would seem to be under a weight that was written after he signed."""
    found = Read(casebook(closed.book, REVIEWED, software=SOFTWARE).page.decode())
    words = flat(found.sections["review"])
    entries = {one.kind.partition("/")[0]: one.position for one in closed.book.stream(f"patient/{REVIEWED}")}
    fix, signed, compared = (entries[kind] for kind in ("entry.corrected", "entries.signed", "entry.reviewed"))
    assert f"stale #{fix} corrected: patient.measured/1: weight 71 kg" in words
    assert f"#{signed} entries.signed/1 Pi.1 (pi.1) principal-investigator, Demo Site responsibility" in words
    assert [f"STALE changed in #{fix}"] * 2 == re.findall(r"STALE changed in #\d+", words)
    assert f"#{compared} entry.reviewed/1 Mon.1 (mon.1) monitor, Demo Site verified" in words
    assert "70 or 71? Mon.1, monitor" in words
    assert " 71 Crc.1 " in words
    assert "closed corrected" in words
    assert f"ended in #{entries['record.unlocked']}" in words
    assert "all patients what happened up to 2010-02-28 locked" in words
    assert "audit reviewed" in words


def test_a_doubted_signature_is_printed_as_doubted(ward: Ward, tmp_path: Path) -> None:
    """An inspector would rely on what a stolen key signed."""
    with closing(beside(ward, tmp_path)) as other:
        since = next(one.position for one in other.book.stream(f"patient/{PATIENT}") if one.author.person == "nurse.2")
        other.do("reg.1", "key revoke", person="nurse.2", reason="compromised", suspected_from=f"#{since}")
        found = Read(made(other.book))
    assert "DISPUTED its key was revoked" in flat(found.sections["measurements"])
    assert f"#{since}" in found.sections["state"]


# --- what was changed ------------------------------------------------------------------------------------------------


@pytest.mark.req("A11-8.2")
def test_what_was_replaced_is_struck_beside_what_replaced_it(ward: Ward, page: str) -> None:
    """A print that shows the corrected dose alone hides that another one was signed."""
    found = Read(page)
    words = {name: flat(text) for name, text in found.sections.items()}
    fix = next(one for one in ward.book.stream(f"patient/{PATIENT}") if "misread" in reason(ward, one)).position
    assert {"30 mg", "70 kg", "5 mg", "grade 3"} <= set(found.struck)
    assert {"2 mg", "3 mg", "grade 2", "grade 1"} & set(found.struck) == set()
    assert f" 3 mg 30 mg #{fix} transcription: misread 2 mg proposed in #" in words["doses"]
    assert f"given_mg: 30 mg 3 mg transcription: misread since #{fix + 1}" in words["corrections"]
    assert "given_mg: 3 mg stands; 2 mg is proposed" in words["corrections"]
    assert "no effect: it lacks a signature" in words["corrections"]
    assert "PENDING `approved` by principal-investigator" in words["corrections"]
    assert "weight 71 kg 70 kg" in words["measurements"]
    assert "LATE recorded 75 h 00 min later late-entry: found on the chart" in words["measurements"]
    assert f"VOID by #{fix - 2} duplicate" in words["doses"]
    assert "grade 1 proposed in #" in words["toxicities"]
    assert "A-LADDER" in words["refusals"]


def reason(ward: Ward, entry) -> str:
    """The words of an entry's reason."""
    said = entry.payload.reason
    words = ward.book.text(said.text) if said is not None and said.text is not None else None
    return (words or b"").decode()


def test_a_casebook_of_an_earlier_day_knows_nothing_of_later_ones(ward: Ward) -> None:
    """Whether a decision was right depends on what stood there when it was taken."""
    entries = ward.book.stream(f"patient/{PATIENT}")
    fix = next(one for one in entries if "misread" in reason(ward, one))
    early = Read(made(ward.book, known_at=fix.position))
    assert "misread" not in early.words
    assert "30 mg" not in early.struck
    assert set() == {int(n) for n in re.findall(r"#(\d+)", early.words) if int(n) >= fix.position}
    before = Read(made(ward.book, valid_at=datetime.fromisoformat("2010-03-02T08:30-08:00")))
    assert "premedication given" in before.words
    assert "infusion recorded" not in before.words
    with pytest.raises(BadInput):
        made(ward.book, known_at=3)


def test_a_hostile_text_is_read_as_text(page: str) -> None:
    """A reason that somebody typed could otherwise run as a program on the inspector's desk."""
    found = Read(page)
    assert flat(MARKUP.replace("\x01", "\ufffd")) in found.words
    assert set() == {"script", "img", "iframe", "object", "form", "link"} & set(found.elements)
    assert "default-src 'none'" in page
    assert len(found.ids) == len(set(found.ids))


def test_every_kind_has_its_section() -> None:
    """A kind that no section shows would vanish from the casebook of the patient whom it is about."""
    listed = (*making.BACKGROUND, *making.MEASURED, *making.ELSEWHERE, *review.NOUNS)
    of_patients = {name for name, row in KINDS.items() if row.family in ("patient", "any")}
    within = {"entry.countersigned/1", "entry.corrected/1", "entry.voided/1", "entry.recovered/1"}
    assert within == {name for name in of_patients if not name.startswith(listed)}
    assert [("VALID", "STALE", "DISPUTED", "REPUDIATED", "REVOKED-AFTER", "INVALID")] == [tuple(n for n, _ in STATUSES)]


def test_a_time_is_never_broken() -> None:
    """A time with its offset on the next line is read as another time."""
    runs = says("given 2010-03-01T09:00-08:00, lot A-1 and so on").runs
    assert ["2010-03-01T09:00-08:00,", "A-1"] == [text for whole, text in runs if whole]
    assert "given 2010-03-01T09:00-08:00, lot A-1 and so on" == "".join(text for _, text in runs)


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.req("P11-10b")
def test_the_command_writes_the_file_and_the_ledger_says_so(site, repository: Path) -> None:
    """A copy that left unseen cannot be called back."""
    ran = site.run("report", "casebook", "001-002", "--out", "book.html", "--json")
    assert 0 == ran.code, ran.err
    data = json.loads(ran.out)["data"]
    file = site.folder / "book.html"
    assert data["digest"] == sha256(file.read_bytes()).hexdigest()
    assert 0 == file.stat().st_mode & 0o077
    with Ledger.open(site.ledger, read_only=True) as ledger:
        last = ledger.entry(ledger.size - 1)
        whole = casebook(ledger, "001-002", software=data_software(file), known_at=data["size"])
    assert ("casebook", data["digest"], ("patient/001-002",)) == (
        last.event.form,
        last.event.digest,
        last.event.streams,
    )
    assert whole.page == file.read_bytes()
    schema = repository / "docs" / "reference" / "json" / "report-casebook.schema.json"
    assert set(data) == set(json.loads(schema.read_text())["$defs"]["Written"]["properties"])
    assert 2 == site.run("report", "casebook", "001-002", "--out", "book.html").code
    assert 2 == site.run("report", "casebook", "001-009").code


def test_an_inspector_makes_one_without_key_and_account(site) -> None:
    """She may read everything; that she does must change nothing in the file that she inspects."""
    before = sha256(site.ledger.read_bytes()).hexdigest()
    ran = site.run("inspect", "site.ledger", "report", "casebook", "001-002", "--out", "inspected.html")
    assert 0 == ran.code, ran.err
    assert "not recorded in the ledger: an inspection writes nothing" in flat(ran.err)
    assert before == sha256(site.ledger.read_bytes()).hexdigest()
    assert "Casebook of patient 001-002" in Read((site.folder / "inspected.html").read_text()).words


def data_software(file: Path) -> str:
    """The program that a casebook names."""
    found = re.search(r"made by</th><td>(\S+) (\S+)</td>", file.read_text())
    assert found is not None
    return f"{found[1]}/{found[2]}"


# --- in a browser ----------------------------------------------------------------------------------------------------


@in_a_browser
def test_it_can_be_read_by_everybody_and_printed(page: str, tmp_path: Path) -> None:
    """A page that a screen reader cannot follow, runs off the screen or asks a server, is not handed over."""
    file = tmp_path / "book.html"
    file.write_text(page, encoding="utf-8")
    axe = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    with running() as browser:
        context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}, bypass_csp=True)
        opened, asked = context.new_page(), []
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(file.as_uri())
        assert [file.as_uri()] == asked
        opened.evaluate(axe)
        for width in (1280, 820):
            opened.set_viewport_size({"width": width, "height": 900})
            assert width >= opened.evaluate("document.documentElement.scrollWidth")
        result = opened.evaluate("axe.run({ resultTypes: ['violations'] })")
        assert [] == [(one["id"], [node["target"] for node in one["nodes"]]) for one in result["violations"]]
        printed = opened.pdf(prefer_css_page_size=True)
        context.close()
    assert printed.startswith(b"%PDF")
    assert b"/MediaBox [0 0 842" in printed or b"/MediaBox [0 0 841" in printed
