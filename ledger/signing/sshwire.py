"""The strings and numbers of SSH messages (RFC 4251 section 5), as the agents of keys speak them."""

from __future__ import annotations

from ledger.errors import Malformed


def string(data: bytes) -> bytes:
    """A string behind its length."""
    return len(data).to_bytes(4, "big") + data


def number(value: int) -> bytes:
    """A number of 4 bytes."""
    return value.to_bytes(4, "big")


class Fields:
    """Takes the fields of a message off its front; raises Malformed when it ends too early."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self) -> int:
        """The next number."""
        return int.from_bytes(self._take(4), "big")

    def string(self) -> bytes:
        """The next string."""
        return self._take(self.number())

    def _take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) != size:
            raise Malformed("A message of the agent ends too early.")
        self._at += size
        return piece
