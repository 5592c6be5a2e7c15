"""Acts at the command line that succeed: one smooth infusion, keys and enrolment, a correction, the same act twice."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from commands.cli.outbox import folder, keeper, waiting
from commands.post import Parcel
from ledger.book import Ledger
from ledger.errors import OutcomeUnknown

HERE = Path(__file__).parent / "transcripts"
ACT = "0a4e0001-0000-4000-8000-000000000001"


def data(ran) -> dict:
    """The data of a run with --json."""
    return json.loads(ran.out)["data"]


def test_one_smooth_infusion(site, golden, local_now) -> None:
    """Seven entries and nine signatures; what each of them asks of a person at the bedside must stay readable."""
    premed = (local_now - timedelta(minutes=45)).isoformat(timespec="minutes")
    steps = (
        ("inv.1", ("dose", "order", "001-002", "alemtuzumab", "10", "mg", "--for", "now")),
        ("pharm.1", ("dose", "pharmacy-check", "#38")),
        ("pharm.1+pharm.2", ("dose", "release", "#38", "--lot", "A1", "--prepared", "9.9mg", "--waste", "20.1mg")),
        ("nurse.1", ("premed", "give", "#38", "--set", "--at", premed)),
        ("nurse.1+nurse.2", ("dose", "start", "#38", "--wristband", "001-002", "--second-id", "dob")),
        ("nurse.1", ("dose", "complete", "#38", "--given", "all")),
    )
    parts = []
    for by, args in steps:
        ran = site.sign(by, *args)
        assert 0 == ran.code, ran.err
        parts.append(site.transcript(ran, *args, "--as", by))
    golden(HERE / "smooth-infusion.txt", "\n".join(parts))


def test_the_reads_after_it(site, golden) -> None:
    """Whoever opens the record sees who signed what, as what and when (21 CFR 11.50), in every view."""
    reads = (
        ("status",),
        ("status", "001-002"),
        ("log", "--patient", "001-002"),
        ("timeline", "001-002"),
        ("show", "#35"),
        ("explain", "#31"),
        ("todo",),
        ("patient", "list"),
        ("lot", "list"),
        ("who-may", "dose", "start"),
        ("verify",),
        ("replay", "--known-at", "30"),
    )
    parts = []
    for args in reads:
        ran = site.run(*args)
        assert 0 == ran.code, ran.err
        parts.append(site.transcript(ran, *args))
    golden(HERE / "reads.txt", "\n".join(parts))


def test_a_key_is_made_requested_enrolled_and_countersigned(site, golden) -> None:
    """A second nurse starts work: nobody but she knows her passphrase, and two registrars let her in."""
    mine = site.folder / "mine"
    own = f"--passphrase-file={site.passphrase}"
    made = site.run(
        "key",
        "create",
        "nurse.9",
        "--name",
        "Nina Newcomer",
        "--organisation",
        "Fictional Hospital",
        own,
        DOSELEDGER_KEYS=str(mine),
    )
    assert 0 == made.code, made.err
    assert 0o600 == stat.S_IMODE((mine / "nurse.9.key").stat().st_mode)
    request = site.folder / "nurse.9.request"
    assert 0 == site.run("key", "request", "nurse.9", "--out", str(request), own, DOSELEDGER_KEYS=str(mine)).code
    enrol = ("person", "enrol", str(request), "--role", "nurse")
    first = site.sign("reg.1", *enrol)
    assert 0 == first.code, first.err
    assert "nurse.9" not in [row["person"] for row in data(site.run("person", "list", "--json"))["persons"]]
    second = site.sign("reg.2", "countersign", "#38")
    assert 0 == second.code, second.err
    assert "nurse.9" in [row["person"] for row in data(site.run("person", "list", "--json"))["persons"]]
    golden(
        HERE / "enrolment.txt",
        "\n".join((site.transcript(first, *enrol), site.transcript(second, "countersign", "#38"))),
    )


def test_a_ledger_is_founded_by_two_registrars(site, clean, golden) -> None:
    """The id printed here goes into the trial master file; every later doubt is settled against that paper."""
    both = [f"--passphrase-file={name}={site.passphrase}" for name in ("reg.1", "reg.2")]
    args = (
        "init",
        str(site.folder / "new"),
        "--trial",
        "NCT00000000",
        "--site",
        "002",
        "--zone",
        "Europe/Paris",
        "--purpose",
        "training",
        "--registrar",
        "reg.1",
        "--registrar",
        "reg.2",
        "--device",
        "ward-2",
    )
    ran = site.run(*args, *both, "--yes")
    assert 0 == ran.code, ran.err
    golden(HERE / "init.txt", site.transcript(ran, *args))
    beside = sorted(path.name for path in site.folder.glob("new.ledger*"))
    assert {"new.ledger", "new.ledger.device-key", "new.ledger.log-key"} <= set(beside)
    assert {0o600} == {stat.S_IMODE((site.folder / name).stat().st_mode) for name in beside}
    assert (
        ran.out.strip() == json.loads(site.run("verify", str(site.folder / "new.ledger"), "--json").out)["ledger"]["id"]
    )


def test_one_registrar_cannot_found_a_ledger(site) -> None:
    """One person alone who can enrol keys can sign as anybody."""
    ran = site.run(
        "init",
        str(site.folder / "new"),
        "--trial",
        "x",
        "--site",
        "1",
        "--zone",
        "UTC",
        "--purpose",
        "training",
        "--registrar",
        "reg.1",
        "--yes",
    )
    assert 2 == ran.code
    assert [] == list(site.folder.glob("new.ledger*"))


def test_a_correction_waits_for_the_principal_investigator(site, golden) -> None:
    """A dose typed as 30 mg that was 3 mg: until both have signed, the stricter reading counts."""
    record = (
        "dose",
        "record",
        "001-001",
        "alemtuzumab",
        "30mg",
        "--at",
        "yesterday 10:00",
        "--until",
        "yesterday 12:00",
        "--lot",
        "A1",
        "--checked-by",
        "nurse.2",
        "--reason",
        "late-entry",
    )
    correct = (
        "correct",
        "#38",
        "--set",
        "given=3mg",
        "--reason",
        "transcription",
        "--reason-text",
        "3 was given, 30 was typed",
    )
    parts = []
    for by, args in (("nurse.1", record), ("nurse.1", correct), ("pi.1", ("countersign", "#39"))):
        ran = site.sign(by, *args)
        assert 0 == ran.code, ran.err
        parts.append(site.transcript(ran, *args, "--as", by))
    golden(HERE / "correction.txt", "\n".join(parts))


def test_the_same_command_id_gives_the_same_receipt(site) -> None:
    """A nurse who is not sure whether the dose went in presses the key again; it must be in the record once."""
    args = ("dose", "order", "001-002", "alemtuzumab", "10mg", "--for", "now", "--command-id", ACT, "--json")
    first, again = site.sign("inv.1", *args), site.run(*args, "--as", "inv.1")
    assert (0, 0) == (first.code, again.code), again.err
    assert data(first)["receipt"] == data(again)["receipt"]
    assert (False, True) == (data(first)["repeated"], data(again)["repeated"])
    other = site.run("patient", "measure", "001-001", "--weight", "60", "--command-id", ACT, "--as", "crc.1")
    assert 5 == other.code


@pytest.mark.parametrize("stored", [True, False])
def test_an_unknown_outcome_is_safe_to_run_again(site, monkeypatch, capfd, stored) -> None:
    """Power fails between the signature and the answer: the signed bytes are on disk, and are stored exactly once."""
    import commands.cli

    for name, value in site.env.items():
        monkeypatch.setenv(name, value)
    append = Ledger.append

    def lost(self, entries, **options):
        if stored:
            append(self, entries, **options)
        raise OutcomeUnknown("the disk did not answer")

    args = [
        "dose",
        "order",
        "001-002",
        "alemtuzumab",
        "10mg",
        "--for",
        "now",
        "--as",
        "inv.1",
        f"--passphrase-file={site.passphrase}",
        "--yes",
        "--json",
        "--command-id",
        ACT,
    ]
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "append", lost)
        assert 9 == commands.cli.main(args)
    assert f"--command-id {ACT}" in capfd.readouterr().err
    again = site.run(*(arg for arg in args if not arg.startswith("--passphrase")))
    assert 0 == again.code, again.err
    assert stored == data(again)["repeated"]
    orders = data(site.run("log", "--patient", "001-002", "--kind", "dose.ordered", "--json"))["rows"]
    assert [ACT] == [
        data(site.run("show", f"#{row['position']}", "--json"))["payload"]["command"]["id"] for row in orders[1:]
    ]


def test_what_was_signed_and_not_sent_goes_first(site, monkeypatch) -> None:
    """An order signed during a power failure must not be overtaken by what is decided after it."""
    import commands.cli

    for name, value in site.env.items():
        monkeypatch.setenv(name, value)

    def lost(self, entries, **options):
        raise OutcomeUnknown("the disk did not answer")

    args = [
        "dose",
        "order",
        "001-002",
        "alemtuzumab",
        "10mg",
        "--for",
        "now",
        "--as",
        "inv.1",
        f"--passphrase-file={site.passphrase}",
        "--yes",
    ]
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "append", lost)
        assert 9 == commands.cli.main(args)
    with Ledger.open(site.ledger, read_only=True) as ledger:
        (parcel,) = waiting(ledger.id)
        assert 0o600 == stat.S_IMODE((folder(ledger.id) / f"{parcel.command}.json").stat().st_mode)
    ran = site.sign("crc.1", "patient", "measure", "001-001", "--weight", "60kg")
    assert 0 == ran.code, ran.err
    assert "Signed earlier, stored now: #38" in ran.err
    assert ["dose.ordered/1", "patient.measured/1"] == [
        row["kind"] for row in data(site.run("log", "--json", "--last", "2"))["rows"]
    ]


def test_a_parcel_that_is_refused_is_kept_for_its_author(site, monkeypatch) -> None:
    """Signed bytes that the ledger will not take must neither vanish nor block every later entry."""
    monkeypatch.setenv("DOSELEDGER_STATE", site.env["DOSELEDGER_STATE"])
    with Ledger.open(site.ledger, read_only=True) as ledger:
        keeper(ledger.id)(Parcel(ACT, (ledger.raw(3),), {}, {}))
        place = folder(ledger.id)
    ran = site.sign("crc.1", "patient", "measure", "001-001", "--weight", "60kg")
    assert 0 == ran.code, ran.err
    assert "not stored" in ran.err
    assert [f"{ACT}.refused"] == [path.name for path in place.iterdir()]
