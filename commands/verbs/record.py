"""The rows about entries: correct, void, countersign."""

from __future__ import annotations

from commands import (
    options,
    record,
)
from commands.options import Option
from commands.verbs.verb import (
    Verb,
    required,
)

ROWS = (
    Verb(
        "correct",
        record.CorrectEntry,
        (
            required("entry", options.plain, "The entry."),
            Option("set", options.change, "FIELD=VALUE; repeatable.", field="changes", many=True),
            Option("at", options.when, "The true time."),
            Option("query", options.plain, "The query that the correction answers."),
        ),
        "RECORD",
        witnesses=1,
    ),
    Verb(
        "void",
        record.VoidEntry,
        (
            required("entry", options.plain, "The entry."),
            Option("to-patient", options.plain, "The right patient."),
            Option("to-order", options.plain, "The right patient's order."),
        ),
        "RECORD",
        witnesses=1,
    ),
    Verb("countersign", record.CountersignEntry, (required("entry", options.plain, "The entry."),), "RECORD"),
)
