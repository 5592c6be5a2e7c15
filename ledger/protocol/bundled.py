"""The packs and dictionaries that come with the program, as bytes."""

from __future__ import annotations

from importlib.resources import files

from ledger.errors import BadInput

NAMES = {
    "nct00983528": "packs/nct00983528.toml",
    "nct00983528-demo": "packs/nct00983528-demo.toml",
    "cytarabine-clofarabine-demo": "packs/cytarabine-clofarabine-demo.toml",
    "ctcae-5.0": "dictionaries/ctcae-5.0.toml",
    "ctcae-6.0": "dictionaries/ctcae-6.0.toml",
}


def bundled(name: str) -> bytes:
    """Return the bytes of a bundled pack or dictionary; BadInput lists the names there are."""
    if name not in NAMES:
        raise BadInput(f"nothing called {name!r} comes with this program", fix=f"one of {', '.join(NAMES)}, or a file")
    return files("ledger.protocol").joinpath(NAMES[name]).read_bytes()
