"""Signature counters of keys: which of them never arrived, and were never abandoned."""

from __future__ import annotations

from ledger.book import Ledger
from ledger.events.keys import SignatureAbandoned


def never_arrived(ledger: Ledger, holder: str) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """List the keys of a person or device with the counters between their lowest and highest that stand nowhere."""
    roster = ledger.roster()
    held = {key.kid: key for key in (*roster.keys.values(), *roster.devices.values()) if key.person == holder}
    used: dict[str, set[int]] = {kid: {1} if key.since else set() for kid, key in held.items()}
    span: dict[str, tuple[int, int]] = {}
    for entry in ledger.entries():
        for signer in entry.attested or entry.signers:  # what was signed in a part that is lost used no counter here
            if signer.kid in held:
                used[signer.kid].add(signer.n)
                low, high = span.get(signer.kid, (signer.n, signer.n))
                span[signer.kid] = min(low, signer.n), max(high, signer.n)
        if isinstance(entry.event, SignatureAbandoned) and entry.event.key_id in held:
            used[entry.event.key_id].update(entry.event.n)
    found = ((kid, tuple(n for n in range(*ends) if n not in used[kid])) for kid, ends in span.items())
    return tuple((kid, missing) for kid, missing in found if missing)
