"""Numbers and bytes in the texts of the log, each in its one accepted form, so that one value has one spelling."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode

from ledger.errors import Malformed
from ledger.merkle.tree import MAX_SIZE

_DECIMAL = re.compile(r"\A(?:0|[1-9][0-9]{0,15})\Z")


def base64_of(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return b64encode(data).decode("ascii")


def bytes_of(text: str, what: str) -> bytes:
    """The bytes of a standard base64 text; `what` names it in the error. Raises Malformed for any other spelling."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        raise Malformed(f"{what} is not base64") from None
    if base64_of(data) != text:
        raise Malformed(f"{what} is not in the one accepted form of base64")
    return data


def number_of(text: str, what: str) -> int:
    """A decimal of 0 to 2^53 - 1 without leading zeros; `what` names it in the error. Raises Malformed."""
    if _DECIMAL.match(text) is None or int(text) > MAX_SIZE:
        raise Malformed(f"{what} is not a decimal number from 0 to {MAX_SIZE}")
    return int(text)
