"""base64url without padding (RFC 7515 section 2), in its one form.

What is decoded is what encoding it again would give: most decoders let padding, blanks and stray trailing
bits pass, and then one entry would have several spellings.
"""

from __future__ import annotations

from binascii import b2a_base64

import msgspec

from ledger.errors import Malformed

_URL_TO_PLAIN = bytes.maketrans(b'-_+/="\\', b"+/!!!!!")
_PLAIN_TO_URL = bytes.maketrans(b"+/", b"-_")
_LAST = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")
"""What the last of a text's 4n, 4n + 1, ... characters may be where it is not full: its spare bits are zero."""
_OPENING = b'"'
_CLOSING = (b'"', b'==="', b'=="', b'="')
_DECODER = msgspec.json.Decoder(bytes)  # reads base64 in a JSON string three times faster than binascii


def encode(data: bytes) -> bytes:
    """The ASCII text of `data`."""
    return b2a_base64(data, newline=False).rstrip(b"=").translate(_PLAIN_TO_URL)


def decode(text: bytes) -> bytes:
    """The bytes that `text` stands for; raises Malformed unless it is exactly what `encode` writes."""
    spare = len(text) % 4
    try:
        data = _DECODER.decode(_OPENING + text.translate(_URL_TO_PLAIN) + _CLOSING[spare])
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Malformed("This is not base64url.", why=str(error)) from error
    if spare and text[-1] not in _LAST[spare]:
        raise Malformed("This base64url text is not in its one form.", why="Encoding it again gives other characters.")
    return data
