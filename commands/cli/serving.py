"""What `doctor` says of the server on which a ledger lies."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.book import servers
from ledger.errors import DoseLedgerError


def checks(url: str) -> Iterator[tuple[str, str, str]]:
    """What was looked at, whether it is in order (ok, warn, bad), and what was found."""
    try:
        found = servers.facts(url)
    except DoseLedgerError as error:
        yield "server", "bad", f"{error.what} {error.why}".strip()
        return
    waits = f"waits for {found.waits_for}" if found.waits_for else "waits for no standby"
    kind = "a standby, which only reads" if found.standby else f"COMMIT {waits}"
    yield "server", "ok", f"PostgreSQL {found.version}; {kind}"
    if found.superuser or found.owner:
        who = "is a superuser" if found.superuser else "owns the tables"
        yield "role", "warn", f"{found.role} {who} and could take the guards off; use a role that may add entries alone"
    else:
        yield "role", "ok", f"{found.role} may {'read and add' if found.writes else 'only read'}"
    if not found.encrypted:
        yield "connection", "warn", "it is not encrypted: add sslmode=verify-full to the URL"
    if not found.durable:
        yield "disk", "bad", "the server does not wait for its disk (fsync, full_page_writes): entries could be lost"
    for why in found.flaws:
        yield "tables", "bad", why
