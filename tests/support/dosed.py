"""Histories for tests of what is read: doses recorded after the fact, and one patient to whom everything happened."""

from __future__ import annotations

from datetime import datetime, timedelta

from acts import DRUG, MONDAY, PATIENT, Ward

HOUR = timedelta(hours=1)


def recorded(ward: Ward, amount: str, started: datetime, **said: object) -> str:
    """A dose that is recorded three hours after its start, with the whole premedication 45 minutes before."""
    ward.now = started + 2 * HOUR + timedelta(minutes=30)
    ward.do(
        "nurse.1", "premed give", subject=PATIENT, set=True, at=(started - 0.75 * HOUR).isoformat(timespec="minutes")
    )
    times = {"at": started.isoformat(timespec="minutes"), "until": (started + 2 * HOUR).isoformat(timespec="minutes")}
    return ward.do("nurse.1", "dose record", patient=PATIENT, drug=DRUG, given=amount, **{**times, **said})


def eventful(ward: Ward) -> None:
    """Everything that makes a card interesting: a slip that is corrected, a duplicate, a reaction and a held drug."""
    first = recorded(ward, "30mg", MONDAY)
    ward.now += 2 * HOUR
    ward.do("inv.1", "tolerance assess", dose=first, worst=0)
    fix = ward.do("nurse.1", "correct", entry=first, set=["given=3mg"], reason="transcription", reason_text="misread")
    ward.now += HOUR
    ward.do("pi.1", "countersign", entry=fix)
    second = recorded(ward, "10mg", MONDAY + timedelta(days=1))
    ward.do("nurse.1", "void", entry=recorded(ward, "10mg", MONDAY + timedelta(days=1)), reason="duplicate")
    ward.now += HOUR
    ward.do("pi.1", "countersign", entry=f"#{ward.book.size - 1}")
    reaction = ward.do("nurse.1", "toxicity report", patient=PATIENT, term="IRR", dose=second, words="rigors")
    ward.do("inv.1", "toxicity grade", toxicity=reaction, grade=3)
    ward.do("inv.1", "tolerance assess", dose=second, worst=3)


def reviewed(ward: Ward) -> Ward:
    """One of every act of review and closing on what the patient's record holds, once: asked, signed, locked."""
    if "mon.1" not in ward.book.roster().people:
        ward.do("reg.1", "person enrol", wit=("reg.2",), request=ward.request("mon.1"), role=["monitor"])
        weight = ward.do("crc.1", "patient measure", patient=PATIENT, weight="70kg")
        ward.do("pi.1", "signoff", patient=PATIENT)
        query = ward.do("mon.1", "query open", entry=weight, question="70 or 71?", field="weight")
        ward.do("crc.1", "query answer", query=query, answer="71")
        ward.do("mon.1", "review source", entries=[weight])
        ward.do("crc.1", "correct", entry=weight, set=["weight=71kg"], reason="query-answer")
        ward.do("mon.1", "query close", query=query, outcome="corrected")
        ward.do("mon.1", "review run", ask=["late"], findings="one weight", query=[query])
        lock = ward.do("pi.1", "lock", patient=PATIENT, wit=("crc.1",))
        ward.do("pi.1", "unlock", lock=lock, reason="other", reason_text="a letter came", wit=("crc.1",))
        ward.do("crc.1", "patient measure", patient=PATIENT, weight="72kg")
        ward.do("pi.1", "lock", site=True, until="2010-02-28", wit=("crc.1",))
    return ward
