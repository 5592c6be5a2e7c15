"""Where a ledger lies, as people write it: a path, or the URL of a PostgreSQL database.

    postgresql://role@host:5432/database?sslmode=verify-full&schema=onco_001

`schema` names the schema of that database in which this one ledger lies; everything else is libpq's. What is shown of
a URL never has a password in it.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode

from ledger.errors import BadInput

SCHEMA = "doseledger"
"""The schema of a ledger whose URL names none."""
_SCHEMES = ("postgresql://", "postgres://")
_NAME = re.compile(r"\A[a-z][a-z0-9_]{0,39}\Z")
_SECRET = frozenset({"password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret"})
_OURS = "schema"
_PASSWORD = re.compile(r"(postgres(?:ql)?://[^\s:/@]*):\S*@")
_SAID = re.compile(r"(password=)[^\s&]*")
_PLACE = frozenset({"host", "hostaddr", "port", "dbname"})


def is_url(name: str) -> bool:
    """Tell whether this names a database on a server, and no file."""
    return name.startswith(_SCHEMES)


def shown(name: str) -> str:
    """How a place is named to people: a path as it is, a URL without what is secret in it."""
    if not is_url(name):
        return name
    if _torn(name):
        scheme, _, rest = name.partition("://")
        return f"{scheme}://{rest.partition(':')[0]}@{rest.rpartition('@')[2]}"
    base, said = _parts(name)
    front, at, rest = base.rpartition("@")
    scheme, _, user = front.partition("://")
    public = f"{scheme}://{user.partition(':')[0]}{at}{rest}" if at else base
    return _joined(public, [(key, value) for key, value in said if key.lower() not in _SECRET])


def masked(text: str) -> str:
    """Words of others, a parser's or a driver's, without the passwords of the URLs in them."""
    return _SAID.sub(r"\1***", _PASSWORD.sub(r"\1@", text))


def whereabouts(name: str) -> str:
    """Where a URL leads, whoever uses it: host, port, database and schema alone."""
    base, said = _parts(shown(name) if _torn(name) else name)
    scheme, _, rest = base.partition("://")
    kept = [(key, value) for key, value in said if key in _PLACE]
    return _joined(f"{scheme}://{rest.rpartition('@')[2]}", [*kept, (_OURS, schema_of(name))])


def schema_of(url: str) -> str:
    """The schema in which the ledger of a URL lies; BadInput where its name is none."""
    found = dict(_parts(url)[1]).get(_OURS, SCHEMA)
    return require_name(found, "schema")


def require_whole(url: str) -> None:
    """Refuse (BadInput) a URL that libpq would cut inside the password, and then name a part of it as the host."""
    if _torn(url):
        raise BadInput(
            "The password in the URL has a sign that means something else in a URL.",
            why=shown(url),
            fix="Keep it in ~/.pgpass; or write %40 for @, %2F for /, %3A for :, %3F for ? and %23 for #.",
        )


def conninfo(url: str) -> str:
    """What libpq is given: the URL without the word that is ours."""
    base, said = _parts(url)
    return _joined(base, [(key, value) for key, value in said if key != _OURS])


def secrets_of(url: str) -> tuple[str, ...]:
    """What of a URL must not be shown, so that it can be taken out of the words of others."""
    base, said = _parts(url)
    front, at, _ = base.rpartition("@")
    password = front.partition("://")[2].partition(":")[2] if at else ""
    return tuple(value for value in (password, *(v for k, v in said if k.lower() in _SECRET)) if value)


def require_name(name: str, what: str) -> str:
    """Refuse (BadInput) a name of a schema or a role that would have to be quoted everywhere."""
    if _NAME.match(name) is None:
        raise BadInput(
            f"{name!r} cannot be the name of a {what}.",
            fix="Use at most 40 lower-case letters, digits and underscores; the first is a letter.",
        )
    return name


def _torn(url: str) -> bool:
    """Tell whether a password with an unquoted sign makes a parser find the host, or the end, inside the password."""
    rest = url.partition("://")[2]
    front = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in front:
        return front.count("@") > 1 or "#" in rest
    hosts = re.sub(r"\[[^\]]*\]", "", front).split(",")
    plain = all(re.fullmatch(r"[^:]*(:[0-9]*)?", host) for host in hosts)
    return "@" in rest and (not plain or "@" in rest.partition("?")[0])


def _parts(url: str) -> tuple[str, list[tuple[str, str]]]:
    base, _, query = url.partition("?")
    return base, parse_qsl(query, keep_blank_values=True)


def _joined(base: str, said: list[tuple[str, str]]) -> str:
    return f"{base}?{urlencode(said, safe='/', quote_via=quote)}" if said else base
