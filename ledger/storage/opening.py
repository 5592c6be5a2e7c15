"""The ledger that a name names, opened: a path is a file, a URL a database on a server."""

from __future__ import annotations

from ledger.errors import Unavailable
from ledger.storage.location import is_url
from ledger.storage.lookout import OnFile
from ledger.storage.reader import Reader


def look_at(name: str, *, begun: bool = True) -> Reader:
    """Open a ledger for reading alone; raises Unavailable where there is none of this version.

    `begun` refuses tables on a server in which nothing stands yet.
    """
    if not is_url(name):
        return Reader(OnFile.look(name))
    require_driver()
    from ledger.storage.postgres import opening  # noqa: PLC0415 - the driver loads for a URL alone

    return opening.look(name, begun=begun)


def require_driver() -> None:
    """Refuse (Unavailable) a URL where the driver of PostgreSQL is not installed."""
    try:
        import psycopg  # noqa: F401, PLC0415 - an extra of the installation
    except ImportError as error:
        raise Unavailable(
            "This installation cannot reach a PostgreSQL server.",
            why=str(error),
            fix="Install the driver: pip install 'doseledger[postgres]'",
        ) from error
