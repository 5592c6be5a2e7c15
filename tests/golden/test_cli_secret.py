"""What is printed of a ledger that was brought onto a server: where it lies, and no password."""

from __future__ import annotations

import server


def test_no_password_is_printed_where_a_ledger_is_carried(here) -> None:
    """The password of the role that writes the record would stand in the log of the night's job, for everybody."""
    found = server.shared()
    one, two, three = (found.url(found.fresh()).replace("postgres@", "postgres:s3cr3t@") for _ in range(3))
    assert 0 == here.run("backup", "make", "b.backup").code
    runs = [
        here.run("ledger", "copy", str(here.ledger), one),
        here.run("ledger", "copy", one, two, "--json"),
        here.run("restore", "b.backup", three, "--without-keys"),
    ]
    assert [0, 0, 0] == [ran.code for ran in runs], [ran.err for ran in runs]
    assert all("postgres@" in ran.out for ran in runs)
    assert all("s3cr3t" not in ran.out + ran.err for ran in runs)
