"""The kinds of the study, its people, its dose levels and its stock."""

from __future__ import annotations

from ledger.events import cohort, people, study, supply
from ledger.events.predicate import SLOTS, only
from ledger.events.row import (
    DATA,
    FACT,
    NURSES,
    PHARMACY,
    PI,
    REGISTRARS,
    SPONSOR,
    KindRow,
    by,
)

TWO_REGISTRARS = (by(REGISTRARS, "authorship"), by(REGISTRARS, "verified"))

ROWS = (
    KindRow("ledger.created/1", study.LedgerCreated, "study", 0, (by(REGISTRARS, "responsibility"),)),
    KindRow(
        "ledger.restored/1",
        study.LedgerRestored,
        "study",
        3,
        (by(REGISTRARS, "responsibility"), by(REGISTRARS, "responsibility")),
        conflicts=only("ledger.restored/1"),
    ),
    KindRow(
        "dictionary.loaded/1",
        study.DictionaryLoaded,
        "study",
        2,
        (by(DATA | PI),),
        conflicts=only("dictionary.loaded/1"),
    ),
    KindRow(
        "protocol.activated/1",
        study.ProtocolActivated,
        "study",
        1,
        (by(PI, "approved"),),
        conflicts=only("protocol.activated/1"),
    ),
    KindRow(
        "key.enrolled/1",
        people.KeyEnrolled,
        "people",
        0,
        TWO_REGISTRARS,
        conflicts=only("key.enrolled/1"),
        completed=True,
    ),
    KindRow(
        "device.enrolled/1",
        people.DeviceEnrolled,
        "people",
        1,
        TWO_REGISTRARS,
        conflicts=only("device.enrolled/1"),
        completed=True,
    ),
    KindRow("delegation.granted/1", people.DelegationGranted, "people", 2, (by(PI, "approved"),)),
    KindRow("delegation.ended/1", people.DelegationEnded, "people", 3, (by(PI, "approved"),)),
    KindRow("level.opened/1", cohort.LevelOpened, "cohort", 0, (by(PI, "approved"),), conflicts=SLOTS),
    KindRow(
        "cohort.decided/1",
        cohort.CohortDecided,
        "cohort",
        1,
        (by(PI, "approved"), by(SPONSOR, "approved")),
        conflicts=SLOTS,
    ),
    KindRow("accrual.suspended/1", cohort.AccrualSuspended, "cohort", 2, (by(PI | SPONSOR, "approved"),)),
    KindRow("accrual.resumed/1", cohort.AccrualResumed, "cohort", 3, (by(PI, "approved"),), conflicts=SLOTS),
    KindRow("lot.received/1", supply.LotReceived, "supply", 0, (by(PHARMACY, *FACT),), "supply", factual=True),
    KindRow("lot.quarantined/1", supply.LotQuarantined, "supply", 1, (by(PHARMACY, *FACT),), "supply", factual=True),
    KindRow(
        "drug.wasted/1",
        supply.DrugWasted,
        "supply",
        2,
        (by(PHARMACY, *FACT), by(PHARMACY | NURSES, "verified")),
        "supply",
        factual=True,
    ),
    KindRow("drug.returned/1", supply.DrugReturned, "supply", 3, (by(PHARMACY, *FACT),), "supply", factual=True),
    KindRow("drug.transferred/1", supply.DrugTransferred, "supply", 4, (by(PHARMACY, *FACT),), "supply", factual=True),
    KindRow(
        "drug.destroyed/1",
        supply.DrugDestroyed,
        "supply",
        5,
        (by(PHARMACY, *FACT), by(PHARMACY | NURSES, "verified")),
        "supply",
        factual=True,
    ),
    KindRow("stock.counted/1", supply.StockCounted, "supply", 6, (by(PHARMACY, *FACT),), "supply", factual=True),
)
