"""Who may sign what: the card, the role and the meaning of each signature, the needs, and what was delegated."""

from __future__ import annotations

from datetime import datetime

from msgspec import structs

from ledger.admission.problem import Problem
from ledger.admission.signatures import require_recovery
from ledger.course import needs
from ledger.course.people import Roster
from ledger.errors import NotAllowed, Refused
from ledger.events.base import Need, Occurred, Wire
from ledger.events.entry import Entry, Signer
from ledger.events.keys import RegistrarRecovered
from ledger.events.people import Task
from ledger.events.registry import KINDS
from ledger.events.row import PHARMACY, REGISTRARS, SITE, SPONSOR, KindRow, Requirement

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
    struck: needs.Struck | None = None,
) -> None:
    """Judge the signers of an entry at log time `at`.

    `target` is what an amendment or regrade is about, as it stands, `moved` when that is said to have happened,
    `beside` what the roster asks for beside the signatures of the kind, `struck` what a void takes out.
    """
    payload, row = entry.payload, KINDS[entry.payload.kind]
    required = (*needs.required(entry.event, entry.author.role, target, moved, struck), *beside)
    if row.factual:
        required = tuple(_any_site_role(one) for one in required)
    more = needs.beyond(payload.needs, required)
    if more is None:
        found.append(Problem("needs", f"the entry does not name every signature that {row.name} requires", NotAllowed))
    elif more:
        _meetable(more, entry, roster, at, found)
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


def _meetable(more: tuple[Need, ...], entry: Entry, roster: Roster, at: datetime, found: list[Problem]) -> None:
    """What nothing requires may be asked for only of people who are there: an entry that waits keeps others out."""
    payload, signed = entry.payload, {signer.person for signer in entry.signers}
    unmet = needs.missing(payload, entry.signers)
    for need in dict.fromkeys(more):
        own = need.meaning == "performed" and payload.performed_by is not None
        if own or need not in unmet:
            continue
        asked = sum(1 for one in unmet if one.role == need.role)
        at_home = SITE | REGISTRARS if entry.stream.partition("/")[0] in _AUTHORITY_STREAMS else SITE
        free = roster.holders(need.role, at) - signed if need.role in at_home else frozenset()
        if need.meaning not in _LATER.meanings or len(free) < asked:
            why = f"{entry.kind} asks for a signature that nobody can give: {need.meaning} by a {need.role}"
            found.append(Problem("needs", why, NotAllowed))


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
    later = signer.meaning in _LATER.meanings and signer.role in _LATER.roles - SPONSOR
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
