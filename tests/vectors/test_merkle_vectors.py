"""Published RFC 6962 and signed-note values, and the frozen bytes of checkpoints and proof files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import IntegrityFailure
from ledger.merkle import checkpoint, note, proof, proof_file, tree

FOLDER = Path(__file__).parent / "merkle"
TREE = json.loads((FOLDER / "tree.json").read_bytes())
KEYS = json.loads((FOLDER / "keys.json").read_bytes())
INPUTS = [bytes.fromhex(text) for text in TREE["inputs"]]
LEAVES = [bytes.fromhex(text) for text in TREE["leaf_hashes"]]
ROOTS = [bytes.fromhex(text) for text in TREE["roots"]]
NAME = KEYS["log"]["name"]
PUBLIC = bytes.fromhex(KEYS["log"]["public"])
NODES: dict[tuple[int, int], bytes] = {(0, i): leaf for i, leaf in enumerate(LEAVES)} | {
    (row["level"], row["index"]): bytes.fromhex(row["hash"]) for row in TREE["interior"]
}


def node(level: int, index: int) -> bytes:
    """Read a node of the frozen tree."""
    return NODES[level, index]


def sign(text: bytes) -> bytes:
    """Sign with the frozen log key."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(KEYS["log"]["seed"])).sign(text)


def check(text: bytes, signature: bytes) -> None:
    """Check with the frozen log key."""
    try:
        Ed25519PublicKey.from_public_bytes(PUBLIC).verify(signature, text)
    except InvalidSignature:
        raise IntegrityFailure("the signature does not belong to the checkpoint") from None


def unhex(rows: list[str]) -> tuple[bytes, ...]:
    """The hashes of a frozen proof."""
    return tuple(bytes.fromhex(row) for row in rows)


def test_published_roots() -> None:
    """If it failed, the tree would not be the tree of RFC 6962, and no outside program could check a ledger."""
    assert TREE["empty_root"] == tree.EMPTY_ROOT.hex()
    assert LEAVES == [tree.leaf_hash(data) for data in INPUTS]
    assert ROOTS == [tree.root(LEAVES[:size]) for size in range(1, 9)]


def test_frozen_nodes_and_frontiers() -> None:
    """If it failed, a ledger written by another version of this program could not be continued."""
    frontier = tree.unpack_frontier(0, bytes.fromhex(TREE["frontiers"][0]))
    written = []
    for size, leaf in enumerate(LEAVES):
        done = tree.append(size, frontier, leaf)
        written += [
            {"written_with_leaf": size, "level": level, "index": index, "hash": value.hex()}
            for level, index, value in done.interior
        ]
        assert TREE["frontiers"][size + 1] == tree.pack_frontier(done.frontier).hex()
        assert ROOTS[size] == done.root
        frontier = tree.unpack_frontier(size + 1, bytes.fromhex(TREE["frontiers"][size + 1]))
    assert TREE["interior"] == written


@pytest.mark.parametrize("row", TREE["inclusion"], ids=str)
def test_published_inclusion_proofs(row: dict[str, object]) -> None:
    """If it failed, receipts would be readable by this program alone."""
    index, size, hashes = _numbers(row, "index", "size")
    assert hashes == proof.inclusion(index, size, node)
    proof.check_inclusion(LEAVES[index], index, size, hashes, ROOTS[size - 1])


@pytest.mark.parametrize("row", TREE["consistency"], ids=str)
def test_published_consistency_proofs(row: dict[str, object]) -> None:
    """If it failed, a witness of another make would refuse every new head of this ledger."""
    old, new, hashes = _numbers(row, "old", "new")
    assert hashes == proof.consistency(old, new, node)
    proof.check_consistency(old, new, hashes, ROOTS[old - 1], ROOTS[new - 1])


def _numbers(row: dict[str, object], first: str, second: str) -> tuple[int, int, tuple[bytes, ...]]:
    one, two, hashes = row[first], row[second], row["proof"]
    assert isinstance(one, int)
    assert isinstance(two, int)
    assert isinstance(hashes, list)
    return one, two, unhex(hashes)


@pytest.mark.parametrize("size", [0, 1, 8])
def test_frozen_checkpoints(size: int) -> None:
    """If it failed, a head kept by the sponsor years ago could no longer be compared with the ledger."""
    frozen = (FOLDER / f"checkpoint-{size}.note").read_bytes()
    head = checkpoint.Checkpoint(NAME, size, ROOTS[size - 1] if size else tree.EMPTY_ROOT)
    assert frozen == checkpoint.seal(head, NAME, PUBLIC, sign)
    assert head == checkpoint.verify(frozen, NAME, PUBLIC, check)


def test_a_checkpoint_with_another_signature_fails() -> None:
    """If it failed, the head of one moment could carry the signature of another."""
    one = (FOLDER / "checkpoint-1.note").read_bytes()
    eight = (FOLDER / "checkpoint-8.note").read_bytes()
    mixed = one[: one.index(b"\n\n")] + eight[eight.index(b"\n\n") :]
    with pytest.raises(IntegrityFailure, match="does not belong"):
        checkpoint.verify(mixed, NAME, PUBLIC, check)


def test_a_witnessed_checkpoint() -> None:
    """If it failed, a head cosigned by a witness could not be read where the ledger is kept."""
    frozen = (FOLDER / "checkpoint-8-witnessed.note").read_bytes()
    assert 8 == checkpoint.verify(frozen, NAME, PUBLIC, check).size
    _, signatures = checkpoint.parse(frozen)
    assert [NAME, "witness.example/w1"] == [one.name for one in signatures]
    assert frozen == (FOLDER / "checkpoint-8.note").read_bytes() + signatures[1].line()


@pytest.mark.parametrize(("name", "extra"), [("entry-5-of-8", b""), ("entry-5-of-8-extra", b"doseledger")])
def test_frozen_proof_files(name: str, extra: bytes) -> None:
    """If it failed, a proof handed out years ago could no longer be opened."""
    frozen = (FOLDER / f"{name}.tlog-proof").read_bytes()
    signed = (FOLDER / "checkpoint-8.note").read_bytes()
    assert frozen == proof_file.format_proof(5, proof.inclusion(5, 8, node), signed, extra)
    read = proof_file.parse_proof(frozen)
    head = checkpoint.verify(read.note, NAME, PUBLIC, check)
    proof.check_inclusion(tree.leaf_hash(INPUTS[5]), read.index, head.size, read.path, head.root)
    assert extra == read.extra


def test_the_origin_shows_half_of_the_ledger_id() -> None:
    """If it failed, the checkpoint of one ledger would bear the name of another."""
    assert NAME == checkpoint.origin("demo-1", LEAVES[0].hex(), "main")


@pytest.mark.parametrize("who", ["log", "go"])
def test_frozen_verifier_keys(who: str) -> None:
    """If it failed, the log key on paper would not fit the log."""
    row = KEYS[who]
    key = note.parse_vkey(row["vkey"])
    assert (row["name"], row["public"], row["key_id"]) == (key.name, key.public.hex(), key.key_id.hex())
    assert row["vkey"] == key.text()


def test_the_published_note_of_the_go_library() -> None:
    """If it failed, the notes would not be those of the format, and no existing witness could sign a head."""
    frozen = (FOLDER / "go-note.txt").read_bytes()
    key = note.parse_vkey(KEYS["go"]["vkey"])
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(KEYS["go"]["seed"]))
    text, signatures = note.parse_note(frozen)
    Ed25519PublicKey.from_public_bytes(key.public).verify(note.find_signature(signatures, key), text)
    assert frozen == note.seal_note(text, key, private.sign)
