"""Clinical data in ODM: every transaction with its audit record, its signatures and its items."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.book import Ledger
from projections.export.odm.metadata import EVENT, form_oid, group_oid, item_oid, unit_oid
from projections.export.odm.people import People, location, meant
from projections.export.odm.transactions import Item, Transaction
from projections.export.odm.xml import Xml
from projections.printed import Signature
from projections.trail import TrailRow


class Clinical:
    """Writes the subjects of one document; audit records and signatures are numbered within it."""

    def __init__(self, ledger: Ledger, xml: Xml, people: People) -> None:
        self._ledger = ledger
        self._xml = xml
        self._people = people
        self._parts: dict[int, int] = {}

    def subject(self, number: str, site: str, transactions: Sequence[Transaction]) -> int:
        """Write one patient; gives the number of transactions."""
        with self._xml.within("SubjectData", SubjectKey=number, TransactionType="Context"):
            self._xml.empty("SiteRef", LocationOID=location(site))
            with self._xml.within("StudyEventData", StudyEventOID=EVENT, TransactionType="Context"):
                for one in transactions:
                    self._transaction(one)
        return len(transactions)

    def _transaction(self, one: Transaction) -> None:
        signatures = one.row.signatures
        with self._xml.within("FormData", FormOID=form_oid(one.kind), TransactionType="Context"):
            with self._xml.within("ItemGroupData", **_key(one), TransactionType=one.type):
                part = self._audited(one.row)
                self._signature(one.row, signatures[0], part, 0)
                if one.said is not None:
                    with self._xml.within("Annotation", SeqNum="1"):
                        self._xml.text("Comment", one.said)
                for item in one.items:
                    self._item(one.kind, item)
            for place, signature in enumerate(signatures[1:], 1):
                with self._xml.within("ItemGroupData", **_key(one), TransactionType="Context"):
                    self._signature(one.row, signature, self._audited(one.row), place)

    def _audited(self, row: TrailRow) -> str:
        """Write who entered it, where, when and why, and which entry it is; gives the number of this part of it."""
        self._parts[row.position] = self._parts.get(row.position, 0) + 1
        part = f"{row.position}.{self._parts[row.position]}"
        with self._xml.within("AuditRecord", ID=f"AR.{part}"):
            self._xml.empty("UserRef", UserOID=self._people.user(row.signatures[0]))
            self._xml.empty("LocationRef", LocationOID=location(row.site))
            self._xml.text("DateTimeStamp", row.recorded_at)
            why = ": ".join(one for one in (row.reason, row.reason_text) if one is not None)
            if why:
                self._xml.text("ReasonForChange", why)
            self._xml.text("SourceID", f"entry:{row.position} sha256:{row.leaf}")
        return part

    def _signature(self, row: TrailRow, signature: Signature, part: str, place: int) -> None:
        """Write one signature; the first of an entry is bound by the entry's own signed bytes, others by its hash."""
        first = place == 0 and part.endswith(".1")
        bound = f"entry:{row.position} signature:{place} sha256:{row.leaf}"
        with self._xml.within("Signature", ID=f"SG.{part}"):
            self._xml.empty("UserRef", UserOID=self._people.user(signature))
            self._xml.empty("LocationRef", LocationOID=location(row.site))
            self._xml.empty("SignatureRef", SignatureOID=meant(signature.meaning, signature.role))
            self._xml.text("DateTimeStamp", signature.at)
            manifest = self._ledger.raw(row.position).decode("ascii") if first else bound
            self._xml.text("CryptoBindingManifest", manifest)

    def _item(self, kind: str, item: Item) -> None:
        named = {"ItemOID": item_oid(kind, item.field), "TransactionType": item.type, "Value": item.value}
        if item.unit is None:
            self._xml.empty("ItemData", **named)
            return
        with self._xml.within("ItemData", **named):
            self._xml.empty("MeasurementUnitRef", MeasurementUnitOID=unit_oid(item.unit))


def _key(one: Transaction) -> dict[str, str]:
    return {"ItemGroupOID": group_oid(one.kind), "ItemGroupRepeatKey": str(one.record)}
