"""What a witness remembers: of each log the newest head that it cosigned, in a folder that only ever goes forward.

`FOLDER/witness` is the witness's own key, so that no witness starts from nothing because somebody mistyped a folder.
`FOLDER/<32 hex>.note` is the newest note that was cosigned of the log whose origin has the SHA-256 that begins so: its
text, the signature of the log and the cosignature. What speaks against a log lies beside it, a file for each incident.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from ledger.anchors.cosignature import Check, check_cosignature, parse_witness_key, strict
from ledger.anchors.disk import alone, replace
from ledger.anchors.witnessing import Answer, Asked, decide, head_of
from ledger.errors import BadInput, IntegrityFailure, Malformed
from ledger.merkle.note import MAX_NOTE_BYTES, VerifierKey

MOST_UNPROVEN = 64
"""Incidents that prove nothing by themselves are kept up to this number for each log; proofs of a fork all."""
_NAME = "witness"
_COSIGNED = b"cosigned\n"
"""What the lock of a log says once a head of it was cosigned: a note that is missing then was taken away."""


class Memory:
    """The folder of one witness. Methods may raise OSError, for the caller to decide what that means."""

    def __init__(self, folder: Path, key: VerifierKey) -> None:
        """Use `begin` or `open`."""
        self.folder = folder
        self.key = key

    @classmethod
    def begin(cls, folder: Path, key: VerifierKey) -> Memory:
        """Make the folder of a witness that has cosigned nothing; raises BadInput where one is that already."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with alone(folder / "lock"):
            if (folder / _NAME).exists():
                raise BadInput(
                    f"{folder} is the memory of a witness already",
                    why="a witness that begins anew could cosign another history",
                    fix="name another folder",
                )
            replace(folder / _NAME, key.text().encode() + b"\n")
        return cls(folder, key)

    @classmethod
    def open(cls, folder: Path, public: bytes) -> Memory:
        """Open the folder of the witness with this key; raises BadInput where it is none, or that of another."""
        try:
            key = parse_witness_key((folder / _NAME).read_text(encoding="utf-8").removesuffix("\n"))
        except (FileNotFoundError, NotADirectoryError):
            raise BadInput(
                f"{folder} is not the memory of a witness",
                why="a witness without its memory could cosign two histories",
                fix="name the folder that was made with the key: doseledger witness key",
            ) from None
        except (Malformed, UnicodeDecodeError) as error:
            raise BadInput(f"{folder / _NAME} is not the key of a witness", why=str(error)) from error
        if key.public != public:
            raise BadInput(
                f"{folder} is the memory of another witness",
                why=f"it was made with the key {key.name}+{key.key_id.hex()}",
                fix="use the key and the folder that were made together",
            )
        return cls(folder, key)

    def answer(
        self, asked: Asked, cosign: Callable[[bytes], bytes], check: Check = strict
    ) -> tuple[Answer, Path | None]:
        """Decide a request and remember what follows from it, before this returns; with the file of an incident.

        Raises IntegrityFailure where what is remembered of the log is not what this witness cosigned.
        """
        stem = sha256(asked.head.origin.encode()).hexdigest()[:32]
        path, lock = self.folder / f"{stem}.note", self.folder / f"{stem}.lock"
        with alone(lock):
            kept = self._kept(path, asked.head.origin, check)
            if kept is None and lock.stat().st_size:
                raise _forgotten(path, "the newest head that it cosigned of the log is gone")
            answer = decide(asked, kept, cosign)
            if answer.keep is not None:
                replace(path, answer.keep)
                lock.write_bytes(_COSIGNED)
            return answer, self._incident(stem, answer)

    def note(self, origin: str) -> bytes | None:
        """The newest note that was cosigned of a log; None where none was. Its signatures are not checked."""
        return _read(self.folder / f"{sha256(origin.encode()).hexdigest()[:32]}.note")

    def _kept(self, path: Path, origin: str, check: Check) -> bytes | None:
        note = _read(path)
        if note is None:
            return None
        head, text, lines = head_of(note)
        if head.origin != origin or check_cosignature(lines, text, self.key, check) is None:
            raise _forgotten(path, str(path))
        return note

    def _incident(self, stem: str, answer: Answer) -> Path | None:
        if answer.incident is None:
            return None
        verdict, data = answer.incident
        path = self.folder / f"{stem}.{verdict}-{sha256(data).hexdigest()[:16]}.json"
        if path.exists():
            return path
        if verdict != "fork" and len(list(self.folder.glob(f"{stem}.{verdict}-*.json"))) >= MOST_UNPROVEN:
            return None
        replace(path, data)
        return path


def _forgotten(path: Path, why: str) -> IntegrityFailure:
    return IntegrityFailure(
        "What this witness remembers of the log is not what it cosigned.",
        why=why,
        fix=f"Nothing more is cosigned of this log with this key; make a new key; find out who changed {path.name}.",
    )


def _read(path: Path) -> bytes | None:
    """Read a note; one that is longer than any note is cut there, and is none."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_NOTE_BYTES + 1)
    except FileNotFoundError:
        return None
