"""What of a server bears on a ledger's safety: the role, how it is reached, when a COMMIT is acknowledged."""

from __future__ import annotations

from msgspec import Struct, convert

from ledger.storage.postgres import catalogue
from ledger.storage.postgres.session import Session


class Facts(Struct, frozen=True):
    """A server as the role of a URL finds it."""

    version: str
    role: str
    superuser: bool
    owner: bool
    """Whether the tables belong to this role, which could then take their triggers away."""
    writes: bool
    """Whether it may add entries."""
    encrypted: bool
    """Whether the connection is: TLS, or a socket of this machine."""
    standby: bool
    durable: bool
    """Whether the server waits for its disk (fsync, full_page_writes)."""
    waits_for: str
    """The names of the standbys for which a COMMIT waits, empty for none."""
    flaws: tuple[str, ...]
    """What of the tables and the rights is not as it must be."""


_FACTS = """SELECT current_setting('server_version'), current_user::text,
  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
  (SELECT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass(?)),
  has_table_privilege(?, 'INSERT'),
  inet_server_addr() IS NULL OR coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
  pg_is_in_recovery(),
  current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on',
  current_setting('synchronous_standby_names')"""


def facts(url: str) -> Facts:
    """Look at the server of a ledger; raises Unavailable where there is none, or no tables."""
    session = Session(url, read_only=True)
    try:
        table = f"{session.schema}.entries"
        (found,) = session.run(_FACTS, (table, table))
        said = (*catalogue.differences(session), *catalogue.grants(session))
        return convert(dict(zip(Facts.__struct_fields__, (*found, said), strict=True)), Facts)
    finally:
        session.close()
