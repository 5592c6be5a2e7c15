"""A write command as a row, and the options that several rows share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from commands import options
from commands.options import Option, Parsed, Reading
from ledger.events.base import ReasonCode


@dataclass(frozen=True)
class Verb:
    """One write command: the act it builds, its options, and how many further persons may sign with `--witness`."""

    name: str
    act: type[Any]
    options: tuple[Option, ...]
    panel: str
    witnesses: int = 0

    @property
    def help(self) -> str:
        """The first line of the act's description."""
        return (self.act.__doc__ or "").partition("\n")[0]


CODES = (*get_args(ReasonCode),)
COMMON = (
    Option(
        "reason",
        options.choice(*CODES),
        "Why: a code; needed to correct, void and override, asked for when late.",
        choices=CODES,
    ),
    Option("reason-text", options.plain, "Why, in words; kept beside the record, not in the signed bytes."),
    Option(
        "source",
        options.choice("direct", "paper", "import", "device"),
        "Where the statement was taken from.",
        choices=("direct", "paper", "import", "device"),
    ),
    Option("source-ref", options.plain, "The page or file it was taken from."),
    Option("performed-by", options.plain, "Who did it, when you transcribe for somebody else."),
    Option("seen", options.plain, "A finding you have seen, RULE@ENTRY; repeatable.", many=True),
    Option(
        "basis",
        options.choice("observed", "device", "chart", "recalled"),
        "How the time is known.",
        choices=("observed", "device", "chart", "recalled"),
    ),
)
PATIENT = Option("patient", options.plain, "The patient's number.", positional=True, required=True)
AT = Option("at", options.when, "When it happened; now when left out.")


def required(name: str, read: Callable[[str, Reading], Parsed], words: str, field: str = "") -> Option:
    """Make an option that is named by its place and cannot be left out."""
    return Option(name, read, words, field=field, positional=True, required=True)


def among(values: object) -> dict[str, Any]:
    """Read one of the values of a Literal."""
    names = tuple(get_args(values))
    return {"read": options.choice(*names), "choices": names}


HOLDS = ("toxicity", "infection", "serious-adverse-reaction", "haematology", "logistics", "other")
STOPS = ("toxicity", "autoimmune-cytopenia", "progression", "investigator", "patient", "other")
ENDS = ("completed", "progression", "toxicity", "withdrawal", "investigator", "transplant", "death", "lost", "sponsor")
ORDER = required("order", options.plain, "The order's entry.")
DOSE = required("dose", options.plain, "The dose's entry, or its order's.")
TOXICITY = required("toxicity", options.plain, "The toxicity's entry.")
END = (
    Option("ended", options.when, "When it ended; now when left out."),
    Option("given", options.plain, "What was given: all, an amount (5.94mg) or a share of the volume (60%)."),
    Option("volume", options.unit("mL"), "The volume delivered.", field="volume_ml"),
    Option("reaction", options.plain, "A reaction that came with it: a term of the dictionary."),
)
