"""The adversarial suite: every threat that bytes can express, by whom, and what is seen of it with which anchor.

The ledger file, its tables on a server, the copy by the program, and the copy by the verifier that travels with it
must all give the answer that stands here, also where nothing is found. docs/validation/threats.md shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import server
from anchored import NAME, witness_of
from attacked import Attacked, left_as_signed, on_file
from carried import laid_out
from threat_list import NO_BYTES, THREATS
from threats import Threat, Trial

from ledger.verify import Outside, Report, verify_path
from projections.export.carried import verify as alone

HERE = Path(__file__).parents[2] / "docs" / "validation"
ANCHORS = ("none", "last seen", "witness")
ATTACKERS = ("file", "log key")
Cells = tuple[str, str, str]


def same(cell: str) -> Cells:
    """The same answer with whichever anchor."""
    return cell, cell, cell


NOT_FOUND = "-"
EXPECTED: dict[str, tuple[Cells, Cells]] = {
    "a digit of a signed weight changed": (same("signature"), same("signature")),
    "a number written in another form": (same("bytes"), same("bytes")),
    "an entry signed anew with the stolen key of its author; others signed after it": (
        same("root"),
        same("after-root"),
    ),
    "the newest entry signed anew with the stolen key of its author": (same("root"), ("-", "fork", "fork")),
    "a time changed in a column of the tables": (same("column"), same("column")),
    "a signer changed in the tables": (same("signers"), same("signers")),
    "a hash of the stored tree changed": (same("node"), same("node")),
    "a table put beside the others": (same("schema"), same("schema")),
    "bytes put behind the end of the database": (same("pages"), same("pages")),
    "other words behind a text that was signed": (same("text"), same("text")),
    "a text taken away": (same("text"), same("text")),
    "an entry taken out of the middle": (same("root"), same("after")),
    "two entries change places": (same("root"), same("after")),
    "a checkpoint taken out of the middle": (same("checkpoint"), same("checkpoint")),
    "the newest checkpoint taken away": (same("checkpoint"), same("checkpoint")),
    "the newest entries cut off with all their traces": (("-", "stale", "stale"), ("-", "stale", "stale")),
    "entries cut off that came after the newest anchor": (same("-"), same("-")),
    "an older backup put back, and work goes on with it": (("-", "fork", "fork"), ("-", "fork", "fork")),
    "every checkpoint signed anew with another log key": (same("checkpoint"), same("checkpoint")),
    "two histories: this reader is always shown the same one, a witness saw the other": (
        ("-", "-", "fork"),
        ("-", "-", "fork"),
    ),
    "the whole ledger invented anew with all keys": (("-", "fork", "fork"), ("-", "fork", "fork")),
    "an entry of today about last week": (same("-"), same("-")),
    "a machine's clock put back by two hours": (same("- (notice clock-behind)"), same("- (notice clock-behind)")),
    "a machine's clock put forward by two days": (same("-"), same("-")),
    "an entry moved to another patient": (same("signature"), same("signature")),
    "an entry of another ledger put at the end": (same("ledger"), same("ledger")),
    "a copy of an entry put at the end": (same("id-reused"), same("id-reused")),
    "a counter of a key used a second time": (same("n-reused"), same("n-reused")),
    "the second signature taken off": (same("root"), same("after-root")),
    "the signature of another entry put under it": (same("signature"), same("signature")),
    "another public key put into an enrolment": (same("signature"), same("signature")),
    "the same, and both registrars sign it anew": (same("thumbprint"), same("thumbprint")),
    "a weak key enrolled by both registrars": (same("weak-key"), same("weak-key")),
    "an entry signed with a stolen key": (same("-"), same("-")),
    "an entry that was signed and never appended": (same("- (notice n-missing)"), same("- (notice n-missing)")),
    "alg says none": (same("bytes"), same("bytes")),
    "alg says HS256": (same("bytes"), same("bytes")),
    "a key put into the header": (same("bytes"), same("bytes")),
    "the payload is said not to be encoded": (same("bytes"), same("bytes")),
    "a member of the header twice": (same("bytes"), same("bytes")),
    "a header beside the signatures": (same("bytes"), same("bytes")),
    "the rules of the protocol changed under its name": (same("blob"), same("blob")),
    "a file put beside the record that no entry names": (same("blob"), same("blob")),
    "a weight changed in the sponsor's copy, and all of it made to fit": (same("signature"), same("signature")),
    "the newest entries cut off, which the witness had refused to cosign": (("-", "stale", "-"), ("-", "stale", "-")),
    "an entry of a stolen key slipped in before its revocation": (
        ("- (notice anchor-due)", "fork", "fork"),
        ("- (notice anchor-due)", "fork", "fork"),
    ),
    "a line break in a printed name, signed by both registrars": (same("bytes"), same("bytes")),
    "a wrong weight, honestly signed": (same("-"), same("-")),
}
"""What the attacker with the file leaves, and the one with the log key: without an anchor, last seen, witness.

A cell is the code of the first finding, `stale`, `fork`, or `-`: nothing is found, but for the notices behind it.
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The honest record."""
    return Trial(tmp_path_factory.mktemp("trial"))


def outside(trial: Trial, threat: Threat, left: Attacked, anchor: str) -> Outside:
    """What this reader holds: nothing, the head that he saw last, or the one that a witness keeps."""
    seen, size, witnessed, at = (trial.honest, trial.size) * 2 if threat.seen is None else threat.seen(trial, left)
    match anchor:
        case "last seen":
            return Outside(trusted=seen.note(size), held_as="checkpoint last seen here")
        case "witness":
            return Outside(cosigned=trial.cosigned(witnessed.note(at)), witnesses=(witness_of(NAME)[0],))
        case _:
            return Outside()


def answer(verdict: str, codes: list[str], notices: set[str]) -> str:
    """A report as a cell of the table."""
    if verdict in {"stale", "fork"}:
        return verdict
    if verdict == "failed":
        return codes[0]
    return f"{NOT_FOUND} (notice {', '.join(sorted(notices))})" if notices else NOT_FOUND


def by_program(path: Path | str, held: Outside) -> str:
    """What `doseledger verify` answers."""
    report: Report = verify_path(path, outside=held, workers=1)
    return answer(report.verdict, [one.code for one in report.findings], {one.code for one in report.notices})


def by_file(path: Path, held: Outside) -> str:
    """What the verifier answers that travels with a copy."""
    keys = [alone.witness_key(one.text()) for one in held.witnesses]
    report = alone.verify(str(path), None, None, held.trusted, cosigned=held.cosigned, witnesses=keys)
    found = sorted(report["findings"], key=lambda one: 2**53 if one["position"] is None else one["position"])
    return answer(report["verdict"], [one["code"] for one in found], {one["code"] for one in report["notices"]})


PARAMETERS = [
    pytest.param(threat, attacker, id=f"{threat.row} {threat.what}, {attacker}")
    for threat in THREATS
    for attacker in ATTACKERS
]


@pytest.mark.parametrize(("threat", "attacker"), PARAMETERS)
def test_what_is_answered_of_a_server(trial: Trial, tmp_path: Path, threat: Threat, attacker: str) -> None:
    """A superuser could do to the tables on a server what nobody can do to a file without being seen."""
    left = threat.change(trial)
    if attacker == "file" and not threat.sealed:
        left = left_as_signed(left, trial.honest)
    place = server.mirror(on_file(replace(left, behind=b""), tmp_path / "trial.ledger", trial.record.entries))
    answers = EXPECTED[threat.what][ATTACKERS.index(attacker)] if not left.behind else same(NOT_FOUND)
    for expected, anchor in dict(zip(answers, ANCHORS, strict=True)).items():
        assert (anchor, expected) == (anchor, by_program(place, outside(trial, threat, left, anchor)))


@pytest.mark.parametrize(("threat", "attacker"), PARAMETERS)
def test_what_is_answered(trial: Trial, tmp_path: Path, threat: Threat, attacker: str) -> None:
    """An attack that is known would pass on the inspector's desk, or be called found where it cannot be."""
    left = threat.change(trial)
    if attacker == "file" and not threat.sealed:
        left = left_as_signed(left, trial.honest)
    file = on_file(left, tmp_path / "trial.ledger", trial.record.entries)
    copy = None if threat.file_only else laid_out(left, tmp_path / "copy")
    for anchor, expected in zip(ANCHORS, EXPECTED[threat.what][ATTACKERS.index(attacker)], strict=True):
        held = outside(trial, threat, left, anchor)
        assert (anchor, expected) == (anchor, by_program(file, held))
        if copy is not None:
            assert (anchor, expected, expected) == (anchor, by_program(copy, held), by_file(copy, held))


def test_the_honest_record_is_in_order(trial: Trial, tmp_path: Path) -> None:
    """A suite that finds everything in a record that is not in order finds nothing."""
    file = on_file(trial.record, tmp_path / "trial.ledger", trial.record.entries)
    copy = laid_out(trial.record, tmp_path / "copy")
    for anchor in ANCHORS:
        held = outside(trial, Threat("0", "nothing", "nobody", lambda t: t.record), trial.record, anchor)
        assert [NOT_FOUND] * 3 == [by_program(file, held), by_program(copy, held), by_file(copy, held)]


def test_every_threat_of_the_list_is_there() -> None:
    """The user would be promised more than a check can show."""
    rows = {threat.row for threat in THREATS}
    assert {str(number) for number in range(1, 30)} == rows | set(NO_BYTES)
    assert rows.isdisjoint(NO_BYTES)
    assert list(EXPECTED) == [threat.what for threat in THREATS]


HEAD = """\
# What an attack leaves behind, and who sees it

Written by `make docs` from the tables in `tests/support/threat_list.py` and `tests/faults/test_threats.py`, which carry
every attack out on a small ledger and compare each cell with what is answered: by `doseledger verify` of the ledger
file, of the same tables on a PostgreSQL server, and of a copy, and by the `verify.py` that travels with the copy. All
must give the same answer.

A cell names the finding that comes first ([verification](../spec/verification.md)), or `stale` or `fork`. **NOT FOUND**
means that no check of these bytes can tell; that is what the anchor in the next columns is for, or what only people can
tell who were there.

Attackers: **S** staff who can write the file, **D** the database's administrator, **O** the operator who holds the log
key, **P** a sponsor, **K** a thief of a key and its passphrase, **C** who moves the clock. "File" holds no key: the
tables are made to fit, the checkpoints are those that the log signed. "Log key" signs all checkpoints anew. Where the
site's own file is used, whoever can write it can read the log key too: staff then are in the right half. What the
program itself seals is the same in both halves.

"Last seen" and "witness" hold the newest honest head, unless the row says otherwise.

| # | attack | by | file: no anchor | last seen | witness | log key: no anchor | last seen | witness |
|---|---|---|---|---|---|---|---|---|
"""
TAIL = """
Rows marked * change what only the ledger's tables hold. A copy has none of it, and nothing is there to be found; a
database on a server has no end behind which bytes could lie.

## What no bytes show

| # | threat, and what stands against it |
|---|---|
"""


def page() -> str:
    """The page, from the tables."""
    lines = []
    for threat in THREATS:
        file, key = EXPECTED[threat.what]
        cells = [f"**NOT FOUND**{cell[1:]}" if cell.startswith(NOT_FOUND) else cell for cell in (*file, *key)]
        what = threat.what + ("*" if threat.file_only else "")
        lines.append(f"| {' | '.join((threat.row, what, threat.who, *cells))} |\n")
    rest = [f"| {number} | {what} |\n" for number, what in NO_BYTES.items()]
    return HEAD + "".join(lines) + TAIL + "".join(rest)


@pytest.mark.docs
def test_the_page_is_the_table(golden: Callable[[Path, str], None]) -> None:
    """The user would read of protection that the tests no longer show."""
    golden(HERE / "threats.md", page())
