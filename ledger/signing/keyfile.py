"""Key files: bytes that a person keeps and opens with a passphrase, and the device's own without one.

The format is OpenSSH's, so that a person can inspect and re-encrypt his key with tools of his own. A
passphrase is stretched by at least 100 rounds of bcrypt (about 0.8 s a guess); weaker files are refused.
"""

from __future__ import annotations

from secrets import token_bytes

from ledger.errors import BadInput, WrongPassphrase
from ledger.signing import container
from ledger.signing.container import Lock
from ledger.signing.keys import PublicKey
from ledger.signing.signer import MemorySigner, Signer

LEAST_ROUNDS = 100
MOST_ROUNDS = 10_000
"""Rounds of bcrypt: more than this takes minutes, and is a damaged file rather than a careful owner."""
SHORTEST_PASSPHRASE = 8
"""Bytes of a new passphrase."""
_LONGEST_COMMENT = 128


def create(passphrase: bytes, *, rounds: int = LEAST_ROUNDS, comment: str) -> tuple[bytes, PublicKey]:
    """A new Ed25519 key: the text of its file, encrypted, and its public half.

    Fewer `rounds` than 100 make a file that `open_key` refuses unless told otherwise. Raises BadInput for a
    passphrase under 8 bytes or with a control character, and for a comment that does not fit on a line.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BadInput(
            f"The passphrase is too short: it has {len(passphrase)} bytes.",
            fix=f"Choose one of at least {SHORTEST_PASSPHRASE}; four or five words are easy to keep in mind.",
        )
    if any(byte < 0x20 or byte == 0x7F for byte in passphrase):
        raise BadInput("The passphrase has a character that cannot be typed, such as a line end.")
    if not 1 <= rounds <= MOST_ROUNDS:
        raise BadInput(f"A key file has 1 to {MOST_ROUNDS} rounds of bcrypt, not {rounds}.")
    return _create(comment, Lock(token_bytes(16), rounds), passphrase)


def open_key(text: bytes, passphrase: bytes, *, allow_fast: bool = False) -> Signer:
    """The signer in a person's key file.

    Raises WrongPassphrase, or BadInput for a file that is no such key, is not encrypted, or (unless
    `allow_fast`, for tests and demonstrations) has fewer than 100 rounds.
    """
    box = container.load(text)
    if box.lock is None:
        raise BadInput(
            "The key file is not protected by a passphrase.",
            why="Whoever copies the file could sign as its owner.",
            fix="Protect it: `ssh-keygen -p -a 100 -f FILE`.",
        )
    if box.lock.rounds < LEAST_ROUNDS and not allow_fast:
        raise BadInput(
            f"The key file is protected too weakly: by {box.lock.rounds} rounds of bcrypt.",
            why=f"At least {LEAST_ROUNDS} are needed, so that guessing the passphrase takes long.",
            fix="Protect it anew: `ssh-keygen -p -a 100 -f FILE`.",
        )
    if not 1 <= box.lock.rounds <= MOST_ROUNDS or not box.lock.salt:
        raise BadInput(f"The key file is damaged: it asks for {box.lock.rounds} rounds of bcrypt.")
    seed = container.unpack(box, passphrase) if passphrase else None
    if seed is None:
        raise WrongPassphrase(
            "The passphrase does not open this key.", fix="Type it again; nobody else can recover it."
        )
    return _signer(seed, box.public)


def create_system(*, comment: str = "doseledger device or log") -> tuple[bytes, PublicKey]:
    """A new Ed25519 key for a device or a log: the text of its file, not encrypted, and its public half."""
    return _create(comment, None, b"")


def open_system(text: bytes) -> Signer:
    """The signer in a device's or a log's key file; raises BadInput for a file that is no such key, or is encrypted."""
    box = container.load(text)
    if box.lock is not None:
        raise BadInput(
            "The key file is protected by a passphrase, so it is a person's.",
            why="The device's and the log's keys are used while nobody is there to type one.",
        )
    seed = container.unpack(box, b"")
    if seed is None:
        raise BadInput(
            "The key file is damaged.", why="Its check numbers differ.", fix="Restore it from its backup copy."
        )
    return _signer(seed, box.public)


def _create(comment: str, lock: Lock | None, passphrase: bytes) -> tuple[bytes, PublicKey]:
    if len(comment) > _LONGEST_COMMENT or not comment.isprintable():
        raise BadInput(f"The comment of a key file must be one line of at most {_LONGEST_COMMENT} characters.")
    seed = token_bytes(32)
    public = MemorySigner(seed).public
    packed = container.pack(public.raw, seed, comment.encode(), token_bytes(4), lock=lock, passphrase=passphrase)
    return container.dump(packed), public


def _signer(seed: bytes, public: bytes) -> Signer:
    signer = MemorySigner(seed)
    if signer.public.raw != public:
        raise BadInput("The key file is damaged.", why="Its secret does not make its public key.")
    return signer
