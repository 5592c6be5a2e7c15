"""A writer in a process of its own: `writer.py LEDGER NAME COUNT SEED` records COUNT weights of one patient."""

from __future__ import annotations

import sys

from minting import Site

from ledger.events.patient import PatientMeasured

PATIENT = "patient/001-001"


def main() -> None:
    """Write, each entry in a turn of its own, and print the positions."""
    path, name, count, seed = sys.argv[1:]
    site = Site(path, seed=f"{name} {seed}", join=True)
    for i in range(int(count)):
        entry = site.write(PATIENT, PatientMeasured(weight_kg=str(60 + i), height_cm=None), by=name)
        sys.stdout.write(f"{entry.position}\n")


if __name__ == "__main__":
    main()
