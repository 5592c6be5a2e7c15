"""Make an entry: every signer's header, every signature, and the bytes that are stored."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import BadInput, Malformed, NotAllowed
from ledger.signing.header import Header, write_header
from ledger.signing.jws import PAYLOAD_LIMIT, SIGNATURE_SIZE, Signature, assemble, parse, signing_input
from ledger.signing.signer import Signer


def seal(payload: bytes, headers_and_signers: Sequence[tuple[Header, Signer]], *, limit: int = PAYLOAD_LIMIT) -> bytes:
    """The complete bytes of an entry.

    Everything is judged before the first key is used: raises NotAllowed where a header names another key,
    algorithm or method than its signer has, and BadInput where no reader would accept the entry.
    """
    blank = bytes(SIGNATURE_SIZE)
    try:
        unsigned = [Signature(write_header(_of(signer, header)), blank) for header, signer in headers_and_signers]
        parse(assemble(payload, unsigned), limit)
    except Malformed as error:
        raise BadInput("This cannot become an entry.", why=f"{error.what} {error.why}".rstrip()) from error
    signed = [
        Signature(part.protected, signer.sign(signing_input(part.protected, payload)))
        for part, (_, signer) in zip(unsigned, headers_and_signers, strict=True)
    ]
    return assemble(payload, signed)


def _of(signer: Signer, header: Header) -> Header:
    named = (header.kid, header.alg, header.auth.method)
    held = (signer.public.kid, signer.public.alg, signer.method)
    if named != held:
        raise NotAllowed(
            f"The key that signs for {header.signer.id} is not the one named in the signature.",
            why=f"Named are {', '.join(named)}; the key has {', '.join(held)}.",
        )
    return header
