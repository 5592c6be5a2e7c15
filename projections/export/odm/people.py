"""Administrative data in ODM: who signed, where, and what each kind of signature means."""

from __future__ import annotations

from typing import Literal

from projections.export.odm.metadata import VERSION
from projections.export.odm.xml import Xml
from projections.printed import Signature
from projections.trail import TrailRow

Card = tuple[str, str, str]
"""Person, printed name, organisation."""


class People:
    """Everybody who signed, as printed beside the signatures; each has an OID, and so has each meaning in a role."""

    def __init__(self) -> None:
        self._users: dict[Card, tuple[str, str]] = {}
        self._meanings: dict[tuple[str, str], str] = {}
        self._sites: dict[str, None] = {}

    def met(self, row: TrailRow) -> None:
        """Take in those who signed an entry."""
        self._sites.setdefault(row.site)
        for one in row.signatures:
            self._meanings.setdefault((one.meaning, one.role), one.statement)
            self._users.setdefault(_card(one), (self._name(one), one.role))

    def user(self, signature: Signature) -> str:
        """Name a signer."""
        return self._users[_card(signature)][0]

    def _name(self, one: Signature) -> str:
        oid = f"US.{'DEVICE.' if one.role == 'system' else ''}{one.person}"
        again = sum(1 for card in self._users if card[0] == one.person)
        return f"{oid}.{again + 1}" if again else oid

    def write(self, xml: Xml, study: str, *, since: str) -> None:
        """Write the element AdminData; the site has had the definitions since that day."""
        with xml.within("AdminData", StudyOID=study):
            for (person, name, organisation), (oid, role) in sorted(self._users.items()):
                with xml.within("User", OID=oid, UserType=_type(role)):
                    xml.text("LoginName", person)
                    xml.text("DisplayName", name)
                    xml.text("FullName", name)
                    xml.text("Organization", organisation)
            for site in sorted(self._sites):
                with xml.within("Location", OID=location(site), Name=f"Site {site}", LocationType="Site"):
                    xml.empty("MetaDataVersionRef", StudyOID=study, MetaDataVersionOID=VERSION, EffectiveDate=since)
            for (meaning, role), statement in sorted(self._meanings.items()):
                with xml.within("SignatureDef", OID=meant(meaning, role), Methodology="Digital"):
                    xml.text("Meaning", f"{meaning}, as {role}")
                    xml.text("LegalReason", statement)


def location(site: str) -> str:
    """Name a site."""
    return f"LO.{site}"


def meant(meaning: str, role: str) -> str:
    """Name a meaning in a role."""
    return f"SD.{meaning}.{role}"


def _card(one: Signature) -> Card:
    return one.person, one.name, one.organisation


def _type(role: str) -> Literal["Sponsor", "Investigator", "Other"]:
    if role in ("investigator", "principal-investigator"):
        return "Investigator"
    return "Sponsor" if role.startswith("sponsor") else "Other"
