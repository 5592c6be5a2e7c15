"""A dossier of a ledger whose heads were shown outside: whoever reads it sees which, and can type in the paper."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest
from acts import Ward
from anchored import NAME, witness_of
from dossiers import Opened, in_a_browser, made, opened, running

from commands.notes import note
from ledger.anchors import cosignature, paper
from ledger.events.archive import AnchorMade

pytestmark = in_a_browser


def shown_outside(ward: Ward, form: str, evidence: bytes | None = None, seconds: int = 0) -> AnchorMade:
    """The newest head is shown to somebody, and the device writes it down."""
    event = AnchorMade(
        form=form,
        size=ward.book.size,
        root=ward.book.root().hex(),
        evidence=None if evidence is None else sha256(evidence).hexdigest(),
        authority=None if evidence is None else NAME,
        at=None if evidence is None else cosignature.stated(seconds),
    )

    def written(pad, _roster) -> AnchorMade:
        if evidence is not None:
            pad.blobs[sha256(evidence).hexdigest()] = evidence
        return event

    note(ward.book, ward.post, "archive", written)
    return event


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A ward with one head on paper, and one of which somebody says that a witness nobody named cosigned it."""
    found = Ward.founded(tmp_path_factory.mktemp("ward") / "trial.ledger")
    found.paper = shown_outside(found, "paper")
    head, seconds = found.book.checkpoint(), int(found.now.timestamp())
    key, signer = witness_of()
    line = cosignature.cosign(head[: head.index(b"\n\n") + 1], key, seconds, signer.sign)
    shown_outside(found, "witness", head + line, seconds)
    yield found
    found.book.close()


@pytest.fixture(scope="module")
def shown(ward: Ward, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Its dossier, opened."""
    page = made(ward, tmp_path_factory.mktemp("dossier") / "dossier.html")
    with running() as browser, opened(browser, page) as found:
        yield found


def test_the_heads_that_were_shown_outside_are_listed(ward: Ward, shown: Opened) -> None:
    """An inspector who is not told that a page lies in the binder does not ask for it."""
    assert "self-consistent" == shown.verdict
    shown.page.locator("#anchors summary").click()
    said = shown.text("#anchors")
    assert f"#{ward.paper.size} the first {ward.paper.size} entries, printed on paper" in said
    assert f"cosigned by {NAME} at " in said
    assert "the registrars named no such witness, and nobody gave its key" in said
    assert [] == shown.wrong


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: lines, "Same record: its first"),
        (lambda lines: [line.upper() for line in lines], "Same record: its first"),
        (lambda lines: [lines[0], *lines[:0:-1]], "NOT this record"),
        (lambda lines: ["9" + lines[0], *lines[1:]], "this copy is OLDER, or was cut"),
    ],
)
def test_the_paper_is_typed_into_the_page(ward: Ward, shown: Opened, change, words: str) -> None:
    """The page from the binder lies beside the screen: what is typed from it must be compared, and a cut be seen."""
    lines = change(list(paper.written(ward.paper.size, ward.paper.root)))
    shown.page.fill("#held", "\n".join(lines))
    shown.page.get_by_role("button", name="Compare").click()
    answer = shown.page.locator("form.ask p.answer")
    answer.filter(has_text=words).wait_for(timeout=5000)
    assert words in answer.inner_text()
