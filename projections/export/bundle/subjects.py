"""03-subjects: a casebook for each patient, to read and to print."""

from __future__ import annotations

from projections.export.bundle.bag import Bag
from projections.export.bundle.scope import Scope
from projections.export.casebook.making import casebook

FOLDER = "03-subjects"


def write(scope: Scope, bag: Bag) -> None:
    """Write the casebooks, one patient in memory at a time; none where no protocol pack is in force."""
    for number in scope.numbers if scope.judged else ():
        made = casebook(scope.ledger, number, software=scope.software, known_at=scope.size)
        bag.put(f"{FOLDER}/{number}.html", made.page)
