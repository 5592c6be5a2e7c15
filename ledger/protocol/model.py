"""The protocol pack: its parameters with their sources, and the activated protocol that the rules read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from types import MappingProxyType

import msgspec

from ledger.errors import BadInput, Refused
from ledger.protocol.checks import check
from ledger.protocol.declarations import DECLARED, Parameters, declaration
from ledger.protocol.declared import (
    ACTIVATION,
    Criterion,
    MgRange,
    Modifier,
    Premed,
    Prophylaxis,
    SpecialInterest,
)
from ledger.protocol.overriding import changed
from ledger.protocol.reading import FAMILY, Header, Written, convert, read
from ledger.protocol.rendering import render

__all__ = [
    "Criterion",
    "MgRange",
    "Modifier",
    "Pack",
    "Parameter",
    "Premed",
    "Prophylaxis",
    "Protocol",
    "SpecialInterest",
    "load",
]


class Protocol(Parameters, frozen=True, kw_only=True):
    """An activated pack: what the rules compare with. Only parameters bound to an act may be None."""

    id: str
    version: str
    digest: str
    title: str
    registration: str
    notice: str
    fictional: tuple[str, ...]
    premedication: tuple[Premed, ...]

    def __hash__(self) -> int:
        """The digest covers every other field."""
        return hash(self.digest)

    def level_mg_m2(self, level: str) -> Decimal:
        """Return what a dose level is worth, in mg/m2 per day; Refused (K-VALUE) names the parameter that is unset."""
        if level == "0":
            return self.level_0_mg_m2
        if level == "-1":
            return self.require("level_minus_1")
        if level not in self.levels_mg_m2:
            raise _unset(self, f"levels_mg_m2.{level}")
        return self.levels_mg_m2[level]

    def require(self, name: str) -> Decimal:
        """Return the amount that an act is bound to; Refused (K-VALUE) names it when the pack leaves it unset."""
        if name not in DECLARED or DECLARED[name][1].required_for == ACTIVATION:
            raise BadInput(f"no act is bound to a parameter {name!r}")
        value: object = getattr(self, name)
        if not isinstance(value, Decimal):
            raise _unset(self, name)
        return value


def _unset(protocol: Protocol, name: str) -> Refused:
    return Refused(
        f"the pack {protocol.id} {protocol.version} does not set {name}",
        rules=("K-VALUE",),
        why="there is no default for a value that the protocol does not give",
        fix="activate a signed version of the pack that sets it",
    )


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of a pack; `value` is None when the pack leaves it unset, `source` says who chose it."""

    name: str
    value: object
    unit: str
    source: str
    fictional: bool
    required_for: str


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A protocol pack as loaded; `digest` is the SHA-256 (hexadecimal) of exactly `data`."""

    id: str
    version: str
    title: str
    registration: str
    notice: str
    data: bytes
    digest: str
    parameters: Mapping[str, Parameter]

    def __hash__(self) -> int:
        """The digest covers every other field."""
        return hash(self.digest)

    def unset(self, act: str = ACTIVATION) -> tuple[str, ...]:
        """Return the names of the parameters that `act` needs and the pack leaves unset, sorted."""
        return tuple(sorted(p.name for p in self.parameters.values() if p.value is None and p.required_for == act))

    def fictional(self) -> tuple[str, ...]:
        """Return the names of the parameters whose value stands for an unpublished one, sorted."""
        return tuple(sorted(p.name for p in self.parameters.values() if p.fictional))

    def protocol(self) -> Protocol:
        """Activate the pack; Refused (K-VALUE) names every parameter that is missing for activation."""
        if missing := self.unset():
            raise Refused(
                f"the pack {self.id} {self.version} does not set {', '.join(missing)}",
                rules=("K-VALUE",),
                why="there is no default for a value that the protocol does not give",
                fix="set them in a new version of the pack",
            )
        fields = {name: self.parameters[name].value for name in DECLARED}
        fields |= {name: getattr(self, name) for name in ("id", "version", "digest", "title", "registration", "notice")}
        fields |= {"fictional": self.fictional(), "premedication": self._premedication()}
        made: Callable[..., Protocol] = Protocol  # every value has been converted to its declared type
        return made(**fields)

    def _premedication(self) -> tuple[Premed, ...]:
        return tuple(
            Premed(
                agent=name.removeprefix(f"{FAMILY}."),
                min_mg=parameter.value.min_mg,
                max_mg=parameter.value.max_mg,
                fictional=parameter.fictional,
            )
            for name, parameter in self.parameters.items()
            if isinstance(parameter.value, MgRange)
        )


def load(data: bytes, *, overrides: Mapping[str, str] | None = None, unset: Collection[str] = ()) -> Pack:
    """Read a pack; BadInput names the parameter that is unknown, missing, of another type or contradicts another.

    `overrides` (a choice, name or amount as it is, anything else as a TOML value) and `unset` are for simulated
    runs: they make a new pack, written in canonical form, so that its digest covers them.
    """
    header, written = read(data)
    pack = _pack(data, header, written)
    if overrides or unset:
        pack = load(render(header, changed(written, overrides or {}, unset)))
    return pack


def _pack(data: bytes, header: Header, written: Mapping[str, Written]) -> Pack:
    parameters: dict[str, Parameter] = {}
    for name, row in written.items():
        kind, declared = declaration(name)
        value = convert(name, row, kind, declared)
        parameters[name] = Parameter(
            name=name,
            value=MappingProxyType(value) if isinstance(value, dict) else value,
            unit=row.unit,
            source=row.source,
            fictional=row.fictional,
            required_for=declared.required_for,
        )
    if missing := [name for name in DECLARED if name not in parameters]:
        raise BadInput(
            f"parameter {missing[0]}: the pack does not declare it ({len(missing)} missing: {', '.join(missing)})",
            fix="give it a value, or write `unset = true`",
        )
    check({name: parameter.value for name, parameter in parameters.items()})
    return Pack(
        id=header.id,
        version=header.version,
        title=header.title,
        registration=header.registration,
        notice=header.notice,
        data=data,
        digest=hashlib.sha256(data).hexdigest(),
        parameters=MappingProxyType(parameters),
    )
