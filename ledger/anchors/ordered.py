"""The certificates in a time stamp, in the order that DER asks for.

They are a SET, whose members DER sorts; many authorities give them as a chain. No signature covers their order, and the
reader of time stamps refuses any other. What is kept is what came: only the reader gets it sorted.
"""

from __future__ import annotations

from collections.abc import Iterator

_SEQUENCE, _CERTIFICATES, _CONTENT = 0x30, 0xA0, 0xA0


def ordered(der: bytes) -> bytes:
    """Give a response (RFC 3161) with its certificates sorted; bytes of any other form come back as they are."""
    try:
        start, stop = _certificates(der)
        members = [der[one:end] for _, one, _, end in _values(der, start, stop)]
    except IndexError:
        return der
    return der[:start] + b"".join(sorted(members)) + der[stop:]


def _certificates(der: bytes) -> tuple[int, int]:
    """Where the certificates begin and end: response, token, content, signed data, [0]; IndexError for none."""
    response = _inside(der, 0, len(der), _SEQUENCE)
    token = _inside(der, *response, _SEQUENCE, skip=1)
    content = _inside(der, *token, _CONTENT)
    signed = _inside(der, *content, _SEQUENCE)
    return _inside(der, *signed, _CERTIFICATES)


def _inside(der: bytes, start: int, stop: int, tag: int, *, skip: int = 0) -> tuple[int, int]:
    """The content of the first value with a tag, `skip` of them passed over; IndexError where there is none."""
    found = [(inner, end) for said, _, inner, end in _values(der, start, stop) if said == tag]
    return found[skip]


def _values(der: bytes, start: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Tag, beginning, beginning of the content, and end of each value; IndexError for what does not fill its place."""
    while start < stop:
        length, inner = der[start + 1], start + 2
        if length & 0x80:
            width = length & 0x7F
            length, inner = int.from_bytes(der[inner : inner + width]), inner + width
        end = inner + length
        if end > stop:
            raise IndexError
        yield der[start], start, inner, end
        start = end
