"""The files of the log's keys: the one in use, the one after it, and how they change places when the log goes on.

`.log-key` is in use and `.next-log-key` comes after it. While the log is changing to another key, that key lies in
`.log-key.next` and the one after it in `.next-log-key.new`, both on the disk before anything is appended. The log
itself says whether the change has happened: whatever interrupts it, the next run that writes finishes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from commands.cli.place import log_key_path, next_log_key_path, write_private
from ledger.book import Ledger
from ledger.errors import BadInput

if TYPE_CHECKING:  # loading these loads the libraries of the keys
    from ledger.signing.signer import Signer


def prepare(ledger: str, key: bytes) -> tuple[Signer, Signer]:
    """Put the key with which the log is to go on, and a fresh one for after it, on the disk; give both."""
    from ledger.signing.keyfile import create_system, open_system

    drop(ledger)
    taken = open_system(key)
    text, _ = create_system(comment="doseledger log")
    write_private(_fresh(ledger), text)
    write_private(_waiting(ledger), key)
    return taken, open_system(text)


def fresh_key() -> bytes:
    """Make the text of a key that was never committed to: an epoch begins with one."""
    from ledger.signing.keyfile import create_system

    return create_system(comment="doseledger log")[0]


def waiting(ledger: str) -> Signer | None:
    """Give the key to which the log is changing, where an act that names it was begun."""
    from ledger.signing.keyfile import open_system

    path = _waiting(ledger)
    return open_system(path.read_bytes()) if path.is_file() else None


def settle(ledger: str) -> bool:
    """Put the files in their places where the log has changed its key; tell whether it had.

    The old key stays beside the new one, under its number. Each step can be interrupted and done again; the file that
    says that there is something to do goes last.
    """
    taken = waiting(ledger)
    if taken is None:
        return False
    with Ledger.open(ledger, read_only=True) as book:
        keys = book.log_keys
    if taken.public.raw != keys.newest.public:
        return False
    used, fresh = log_key_path(ledger), _fresh(ledger)
    if used.is_file():
        used.rename(used.with_name(f"{used.name}.{len(keys.keys) - 1}.old"))
    if fresh.is_file():
        fresh.replace(next_log_key_path(ledger))
    _waiting(ledger).rename(used)
    return True


def drop(ledger: str) -> None:
    """Remove the files of a change that the log has never heard of."""
    for path in (_waiting(ledger), _fresh(ledger)):
        path.unlink(missing_ok=True)


def following(ledger: str, named: str | None) -> tuple[Path, bytes]:
    """Find and read the key that comes after the one in use: beside the ledger, or where an option says."""
    path = Path(named) if named is not None else next_log_key_path(ledger)
    try:
        return path, path.read_bytes()
    except OSError as error:
        raise BadInput(
            "the next key of the log cannot be read",
            why=f"{path}: {error.strerror}",
            fix="bring it from the safe and name it: --next FILE",
        ) from error


def _waiting(ledger: str) -> Path:
    used = log_key_path(ledger)
    return used.with_name(f"{used.name}.next")


def _fresh(ledger: str) -> Path:
    after = next_log_key_path(ledger)
    return after.with_name(f"{after.name}.new")
