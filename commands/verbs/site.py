"""The rows of the site: protocol and people."""

from __future__ import annotations

from typing import get_args

from commands import (
    options,
    people,
    study,
)
from commands.options import Option
from commands.verbs.verb import (
    AT,
    Verb,
    required,
)
from ledger import wire
from ledger.events.people import Task

ROWS = (
    Verb(
        "protocol activate",
        study.ActivateProtocol,
        (required("pack", options.pack, "A bundled pack's name or a file."),),
        "STUDY",
    ),
    Verb(
        "dictionary load",
        study.LoadDictionary,
        (
            Option("publisher", options.choice("ctcae"), "Whose: ctcae.", positional=True, required=True),
            required("file", options.file_bytes, "NCI's workbook (.xlsx) as it was downloaded.", field="workbook"),
            Option("accept-differences", options.yes, "Take a file that is not as published.", flag=True),
        ),
        "STUDY",
    ),
    Verb(
        "person enrol",
        people.EnrolPerson,
        (
            required("request", options.file_text, "The request file made by the key's owner."),
            Option(
                "role",
                options.choice(*get_args(wire.Role)),
                "A role; repeatable.",
                field="roles",
                many=True,
                required=True,
                choices=tuple(r for r in get_args(wire.Role) if r != "system"),
            ),
            Option(
                "identity",
                options.choice("passport", "national-id", "staff-record", "known-in-person"),
                "How you know who it is.",
                choices=("passport", "national-id", "staff-record", "known-in-person"),
            ),
            Option("identity-ref", options.plain, "The document looked at."),
            Option("valid-until", options.day, "The last day of the key."),
        ),
        "PEOPLE",
        witnesses=1,
    ),
    Verb(
        "person delegate",
        people.Delegate,
        (
            required("person", options.plain, "The person's id."),
            Option(
                "task",
                options.choice(*get_args(Task)),
                "A task; repeatable; by default those of the person's roles.",
                field="tasks",
                many=True,
                choices=get_args(Task),
            ),
            Option("from", options.when, "The first day or moment.", field="since"),
            Option("to", options.when, "The last day, or the moment it ends.", field="until"),
        ),
        "PEOPLE",
    ),
    Verb(
        "person undelegate",
        people.Undelegate,
        (required("delegation", options.plain, "The delegation's entry."), AT),
        "PEOPLE",
    ),
)
