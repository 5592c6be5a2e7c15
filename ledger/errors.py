"""Every refusal of this program: an error is a class, a sentence and an exit code.

    DoseLedgerError                 70  internal error, when nothing more precise is known
      BadInput                       2  it does not parse; it never became an act
      Question                       2  an answer is needed and there is no terminal to ask at
      Refused                        3  a protocol rule refuses the act
      NotAllowed                     4  role, delegation, key or passphrase
        WrongPassphrase              4
      Conflict                       5  somebody wrote first
        Changed                      5  what was shown is no longer what would be signed
      Unavailable                    6  the ledger is missing, unreadable or from a newer version
      BatchRefused                   7  some rows of a batch were refused
      IntegrityFailure               8  stored bytes are not what they must be
        Malformed                    8  bytes that are not in the one accepted form
      OutcomeUnknown                 9  the entry may or may not be stored; run the same command id again

Exit code 0 is success, 1 is "ran, and the answer is no", 130 is an interrupt.
"""

from __future__ import annotations

from typing import ClassVar


class DoseLedgerError(Exception):
    """The root of the tree. `what` happened, `why`, and `fix`: what the reader can do about it."""

    exit_code: ClassVar[int] = 70
    attempt: int | None = None
    """The position at which the refused attempt was kept, where it was."""
    counted: bool = False
    """Whether it was tried so often that it is only counted."""

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix


class BadInput(DoseLedgerError):
    """Input that does not parse: a unit, a date, an option, a name nobody bears."""

    exit_code = 2


class Question(DoseLedgerError):
    """A question that only a terminal, or the named option, can answer."""

    exit_code = 2


class Refused(DoseLedgerError):
    """A well-formed act that a rule refuses; `rules` lists all that refuse it, the first is the one shown."""

    exit_code = 3

    def __init__(self, what: str, *, rules: tuple[str, ...], why: str = "", fix: str = "") -> None:
        super().__init__(what, why=why, fix=fix)
        self.rules = rules


class NotAllowed(DoseLedgerError):
    """The person may not do this: role, delegation, key, or separation of duties."""

    exit_code = 4


class WrongPassphrase(NotAllowed):
    """The key file did not open with the passphrase given."""


class Conflict(DoseLedgerError):
    """Somebody wrote first; `winner` is the position of the entry that won, where one is known."""

    exit_code = 5

    def __init__(self, what: str, *, winner: int | None = None, why: str = "", fix: str = "") -> None:
        super().__init__(what, why=why, fix=fix)
        self.winner = winner


class Changed(Conflict):
    """Between showing and signing something was written that changes what would be signed: show it again."""


class Unavailable(DoseLedgerError):
    """The ledger cannot be opened or written: missing, foreign, newer, read-only, disk full."""

    exit_code = 6


class BatchRefused(DoseLedgerError):
    """Some rows of a batch were refused; nothing of the refused rows was written."""

    exit_code = 7


class IntegrityFailure(DoseLedgerError):
    """Stored bytes are not what they must be."""

    exit_code = 8


class Malformed(IntegrityFailure):
    """Bytes that are not in the one accepted form: the only error a parser of foreign bytes raises."""


class OutcomeUnknown(DoseLedgerError):
    """The write may or may not have been stored; running the same command id again is safe."""

    exit_code = 9
