"""The shapes of the signed bytes: closed, free of free text, and frozen once they were released."""

from __future__ import annotations

import ast
import inspect
import json
import re
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin

import msgspec
import pytest
import shapes

from ledger import wire
from ledger.course import patient as fold
from ledger.events.body import REFERENCE_FIELDS
from ledger.events.event import Event, PatientEvent, ReviewEvent
from ledger.events.registry import KINDS, NAMES
from ledger.signing.meanings import TEXTS

REPOSITORY = Path(__file__).parents[2]
FROZEN = json.loads(shapes.FROZEN.read_text(encoding="utf-8"))
CURRENT = shapes.current()
RELEASED = "a released shape is frozen: add a new version"
STRUCTS = shapes.every_struct()
every_struct = pytest.mark.parametrize("struct", STRUCTS, ids=[struct.__name__ for struct in STRUCTS])
GRAMMARS = [value for name, value in vars(wire).items() if get_origin(value) is Annotated]


def leaf_problem(leaf):
    """Why a type may not stand in the signed bytes; None when it may."""
    if leaf is type(None) or leaf is bool or leaf is msgspec.Raw:
        return None
    if get_origin(leaf) is Literal:
        return None if all(isinstance(word, str | int) for word in get_args(leaf)) else "a list of other things"
    if get_origin(leaf) is Annotated:
        base, meta = get_args(leaf)[0], leaf.__metadata__[0]
        if base is int:
            return (
                None if meta.ge is not None and meta.le is not None and meta.le < 2**53 else "a number without bounds"
            )
        if base is not str or leaf not in GRAMMARS:
            return "not a grammar of ledger.wire"
        return None if meta.pattern.startswith(r"\A") and meta.pattern.endswith(r"\Z") else "an open pattern"
    if isinstance(leaf, type) and issubclass(leaf, msgspec.Struct) and not issubclass(leaf, Enum):
        return None
    return f"{leaf} has no one form in JSON"


# --- nothing but what has one form


@every_struct
def test_every_member_has_a_grammar(struct):
    """A patient's name could be typed into the signed bytes, where nothing can ever be removed."""
    for name, hint in shapes.hints(struct).items():
        assert [] == [problem for leaf in shapes.leaves(hint) if (problem := leaf_problem(leaf))], name


@every_struct
def test_every_struct_is_closed_frozen_and_without_defaults(struct):
    """A member nobody signed could slip in, or one that was not said could be read as if it had been."""
    config = struct.__struct_config__
    assert (True, True) == (config.frozen, config.forbid_unknown_fields)
    assert (False, None, False) == (config.omit_defaults, config.tag, config.array_like)
    assert () == struct.__struct_defaults__ or set(struct.__struct_defaults__) <= {msgspec.NODEFAULT}
    assert struct.__struct_fields__ == struct.__struct_encode_fields__


@pytest.mark.parametrize(
    ("hint", "allowed"),
    [
        (str, False),
        (float, False),
        (int, False),
        (Annotated[str, msgspec.Meta(pattern=".*")], False),
        (Annotated[int, msgspec.Meta(ge=0)], False),
        (dict[str, str], False),
        (wire.Token, True),
        (wire.Count, True),
        (bool, True),
    ],
    ids=str,
)
def test_the_walk_sees_what_it_looks_for(hint, allowed):
    """The test of the structs could have gone blind, and let a name or a binary fraction into the record."""
    assert allowed == (leaf_problem(hint) is None)


def depth(struct):
    """How many brackets stand inside each other in a struct, its own included; a raw body counts as the deepest."""
    inside = [0]
    for hint in shapes.hints(struct).values():
        listed = 1 if "tuple" in str(hint) else 0
        for leaf in shapes.leaves(hint):
            if leaf is msgspec.Raw:
                inside.append(
                    max(depth(row.struct) for row in KINDS.values() if "Raw" not in str(shapes.hints(row.struct)))
                )
            elif isinstance(leaf, type) and issubclass(leaf, msgspec.Struct):
                inside.append(listed + depth(leaf))
            else:
                inside.append(listed)
    return 1 + max(inside)


def test_nothing_is_nested_deeper_than_eight():
    """A reader of another make, which stops at eight, would refuse a true entry."""
    deepest = {name: depth(struct) for name, struct in shapes.ROOTS.items()}
    corrected = deepest["payload"] + 1
    assert 6 == deepest["payload"]
    assert corrected <= 8
    assert max(deepest.values()) <= 8


# --- nothing released changes


@pytest.mark.parametrize("table", ["roots", "parts"])
def test_a_released_struct_keeps_its_members(table):
    """Entries signed before an update would be refused after it, or mean something else."""
    for name, members in FROZEN[table].items():
        assert list(members.items()) == list(CURRENT[table].get(name, {}).items()), f"{name}: {RELEASED}"
    assert sorted(FROZEN[table]) == sorted(CURRENT[table]), f"new shapes are frozen too: python {shapes.__file__}"


@pytest.mark.parametrize("table", ["words", "grammars"])
def test_a_released_list_or_grammar_stays(table):
    """A word that old entries use would be refused, or a new one would stand in bytes that old readers refuse."""
    for name, said in FROZEN[table].items():
        assert said == CURRENT[table].get(name), f"{name}: {RELEASED}"
    assert sorted(FROZEN[table]) == sorted(CURRENT[table]), f"new shapes are frozen too: python {shapes.__file__}"


# --- nothing is forgotten


def test_every_reference_is_known_as_one():
    """An infusion could name an order of another patient: only known references are compared with `causes`."""
    bodies = {one for row in KINDS.values() for one in (row.struct, *shapes.parts(row.struct))}
    named = {
        name
        for struct in bodies
        for name, hint in shapes.hints(struct).items()
        if any(leaf == wire.Uuid for leaf in shapes.leaves(hint))
    }
    assert set(REFERENCE_FIELDS) == named | {"factors"}


def test_every_kind_is_an_event_and_every_event_a_kind():
    """An act could be signed and never be read again."""
    assert set(get_args(Event)) == {row.struct for row in KINDS.values()} == set(NAMES)


def test_every_event_of_a_patient_is_folded():
    """A dose could stand in the record and not count."""
    patients = {row.struct for row in KINDS.values() if row.family == "patient"} - set(get_args(ReviewEvent))
    assert patients == set(get_args(PatientEvent))
    match = next(node for node in ast.walk(ast.parse(inspect.getsource(fold.evolve))) if isinstance(node, ast.Match))
    folded = {
        name.attr if isinstance(name, ast.Attribute) else name.id
        for case in match.cases
        for node in ast.walk(case.pattern)
        if isinstance(node, ast.MatchClass)
        for name in [node.cls]
    }
    assert {struct.__name__ for struct in patients} == folded


def test_every_rank_is_given_once():
    """Two acts of one minute would be in one order here and in another there."""
    ranks = [(row.family, row.rank) for row in KINDS.values()]
    starts_and_ends = {("patient", 16), ("patient", 19)}
    assert starts_and_ends == {rank for rank in ranks if ranks.count(rank) > 1}


def test_every_grammar_is_used():
    """A grammar that nothing has would be specified, implemented by others, and never tested."""
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("ledger", "commands")
        for path in (REPOSITORY / folder).rglob("*.py")
        if path.name != "wire.py"
    )
    inside = inspect.getsource(wire.Jwk)
    for name in CURRENT["grammars"]:
        assert re.search(rf"\b(wire\.)?{name}\b", source) or name in inside, name


def test_every_meaning_has_its_sentence():
    """An act could not be signed, or signed without saying what the signature means."""
    assert set(get_args(wire.Meaning)) == {code for code, lang, version in TEXTS if (lang, version) == ("en", 1)}


def test_every_kind_asks_for_meanings_and_roles_that_exist():
    """A requirement that nobody can meet would leave an act without effect for ever."""
    for row in KINDS.values():
        for want in row.signatures:
            assert want.meanings <= set(get_args(wire.Meaning)), row.name
            assert want.roles <= set(get_args(wire.Role)), row.name
            assert want.meanings, row.name
            assert want.roles, row.name


def test_every_predicate_names_kinds_that_exist():
    """A lost race would go unnoticed, and two patients would be enrolled in one slot."""
    for row in KINDS.values():
        for _, kinds in row.conflicts:
            assert kinds <= set(KINDS), row.name
