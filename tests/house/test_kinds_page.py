"""The page of the kinds is fresh, complete, and reserves names that a kind can have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import kinds_page
import msgspec
import pytest

from commands.verbs import VERBS
from ledger import wire
from ledger.events.registry import KINDS

pytestmark = pytest.mark.docs


def test_the_page_of_the_kinds_is_fresh(repository: Path, golden: Callable[[Path, str], None]) -> None:
    """Somebody who reads the record in 25 years would read it by another table than the one it was written by."""
    golden(repository / "docs" / "spec" / "kinds.md", kinds_page.page())


def test_every_kind_is_on_the_page(repository: Path) -> None:
    """An act could be in the record that no page explains."""
    text = (repository / "docs" / "spec" / "kinds.md").read_text(encoding="utf-8")
    assert [] == [name for name in KINDS if f"### `{name}`" not in text]


def test_every_verb_writes_a_kind() -> None:
    """A command could be offered that writes nothing which the page explains."""
    kinds = {verb.act.kind or kinds_page.AMENDING.get(verb.act) for verb in VERBS.values()}
    assert set(KINDS) - set(kinds_page.OTHERWISE) == kinds


def test_reserved_names_can_be_kinds_and_are_none_yet() -> None:
    """A later kind could not have the name that was promised, or two acts would share one."""
    names = [f"{name}/1" for rows in kinds_page.RESERVED.values() for name, _, _ in rows]
    assert len(set(names)) == len(names)
    assert not set(names) & set(KINDS)
    assert names == [msgspec.convert(name, wire.Kind) for name in names]
