"""The closed table of parameters: every name a pack declares, its type, unit and the act that needs it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args, get_type_hints

from ledger.errors import BadInput
from ledger.protocol.conduct import ConductParameters
from ledger.protocol.declared import Declared
from ledger.protocol.reading import FAMILY, FAMILY_TYPE


class Parameters(ConductParameters, frozen=True, kw_only=True):
    """Every declared parameter: the groups build on each other, and each is described where it stands."""


def _declarations() -> dict[str, tuple[object, Declared]]:
    hints = get_type_hints(Parameters, include_extras=True)
    return {name: (hint, _declared(hint)) for name, hint in hints.items()}


def _declared(hint: object) -> Declared:
    return next(part for part in get_args(hint) if isinstance(part, Declared))


DECLARED: Mapping[str, tuple[object, Declared]] = MappingProxyType(_declarations())
"""Type and declaration of every parameter; those named `premed.AGENT` come from the pack."""


def declaration(name: str) -> tuple[object, Declared]:
    """Return the type and declaration of a parameter; BadInput when there is none of that name."""
    if name.startswith(f"{FAMILY}."):
        return FAMILY_TYPE, _declared(FAMILY_TYPE)
    if name not in DECLARED:
        raise BadInput(f"parameter {name}: there is no such parameter")
    return DECLARED[name]
