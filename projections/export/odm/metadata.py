"""The study's definitions in ODM: one form and one item group for each kind of entry, one item for each field."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from projections.export.odm.xml import Xml
from projections.trail import TrailRow

VERSION = "MDV.1"
EVENT = "SE.RECORD"
_TIMES = frozenset(
    {
        "at",
        "since",
        "until",
        "ended",
        "planned_start",
        "expires",
        "valid_until",
        "aware_at",
        "reported_at",
        "diluted_at",
        "expiry",
    }
)
_LONGEST = "4000"
_DIGITS = "22"
_PLACES = "9"


class Fields(Struct, frozen=True):
    """The fields that occur: of each kind each path, with the units it was given in."""

    kinds: dict[str, dict[str, tuple[str, ...]]]

    @property
    def units(self) -> tuple[str, ...]:
        """Every unit, sorted."""
        return tuple(sorted({unit for fields in self.kinds.values() for units in fields.values() for unit in units}))


def fields_of(rows: Iterable[TrailRow]) -> Fields:
    """Collect the fields of some rows, by kind and path."""
    found: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        units = found.setdefault(row.record_kind, {}).setdefault(row.field, set())
        if row.unit is not None:
            units.add(row.unit)
    return Fields(
        {
            kind: {path: tuple(sorted(units)) for path, units in sorted(fields.items())}
            for kind, fields in sorted(found.items())
        }
    )


def group_oid(kind: str) -> str:
    """Name the item group of a kind."""
    return f"IG.{kind}"


def form_oid(kind: str) -> str:
    """Name the form of a kind."""
    return f"FO.{kind}"


def item_oid(kind: str, path: str) -> str:
    """Name the item of a field."""
    return f"IT.{kind}.{path}"


def unit_oid(unit: str) -> str:
    """Name a unit."""
    return f"MU.{unit}"


def write(xml: Xml, study: str, *, name: str, description: str, protocol: str, fields: Fields) -> None:
    """Write the element Study."""
    with xml.within("Study", OID=study):
        with xml.within("GlobalVariables"):
            xml.text("StudyName", name)
            xml.text("StudyDescription", description)
            xml.text("ProtocolName", protocol)
        with xml.within("BasicDefinitions"):
            for unit in fields.units:
                with xml.within("MeasurementUnit", OID=unit_oid(unit), Name=unit), xml.within("Symbol"):
                    xml.text("TranslatedText", unit, xml_lang="en")
        with xml.within("MetaDataVersion", OID=VERSION, Name="Entries of the dosing ledger"):
            _definitions(xml, fields)


def _definitions(xml: Xml, fields: Fields) -> None:
    with xml.within("Protocol"):
        xml.empty("StudyEventRef", StudyEventOID=EVENT, OrderNumber="1", Mandatory="Yes")
    with xml.within("StudyEventDef", OID=EVENT, Name="The patient's record", Repeating="No", Type="Common"):
        for order, kind in enumerate(fields.kinds, 1):
            xml.empty("FormRef", FormOID=form_oid(kind), OrderNumber=str(order), Mandatory="No")
    for kind in fields.kinds:
        with xml.within("FormDef", OID=form_oid(kind), Name=kind, Repeating="No"):
            xml.empty("ItemGroupRef", ItemGroupOID=group_oid(kind), OrderNumber="1", Mandatory="No")
    for kind, paths in fields.kinds.items():
        with xml.within("ItemGroupDef", OID=group_oid(kind), Name=kind, Repeating="Yes"):
            for order, path in enumerate(paths, 1):
                xml.empty("ItemRef", ItemOID=item_oid(kind, path), OrderNumber=str(order), Mandatory="No")
    for kind, paths in fields.kinds.items():
        for path, units in paths.items():
            _item(xml, kind, path, units)


def _item(xml: Xml, kind: str, path: str, units: tuple[str, ...]) -> None:
    common = {"OID": item_oid(kind, path), "Name": path}
    if units:
        with xml.within("ItemDef", **common, DataType="float", Length=_DIGITS, SignificantDigits=_PLACES):
            for unit in units:
                xml.empty("MeasurementUnitRef", MeasurementUnitOID=unit_oid(unit))
    elif path.rpartition(".")[2] in _TIMES:
        xml.empty("ItemDef", **common, DataType="partialDatetime")
    else:
        xml.empty("ItemDef", **common, DataType="text", Length=_LONGEST)
