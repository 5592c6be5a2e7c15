"""The optional signature over the whole file, a W3C XML Signature inside it: what loads signxml and lxml, and alone."""

from __future__ import annotations

import io

from lxml import etree  # type: ignore[import-untyped]
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner

from ledger.errors import BadInput


def signed(document: bytes, *, key: bytes, certificate: bytes) -> bytes:
    """Sign a document with an RSA key (RSASSA-PKCS1-v1_5, SHA-256) and give it with the certificate inside; both PEM.

    The same input gives the same bytes. BadInput for a key or a certificate that cannot be used.
    """
    try:
        whole = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
        root = XMLSigner().sign(whole, key=key, cert=certificate.decode())
    except (SignXMLException, ValueError, TypeError) as error:
        raise BadInput(
            "The file could not be signed.",
            why=str(error) or type(error).__name__,
            fix="give a certificate and its RSA key without a passphrase, both as PEM",
        ) from error
    out = io.BytesIO()
    root.getroottree().write(out, encoding="UTF-8", xml_declaration=True)
    return out.getvalue() + b"\n"
