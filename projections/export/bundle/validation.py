"""08-validation: which software made the bundle, from which parts, and what shows that it does what it should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import msgspec

from ledger.events.registry import KINDS
from projections.export.bundle import tables
from projections.export.bundle.bag import Bag
from projections.export.bundle.record import page
from projections.export.bundle.scope import Scope
from projections.printed import View

SOFTWARE, PARTS, KINDS_TABLE = "08-validation/software.txt", "08-validation/sbom.cdx.json", "08-validation/kinds.csv"
TRACEABILITY = "08-validation/traceability.md"
_REQUIRED = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


class KindLine(View, frozen=True, kw_only=True):
    """A kind of entry that this software reads and writes, and how many of it are in the bundle."""

    kind: str
    stream: str
    entries: int


def write(scope: Scope, bag: Bag) -> None:
    """Write name and build of the software, the packages it stands on, the kinds, and rule to test."""
    said = [
        f"software  {scope.version}",
        f"build     {scope.build}",
        "",
        "The build is one SHA-256 over every file of the program. Each entry names the software and the build that",
        "wrote it (member `writer` of its payload); this one made the bundle.",
    ]
    bag.put(SOFTWARE, "".join(f"{line}\n" for line in said).encode())
    bag.put(PARTS, msgspec.json.format(msgspec.json.encode(_parts(scope)), indent=2) + b"\n")
    counted = counts(scope)
    rows = (KindLine(kind=row.name, stream=row.family, entries=counted.get(row.name, 0)) for row in KINDS.values())
    tables.put(bag, KINDS_TABLE, KindLine, rows)
    bag.put(TRACEABILITY, page("traceability").encode())


def counts(scope: Scope) -> dict[str, int]:
    """Count the entries by kind, sorted by its name."""
    found: dict[str, int] = {}
    for entry in scope.ledger.entries(0, scope.size):
        found[entry.kind] = found.get(entry.kind, 0) + 1
    return dict(sorted(found.items()))


def _parts(scope: Scope) -> dict[str, object]:
    """Give the bill of materials as CycloneDX 1.5 has it, without a serial number or a time."""
    name, _, version = scope.software.partition("/")
    components = [
        {"type": "library", "name": one, "version": at, "purl": f"pkg:pypi/{one}@{at}"}
        for one, at in sorted(_stands_on(name))
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": name,
                "version": version,
                "hashes": [{"alg": "SHA-256", "content": scope.build}],
            }
        },
        "components": components,
    }


def _stands_on(name: str) -> Iterator[tuple[str, str]]:
    """List the installed packages that the program needs, and those that they need, by name and version."""
    met: set[str] = set()
    waiting = [name]
    while waiting:
        found = _installed(waiting.pop())
        for line in found.requires or () if found is not None else ():
            match = None if "extra ==" in line else _REQUIRED.match(line)
            wanted = re.sub(r"[-_.]+", "-", match[1]).lower() if match is not None else ""
            part = _installed(wanted) if wanted and wanted not in met else None
            if part is not None:
                met.add(wanted)
                waiting.append(wanted)
                yield wanted, part.version


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None
