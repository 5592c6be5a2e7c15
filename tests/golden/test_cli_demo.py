"""The demonstration: a whole site played through, verified, looked back at, and forged."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory):
    """A folder in which the demonstration is played once."""
    return tmp_path_factory.mktemp("play")


def test_the_demonstration_plays_verifies_and_looks_back(site, demo_folder) -> None:
    """Whoever judges the program in five minutes judges it by this page; every promise on it must be kept."""
    ran = site.run("demo", str(demo_folder / "demo"))
    assert 0 == ran.code, ran.err
    for words in (
        "FICTIONAL parameters",
        "The patients now",
        "as known when the correction",
        "The same patient now",
        "anchored by the cosignature of sponsor.example/w1",
        "Outcomes: 2NNT",
        "Dr Sven Sponsor (fictional), sponsor-medical, approved",
        "15-day",
        "lot DEMO-C1, pharmacy: balance 21",
    ):
        assert words in ran.out
    for words in (
        "a 13th is refused",
        "Try next:",
        "To open in a browser",
        "dossier.html",
        "anchor.html",
        "20 mg/m2 for five days, is calculated: 33.8 mg",
        "level 0 is expanded to six",
        "cycle 2 is refused",
        "the steps begin again at 3 mg",
        "30 mg was truly given after 3 mg",
        "entered late",
    ):
        assert words in ran.err
    ledger = str(demo_folder / "demo" / "demo.ledger")
    overview = json.loads(site.run("status", "--json", "--ledger", ledger).out)
    assert overview["ledger"]["size"] > 400
    patients = {row["patient"]: row["course"] for row in overview["data"]["patients"]}
    assert {
        "001-001": "EXHAUSTED",
        "001-002": "LAPSED",
        "001-003": "LAPSED",
        "001-004": "AT_TARGET",
        "001-005": "AT_TARGET",
        "001-006": "ESCALATING",
    } == patients
    people = json.loads(site.run("person", "list", "--json", "--ledger", ledger).out)["data"]["persons"]
    assert 13 == len(people)
    assert all("(fictional)" in row["name"] for row in people)


def test_the_demonstration_shows_the_whole_trial(site, demo_folder) -> None:
    """Whoever is to judge the cohorts, the clocks and the drug books must find each of them at work in the play."""
    ledger = str(demo_folder / "demo" / "demo.ledger")

    def said(*args: str) -> dict[str, object]:
        return json.loads(site.run(*args, "--json", "--ledger", ledger).out)["data"]

    level = said("cohort", "show")["levels"][1]
    assert ("0", "expand", 6, 3, 1) == (
        level["level"],
        level["decisions"][0]["decision"],
        level["slots"],
        level["n"],
        level["dlt"],
    )
    clocks = {(row["patient"], row["report"], row["state"]) for row in said("safety-report", "list")["clocks"]}
    assert {("001-002", "15-day", "submitted"), ("001-001", "15-day", "running")} <= clocks
    lots = {row["agent"]: (row["balance"], row["explained"]) for row in said("accountability")["lots"]}
    assert {"alemtuzumab": (28, False), "clofarabine": (21, True)} == lots
    assert [("001-004", "A-LADDER", "classified")] == [
        (row["patient"], row["rule"], row["disposition"])
        for row in said("deviation", "list")["rows"]
        if row["severity"] == "important"
    ]


def test_the_pictures_of_the_demonstration_are_drawn_anew(site, demo_folder) -> None:
    """A picture that is older than the entries beside it would show a trainee a patient who is no longer so."""
    pictures = demo_folder / "demo" / "pictures"
    assert ["001-001.svg", "001-002.svg", "001-005.svg", "trial.svg"] == sorted(
        path.name for path in pictures.iterdir()
    )
    (pictures / "trial.svg").write_text("old")
    assert 0 == site.run("demo", str(demo_folder / "demo")).code
    assert (pictures / "trial.svg").read_text().startswith("<")
    assert (demo_folder / "demo" / "dossier.html").read_text().startswith("<!DOCTYPE html>")


def test_the_demonstration_shows_its_head_outside_and_restores_its_backup(site, demo_folder) -> None:
    """Who is told that a backup brings everything back, and that a witness vouches for it, must find both at hand."""
    demo = demo_folder / "demo"
    ledger, restored = str(demo / "demo.ledger"), str(demo / "restored" / "demo.ledger")
    size, root = site.run("checkpoint", "show", "--ledger", restored).out.splitlines()[:2]
    assert [size, root] == site.run("checkpoint", "show", "--ledger", ledger).out.splitlines()[:2]
    held = f"--witness={demo / 'witness' / 'sponsor.key.pub'}"
    for path in (ledger, restored):
        report = json.loads(site.run("verify", path, held, "--json").out)["data"]
        assert "ok" == report["verdict"]
        assert [("paper", None), ("witness", "sponsor.example/w1")] == [
            (one["form"], one["authority"]) for one in report["anchors"]
        ]
    page = (demo / "anchor.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert f"Checkpoint of {report['anchors'][0]['size']} entries" in page


def test_playing_again_overwrites_nothing(site, demo_folder) -> None:
    """A trainee's own entries in the demonstration must survive the next `make demo`."""
    before = (demo_folder / "demo" / "demo.ledger").read_bytes()
    ran = site.run("demo", str(demo_folder / "demo"))
    assert 0 == ran.code, ran.err
    assert "it is shown again" in ran.err
    assert before == (demo_folder / "demo" / "demo.ledger").read_bytes()
    (demo_folder / "other").mkdir()
    (demo_folder / "other" / "thesis.txt").write_text("mine")
    assert 6 == site.run("demo", str(demo_folder / "other")).code
    assert ["thesis.txt"] == [path.name for path in (demo_folder / "other").iterdir()]


def test_verify_names_the_forged_dose(site, demo_folder) -> None:
    """An inspector must see which dose was changed, and the original must be what it was."""
    before = (demo_folder / "demo" / "demo.ledger").read_bytes()
    ran = site.run("demo", str(demo_folder / "demo"), "--tamper", "--json")
    data = json.loads(ran.out)["data"]
    assert 0 == ran.code
    assert ("failed", data["entry"], "infusion.completed/1") == (
        data["verify"]["verdict"],
        data["verify"]["first_bad"]["position"],
        data["verify"]["first_bad"]["kind"],
    )
    assert before == (demo_folder / "demo" / "demo.ledger").read_bytes()
    assert 8 == site.run("verify", data["path"]).code


def test_the_trainee_goes_on_by_hand(site, demo_folder) -> None:
    """The keys of the demonstration work, so that a nurse can practise the real commands."""
    folder = demo_folder / "demo"
    site.passphrase.write_text("demo demo")
    ran = site.run(
        "dose",
        "order",
        "001-005",
        "alemtuzumab",
        "30mg",
        "--for",
        "now",
        "--as",
        "inv.1",
        f"--passphrase-file={site.passphrase}",
        "--yes",
        DOSELEDGER_LEDGER=str(folder / "demo.ledger"),
        DOSELEDGER_KEYS=str(folder / "keys"),
    )
    assert 0 == ran.code, ran.err
