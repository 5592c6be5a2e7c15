"""Review and closing that may not stand: append refuses it, and both verifiers name it when it stands all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from carried import laid_out, of_the_file, of_the_program
from minting import REASON, Site, committed
from scripted import run, sheaf
from test_verify_admission import PI_TOO, WEIGHT, Ward, correction, with_one

from ledger.errors import BadInput, Conflict, DoseLedgerError, IntegrityFailure, NotAllowed, Refused
from ledger.events.base import Occurred, Reason
from ledger.events.body import close_body
from ledger.events.record import EntryCorrected, EntryVoided
from ledger.events.review import (
    AuditReviewed,
    EntriesSigned,
    EntryReviewed,
    QueryAnswered,
    QueryClosed,
    QueryOpened,
    RecordLocked,
    RecordUnlocked,
    SiteLocked,
    TextRedacted,
)

P1, P2, P3, P4 = (f"patient/001-00{i}" for i in range(1, 5))
REVIEW = "review/001"
PRIVACY = Reason(code="privacy", text=None)
WORDS, PAIR = committed("a name that should not be here")
QUESTION, ASKED = committed("is it so?")
LOCK, UNLOCK = (("petra", "locked"), ("clara", "locked")), (("petra", "unlocked"), ("clara", "unlocked"))
TWO = (("petra", "approved"), ("clara", "approved"))
BEYOND_THE_BROWSER = {"source", "corrects"}
"""What the verifier of a dossier says it does not check."""
TEXTS = {QUESTION: ASKED, WORDS: PAIR}


def day(text: str) -> Occurred:
    """A day as it is remembered."""
    return Occurred(at=text, zone="Europe/Berlin", precision="day", basis="recalled")


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Weights, one of them corrected and one void; queries, a sign-off, a lock, one that ended, a redaction."""
    site = Site(tmp_path_factory.mktemp("closing") / "trial.ledger").staffed()
    site.enrol("mona", "Mona Moser", "monitor")
    kept = {name: site.write(P1, WEIGHT, by="nina") for name in ("weight", "wrong", "void")}
    fixed = correction(kept["wrong"], "71")
    kept["correction"] = site.write(P1, fixed, by="nina", corrects=kept["wrong"].ref, reason=REASON)
    void, both = EntryVoided(why="duplicate"), ("nina", ("petra", "approved"))
    kept["voided"] = site.write(P1, void, by=both, corrects=kept["void"].ref, reason=REASON)
    asked = QueryOpened(target=kept["weight"].id, field=None, question=QUESTION)
    for name in ("query", "closed query"):
        about = {"causes": site.refs(kept["weight"]), "texts": {QUESTION: ASKED}}
        kept[name] = site.write(P1, asked, by="mona", **about)
    ended = QueryClosed(query=kept["closed query"].id, outcome="unchanged")
    site.write(P1, ended, by="mona", causes=site.refs(kept["closed query"]))
    kept["sign-off"] = site.write(P1, covering(site, P1), by=(("petra", "responsibility"),))
    for name, reason in (
        ("named", Reason(code="other", text=WORDS)),
        ("other words", Reason(code="other", text=QUESTION)),
    ):
        kept[name] = site.write(P2, WEIGHT, by="nina", reason=reason, texts=TEXTS if name == "named" else {})
    gone = TextRedacted(commitments=(WORDS,))
    kept["redaction"] = site.write(P2, gone, by=TWO, causes=site.refs(kept["named"]), reason=PRIVACY)
    kept["old"] = site.write(P3, WEIGHT, by="nina", occurred=day("2026-01-05"))
    kept["lock"] = site.write(P3, RecordLocked(until="2026-01-05"), by=LOCK)
    kept["ended lock"] = site.write(P4, RecordLocked(until=None), by=LOCK)
    unlocked = RecordUnlocked(lock=kept["ended lock"].id)
    site.write(P4, unlocked, by=UNLOCK, causes=site.refs(kept["ended lock"]), reason=REASON)
    found = Ward(site, kept)
    yield found
    site.book.close()


def covering(site: Site, stream: str, *, until: int | None = None, more: int = 0) -> EntriesSigned:
    """What a sign-off of everything says; `more` claims so many entries more than there are."""
    size = site.book.size
    leaves = [bytes.fromhex(entry.leaf) for entry in site.book.stream(stream)]
    digest = sha256(b"".join(leaves)).hexdigest()
    return EntriesSigned(since=0, until=until or size, entries=len(leaves) + more, digest=digest)


Make = Callable[[Ward], bytes]


def said(event: Callable[[Ward], object], by: object, stream: str, *named: str, **changes: object) -> Make:
    """An entry that names kept ones."""
    return lambda w: w.draft(stream, event(w), by, causes=w.site.refs(*(w[name] for name in named)), **changes)


def answer(name: str) -> Make:
    """An answer to a kept entry."""
    return said(lambda w: QueryAnswered(query=w[name].id, answer=QUESTION), ("clara",), P1, name)


def compared(name: str) -> Make:
    """A comparison of a kept entry with its source."""
    return said(lambda w: EntryReviewed(targets=(w[name].id,)), (("mona", "verified"),), P1, name)


def unlocking(name: str, stream: str, **changes: object) -> Make:
    """The end of a kept lock."""
    return said(lambda w: RecordUnlocked(lock=w[name].id), UNLOCK, stream, name, **{"reason": REASON, **changes})


def redacting(words: str, stream: str, *named: str, reason: Reason | None = PRIVACY) -> Make:
    """The deletion of a text."""
    return said(lambda _: TextRedacted(commitments=(words,)), TWO, stream, *named, reason=reason)


def of_old(ward: Ward, to: str) -> bytes:
    """The weight of a locked day, restated."""
    old = ward["old"]
    event = EntryCorrected(kind=old.kind, occurred=day(to), body=close_body(WEIGHT))
    return ward.draft(P3, event, ("nina", ("petra", "approved")), corrects=old.ref, reason=REASON)


CASES: dict[str, tuple[Make, str, type[DoseLedgerError]]] = {
    "an answer to what is no query": (answer("weight"), "query", NotAllowed),
    "an answer to a closed query": (answer("closed query"), "query", Conflict),
    "a sign-off of other entries": (
        said(lambda w: covering(w.site, P1, more=1), (("petra", "responsibility"),), P1),
        "signed-off",
        IntegrityFailure,
    ),
    "a sign-off of another patient's entries": (
        said(lambda w: covering(w.site, P1), (("petra", "responsibility"),), P2),
        "signed-off",
        IntegrityFailure,
    ),
    "a sign-off of what is not yet": (
        said(lambda w: covering(w.site, P1, until=w.site.book.size + 1), (("petra", "responsibility"),), P1),
        "range",
        IntegrityFailure,
    ),
    "a review of what is not yet": (
        said(
            lambda w: AuditReviewed(
                since=0, until=w.site.book.size + 1, streams=(), questions=(), findings=None, queries=()
            ),
            (("mona", "reviewed"),),
            REVIEW,
        ),
        "range",
        IntegrityFailure,
    ),
    "a comparison of a void entry": (compared("void"), "source", Conflict),
    "a comparison of what was corrected": (compared("wrong"), "source", Conflict),
    "a comparison of a query": (compared("query"), "source", NotAllowed),
    "an unlocking of what is no lock": (unlocking("old", P3), "lock", NotAllowed),
    "a second unlocking": (unlocking("ended lock", P4), "lock", Conflict),
    "an unlocking without a reason": (unlocking("lock", P3, reason=None), "reason", BadInput),
    "a weight of a locked day": (
        lambda w: w.draft(P3, WEIGHT, "nina", occurred=day("2026-01-05")),
        "locked",
        Refused,
    ),
    "a weight of a locked day, moved out of it": (lambda w: of_old(w, "2026-01-06"), "locked", Refused),
    "a void of a weight of a locked day": (
        lambda w: w.draft(
            P3,
            EntryVoided(why="duplicate"),
            "nina",
            corrects=w["old"].ref,
            reason=REASON,
            needs=PI_TOO,
        ),
        "locked",
        Refused,
    ),
    "a deletion without the reason": (redacting(QUESTION, P2, "other words", reason=REASON), "reason", BadInput),
    "a deletion of words that nobody named": (redacting(QUESTION, P2, "named"), "redaction", IntegrityFailure),
    "a second deletion": (redacting(WORDS, P2, "named"), "redaction", Conflict),
    "a void of a lock": (
        lambda w: w.draft(
            P3,
            EntryVoided(why="entered-in-error"),
            ("petra", ("petra", "approved")),
            corrects=w["lock"].ref,
            reason=REASON,
        ),
        "corrects",
        NotAllowed,
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.req("E6-4.2.6")
def test_what_may_not_stand_is_refused(ward: Ward, name: str) -> None:
    """A closed record could be written in, or a sign-off could say that it covers what nobody saw."""
    make, _, error = CASES[name]
    raw = make(ward)
    with pytest.raises(error):
        ward.site.store(raw, texts=TEXTS if QUESTION.encode() in raw else {})


@pytest.mark.parametrize("name", CASES)
def test_both_verifiers_name_it(ward: Ward, tmp_path: Path, name: str) -> None:
    """Who holds the log's key could write it in, and an inspector's machine would not say so."""
    make, code, _ = CASES[name]
    folder = laid_out(with_one(ward.site.book, make(ward)), tmp_path / "copy")
    program = of_the_program(folder)
    assert program == of_the_file(folder)
    assert (ward.site.book.size, "L2", code) in program[3]


def test_what_a_lock_leaves_open(ward: Ward, tmp_path: Path) -> None:
    """A locked record could not even be asked about, countersigned, signed off or unlocked."""
    open_still = (
        lambda w: w.draft(P3, WEIGHT, "nina"),
        lambda w: w.draft(P4, WEIGHT, "nina", occurred=day("2026-01-05")),
        said(lambda w: covering(w.site, P3), (("petra", "responsibility"),), P3),
        unlocking("lock", P3),
        said(lambda _: SiteLocked(until=None), LOCK, REVIEW),
        compared("correction"),
    )
    for number, make in enumerate(open_still):
        folder = laid_out(with_one(ward.site.book, make(ward)), tmp_path / str(number))
        assert of_the_program(folder) == of_the_file(folder)
        assert set() == of_the_program(folder)[3]


def test_a_text_is_missing_where_no_redaction_names_it(ward: Ward, tmp_path: Path) -> None:
    """Somebody could delete the words of an adverse event, and call it privacy."""
    forged = with_one(ward.site.book, ward.draft(P1, WEIGHT, "nina"))
    forged.texts.pop(QUESTION)
    folder = laid_out(forged, tmp_path / "missing")
    assert of_the_program(folder) == of_the_file(folder)
    assert {"text"} == {code for _, _, code in of_the_program(folder)[3]}


def test_a_text_that_was_redacted_and_is_there_is_a_failure(ward: Ward, tmp_path: Path) -> None:
    """A restored file or an old copy would bring back the words that a patient had asked to be deleted."""
    forged = with_one(ward.site.book, ward.draft(P1, WEIGHT, "nina"))
    forged.texts[WORDS] = PAIR
    folder = laid_out(forged, tmp_path / "back")
    assert of_the_program(folder) == of_the_file(folder)
    assert {(ward["redaction"].position, "L1", "text")} == of_the_program(folder)[3]


def test_the_verifier_of_a_dossier_names_it_too(ward: Ward) -> None:
    """The inspector who opens a dossier would see a locked record that was written in, and be told that it holds."""
    judged = {name: case for name, case in CASES.items() if case[1] not in BEYOND_THE_BROWSER}
    forged = [with_one(ward.site.book, make(ward)) for make, _, _ in judged.values()]
    answers = run([sheaf(one).case() for one in forged])
    size = ward.site.book.size
    for (name, (_, code, _)), answer in zip(judged.items(), answers, strict=True):
        assert (size, "L2", code) in {(f["position"], f["level"], f["code"]) for f in answer["findings"]}, name
    (honest,) = run([sheaf(with_one(ward.site.book, ward.draft(P3, WEIGHT, "nina"))).case()])
    assert [] == honest["findings"]
