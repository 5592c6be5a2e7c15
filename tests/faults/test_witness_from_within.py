"""Witnesses that the site is itself: keys of its own, one key under two names, a name that another key bears."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from anchored import NAME, Shown, cosigned, named, recorded, watched, witness_of, write
from forging import copied
from minting import Site, jwk_of, key_of, person
from scripted import run, sheaf
from test_anchors import KEY, OTHER, OTHER_KEY, both
from test_anchors import begun as begun  # noqa: PLC0414 - a fixture
from test_anchors import site as site  # noqa: PLC0414 - a fixture

from ledger.anchors.cosignature import cosign, witness_key
from ledger.events.study import Witness, Witnesses
from ledger.merkle.note import VerifierKey
from ledger.signing.signer import MemorySigner
from ledger.verify import Outside


def test_a_cosigned_checkpoint_vouches_by_its_cosignatures(site: Site, tmp_path: Path) -> None:
    """The site hands the inspector a file "from the witness" that it made itself, and the verdict is green."""
    mine, note = cosigned(site).note, site.book.checkpoint()
    assert "self-consistent" == both(site, tmp_path, Outside(cosigned=note))[0]
    assert "self-consistent" == both(site, tmp_path, Outside(cosigned=mine))[0]
    assert "self-consistent" == both(site, tmp_path, Outside(cosigned=mine, witnesses=(OTHER_KEY,)))[0]
    assert "ok" == both(site, tmp_path, Outside(cosigned=mine, witnesses=(KEY,)))[0]
    assert "ok" == both(site, tmp_path, Outside(cosigned=mine, ledger=site.book.id))[0]
    assert "ok-unanchored" == both(site, tmp_path, Outside(cosigned=note, ledger=site.book.id))[0]
    two = watched(tmp_path / "two.ledger", named(NAME, OTHER, quorum=2))
    with closing(two.book):
        both_of = Outside(cosigned=cosigned(two).note, ledger=two.book.id)
        assert "ok-unanchored" == both(two, tmp_path, both_of)[0]


def test_the_key_that_was_given_is_not_that_of_a_namesake(site: Site, tmp_path: Path) -> None:
    """The operator gives a key of his own the name of the witness: his word would pass for that of the witness."""
    write(site, cosigned(site))
    given = witness_key(NAME, OTHER_KEY.public)
    found = both(site, tmp_path, Outside(ledger=site.book.id, witnesses=(given,)))
    assert ("ok-unanchored", "good", False) == (found[0], *found[3][0][1:])


@pytest.mark.parametrize("whose", ["the log", "ward-1", "petra"])
def test_a_key_of_the_site_is_no_witness_from_outside(tmp_path: Path, whose: str) -> None:
    """The first entry names the log's own key, or a person's, as the witness: the site would vouch for itself."""
    signer = key_of("the log") if whose == "the log" else person(whose, whose).key
    policy = Witnesses(quorum=1, keys=(Witness(name="inside.example/w1", key=jwk_of(signer)),))
    site = watched(tmp_path / "inside.ledger", policy)
    with closing(site.book):
        shown = _signed(site, witness_key("inside.example/w1", signer.public.raw), signer)
        write(site, shown)
        found = both(site, tmp_path, Outside(ledger=site.book.id))
        assert ("ok-unanchored", "good", False) == (found[0], *found[3][0][1:])
        assert "ok-unanchored" == both(site, tmp_path, Outside(ledger=site.book.id, cosigned=shown.note))[0]


def test_the_page_counts_no_witness_twice_and_none_of_the_site(tmp_path: Path) -> None:
    """One key under two names would be a quorum of two on the page that the inspector opens."""
    signer = witness_of()[1]
    own = tuple(Witness(name=name, key=jwk_of(signer)) for name in (NAME, OTHER))
    device = (Witness(name=NAME, key=jwk_of(key_of("ward-1"))),)
    for number, policy in enumerate((Witnesses(quorum=2, keys=own), Witnesses(quorum=1, keys=device))):
        site = watched(tmp_path / f"{number}.ledger", policy)
        with closing(site.book):
            made = signer if policy.quorum == 2 else key_of("ward-1")
            for one in policy.keys:
                write(site, _signed(site, witness_key(one.name, made.public.raw), made))
            outside = Outside(ledger=site.book.id)
            found = both(site, tmp_path, outside)
            (said,) = run([sheaf(copied(site.book)).case(ledger=site.book.id)])
            assert ("ok-unanchored", "ok-unanchored") == (found[0], said["verdict"])


def _signed(site: Site, key: VerifierKey, signer: MemorySigner) -> Shown:
    """A head cosigned by any key under any name."""
    head, at = site.book.checkpoint(), site.now.replace(microsecond=0)
    line = cosign(head[: head.index(b"\n\n") + 1], key, int(at.timestamp()), signer.sign)
    return recorded(site, "witness", head + line, key.name, at, site.book.size)
