"""Keys, requests and pages for one pair of eyes: a disk that does not take them is said in a sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from commands.cli.place import write_private
from ledger.errors import Unavailable


def test_a_full_disk_leaves_no_empty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty key would lie in the folder, and no other could ever be written in its place."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="cannot be written") as caught:
        write_private(tmp_path / "keys" / "nurse.1.key", b"secret")
    assert "No space left on device" == caught.value.why
    monkeypatch.undo()
    assert [] == list((tmp_path / "keys").iterdir())
    write_private(tmp_path / "keys" / "nurse.1.key", b"secret")
    assert b"secret" == (tmp_path / "keys" / "nurse.1.key").read_bytes()


@pytest.mark.parametrize(
    ("name", "what"), [("a/b", r"already a file at .*a\Z"), ("a", "already a file"), ("d", "already")]
)
def test_what_is_in_the_way_is_said(tmp_path: Path, name: str, what: str) -> None:
    """A folder that is a file would end in a trace, which nobody at the ward can read."""
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "d").mkdir()
    with pytest.raises(Unavailable, match=what):
        write_private(tmp_path / name, b"new")
    assert b"old" == (tmp_path / "a").read_bytes()
