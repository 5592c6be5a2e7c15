"""A ledger file as a source: read by a reader of its own, with nothing believed that a column says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.book import Ledger
from ledger.errors import IntegrityFailure
from ledger.storage.audit import Audit
from ledger.storage.opening import look_at
from ledger.storage.reader import Reader
from ledger.verify.since import Since, Verified


class Stored:
    """The bytes of one ledger file."""

    log = Ledger.log

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        (self.size,) = reader.all("SELECT count(*) FROM entries")[0]

    def raws(self, start: int, stop: int) -> Sequence[bytes | None]:
        """The bytes of the entries at [start, stop); None where there is none."""
        found = dict(self._reader.raws(start, stop))
        kept = (found.get(position) for position in range(start, stop))
        return [raw if isinstance(raw, bytes) else None for raw in kept]

    def notes(self, start: int, stop: int) -> Sequence[tuple[int, bytes]]:
        """The stored checkpoints of the sizes in [start, stop)."""
        found = self._reader.all(
            "SELECT size, note FROM checkpoints WHERE size >= ? AND size < ? ORDER BY size", (start, stop)
        )
        return [(size, note if isinstance(note, bytes) else b"") for size, note in found]

    def text(self, commitment: str) -> tuple[bytes, bytes] | None:
        """The salt and the bytes of a text."""
        return self._reader.text(commitment)

    def blob(self, digest: str) -> bytes | None:
        """The bytes under a SHA-256."""
        return self._reader.blob(digest)

    def digests(self) -> Iterator[str]:
        """The digests under which bytes are stored, whatever class they have."""
        last = ""
        while rows := self._reader.all("SELECT digest FROM blobs WHERE digest > ? ORDER BY digest LIMIT 1", (last,)):
            if str(rows[0][0]) <= last:
                raise IntegrityFailure("The files of the ledger are not in their order.")
            last = str(rows[0][0])
            yield last

    def since(self, verified: Verified) -> Since:
        """The part of it that a checkpoint vouches for; raises an error of ours where it is none of this ledger."""
        return Since(self._reader, verified)

    def audit(self, since: Since | None = None) -> Audit:
        """Begin to look for derived things in the file that are not as the bytes say; of what came `since`, only."""
        return Audit(self._reader) if since is None else Audit(self._reader, since.earlier, since.log_keys)


def opened(path: str) -> tuple[Reader, Stored]:
    """Open the file at `path` for a verification; raises Unavailable or IntegrityFailure where it is no ledger."""
    reader = look_at(path, begun=False)
    try:
        return reader, Stored(reader)
    except (TypeError, ValueError) as error:
        reader.close()
        raise IntegrityFailure("The ledger file is not as this program made it.", why=str(error)) from error
    except BaseException:
        reader.close()
        raise
