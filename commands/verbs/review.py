"""The rows of review and closing: queries, sign-off, source verification, review of the trail, locks, redaction."""

from __future__ import annotations

from commands import closing, options, query, review
from commands.options import Option
from commands.verbs.verb import Verb, required

_OUTCOMES = ("answered", "corrected", "unchanged", "withdrawn")
_SINCE = Option("since", options.plain, "The first entry; else the first that none covers.")
_THROUGH = Option("through", options.plain, "The last entry; else the newest.")
_QUERY = required("query", options.plain, "The query's entry.")

ROWS = (
    Verb(
        "query open",
        query.OpenQuery,
        (
            required("entry", options.plain, "The entry that is asked about."),
            required("question", options.plain, "The question, in words; kept beside the record."),
            Option("field", options.plain, "The field that is asked about."),
        ),
        "RECORD",
    ),
    Verb(
        "query answer",
        query.AnswerQuery,
        (_QUERY, required("answer", options.plain, "The answer, in words; kept beside the record.")),
        "RECORD",
    ),
    Verb(
        "query close",
        query.CloseQuery,
        (
            _QUERY,
            Option("outcome", options.choice(*_OUTCOMES), "How it ended.", required=True, choices=_OUTCOMES),
        ),
        "RECORD",
    ),
    Verb(
        "signoff",
        review.SignOffEntries,
        (required("patient", options.plain, "The patient's number."), _SINCE, _THROUGH),
        "RECORD",
    ),
    Verb(
        "review source",
        review.VerifySource,
        (Option("entries", options.plain, "The entries; up to 64.", positional=True, required=True, many=True),),
        "RECORD",
    ),
    Verb(
        "review run",
        review.ReviewTrail,
        (
            Option("patient", options.plain, "Only this patient; repeatable.", field="patients", many=True),
            Option(
                "ask",
                options.choice(*review.QUESTIONS),
                "A question of `find`; repeatable; all of them when left out.",
                field="questions",
                many=True,
                choices=review.QUESTIONS,
            ),
            Option("findings", options.plain, "What came out, in words; kept beside the record."),
            Option("query", options.plain, "A query that was opened; repeatable.", field="queries", many=True),
            _SINCE,
            _THROUGH,
        ),
        "RECORD",
    ),
    Verb(
        "lock",
        closing.LockRecord,
        (
            Option("patient", options.plain, "The patient's number.", positional=True),
            Option("site", options.yes, "The records of all patients.", flag=True),
            Option("until", options.when, "What happened up to then, a time or a day; everything when left out."),
        ),
        "RECORD",
        witnesses=1,
    ),
    Verb(
        "unlock",
        closing.UnlockRecord,
        (required("lock", options.plain, "The lock's entry, or the patient's number."),),
        "RECORD",
        witnesses=1,
    ),
    Verb(
        "redact",
        closing.RedactText,
        (
            required("entry", options.plain, "The entry whose words are deleted."),
            Option("field", options.plain, "The field that holds them; all when left out.", field="fields", many=True),
        ),
        "RECORD",
        witnesses=1,
    ),
)
