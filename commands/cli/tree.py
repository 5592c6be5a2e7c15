"""The words of the command line: every group and command, its panel, and the module that holds it.

A table of names only, so that listing the commands loads none of them. Write commands (`WRITES`) get their
options from `commands.verbs`; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

PANELS = (
    "DAILY",
    "STUDY",
    "PEOPLE",
    "PATIENT",
    "DOSE",
    "SAFETY",
    "RECORD",
    "HISTORY",
    "TRUST",
    "SUPPLY",
    "OUT",
    "CARE",
)
WRITES = "writing"
"""The module that makes a command from a row of `commands.verbs`."""


@dataclass(frozen=True)
class Branch:
    """A first word: its panel, what it is for, and the module of its command, its second words, or both."""

    panel: str
    help: str
    module: str = ""
    leaves: dict[str, str] | None = None


def _written(*names: str, **read: str) -> dict[str, str]:
    return {**dict.fromkeys(names, WRITES), **{name.replace("_", "-"): module for name, module in read.items()}}


TREE: dict[str, Branch] = {
    "status": Branch("DAILY", "One patient's course, or all patients at a glance.", "reads.patients"),
    "todo": Branch(
        "DAILY", "What is due, waiting for a signature or open, for everybody or for one person.", "reads.patients"
    ),
    "give": Branch("DAILY", "Give an ordered dose, step by step: pick it, start it with a witness, end it.", "giving"),
    "log": Branch(
        "DAILY",
        "The entries of the ledger, newest last; `log rotate-key` changes the key of the log.",
        "reads.history",
        {"rotate-key": "logkeys"},
    ),
    "demo": Branch(
        "DAILY", "Play a trial site through on a training ledger, verify it, and say what to try next.", "demonstration"
    ),
    "init": Branch("STUDY", "Make a ledger; its id is printed for the trial master file.", "founding"),
    "protocol": Branch(
        "STUDY",
        "The protocol as data: packs of parameters.",
        leaves=_written("activate", show="reads.study", check="reads.study"),
    ),
    "dictionary": Branch("STUDY", "The toxicity terms and their grades.", leaves=_written("load", show="reads.study")),
    "simulate": Branch(
        "STUDY", "Play a scenario file on a throw-away ledger and compare with what it expects.", "simulating"
    ),
    "level": Branch("STUDY", "Dose levels.", leaves=_written("open")),
    "cohort": Branch(
        "STUDY",
        "The patients of each dose level, what follows from them, and what is decided.",
        leaves=_written("decide", "replace", show="reads.cohort"),
    ),
    "accrual": Branch("STUDY", "Whether patients are enrolled at a dose level.", leaves=_written("suspend", "resume")),
    "key": Branch(
        "PEOPLE",
        "Signing keys: files that only their owner's passphrase opens.",
        leaves=_written(
            "revoke",
            "reaffirm",
            "repudiate",
            create="keys",
            request="keys",
            rotate="rotating",
            selftest="selftest",
            list="keys",
            abandon="registry",
        ),
    ),
    "device": Branch(
        "PEOPLE", "Workstations, each with a key of its own.", leaves=_written("enrol", create="registry")
    ),
    "registrar": Branch(
        "PEOPLE",
        "The registrars: who enrols people.",
        leaves=_written("change", recover="registry"),
    ),
    "policy": Branch("PEOPLE", "What the registrars laid down for signing.", leaves=_written("amend")),
    "person": Branch(
        "PEOPLE",
        "People, their roles, and what is delegated to them.",
        leaves=_written("enrol", "delegate", "undelegate", list="reads.people"),
    ),
    "who-may": Branch("PEOPLE", "Who may do something now, and by which role and delegation.", "reads.people"),
    "session": Branch(
        "PEOPLE",
        "A key that stays open while its owner works, where the registrars allow it.",
        leaves=_written(open="sessions", close="sessions"),
    ),
    "security": Branch(
        "PEOPLE",
        "What the machine reports: wrong passphrases, lockouts, its clock; and what is done about it.",
        leaves=_written("acknowledge", "lift", alerts="reads.security"),
    ),
    "patient": Branch(
        "PATIENT",
        "Registration, consent, eligibility, enrolment, measurements, the end.",
        leaves=_written(
            "register",
            "consent",
            "screen",
            "enrol",
            "measure",
            "end-treatment",
            "withdraw",
            "death",
            list="reads.patients",
        ),
    ),
    "lab": Branch("PATIENT", "Laboratory values.", leaves=_written("record")),
    "response": Branch("PATIENT", "The response of the disease.", leaves=_written("assess")),
    "transplant": Branch("PATIENT", "Stem-cell transplants.", leaves=_written("record")),
    "prophylaxis": Branch("PATIENT", "Anti-infective prophylaxis.", leaves=_written("record")),
    "dose": Branch(
        "DOSE",
        "Order, check, release, start and end a dose, or record one that was given.",
        leaves=_written(
            "order",
            "amend",
            "cancel",
            "pharmacy-check",
            "release",
            "start",
            "interrupt",
            "resume",
            "complete",
            "abort",
            "omit",
            "record",
            calc="reads.dosing",
        ),
    ),
    "cycle": Branch(
        "DOSE",
        "Cycles of the drug that is given by body surface: open, a day omitted, closed, stopped.",
        leaves=_written("open", "omit", "close", "stop"),
    ),
    "premed": Branch("DOSE", "Premedication.", leaves=_written("give")),
    "hold": Branch("DOSE", "Holds on a drug.", leaves=_written("place", "lift")),
    "course": Branch("DOSE", "The whole course of a drug.", leaves=_written("discontinue")),
    "tolerance": Branch("SAFETY", "Whether a dose was tolerated.", leaves=_written("assess")),
    "toxicity": Branch(
        "SAFETY",
        "Toxicities: report, grade, attribute, seriousness, end.",
        leaves=_written(
            "report", "grade", "regrade", "attribute", "serious", "expected", "resolve", table="reads.safety"
        ),
    ),
    "dlt": Branch(
        "SAFETY",
        "Dose-limiting toxicity: candidates, and the rulings on them.",
        leaves=_written("adjudicate", candidates="reads.cohort"),
    ),
    "deviation": Branch(
        "SAFETY", "Deviations that the rules found.", leaves=_written("acknowledge", "classify", list="reads.safety")
    ),
    "safety-report": Branch(
        "SAFETY",
        "Safety reports: which fall due, and which were sent.",
        leaves=_written("submitted", list="reads.safety"),
    ),
    "override": Branch(
        "SAFETY", "The principal investigator's permission for one act against one rule.", leaves=_written("grant")
    ),
    "correct": Branch("RECORD", "The record was wrong: restate an entry; the old one stays readable.", WRITES),
    "void": Branch("RECORD", "An entry no longer counts; it stays readable.", WRITES),
    "countersign": Branch(
        "RECORD",
        "Sign an earlier entry: the signature it lacks, or to acknowledge it; `countersign queue` lists what waits.",
        WRITES,
        {"queue": "reads.review"},
    ),
    "signoff": Branch(
        "RECORD",
        "The principal investigator signs off a patient's entries; `signoff status` says what is due or stale.",
        WRITES,
        {"status": "reads.review"},
    ),
    "review": Branch(
        "RECORD",
        "Reviews: of the audit trail, and of entries against their source.",
        leaves=_written("source", "run", log="reads.review"),
    ),
    "query": Branch(
        "RECORD",
        "Queries about an entry: open, answer, close, list.",
        leaves=_written("open", "answer", "close", list="reads.review"),
    ),
    "lock": Branch(
        "RECORD",
        "Close a record to further statements, by two persons; `lock list` lists the locks.",
        WRITES,
        {"list": "reads.review"},
    ),
    "unlock": Branch("RECORD", "End a lock, by two persons, with a reason.", WRITES),
    "entry": Branch(
        "RECORD",
        "Entries that were lost: brought back from where they are still held.",
        leaves={"recover": "recovering"},
    ),
    "redact": Branch("RECORD", "Delete the words behind an entry, by two persons; every signed byte stays.", WRITES),
    "show": Branch("HISTORY", "One entry in full: fields, signatures, place in the log.", "reads.history"),
    "history": Branch("HISTORY", "Every change to a record, field by field: old, new, who, when, why.", "reads.trail"),
    "timeline": Branch("HISTORY", "What happened to a patient, in clinical order.", "reads.history"),
    "replay": Branch("HISTORY", "The ledger as it was known at an earlier time.", "reads.history"),
    "diff": Branch("HISTORY", "What came between two heads of the log, and that it was only appended.", "reads.trail"),
    "explain": Branch(
        "HISTORY", "What the rules say about an entry, with their inputs and the pack's version.", "reads.history"
    ),
    "find": Branch(
        "HISTORY",
        "An inspector's question, answered with the exact entries: no-premed, dose-violations, late and others.",
        "reads.finding",
    ),
    "recompute": Branch("HISTORY", "Every dose of the drug given by body surface, worked out again.", "reads.finding"),
    "activity": Branch(
        "HISTORY", "Everything somebody did: signed, was named for, or was said to have tried.", "reads.trail"
    ),
    "verify": Branch("TRUST", "Derive everything again from the stored bytes and name every difference.", "trust"),
    "checkpoint": Branch(
        "TRUST",
        "The signed heads of the log, and whether two of them are of one history.",
        leaves=_written(show="checkpoints", list="checkpoints", compare="checkpoints"),
    ),
    "proof": Branch(
        "TRUST",
        "Proofs that leave the ledger: an entry stands in the log, the log signed two histories.",
        leaves=_written(make="proofs", check="proofs"),
    ),
    "anchor": Branch(
        "TRUST",
        "The head of the log shown outside: on paper, to time-stamp authorities; and what is due.",
        leaves=_written(paper="anchoring", timestamp="anchoring", status="anchoring"),
    ),
    "witness": Branch(
        "TRUST",
        "Witnesses: have the head of the log cosigned, online or by file; or be the witness of another log.",
        leaves=_written(
            request="witness.asking",
            add="witness.asking",
            list="witness.asking",
            key="witness.running",
            serve="witness.running",
            cosign="witness.running",
        ),
    ),
    "lot": Branch("SUPPLY", "Lots of study drug.", leaves=_written("receive", "quarantine", list="reads.supply")),
    "accountability": Branch(
        "SUPPLY", "The drug books: every vial received, dispensed, wasted, returned, destroyed.", "reads.supply"
    ),
    "stock": Branch(
        "SUPPLY",
        "Vials on the shelf: count, waste, return, move, destroy.",
        leaves=_written("count", "waste", "return", "transfer", "destroy"),
    ),
    "export": Branch(
        "OUT",
        "The record in other forms.",
        leaves=_written(
            jsonl="exporting",
            dossier="dossiers",
            bundle="bundling",
            csv="auditing",
            audit_html="auditing",
            odm="auditing",
            tiles="tiling",
        ),
    ),
    "certify-copy": Branch(
        "OUT",
        "Certified copies: attest that a copy is complete and true, and check what somebody attested.",
        leaves=_written(make="certifying", check="certifying"),
    ),
    "report": Branch(
        "OUT",
        "Reports for people: one patient, the trial, the deviations, the casebook of a patient; plots as SVG.",
        leaves=_written(
            patient="reads.reports", trial="reads.reports", deviations="reads.reports", casebook="casebooks"
        ),
    ),
    "ledger": Branch(
        "CARE",
        "The ledger as a whole: at another place, or gone on with after a loss.",
        leaves=_written(copy="moving", accept="accepting"),
    ),
    "backup": Branch("CARE", "The whole ledger in one file, for the day it is lost.", leaves={"make": "backups"}),
    "restore": Branch("CARE", "A ledger made of a backup, verified and compared with what was last seen.", "backups"),
    "storage": Branch(
        "CARE",
        "The tables of a ledger on a PostgreSQL server: made, and who may use them.",
        leaves={"migrate": "storing"},
    ),
    "doctor": Branch("CARE", "Whether this machine and this ledger are in order.", "care"),
    "config": Branch("CARE", "Where each setting comes from.", leaves=_written(show="care")),
    "about": Branch("CARE", "What is installed, and whether its files are unchanged.", "care"),
    "view": Branch(
        "CARE",
        "Lists of all patients kept ready beside a large ledger: made, taken on, and how far they are.",
        leaves=_written(run="viewing", rebuild="viewing", status="viewing"),
    ),
    "inspect": Branch(
        "CARE", "Look at a ledger file or a copy with no key and no account; nothing is written.", "inspecting"
    ),
    "completion": Branch("CARE", "The script that lets a shell complete commands.", "care"),
    "help": Branch("CARE", "A page on: environment, exit-codes, formatting, times, signing.", "helping"),
}
"""Every first word."""


def leaves() -> dict[str, str]:
    """Every command by its full name, with its module."""
    found: dict[str, str] = {}
    for word, branch in TREE.items():
        if branch.module:
            found[word] = branch.module
        if branch.leaves is not None:
            found.update({f"{word} {second}": module for second, module in branch.leaves.items()})
    return found
