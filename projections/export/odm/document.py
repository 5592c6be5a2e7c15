"""The whole file: definitions, people, and the transactions of every patient, as a function of the head of the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from ledger.book import Ledger
from ledger.errors import IntegrityFailure
from projections.export.odm import metadata
from projections.export.odm.clinical import Clinical
from projections.export.odm.people import People
from projections.export.odm.transactions import transactions
from projections.export.odm.xml import Out, Xml
from projections.printed import utc
from projections.replay import numbers, window
from projections.trail import TrailRow, rows

_NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"


def write(ledger: Ledger, out: Out, *, software: str, size: int | None = None, patients: Sequence[str] = ()) -> int:
    """Write the trail of the first `size` entries about patients, of these alone where any are named.

    `software` is `name/version`. Gives the number of transactions. What is about no patient has no place in ODM's
    clinical data: who signed stands in AdminData, the rest in the other exports. BadInput for an unknown patient.
    """
    stop = ledger.size if size is None else size
    head, roster = ledger.log_time(stop - 1), ledger.roster(stop)
    if roster.genesis is None:
        raise IntegrityFailure("the ledger has no first entry", fix="run: doseledger verify")
    named = tuple(patients) or numbers(ledger, window(ledger, now=head, known_at=stop))
    people = People()
    fields = metadata.fields_of(chain.from_iterable(_met(ledger, one, stop, people) for one in named))
    study, pack = f"ST.{roster.genesis.trial}", roster.protocol
    name, _, version = software.partition("/")
    xml, count = Xml(out), 0
    with xml.within(
        "ODM",
        xmlns=_NAMESPACE,
        FileType="Transactional",
        Granularity="SingleSubject" if len(patients) == 1 else "AllClinicalData",
        Archival=None if patients or ledger.withheld() else "Yes",
        FileOID="/".join(("doseledger", ledger.id, str(stop), *patients)),
        CreationDateTime=utc(head),
        AsOfDateTime=utc(head),
        ODMVersion="1.3.2",
        Originator=f"Site {roster.site}",
        SourceSystem=name,
        SourceSystemVersion=version,
    ):
        metadata.write(
            xml,
            study,
            name=roster.genesis.trial,
            description=f"Dosing ledger {ledger.id}, its first {stop} entries, root {ledger.root_at(stop).hex()}",
            protocol=f"{pack.pack.id} {pack.pack.version}" if pack is not None else "no protocol pack is active",
            fields=fields,
        )
        people.write(xml, study, since=ledger.log_time(0).date().isoformat())
        with xml.within("ClinicalData", StudyOID=study, MetaDataVersionOID=metadata.VERSION):
            clinical = Clinical(ledger, xml, people)
            for one in named:
                count += clinical.subject(one, roster.site, transactions(rows(ledger, patient=one, size=stop)))
    return count


def _met(ledger: Ledger, patient: str, size: int, people: People) -> Iterator[TrailRow]:
    """Give the rows of a patient, and note who signed them."""
    for row in rows(ledger, patient=patient, size=size):
        people.met(row)
        yield row
