"""Entries signed by one passphrase entry: shown together, one patient, one after another, under one digest."""

from __future__ import annotations

from hashlib import sha256

from ledger.admission.problem import Problem
from ledger.admission.view import View
from ledger.codec import Opened
from ledger.signing.header import Header

MOST = 8
"""Entries that one signing act may cover (RECORD.md section 1)."""


def together(opened: Opened, view: View, found: list[Problem]) -> None:
    """Judge the sets that the signatures of an entry belong to, and that no earlier set was left open."""
    if view.size and view.withheld(view.size - 1) is None:
        before = view.opened(view.size - 1)
        for header in before.headers:
            part = header.auth.set
            if part is not None and part.i + 1 < part.of and _continuing(header, opened) is None:
                why = f"{header.signer.id} signed {part.of} entries together; {part.i + 1} of them stand here"
                found.append(Problem("set", why))
    for header in opened.headers:
        if header.auth.set is not None:
            _part(opened, header, view, found)


def _continuing(before: Header, opened: Opened) -> Header | None:
    """The signature of `opened` by the same key, act and set, next in order."""
    held = before.auth.set
    for header in opened.headers:
        part = header.auth.set
        if part is None or held is None or (header.kid, header.auth.act) != (before.kid, before.auth.act):
            continue
        if (part.digest, part.of, part.i) == (held.digest, held.of, held.i + 1):
            return header
    return None


def _part(opened: Opened, header: Header, view: View, found: list[Problem]) -> None:
    part = header.auth.set
    if part is None:
        return
    if not (part.i < part.of and 2 <= part.of <= MOST):
        found.append(Problem("set", f"part {part.i} of {part.of} entries signed together: 2 to {MOST} are possible"))
        return
    payloads = [opened.jws.payload]
    later, later_header = opened, header
    for index in range(part.i):
        position = view.size - 1 - index
        if view.withheld(position) is not None:
            return
        earlier = view.opened(position) if position >= 0 else None
        match = (
            None
            if earlier is None
            else next((h for h in earlier.headers if _continuing(h, later) is later_header), None)
        )
        if earlier is None or match is None or earlier.entry.stream != opened.entry.stream:
            found.append(Problem("set", f"the entries that {header.signer.id} signed together do not stand together"))
            return
        payloads.append(earlier.jws.payload)
        later, later_header = earlier, match
    if part.i + 1 == part.of:
        shown = sha256(b"".join(sha256(payload).digest() for payload in reversed(payloads))).hexdigest()
        if shown != part.digest:
            found.append(Problem("set", f"{header.signer.id} signed other entries together than those that stand here"))
