"""Whatever bytes a stranger sends, each reader refuses them in our words, or takes them: nothing else comes out."""

from __future__ import annotations

import sys
from base64 import b64decode, b64encode
from time import monotonic

import fuzzing
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readers import READERS, Reader
from test_jws_fuzz import damaged

from ledger.errors import DoseLedgerError


def refused(reader: Reader, data: bytes) -> bool:
    """Whether the reader refuses; whatever it raises but an error of ours passes through."""
    try:
        reader.call(data)
    except DoseLedgerError as error:
        return bool(error.what)
    return False


@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.name)
def test_the_examples_are_read(reader: Reader) -> None:
    """A fuzzer that begins with bytes that nobody accepts never comes behind the first check."""
    assert not all(refused(reader, one) for one in reader.seeds)


@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.name)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_bytes_are_refused_in_our_words(reader: Reader, data: st.DataObject) -> None:
    """A file on a stick would end the inspection with the inside of the program on the screen."""
    refused(reader, data.draw(damaged(reader.seeds)))


@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.name)
@settings(max_examples=30)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_refused_in_our_words(reader: Reader, data: bytes) -> None:
    """A witness would answer a stranger with a crash."""
    refused(reader, data)


def as_pem(der: bytes) -> bytes:
    """A certificate as people hand it over."""
    return b"-----BEGIN CERTIFICATE-----\n" + b64encode(der) + b"\n-----END CERTIFICATE-----\n"


def test_a_changed_byte_of_what_others_signed() -> None:
    """One bad byte in the certificate of a time-stamp authority would end the inspection with a trace."""
    stamps, roots = (next(one for one in READERS if one.name == name) for name in ("time stamp", "certificates"))
    der = b64decode(b"".join(roots.seeds[0].splitlines()[1:-1]))
    for data, reader, spelt in ((stamps.seeds[0], stamps, bytes), (der, roots, as_pem)):
        for at in range(len(data)):
            for change in (0x01, 0x20, 0xFF):
                refused(reader, spelt(data[:at] + bytes([data[at] ^ change]) + data[at + 1 :]))


def test_without_the_fuzzer_nothing_is_said_to_have_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A release would be called fuzzed on a machine that has no fuzzer."""
    monkeypatch.setitem(sys.modules, "atheris", None)
    assert (0, True) == (fuzzing.main(["1"]), capsys.readouterr().out.startswith("NOT RUN: "))


@pytest.mark.soak
@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.name)
def test_for_a_long_time(reader: Reader, soak_seconds: float) -> None:
    """What a minute does not find, a stranger with a night finds."""
    until, tried = monotonic() + soak_seconds, 0

    @settings(max_examples=500, database=None)
    @given(data=st.data())
    def once(data: st.DataObject) -> None:
        refused(reader, data.draw(damaged(reader.seeds)))

    while monotonic() < until:
        once()
        tried += 1
    assert tried
