"""The tree, its proofs and its texts, against the definition of RFC 6962 written out naively."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import BadInput, IntegrityFailure, Malformed
from ledger.merkle import checkpoint, note, proof, proof_file, text, tree
from ledger.wire import Token

MOST = 130
ORIGIN = "doseledger/demo-1/0123456789abcdef0123456789abcdef/main"
PUBLIC = bytes(range(32))
DATA = [f"entry {i}".encode() for i in range(MOST)]
LEAVES = [sha256(b"\x00" + data).digest() for data in DATA]
quick = settings(deadline=None, max_examples=200)


def sha(data: bytes) -> bytes:
    """SHA-256, as the definition uses it."""
    return sha256(data).digest()


def cut(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return max(1 << i for i in range(count.bit_length()) if 1 << i < count)


@cache
def mth(first: int, end: int) -> bytes:
    """MTH(D[first:end]) of RFC 6962 section 2.1."""
    if first == end:
        return sha(b"")
    if end - first == 1:
        return sha(b"\x00" + DATA[first])
    k = cut(end - first)
    return sha(b"\x01" + mth(first, first + k) + mth(first + k, end))


def path(m: int, first: int, end: int) -> tuple[bytes, ...]:
    """PATH(m, D[first:end]) of RFC 6962 section 2.1.1."""
    if end - first == 1:
        return ()
    k = cut(end - first)
    if m < k:
        return (*path(m, first, first + k), mth(first + k, end))
    return (*path(m - k, first + k, end), mth(first, first + k))


def subproof(m: int, first: int, end: int, whole: bool) -> tuple[bytes, ...]:
    """SUBPROOF(m, D[first:end], whole) of RFC 6962 section 2.1.2."""
    if m == end - first:
        return () if whole else (mth(first, end),)
    k = cut(end - first)
    if m <= k:
        return (*subproof(m, first, first + k, whole), mth(first + k, end))
    return (*subproof(m - k, first + k, end, False), mth(first, first + k))


def stored(size: int) -> Callable[[int, int], bytes]:
    """The nodes a storage holds after `size` appends, each written once; reading any other is a KeyError."""
    nodes = {(0, i): LEAVES[i] for i in range(size)}
    frontier: tuple[bytes, ...] = ()
    for position in range(size):
        done = tree.append(position, frontier, LEAVES[position])
        frontier = done.frontier
        for level, index, value in done.interior:
            assert (level, index) not in nodes
            nodes[level, index] = value
    return lambda level, index: nodes[level, index]


def test_root_is_the_definition() -> None:
    """If it failed, no other RFC 6962 program could confirm the root on the paper in the trial master file."""
    assert [mth(0, n) for n in range(MOST + 1)] == [tree.root(LEAVES[:n]) for n in range(MOST + 1)]


def test_append_is_the_definition_and_writes_each_node_once() -> None:
    """If it failed, the head signed after an infusion would not be the head of the entries stored so far."""
    frontier: tuple[bytes, ...] = ()
    nodes: list[tuple[int, int, bytes]] = []
    for size in range(MOST):
        done = tree.append(size, frontier, tree.leaf_hash(DATA[size]))
        frontier = done.frontier
        nodes.extend(done.interior)
        places = tree.frontier_places(size + 1)
        assert mth(0, size + 1) == done.root
        assert tuple(mth(i << level, i + 1 << level) for level, i in places) == frontier
    expected = {(lv, i, mth(i << lv, i + 1 << lv)) for lv in range(1, 9) for i in range(MOST >> lv)}
    assert (expected, len(expected)) == (set(nodes), len(nodes))


def test_root_at_every_earlier_size() -> None:
    """If it failed, the `after` root a nurse signed could not be compared with the log as it was then."""
    node = stored(MOST)
    assert [mth(0, n) for n in range(MOST + 1)] == [tree.root_at(n, node) for n in range(MOST + 1)]


def test_every_inclusion_proof() -> None:
    """If it failed, the receipt of some dose would not prove that the dose is in the log."""
    for size in range(1, MOST + 1):
        node = stored(size)
        for index in range(size):
            made = proof.inclusion(index, size, node)
            assert path(index, 0, size) == made
            proof.check_inclusion(LEAVES[index], index, size, made, mth(0, size))


def test_every_consistency_proof() -> None:
    """If it failed, an honest log would be taken for one whose past was changed, or the other way round."""
    node = stored(MOST)
    for new in range(1, MOST + 1):
        for old in range(1, new + 1):
            made = proof.consistency(old, new, node)
            assert subproof(old, 0, new, True) == made
            proof.check_consistency(old, new, made, mth(0, old), mth(0, new))


def test_a_leaf_proves_only_its_own_position() -> None:
    """If it failed, one dose could be shown at the place of another."""
    for size in range(2, 40):
        for index in range(size):
            made = path(index, 0, size)
            for other in set(range(size)) - {index}:
                with pytest.raises(IntegrityFailure):
                    proof.check_inclusion(LEAVES[index], other, size, made, mth(0, size))


def mutations(hashes: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """Every way to damage one proof a little: a bit, a hash more, a hash less, two in the wrong order, a short one."""
    made = [(*hashes, bytes(32)), (bytes(32), *hashes)]
    for i, value in enumerate(hashes):
        made.append((*hashes[:i], bytes([value[0] ^ 1]) + value[1:], *hashes[i + 1 :]))
        made.append((*hashes[:i], value[:31], *hashes[i + 1 :]))
        made.append((*hashes[:i], *hashes[i + 1 :]))
        if i:
            made.append((*hashes[: i - 1], value, hashes[i - 1], *hashes[i + 1 :]))
    return made


def test_a_damaged_inclusion_proof_fails() -> None:
    """If it failed, an entry that never was in the log could be given a proof."""
    for size in range(1, 34):
        for index in range(size):
            good, top = path(index, 0, size), mth(0, size)
            for bad in mutations(good):
                with pytest.raises(IntegrityFailure):
                    proof.check_inclusion(LEAVES[index], index, size, bad, top)
            for leaf, root in ((LEAVES[index - 1] if size > 1 else bytes(32), top), (LEAVES[index], bytes(32))):
                with pytest.raises(IntegrityFailure):
                    proof.check_inclusion(leaf, index, size, good, root)


def test_a_damaged_consistency_proof_fails() -> None:
    """If it failed, a log with an entry changed in its past could pass for the same log."""
    for new in range(1, 34):
        for old in range(1, new + 1):
            good, before, after = subproof(old, 0, new, True), mth(0, old), mth(0, new)
            for bad in mutations(good):
                with pytest.raises(IntegrityFailure):
                    proof.check_consistency(old, new, bad, before, after)
            for one, two in ((bytes(32), after), (before, bytes(32)), (after, before)):
                if (one, two) != (before, after):
                    with pytest.raises(IntegrityFailure):
                        proof.check_consistency(old, new, good, one, two)


def test_an_inclusion_proof_of_another_shape_fails() -> None:
    """If it failed, a receipt for one position of one log could be shown for another position of a shorter log."""
    places = [(index, size) for size in range(1, 14) for index in range(size)]
    for index, size in places:
        good, top = path(index, 0, size), mth(0, size)
        for other, count in places:
            if len(path(other, 0, count)) != len(good):
                with pytest.raises(IntegrityFailure):
                    proof.check_inclusion(LEAVES[index], other, count, good, top)


def test_a_consistency_proof_of_another_shape_fails() -> None:
    """If it failed, a head could be taken for that of a longer log than was proved."""
    sizes = [(old, new) for new in range(1, 20) for old in range(1, new + 1)]
    for old, new in sizes:
        good = subproof(old, 0, new, True)
        with pytest.raises(IntegrityFailure):
            proof.check_consistency(old, new, () if good else (bytes(32),), mth(0, old), mth(0, new))
        for one, two in sizes:
            if len(subproof(one, 0, two, True)) != len(good):
                with pytest.raises(IntegrityFailure):
                    proof.check_consistency(one, two, good, mth(0, old), mth(0, new))


def test_hashes_of_other_lengths_prove_nothing() -> None:
    """If it failed, bytes moved from one hash into the next would give a second, false proof of one root."""
    left, right, top = LEAVES[0], LEAVES[1], mth(0, 2)
    short, long = left[:31], left[31:] + right
    with pytest.raises(IntegrityFailure):
        proof.check_inclusion(short, 0, 2, (long,), top)
    with pytest.raises(IntegrityFailure):
        proof.check_consistency(1, 2, (long,), short, top)


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (0, 0), (1, 1), (5, 3), (0, 2**53)])
def test_no_inclusion_outside_the_log(index: int, size: int) -> None:
    """If it failed, a position that no entry has could be asked for or accepted."""
    with pytest.raises(BadInput):
        proof.inclusion(index, size, stored(0))
    with pytest.raises(IntegrityFailure):
        proof.check_inclusion(LEAVES[0], index, size, (), LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 3), (-1, 3), (4, 3), (1, 2**53)])
def test_no_consistency_from_the_empty_log_or_backwards(old: int, new: int) -> None:
    """If it failed, a witness that saw nothing would seem to confirm any history, or a shorter log would pass."""
    with pytest.raises(BadInput):
        proof.consistency(old, new, stored(0))
    with pytest.raises(IntegrityFailure):
        proof.check_consistency(old, new, (), tree.EMPTY_ROOT, tree.EMPTY_ROOT)


@quick
@given(new=st.integers(1, tree.MAX_SIZE), data=st.data())
def test_proofs_of_a_large_log_read_few_nodes(new: int, data: st.DataObject) -> None:
    """If it failed, a receipt would take longer with each entry, until the ward waits for it."""
    reads: list[tuple[int, int]] = []

    def node(level: int, index: int) -> bytes:
        assert (index + 1) << level <= new
        reads.append((level, index))
        return bytes(32)

    bound = 2 * new.bit_length()
    proof.inclusion(data.draw(st.integers(0, new - 1)), new, node)
    assert len(reads) <= bound
    reads.clear()
    proof.consistency(data.draw(st.integers(1, new)), new, node)
    assert len(reads) <= bound
    reads.clear()
    tree.root_at(new, node)
    assert new.bit_count() == len(reads)


def test_the_frontier_survives_its_stored_form() -> None:
    """If it failed, the first entry after a restart would break the log."""
    frontier: tuple[bytes, ...] = ()
    for size in range(MOST):
        packed = tree.pack_frontier(frontier)
        assert frontier == tree.unpack_frontier(size, packed)
        for wrong in (packed + b"\x00", packed[:-1] if packed else b"\x00" * 31, packed + bytes(32)):
            with pytest.raises(Malformed):
                tree.unpack_frontier(size, wrong)
        frontier = tree.append(size, frontier, LEAVES[size]).frontier


def test_append_refuses_what_is_not_its_own_frontier() -> None:
    """If it failed, a damaged head row would silently start another history."""
    three = tuple(mth(a, b) for a, b in ((0, 2), (2, 3)))
    for size, frontier, leaf in (
        (4, three, LEAVES[3]),
        (-1, (), LEAVES[0]),
        (3, (three[0], three[1][:31]), LEAVES[3]),
        (3, three, LEAVES[3][:31]),
    ):
        with pytest.raises(IntegrityFailure):
            tree.append(size, frontier, leaf)
    with pytest.raises(BadInput):
        tree.append(tree.MAX_SIZE, (bytes(32),) * 53, LEAVES[0])


def test_a_stored_node_of_another_length_is_found() -> None:
    """If it failed, a truncated hash in the database would turn up as a wrong root that nobody can explain."""
    with pytest.raises(IntegrityFailure):
        proof.inclusion(0, 2, lambda _level, _index: bytes(31))


def sign(message: bytes) -> bytes:
    """A stand-in for Ed25519: 64 bytes that depend on the message."""
    return sha(b"a" + message) + sha(b"b" + message)


def check(message: bytes, signature: bytes) -> None:
    """The other side of `sign`."""
    if sign(message) != signature:
        raise IntegrityFailure("wrong signature")


def sealed(size: int) -> bytes:
    """A sealed checkpoint of the first `size` test entries."""
    return checkpoint.seal(checkpoint.Checkpoint(ORIGIN, size, mth(0, size)), ORIGIN, PUBLIC, sign)


def witnessed(lines: Sequence[bytes]) -> bytes:
    """A sealed checkpoint with these lines behind it."""
    return sealed(5) + b"".join(lines)


TOKEN: str = get_args(Token)[1].pattern
tokens = st.from_regex(TOKEN)


@quick
@given(trial=tokens, log=tokens, ledger=st.binary(min_size=32, max_size=32), size=st.integers(1, tree.MAX_SIZE))
def test_what_is_sealed_is_what_is_verified(trial: str, log: str, ledger: bytes, size: int) -> None:
    """If it failed, the head a site keeps would not be the head the ledger signed."""
    name = checkpoint.origin(trial, ledger.hex(), log)
    head = checkpoint.Checkpoint(name, size, sha(ledger))
    signed = checkpoint.seal(head, name, PUBLIC, sign)
    assert head == checkpoint.verify(signed, name, PUBLIC, check)
    assert head.body() + b"\n" + checkpoint.parse(signed)[1][0].line() == signed


def test_foreign_signatures_are_passed_over() -> None:
    """If it failed, a checkpoint cosigned by the sponsor's witness could no longer be checked at the site."""
    other = note.NoteSignature("witness.example/\u00e9", b"abcd", bytes(72)).line()
    same_name = note.NoteSignature(ORIGIN, b"abcd", bytes(64)).line()
    same_id = note.NoteSignature("witness.example", note.key_id(ORIGIN, PUBLIC), bytes(64)).line()
    signed = witnessed([other, same_name, same_id])
    assert 5 == checkpoint.verify(signed, ORIGIN, PUBLIC, check).size
    assert 4 == len(checkpoint.parse(signed)[1])


def test_a_note_may_have_thirty_two_signatures_and_no_more() -> None:
    """If it failed, a checkpoint with many witnesses would be refused, or a hostile one would fill the memory."""
    lines = [note.NoteSignature(f"w{i}", b"abcd", b"x").line() for i in range(32)]
    assert 32 == len(checkpoint.parse(witnessed(lines[:31]))[1])
    with pytest.raises(Malformed):
        checkpoint.parse(witnessed(lines))
    with pytest.raises(Malformed):
        checkpoint.parse(witnessed([note.NoteSignature("w", b"abcd", bytes(200_000)).line()]))


def test_a_checkpoint_is_verified_for_one_log_and_one_key() -> None:
    """If it failed, the head of a training ledger, or one signed by nobody, could stand in for the study's."""
    signed = sealed(5)
    own = signed[signed.index(b"\n\n") + 2 :]
    short = note.NoteSignature(ORIGIN, note.key_id(ORIGIN, PUBLIC), bytes(63)).line()
    with pytest.raises(IntegrityFailure, match="is of the log"):
        checkpoint.verify(signed, ORIGIN.replace("main", "site-2"), PUBLIC, check)
    with pytest.raises(IntegrityFailure, match="0 signatures"):
        checkpoint.verify(signed, ORIGIN, bytes(32), check)
    with pytest.raises(IntegrityFailure, match="2 signatures"):
        checkpoint.verify(signed + own, ORIGIN, PUBLIC, check)
    with pytest.raises(IntegrityFailure, match="64 bytes"):
        checkpoint.verify(signed.replace(own, short), ORIGIN, PUBLIC, check)
    with pytest.raises(IntegrityFailure, match="wrong signature"):
        checkpoint.verify(signed.replace(b"\n5\n", b"\n6\n"), ORIGIN, PUBLIC, check)
    with pytest.raises(IntegrityFailure, match="64 bytes"):
        checkpoint.seal(checkpoint.parse(signed)[0], ORIGIN, PUBLIC, lambda _text: bytes(63))
    with pytest.raises(Malformed, match="own log"):
        checkpoint.seal(checkpoint.parse(signed)[0], ORIGIN.replace("main", "site-2"), PUBLIC, sign)
    with pytest.raises(Malformed, match="public key"):
        checkpoint.seal(checkpoint.parse(signed)[0], ORIGIN, bytes(31), sign)


GOOD = sealed(5)
ROOT64 = GOOD.split(b"\n")[2]
DASH = "\u2014".encode()
LINE = GOOD[GOOD.index(DASH) :]
BAD_NOTES = {
    "empty": b"",
    "no last newline": GOOD[:-1],
    "one newline more": GOOD + b"\n",
    "a broken line behind the last": GOOD + b"x",
    "carriage returns": GOOD.replace(b"\n", b"\r\n"),
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "not UTF-8": GOOD.replace(DASH, b"\xe2\x80"),
    "no signature": GOOD[: GOOD.index(DASH)],
    "no empty line": GOOD.replace(b"\n\n", b"\n"),
    "two empty lines": GOOD.replace(b"\n\n", b"\n\n\n"),
    "extension line": GOOD.replace(b"\n\n", b"\nextension\n\n"),
    "empty extension line": GOOD.replace(ROOT64, ROOT64 + b"\n\nx"),
    "two origins": ORIGIN.encode() + b"\n" + GOOD,
    "origin with a space": GOOD.replace(b"demo-1", b"demo 1", 1),
    "origin with a plus": GOOD.replace(b"demo-1", b"demo+1", 1),
    "origin in capitals": GOOD.replace(b"demo-1", b"DEMO-1", 1),
    "origin of another program": GOOD.replace(b"doseledger", b"otherledger", 1),
    "origin with a longer id": GOOD.replace(b"/0123", b"/00123", 1),
    "origin with capital id": GOOD.replace(b"abcdef", b"ABCDEF", 1),
    "origin with one part more": GOOD.replace(b"/main", b"/main/x", 1),
    "origin without a log": GOOD.replace(b"/main", b"/", 1),
    "size with leading zero": GOOD.replace(b"\n5\n", b"\n05\n"),
    "size with a sign": GOOD.replace(b"\n5\n", b"\n+5\n"),
    "negative size": GOOD.replace(b"\n5\n", b"\n-5\n"),
    "empty size": GOOD.replace(b"\n5\n", b"\n\n"),
    "size with a blank": GOOD.replace(b"\n5\n", b"\n5 \n"),
    "size in other digits": GOOD.replace(b"\n5\n", "\n\u0665\n".encode()),
    "size over the limit": GOOD.replace(b"\n5\n", b"\n9007199254740992\n"),
    "size zero with a root": GOOD.replace(b"\n5\n", b"\n0\n"),
    "root too short": GOOD.replace(ROOT64, b"AAAA"),
    "root without padding": GOOD.replace(ROOT64, ROOT64[:-1]),
    "root with loose bits": GOOD.replace(ROOT64, b"A" * 42 + b"B="),
    "root in base64url": GOOD.replace(ROOT64, b"_" * 42 + b"8="),
    "hyphen for a dash": GOOD.replace(DASH, b"-"),
    "two spaces": GOOD.replace(DASH + b" ", DASH + b"  "),
    "space at the end": GOOD[:-1] + b" \n",
    "tab in the line": GOOD.replace(DASH + b" ", DASH + b"\t"),
    "name with a plus": GOOD + LINE.replace(b"demo-1", b"demo+1"),
    "name with a Unicode space": GOOD + LINE.replace(b"demo-1", "demo\u2003".encode()),
    "name with a no-break space": GOOD + LINE.replace(b"demo-1", "demo\u00a0".encode()),
    "name with DEL": GOOD + LINE.replace(b"demo-1", b"demo\x7f"),
    "name with NUL": GOOD + LINE.replace(b"demo-1", b"demo\x00"),
    "no name": GOOD + DASH + b"  AAAAAAA=\n",
    "key id alone": GOOD + DASH + b" w AAAAAA==\n",
    "no signature bytes": GOOD + DASH + b" w \n",
    "signature not base64": GOOD + DASH + b" w !!!!\n",
    "signature with loose bits": GOOD + DASH + b" w AAAAAAB=\n",
}


@pytest.mark.parametrize("name", sorted(BAD_NOTES))
def test_a_checkpoint_has_one_accepted_form(name: str) -> None:
    """If it failed, two readers could take one text for two different heads of the log."""
    with pytest.raises(Malformed):
        checkpoint.parse(BAD_NOTES[name])


def test_the_bad_notes_are_bad_for_their_own_reason() -> None:
    """If it failed, the table above would compare nothing: the note it starts from must be accepted."""
    assert checkpoint.Checkpoint(ORIGIN, 5, mth(0, 5)) == checkpoint.parse(GOOD)[0]
    assert [] == [name for name, data in BAD_NOTES.items() if data == GOOD]


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        (ORIGIN + "\n", 1, LEAVES[0]),
        (ORIGIN, -1, LEAVES[0]),
        (ORIGIN, 2**53, LEAVES[0]),
        (ORIGIN, 1, LEAVES[0][:31]),
        (ORIGIN, 0, LEAVES[0]),
        ("doseledger/demo-1/" + "0" * 31 + "/main", 1, LEAVES[0]),
    ],
)
def test_no_checkpoint_is_made_that_could_not_be_read(origin: str, size: int, root: bytes) -> None:
    """If it failed, the ledger would sign a head that every verifier refuses."""
    with pytest.raises(Malformed):
        checkpoint.Checkpoint(origin, size, root)


@quick
@given(token=st.one_of(st.text(alphabet="aZ09.-_/ +\n", max_size=70), st.sampled_from(["a" * 64, "a" * 65, "a" * 66])))
def test_the_origin_takes_the_names_of_the_record(token: str) -> None:
    """If it failed, a trial or a log with a legal name could not have a checkpoint, or an illegal one could."""
    legal = re.search(TOKEN, token) is not None
    for origin in (checkpoint.origin(token, "0" * 64, "main"), checkpoint.origin("demo-1", "0" * 64, token)):
        if legal:
            assert origin == checkpoint.Checkpoint(origin, 1, LEAVES[0]).origin
        else:
            with pytest.raises(Malformed):
                checkpoint.Checkpoint(origin, 1, LEAVES[0])


@quick
@given(name=st.text(min_size=1, max_size=40), public=st.binary(min_size=32, max_size=32))
def test_a_verifier_key_reads_back(name: str, public: bytes) -> None:
    """If it failed, the log key printed for the inspector could not be typed in again."""
    try:
        key = note.VerifierKey(name, public)
    except Malformed:
        with pytest.raises(Malformed):
            note.key_id(name, public)
        return
    assert key == note.parse_vkey(key.text())


def test_a_key_name_has_no_space_of_any_alphabet() -> None:
    """If it failed, one signature line could be read as two different names."""
    spaces = [chr(code) for code in range(0x110000) if chr(code).isspace()]
    for bad in ["", "+", "\x00", "\x7f", "\x80", "\ud800", *spaces]:
        with pytest.raises(Malformed):
            note.key_id(f"witness{bad}example" if bad else bad, PUBLIC)


def test_numbers_end_where_every_json_reader_is_exact() -> None:
    """If it failed, a position could mean two entries to two readers."""
    largest, next_one = "9007199254740991", "9007199254740992"
    assert int(largest) == text.number_of(largest, "n")
    with pytest.raises(Malformed):
        text.number_of(next_one, "n")


VKEY = note.VerifierKey(ORIGIN, PUBLIC).text()


@pytest.mark.parametrize(
    "line",
    [
        "",
        VKEY + "\n",
        " " + VKEY,
        VKEY.replace("main", "side"),
        VKEY.replace("+", " "),
        VKEY[:-1],
        VKEY.upper(),
        "\ud800+00000000+AQ==",
        "a+00000000+AQ==",
        "a+" + note.key_id("a", PUBLIC).hex() + "+BAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
    ],
)
def test_a_verifier_key_has_one_accepted_form(line: str) -> None:
    """If it failed, a mistyped log key could be taken for the right one."""
    with pytest.raises(Malformed):
        note.parse_vkey(line)


def test_a_text_without_a_newline_is_not_sealed() -> None:
    """If it failed, a note would be signed over other bytes than its readers check."""
    for body in (b"no newline", b"", b"control\x00\n", b"\xff\n"):
        with pytest.raises(Malformed):
            note.seal_note(body, note.VerifierKey("a", PUBLIC), sign)


@quick
@given(index=st.integers(0, MOST - 1), extra=st.binary(max_size=80))
def test_a_proof_file_reads_back_and_proves(index: int, extra: bytes) -> None:
    """If it failed, the proof a patient's physician takes home would prove nothing."""
    made = proof_file.format_proof(index, path(index, 0, MOST), sealed(MOST), extra)
    read = proof_file.parse_proof(made)
    assert proof_file.ProofFile(index, path(index, 0, MOST), sealed(MOST), extra) == read
    head = checkpoint.verify(read.note, ORIGIN, PUBLIC, check)
    proof.check_inclusion(LEAVES[index], read.index, head.size, read.path, head.root)


FILE = proof_file.format_proof(3, path(3, 0, 5), sealed(5), b"extra")
BAD_FILES = {
    "empty": b"",
    "another version": FILE.replace(b"@v1", b"@v2"),
    "no header": FILE.split(b"\n", 1)[1],
    "header alone": FILE.split(b"\n", 1)[0],
    "no index": FILE.replace(b"index 3\n", b""),
    "index behind the path": FILE.replace(b"index 3\n", b"").replace(b"\n\n", b"\nindex 3\n\n", 1),
    "index with leading zero": FILE.replace(b"index 3", b"index 03"),
    "index outside the log": FILE.replace(b"index 3", b"index 5"),
    "two indexes": FILE.replace(b"index 3\n", b"index 3\nindex 3\n"),
    "empty extra": FILE.replace(b"extra ZXh0cmE=", b"extra "),
    "extra not base64": FILE.replace(b"extra ZXh0cmE=", b"extra ZXh0cmE"),
    "two extras": FILE.replace(b"extra ZXh0cmE=\n", b"extra ZXh0cmE=\n" * 2),
    "short hash": FILE.replace(b"\n\n", b"\nAAAA\n\n", 1),
    "too many hashes": FILE.replace(b"\n\n", b"\n" + (b"A" * 43 + b"=\n") * 60 + b"\n", 1),
    "not ASCII": FILE.replace(b"index", "ind\u00e9x".encode()),
    "no checkpoint": FILE[: FILE.index(b"\n\n") + 2],
    "a line before the checkpoint": FILE.replace(b"\n\n", b"\n\n\n", 1),
    "carriage returns": FILE.replace(b"\n", b"\r\n"),
    "too long": FILE + b"x" * 400_000,
}


@pytest.mark.parametrize("name", sorted(BAD_FILES))
def test_a_proof_file_has_one_accepted_form(name: str) -> None:
    """If it failed, two verifiers could read one proof file differently."""
    assert BAD_FILES[name] != FILE
    with pytest.raises(Malformed):
        proof_file.parse_proof(BAD_FILES[name])


def test_no_proof_file_is_made_that_could_not_be_read() -> None:
    """If it failed, a receipt would be handed out that nobody can open."""
    for index, hashes, signed, extra in (
        (-1, (), sealed(5), b""),
        (5, (), sealed(5), b""),
        (0, (b"short",), sealed(5), b""),
        (0, (), b"no checkpoint", b""),
        (0, (), sealed(5), bytes(65_537)),
    ):
        with pytest.raises(Malformed):
            proof_file.format_proof(index, hashes, signed, extra)


def damaged(good: bytes) -> st.SearchStrategy[bytes]:
    """Bytes near to good ones: a slice replaced by anything, or by lines of the good text."""
    places = st.integers(0, len(good))
    parts = st.one_of(
        st.binary(max_size=8),
        st.sampled_from(good.splitlines(keepends=True)),
        st.text(max_size=3).map(lambda part: part.encode("utf-8", "surrogatepass")),
    )
    return st.builds(lambda a, b, part: good[: min(a, b)] + part + good[max(a, b) :], places, places, parts)


@settings(deadline=None, max_examples=1000)
@given(data=st.one_of(st.binary(max_size=200), damaged(GOOD), damaged(FILE)))
def test_readers_of_foreign_bytes_raise_malformed_only(data: bytes) -> None:
    """If it failed, a hostile file could stop the verification with a crash instead of a finding."""
    try:
        head, signatures = checkpoint.parse(data)
        assert head.body() + b"\n" + b"".join(one.line() for one in signatures) == data
    except Malformed:
        assert data != GOOD
    try:
        read = proof_file.parse_proof(data)
        assert proof_file.format_proof(read.index, read.path, read.note, read.extra) == data
    except Malformed:
        assert data != FILE
    try:
        tree.unpack_frontier(len(data) // 32, data)
    except Malformed:
        assert len(data) != (len(data) // 32).bit_count() * 32


@settings(deadline=None, max_examples=500)
@given(
    line=st.one_of(
        st.text(alphabet=st.characters(), max_size=80),
        damaged(VKEY.encode()).map(lambda data: data.decode("utf-8", "surrogateescape")),
    )
)
def test_reading_a_foreign_verifier_key_raises_malformed_only(line: str) -> None:
    """If it failed, a mistyped key would end in a traceback."""
    try:
        assert line == note.parse_vkey(line).text()
    except Malformed:
        assert line != VKEY
