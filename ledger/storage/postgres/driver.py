"""The driver of PostgreSQL, an extra of the installation: a ledger in a file does without it."""

from __future__ import annotations

from ledger.errors import Unavailable


def require() -> None:
    """Refuse (Unavailable) a URL where the driver of PostgreSQL is not installed."""
    try:
        import psycopg  # noqa: F401, PLC0415 - an extra of the installation
    except ImportError as error:
        raise Unavailable(
            "This installation cannot reach a PostgreSQL server.",
            why=str(error),
            fix="Install the driver: pip install 'doseledger[postgres]'",
        ) from error
