"""Who signs a draft, as what and with which meaning: the role x act table applied to the persons at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from commands.draft import Desk, Draft
from ledger import wire
from ledger.course import needs
from ledger.course.people import Person, Roster, beside, reaches_back
from ledger.errors import NotAllowed
from ledger.events.archive import AnchorMade
from ledger.events.base import Need, Occurred, Ref
from ledger.events.keys import SignatureReaffirmed, SignatureRepudiated
from ledger.events.record import EntryCountersigned
from ledger.events.registry import KINDS, NAMES
from ledger.events.row import SITE, SPONSOR, KindRow, Requirement


@dataclass(frozen=True, slots=True)
class Signing:
    """One signature that will be made; the first one carries the entry's `needs`."""

    person: str
    name: str
    organisation: str
    role: wire.Role
    meaning: wire.Meaning
    needs: tuple[Need, ...] = ()


def authorise(act: object, desk: Desk, roster: Roster) -> None:
    """Refuse (NotAllowed) an author who may not do this at all, before any rule is looked at."""
    kind = getattr(act, "kind", None)
    if kind is None or not desk.actors:
        return
    row = KINDS[kind]
    person = roster.people[desk.actors[0]]
    _role(person, row, row.signatures[0])
    _delegated(person, row, desk.occurred(None), desk, roster)


def signings(drafts: Sequence[Draft], desk: Desk, roster: Roster) -> tuple[tuple[Signing, ...], ...]:
    """Plan the signatures of each draft by the persons at the desk.

    NotAllowed when one may not, one is lacking, or somebody at the desk would sign none of the drafts.
    """
    planned = tuple(_signings(draft, desk, roster) for draft in drafts)
    most = max(map(len, planned))
    if len(desk.actors) > most:
        kinds = " and ".join(NAMES[type(draft.event)] for draft in drafts)
        raise NotAllowed(
            f"{kinds} takes {most} signatures, not {len(desk.actors)}",
            fix="a further person countersigns: doseledger countersign",
        )
    return planned


def _signings(draft: Draft, desk: Desk, roster: Roster) -> tuple[Signing, ...]:
    row = KINDS[NAMES[type(draft.event)]]
    persons = [roster.people[name] for name in desk.actors]
    if isinstance(draft.event, EntryCountersigned):
        return _countersigning(draft.event, persons[0], desk)
    author_role = _role(persons[0], row, row.signatures[0])
    requirements = (
        *needs.required(draft.event, author_role, draft.target, draft.moved, draft.struck),
        *beside(
            draft.event, persons[0].id, [desk.book.find(ref.id) for ref in _answered(draft)], roster, _anchored(desk)
        ),
    )
    planned, wanted = list[Signing](), list[Need]()
    for place, requirement in enumerate(requirements):
        person = persons[place] if place < len(persons) else None
        if person is None:
            if not (row.completed or row.factual):
                raise NotAllowed(
                    f"{row.name} needs {len(requirements)} signatures",
                    why=reaches_back(draft.event, roster, _anchored(desk)) or _wanted(requirement),
                    fix="name the second person: --witness NAME",
                )
            wanted.append(Need(meaning=min(requirement.meanings), role=_default(requirement)))
            continue
        role = _role(person, row, requirement)
        meaning = _meaning(requirement, role, draft)
        planned.append(Signing(person.id, person.name, person.organisation, role, meaning))
        wanted.append(Need(meaning=meaning, role=role))
        _delegated(person, row, draft.occurred, desk, roster)
    if draft.performed_by is not None:
        wanted.append(_performer(draft.performed_by, row, roster))
    return (replace(planned[0], needs=tuple(wanted)), *planned[1:])


def _answered(draft: Draft) -> tuple[Ref, ...]:
    """Name the entries that an answer to a doubt is about."""
    return draft.causes if isinstance(draft.event, SignatureReaffirmed | SignatureRepudiated) else ()


def _anchored(desk: Desk) -> int:
    """How many entries the greatest head covers that was shown to somebody outside."""
    said = (entry.event for entry in desk.book.stream(f"archive/{desk.site}"))
    return max((event.size for event in said if isinstance(event, AnchorMade)), default=0)


def _role(person: Person, row: KindRow, requirement: Requirement) -> wire.Role:
    """Choose the role a person signs as; a site role outside the row may still state a fact."""
    fitting = sorted(person.roles & requirement.roles)
    if fitting:
        return "investigator" if "investigator" in fitting else fitting[0]
    others = sorted(person.roles & SITE)
    if row.factual and others:
        return others[0]
    raise NotAllowed(
        f"{person.name} may not sign {row.name}",
        why=f"{_wanted(requirement)}; {person.id} is {', '.join(sorted(person.roles))}",
        fix="see: doseledger who-may",
    )


def _wanted(requirement: Requirement) -> str:
    return f"it is signed as {' or '.join(sorted(requirement.roles))}"


def _default(requirement: Requirement) -> wire.Role:
    return min(requirement.roles)


def _meaning(requirement: Requirement, role: wire.Role, draft: Draft) -> wire.Meaning:
    meanings = requirement.meanings
    if draft.performed_by is not None and "transcribed" in meanings:
        return "transcribed"
    if len(meanings) > 1:
        return (
            "performed"
            if role == "nurse" and "performed" in meanings and draft.source.kind == "direct"
            else "authorship"
        )
    return next(iter(meanings))


def _performer(person: str, row: KindRow, roster: Roster) -> Need:
    known = roster.people.get(person)
    if known is None:
        raise NotAllowed(
            f"{person} is not enrolled",
            why="who performed an act is named by an enrolled person",
            fix="see: doseledger person list",
        )
    roles = sorted(known.roles & row.signatures[0].roles) or sorted(known.roles & SITE)
    if not roles:
        raise NotAllowed(f"{known.name} holds no site role")
    return Need(meaning="performed", role=roles[0])


def _delegated(person: Person, row: KindRow, occurred: Occurred, desk: Desk, roster: Roster) -> None:
    if row.factual or row.task is None:
        return
    for when in (occurred, desk.occurred(None)):
        if not roster.delegated(person.id, row.task, when, desk.now):
            raise NotAllowed(
                f"{person.name} holds no delegation for {row.task} now",
                why="the principal investigator delegates tasks for a period",
                fix="the principal investigator signs: doseledger person delegate",
            )


def _countersigning(event: EntryCountersigned, person: Person, desk: Desk) -> tuple[Signing, ...]:
    target = desk.book.find(event.target)
    entries = desk.book.stream(target.stream)
    gathered = [
        *target.signers,
        *(
            s
            for e in entries
            if isinstance(e.event, EntryCountersigned) and e.event.target == target.id
            for s in e.signers
        ),
    ]
    if any(s.person == person.id for s in gathered):
        raise NotAllowed(
            f"{person.name} has already signed entry #{target.position}",
            why="two signatures of one entry are by two persons",
            fix="another person countersigns",
        )
    open_needs = needs.missing(target.payload, gathered)
    for need in open_needs:
        own = need.meaning != "performed" or target.payload.performed_by in (None, person.id)
        if need.role in person.roles and own:
            return (_one(person, need.role, need.meaning),)
    if open_needs:
        lacking = ", ".join(f"{need.meaning} by {need.role}" for need in open_needs)
        raise NotAllowed(
            f"{person.name} cannot give the signature that entry #{target.position} lacks",
            why=f"it lacks: {lacking}",
            fix="the person in that role countersigns",
        )
    roles = sorted(person.roles - SPONSOR)
    if not roles:
        raise NotAllowed(
            f"entry #{target.position} asks for no signature of the sponsor's physician",
            why="the sponsor's physician signs what asks for him, and nothing else",
        )
    return (_one(person, roles[0], "acknowledged"),)


def _one(person: Person, role: wire.Role, meaning: wire.Meaning) -> Signing:
    return Signing(person.id, person.name, person.organisation, role, meaning, (Need(meaning=meaning, role=role),))
