"""Opening a ledger on a server: what cannot be opened says why and what to do, and shows no password."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
import server
from minting import Mint, Site, key_of
from tampering import superuser

from ledger.book import Ledger, masked, servers, shown, whereabouts
from ledger.errors import BadInput, DoseLedgerError, IntegrityFailure, NotAllowed, OutcomeUnknown, Unavailable
from ledger.events.patient import PatientMeasured
from ledger.storage.audit import Audit
from ledger.storage.location import conninfo, require_whole, schema_of
from ledger.storage.opening import look_at
from ledger.storage.postgres import session
from ledger.verify import verify_path

WEIGHT = PatientMeasured(weight_kg="70", height_cm=None)
STREAM = "patient/001-001"


@pytest.fixture(scope="module")
def original() -> str:
    """A staffed site, closed."""
    found = server.place()
    Site(found).staffed().book.close()
    return found


@pytest.fixture
def place(original: str) -> str:
    """A copy of it."""
    return server.place(original)


@pytest.fixture
def site(place: str) -> Iterator[Site]:
    """Somebody who writes there."""
    found = Site(place, seed="later", join=True)
    yield found
    found.book.close()


def refused(url: str, *, read_only: bool = True) -> DoseLedgerError:
    """What is said when it is opened."""
    with pytest.raises(DoseLedgerError) as caught:
        Ledger.open(url, read_only=read_only)
    return caught.value


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("host=/", "host=/nowhere/"), "The database server of the ledger cannot be reached."),
        (("/trials?", "/other?"), "The database server of the ledger cannot be reached."),
        (("//doseledger_app@", "//nobody@"), "The database server of the ledger cannot be reached."),
        (("schema=trial", "schema=other"), "There is no ledger at"),
        (("//doseledger_app@", "//stranger@"), "The role of this URL may not do this in the database."),
    ],
)
def test_what_cannot_be_opened(original: str, change: tuple[str, str], what: str, read_only: bool) -> None:
    """A mistyped URL would silently become a new, empty record, or a traceback at the bedside."""
    with server.shared().admin() as connection:
        connection.execute("DROP ROLE IF EXISTS stranger")
        connection.execute("CREATE ROLE stranger LOGIN")
    error = refused(original.replace(*change), read_only=read_only)
    assert isinstance(error, Unavailable)
    assert error.what.startswith(what)
    assert error.why
    assert error.fix


def test_tables_without_an_entry_are_no_ledger() -> None:
    """A ward would look at an empty list of patients and believe that nobody was enrolled yet."""
    empty = server.place()
    for read_only in (True, False):
        assert "no entry in them" in refused(empty, read_only=read_only).why
    report = verify_path(empty)
    assert ("failed", ["unreadable"]) == (report.verdict, [one.code for one in report.findings])


def test_tables_of_a_version_to_come(place: str) -> None:
    """An old program would write into a record that it does not understand."""
    with superuser(place) as hand:
        hand.execute("ALTER TABLE meta DISABLE TRIGGER USER")
        hand.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
    for read_only in (True, False):
        what = "The ledger has storage format 2; this program knows 1."
        assert what == refused(place, read_only=read_only).what


def test_a_ledger_is_never_overwritten(site: Site) -> None:
    """Running the set-up twice would end the first record of the trial."""
    before, mint = site.book.size, Mint(seed="again")
    with pytest.raises(Unavailable, match="already a ledger"):
        Ledger.create(site.path, mint.genesis(), log_signer=mint.log_key, now=mint.now)
    assert before == site.book.size


def test_a_refused_first_entry_leaves_nothing() -> None:
    """A ledger that one registrar alone has signed would stand there and look like the trial's."""
    mint, empty = Mint(), server.place()
    first, _, _ = mint.genesis().rpartition(b',{"protected"')
    with pytest.raises(NotAllowed):
        Ledger.create(empty, first + b"]}", log_signer=mint.log_key, now=mint.now)
    Site(empty, seed="the right one").book.close()


def test_the_key_of_another_log_is_refused(place: str) -> None:
    """Checkpoints under a wrong key would make every later proof of a dose worthless."""
    with pytest.raises(BadInput, match="not the key of this log"):
        Ledger.open(place, log_signer=key_of("another log"))


def test_a_role_that_only_reads_writes_nothing(place: str) -> None:
    """An inspector's password would be enough to add to the record that he inspects."""
    site = Site(server.by(place, server.INSPECT), seed="later", join=True)
    before = site.book.size
    with pytest.raises(Unavailable, match="may not do this") as caught:
        site.write(STREAM, WEIGHT, by="nina")
    assert "role that writes" in caught.value.fix
    assert before == site.book.size
    site.book.close()


def test_a_look_writes_nothing_whoever_looks(site: Site) -> None:
    """A report that runs with the wrong role's password could change the record."""
    with Ledger.open(server.by(str(site.path), server.OWNER), read_only=True) as book:
        with pytest.raises(Unavailable, match="only reads"):
            book._reader.all("INSERT INTO meta VALUES ('a', 'b') RETURNING key")
        with pytest.raises(Unavailable, match="for reading only"):
            book.append([book.raw(0)], now=site.now)
        before = book.size
        site.write(STREAM, WEIGHT, by="nina")
        assert before + 1 == book.size


def ended(url: str) -> None:
    """The administrator ends every connection to this place but his own."""
    with server.shared().admin(server.TRIALS) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'doseledger' AND datname = current_database()"
        )


def test_a_lost_connection_is_made_again_but_not_in_a_turn(site: Site) -> None:
    """What a nurse was shown would be signed although somebody wrote in between, or she would have to start anew."""
    with Ledger.open(str(site.path), read_only=True) as look:
        before = look.size
        with site.book.turn():
            ended(str(site.path))
            for _ in range(2):
                with pytest.raises(Unavailable, match=r"server was lost|stopped or started"):
                    site.write(STREAM, WEIGHT, by="nina")
        with pytest.raises(Unavailable):
            look.root()
        assert before == look.size
        site.write(STREAM, WEIGHT, by="nina")
        assert before + 1 == look.size == site.book.size


def test_a_stored_entry_stays_stored_when_the_turn_cannot_be_given_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A nurse would be told that nothing was stored, and would give the dose a second time."""
    raw = site.draft(STREAM, WEIGHT, by="nina")
    run = session.Session.run

    def ending(self, sql, parameters=()):
        if "pg_advisory_unlock" in sql:
            ended(str(site.path))
        return run(self, sql, parameters)

    before = site.book.size
    monkeypatch.setattr(session.Session, "run", ending)
    (receipt,) = site.store(raw)
    monkeypatch.undo()
    assert (before, before + 1) == (receipt.position, site.book.size)
    site.write(STREAM, WEIGHT, by="nina")
    assert before + 2 == site.book.size


def test_a_commit_that_nobody_confirms_is_unknown(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dose would be given twice because the nurse was told that the first was not stored."""
    raw = site.draft(STREAM, WEIGHT, by="nina")
    run = session.Link.execute

    def warned(self, query, *args, **options):
        done = run(self, query, *args, **options)
        if query == "COMMIT":
            run(self, "DO $$ BEGIN RAISE WARNING 'the standby does not answer'; END $$")
        return done

    monkeypatch.setattr(session.Link, "execute", warned)
    with pytest.raises(OutcomeUnknown, match="did not wait until its standby has it") as caught:
        site.store(raw)
    assert "the standby does not answer" in caught.value.why
    monkeypatch.undo()
    before = site.book.size
    (receipt,) = site.store(raw)
    assert (before - 1, before) == (receipt.position, site.book.size)


def test_what_the_server_took_back_is_not_acknowledged(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nurse would have the receipt of an entry that stands nowhere."""
    raw = site.draft(STREAM, WEIGHT, by="nina")
    run = session.Link.execute

    def failed_before(self, query, *args, **options):
        if query == "COMMIT":
            with pytest.raises(psycopg.Error):
                run(self, "SELECT 1/0")
        return run(self, query, *args, **options)

    before = site.book.size
    monkeypatch.setattr(session.Link, "execute", failed_before)
    with pytest.raises(Unavailable, match="took the entry back; nothing was stored"):
        site.store(raw)
    monkeypatch.undo()
    assert before == site.book.size
    site.write(STREAM, WEIGHT, by="nina")
    assert before + 1 == site.book.size


def test_a_server_that_would_forget_is_told_to_wait(site: Site) -> None:
    """A dose that was acknowledged would be gone after a power cut, because the server answers before it has it."""
    with psycopg.connect(conninfo(str(site.path))) as other:
        assert ("off",) == other.execute("SHOW synchronous_commit").fetchone()
    assert [("on",)] == site.book._reader.all("SHOW synchronous_commit")


def test_defaults_of_a_role_change_nothing(place: str) -> None:
    """An administrator's settings for a role would show another table in the record's place, or hide rows."""
    with server.shared().admin(server.TRIALS) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS decoy")
        connection.execute("CREATE TABLE IF NOT EXISTS decoy.entries (leaf_index bigint)")
        connection.execute("GRANT USAGE ON SCHEMA decoy TO PUBLIC")
        connection.execute("GRANT SELECT ON decoy.entries TO PUBLIC")
        for said in ("search_path TO decoy", "default_transaction_isolation TO serializable", "row_security TO on"):
            connection.execute(f"ALTER ROLE {server.INSPECT} SET {said}")
        try:
            with Ledger.open(server.by(place, server.INSPECT), read_only=True) as book:
                assert book.size > 1
                assert [("read committed",)] == book._reader.all("SHOW transaction_isolation")
                assert [("off",)] == book._reader.all("SHOW row_security")
        finally:
            connection.execute(f"ALTER ROLE {server.INSPECT} RESET ALL")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ward:s3cr3t/with@signs@db.example.org:5433/trial?sslmode=verify-full&schema=onco",
        "postgres://ward@db.example.org/trial?password=s3cr3t%2Fwith%40signs&schema=onco&application_name=a",
        "postgresql://ward:s3cr3t/with@signs@one.example.org,two.example.org/trial?target_session_attrs=read-write",
    ],
)
def test_no_password_is_shown(url: str) -> None:
    """The password of the trial's record would stand in a log, in a terminal's history, or on a photograph."""
    for text in (shown(url), whereabouts(url), masked(f"cannot parse {url} at all")):
        assert "s3cr3t" not in text
        assert "signs@" not in text
    assert "ward" not in whereabouts(url)
    assert "s3cr3t" in conninfo(url)
    assert "schema" not in conninfo(url)
    with pytest.raises(DoseLedgerError) as caught:
        Ledger.open(url.replace("example.org", "invalid") + "&connect_timeout=1&port=1&hostaddr=127.0.0.1")
    assert "s3cr3t" not in f"{caught.value.what} {caught.value.why} {caught.value.fix}"


@pytest.mark.parametrize("password", ["s3cr3t@signs", "s3cr3t/signs", "s3cr3t?signs", "s3cr3t#signs", "1/signs"])
def test_a_password_that_cuts_the_url_is_never_shown_in_part(password: str) -> None:
    """The driver would name the second half of the password as the host that it cannot find."""
    url = f"postgresql://ward:{password}@db.example.org/trial?schema=onco"
    said = refused(url)
    for text in (shown(url), whereabouts(url), said.what, said.why, said.fix):
        assert not {"s3cr3t", "signs"} & set(re.findall(r"\w+", text)), text
    assert isinstance(said, BadInput)
    assert "%40 for @" in said.fix


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://localhost:5432/db?user=ward@realm",
        "postgresql://[::1]:5432/db?user=ward@realm",
        "postgresql://ward:p%40w@[::1]:5432/db",
        "postgresql://ward@one,two:5433/db?application_name=a",
        "postgresql:///db?host=/tmp",
    ],
)
def test_a_url_that_is_whole_is_used(url: str) -> None:
    """Somebody whose name at the server has an @ in it could not come in."""
    require_whole(url)
    assert url.replace(":p%40w", "") == shown(url).replace("%40", "@")


@pytest.mark.parametrize("name", ["Trial", "1trial", 'a"b', "a;b", "pg-1", "x" * 41, ""])
def test_a_schema_has_a_plain_name(original: str, name: str) -> None:
    """A name with a quote in it would become a statement of its own."""
    with pytest.raises(BadInput, match="cannot be the name of a schema"):
        Ledger.open(original.replace(schema_of(original), name), read_only=True)


def test_without_the_driver_a_url_says_what_is_missing() -> None:
    """A ward that installed the small version would see a traceback instead of what to install."""
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from ledger.book import Ledger\n"
        "from ledger.errors import Unavailable\n"
        "try:\n    Ledger.open('postgresql://ward@localhost/trial', read_only=True)\n"
        "except Unavailable as error:\n    print(error.what, error.fix)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "This installation cannot reach a PostgreSQL server." in done.stdout
    assert "pip install 'doseledger[postgres]'" in done.stdout


def test_a_ledger_in_a_file_loads_no_driver() -> None:
    """The smallest look at a file would wait for a driver that it does not need."""
    program = "import sys; import ledger.book, ledger.verify, ledger.storage.making; print('psycopg' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "False\n" == done.stdout


def test_the_oldest_server_that_is_known() -> None:
    """A hospital's older server would take the tables, and every verification would call them changed."""
    older = server.Server(version=session.OLDEST).start()
    try:
        server.prepare(older, "postgres")
        site = Site(older.url("postgres", server.APP)).staffed()
        assert [] == list(site.book.audit())
        site.book.close()
        assert () == verify_path(older.url("postgres", server.INSPECT)).findings
    finally:
        older.remove()


def test_a_verification_judges_one_moment(site: Site) -> None:
    """A busy ward would be told of tampering, because a dose was recorded while the verification ran."""
    reader = look_at(str(site.path), begun=False)
    before = site.book.size
    audit = Audit(reader)
    assert [] == list(audit.take(before - 2, {}, {}))
    site.write(STREAM, WEIGHT, by="nina")
    assert [] == list(audit.rest())
    with pytest.raises(DoseLedgerError):
        reader.all("SELECT no_such_function()")
    assert before + 1 == reader.size()
    reader.close()


def owner_of(database: str) -> str:
    """The URL of the owner of a new database."""
    found = server.shared()
    with found.admin() as connection:
        connection.execute(f"CREATE DATABASE {database} OWNER {server.OWNER} TEMPLATE template0 STRATEGY FILE_COPY")
    return found.url(database, server.OWNER)


def test_migrate_makes_the_tables_once_and_gives_the_rights() -> None:
    """Whoever runs the server would have to type a hundred statements, and forget one guard."""
    url = owner_of("migrated")
    assert "tables" in refused(url).why
    made = servers.migrate(url, [server.APP], [server.INSPECT])
    assert (True, "doseledger", server.OWNER) == (made.made, made.schema, made.owner)
    again = servers.migrate(url, [server.APP], [server.INSPECT])
    assert not again.made
    Site(server.shared().url("migrated", server.APP)).book.close()
    with Ledger.open(server.shared().url("migrated", server.INSPECT), read_only=True) as book:
        assert [] == list(book.audit())
    found = servers.facts(server.shared().url("migrated", server.APP))
    assert (False, False, True, ()) == (found.superuser, found.owner, found.writes, found.flaws)
    assert servers.facts(url).owner


@pytest.mark.parametrize("role", ["public", "current_user", "session_user", "user", "none"])
def test_rights_are_given_to_one_role(role: str) -> None:
    """A slip of the pen would let everybody who may log in add entries to the trial's record."""
    with pytest.raises(BadInput, match="is not a role that can be given rights"):
        servers.script(server.place(), (role,), ())


@pytest.mark.parametrize("role", [server.APP, server.INSPECT])
def test_only_the_owner_gives_rights(place: str, role: str) -> None:
    """Whoever set the server up with the wrong role would read that all rights are given, and none are."""
    with pytest.raises(Unavailable, match="may not do this") as caught:
        servers.migrate(server.by(place, role), [role], [])
    assert f"Use the URL of {server.OWNER}." == caught.value.fix


def test_what_migrate_prints_makes_the_same_tables() -> None:
    """An administrator who lets no program make tables would make others than the program knows."""
    url = owner_of("printed")
    text = servers.script(url, [server.APP], [server.INSPECT])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(text)
    Site(server.shared().url("printed", server.APP)).book.close()
    assert () == servers.facts(url).flaws


def test_migrate_leaves_what_is_not_ours(place: str) -> None:
    """The set-up would mix the record into the tables of another program, or make half of it."""
    with superuser(place) as hand:
        hand.execute("CREATE TABLE others (a text)")
    with pytest.raises(IntegrityFailure, match="holds other things") as caught:
        servers.migrate(server.by(place, server.OWNER), [server.APP], [])
    assert "table others is not ours" in caught.value.why
    url = owner_of("halfway")
    with pytest.raises(Unavailable, match="does not know a role"):
        servers.migrate(url, ["nobody_here"], [])
    assert "tables" in refused(url).why
    with pytest.raises(Unavailable, match="may not do this"):
        servers.migrate(server.by(url, server.OWNER).replace(server.OWNER, server.INSPECT), [], [])
    with pytest.raises(BadInput, match="cannot be the name of a role"):
        servers.migrate(url, ["a, b"], [])
