"""Who may sign what: the card, the role and the meaning of each signature, the needs, and what was delegated."""

from __future__ import annotations

from datetime import datetime

from msgspec import structs

from ledger.admission.problem import Problem
from ledger.admission.signatures import require_recovery
from ledger.course import needs
from ledger.course.people import Roster
from ledger.errors import NotAllowed, Refused
from ledger.events.base import Occurred, Wire
from ledger.events.entry import Entry, Signer
from ledger.events.keys import RegistrarRecovered
from ledger.events.people import Task
from ledger.events.registry import KINDS
from ledger.events.row import PHARMACY, REGISTRARS, SITE, KindRow, Requirement

_LATER = KINDS["entry.countersigned/1"].signatures[0]
"""What a countersignature may say, and by whom: an entry may carry it at once."""
_AUTHORITY_STREAMS = frozenset({"study", "people"})


def authority(  # noqa: PLR0917 - what an entry is judged by
    entry: Entry,
    roster: Roster,
    target: Wire | None,
    moved: Occurred | None,
    at: datetime,
    found: list[Problem],
    beside: tuple[Requirement, ...] = (),
) -> None:
    """Judge the signers of an entry at log time `at`.

    `target` is what an amendment or regrade is about, as it stands, `moved` when that is said to have happened,
    `beside` what the roster asks for beside the signatures of the kind.
    """
    payload, row = entry.payload, KINDS[entry.payload.kind]
    required = (*needs.required(entry.event, entry.author.role, target, moved), *beside)
    if row.factual:
        required = tuple(_any_site_role(one) for one in required)
    if not needs.covers(payload.needs, required):
        found.append(Problem("needs", f"the entry does not name every signature that {row.name} requires", NotAllowed))
    for index, signer in enumerate(entry.signers):
        try:
            if isinstance(entry.event, RegistrarRecovered):
                require_recovery(entry.event, entry.signers, roster)
            else:
                roster.require_signer(signer, at)
        except NotAllowed as error:
            found.append(
                Problem(
                    "signer", f"{error.what}: {error.why}" if error.why else error.what, NotAllowed, "L1", fix=error.fix
                )
            )
        _role(signer, index, row, required, entry, found)
        if row.task is not None and not row.factual:
            _delegated(signer, index, row.task, entry, roster, found)
    _complete(entry, row, found)


def _any_site_role(one: Requirement) -> Requirement:
    return Requirement(one.meanings, one.roles | SITE)


def fits(signer: Signer, required: tuple[Requirement, ...]) -> bool:
    """Tell whether the signature is one of those that are required."""
    return any(signer.meaning in one.meanings and signer.role in one.roles for one in required)


def _role(  # noqa: PLR0917 - the parts of one judgement
    signer: Signer, index: int, row: KindRow, required: tuple[Requirement, ...], entry: Entry, found: list[Problem]
) -> None:
    if fits(signer, required):
        return
    later = signer.meaning in _LATER.meanings and signer.role in _LATER.roles
    at_home = signer.role not in REGISTRARS or entry.stream.partition("/")[0] in _AUTHORITY_STREAMS
    if index == 0 or not later or not at_home:
        why = f"a {signer.role} does not sign {row.name} with the meaning {signer.meaning}"
        found.append(Problem("role", why, NotAllowed))


def _delegated(  # noqa: PLR0917 - as above
    signer: Signer, index: int, task: Task, entry: Entry, roster: Roster, found: list[Problem]
) -> None:
    """A second signer of the pharmacy may sign under the pharmacy's own task."""
    now = datetime.fromisoformat(signer.at)
    signed = structs.replace(entry.payload.occurred, at=f"{signer.at[:16]}{signer.at[-6:]}", precision="minute")
    tasks: tuple[Task, ...] = (task, "pharmacy") if index and signer.role in PHARMACY else (task,)
    for occurred, at in ((entry.payload.occurred, entry.occurred_at), (signed, now)):
        if not any(roster.delegated(signer.person, one, occurred, at) for one in tasks):
            break
    else:
        return
    why = f"{task} was not delegated to {signer.person} at {occurred.at}"
    found.append(
        Problem(
            "delegation", why, NotAllowed, fix="the principal investigator delegates it: doseledger person delegate"
        )
    )


def _complete(entry: Entry, row: KindRow, found: list[Problem]) -> None:
    """Two signatures are two persons; the author signs what is needed; a gated act has all it needs at once."""
    signers, declared = entry.signers, entry.payload.needs
    start = row.name == "infusion.started/1"
    error, rules = (Refused, ("S-2P",)) if start else (NotAllowed, ())
    if len(signers) > 1 and len({signer.person for signer in signers}) < len(signers):
        found.append(Problem("same-person", "one person has signed the entry twice", error, rules=rules))
    author = signers[0]
    if not any(need.meaning == author.meaning and need.role == author.role for need in declared):
        found.append(
            Problem("author", f"the entry does not name the signature of its author {author.person}", NotAllowed)
        )
    if not row.factual and not row.completed:
        missing = needs.missing(entry.payload, signers)
        if missing:
            what = ", ".join(f"{need.meaning} by a {need.role}" for need in missing)
            found.append(Problem("incomplete", f"{row.name} lacks {what}", error, rules=rules))
