"""ODM files in tests: the judges of others, and a reader of our own that applies transactions as a sponsor's would."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import odmlib
from lxml import etree
from odmlib.loader import ODMLoader
from odmlib.odm_loader import XMLODMLoader
from odmlib.oid_generator import create_oid_checker

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
Data = dict[str, dict[str, str]]


@cache
def schema() -> etree.XMLSchema:
    """CDISC's schema of ODM 1.3.2, as odmlib carries it."""
    return etree.XMLSchema(etree.parse(Path(odmlib.__file__).parent / "schemas" / "odm" / "1.3.2" / "ODM1-3-2.xsd"))


def invalid(document: bytes) -> list[str]:
    """What the schema says against a document."""
    schema().validate(etree.fromstring(document))
    return [error.message for error in schema().error_log]


def check_references(path: Path) -> dict[str, str]:
    """Raise where a reference leads nowhere; gives the definitions that nothing refers to."""
    loader = ODMLoader(XMLODMLoader(model_package="odm_1_3_2"))
    loader.open_odm_document(str(path))
    root, checker = loader.root(), create_oid_checker("odm_1_3_2")
    root.verify_oids(checker)
    return root.unreferenced_oids(checker)


def loaded(document: bytes) -> dict[str, Data]:
    """The data of every subject after all transactions: item group and repeat key to items."""
    found: dict[str, Data] = {}
    for subject in etree.fromstring(document).iter(f"{ODM}SubjectData"):
        groups = found.setdefault(subject.get("SubjectKey"), {})
        for group in subject.iter(f"{ODM}ItemGroupData"):
            _apply(groups, group)
    return found


def _apply(groups: Data, group: etree._Element) -> None:
    key, kind = group.get("ItemGroupRepeatKey"), group.get("TransactionType")
    match kind:
        case "Context":
            assert [] == group.findall(f"{ODM}ItemData")
            return
        case "Remove":
            del groups[key]
            return
        case "Insert":
            assert key not in groups
            groups[key] = {}
        case _:
            assert ("Update", True) == (kind, key in groups)
    prefix = f"IT.{group.get('ItemGroupOID').removeprefix('IG.')}."
    for item in group.findall(f"{ODM}ItemData"):
        field, done = item.get("ItemOID").removeprefix(prefix), item.get("TransactionType")
        assert (field in groups[key]) == (done in ("Update", "Remove")), (key, field, done)
        if done == "Remove":
            del groups[key][field]
        else:
            groups[key][field] = item.get("Value")
