"""X.509 certificates of others: read from what somebody gives, and named; nothing of ours is certified by them."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable

from cryptography.x509 import Certificate, Name, load_der_x509_certificate, load_pem_x509_certificates

from ledger.errors import BadInput, Malformed

__all__ = ["Certificate", "Name", "is_root", "names_above", "read_embedded", "read_roots"]


def read_roots(pem: bytes) -> tuple[Certificate, ...]:
    """Read a root certificate in PEM, or several, and those that lead to them; raises BadInput for anything else."""
    try:
        with warnings.catch_warnings(action="ignore"):
            found = tuple(_with_names(one) for one in load_pem_x509_certificates(pem))
    except Exception as error:  # the library raises errors of many kinds for bytes that are no certificate
        raise BadInput(
            "this is no certificate",
            why=str(error).partition(" See http")[0],  # its page of questions and answers is about something else
            fix="give PEM: the lines from BEGIN to END CERTIFICATE",
        ) from error
    if not any(is_root(one) for one in found):
        raise BadInput(
            "this is no root certificate",
            why=f"it was issued by {found[0].issuer.rfc4514_string()}",
            fix="give the root of the authority; those between may stand in the same file",
        )
    return found


def is_root(certificate: Certificate) -> bool:
    """Tell whether a certificate names itself as its issuer; nothing is checked."""
    return certificate.subject == certificate.issuer


def read_embedded(ders: Iterable[bytes]) -> tuple[Certificate, ...]:
    """Read certificates that came with a signature; raises Malformed for what is none."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return tuple(_with_names(load_der_x509_certificate(der)) for der in ders)
    except Exception as error:  # as above
        raise Malformed("a certificate that came with the signature cannot be read", why=str(error)) from error


def names_above(issuer: Name, embedded: Collection[Certificate]) -> frozenset[Name]:
    """Every name that stands above a signer whose issuer is `issuer`, as the embedded certificates say; unchecked."""
    found, waiting = set[Name](), [issuer]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(one.issuer for one in embedded if one.subject == name)
    return frozenset(found)


def _with_names(certificate: Certificate) -> Certificate:
    """Read the two names of a certificate, which the library reads only when they are asked for."""
    _ = certificate.subject, certificate.issuer
    return certificate
