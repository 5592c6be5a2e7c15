"""The ledger that a name names, opened: a path is a file, a URL a database on a server."""

from __future__ import annotations

from ledger.storage.location import is_url
from ledger.storage.lookout import OnFile
from ledger.storage.postgres import driver
from ledger.storage.reader import Reader


def look_at(name: str, *, begun: bool = True) -> Reader:
    """Open a ledger for reading alone; raises Unavailable where there is none of this version.

    `begun` refuses tables on a server in which nothing stands yet. A verification does without it: it must judge those
    too, and sees a server as it stood at one moment, while others go on writing.
    """
    if not is_url(name):
        return Reader(OnFile.look(name))
    driver.require()
    from ledger.storage.postgres import looking  # noqa: PLC0415 - the driver loads for a URL alone

    return looking.look(name, begun=begun)
