"""The rows of keys, devices, registrars and the policy."""

from __future__ import annotations

from commands import keys, options, security
from commands.options import Option
from commands.verbs.verb import AT, Verb, required

_ENTRIES = Option("entries", options.plain, "The entries; up to 64.", positional=True, required=True, many=True)
_WHY = ("lost", "compromised", "left")

ROWS = (
    Verb(
        "key revoke",
        keys.RevokeKey,
        (
            required("person", options.plain, "Whose key: a person's id, or a device's."),
            Option("reason", options.choice(*_WHY), "Why.", field="why", required=True, choices=_WHY),
            Option("suspected-from", options.plain, "The first entry that its owner may not have signed himself."),
            Option("key", options.plain, "The first characters of the key's id; the key in use when left out."),
            AT,
        ),
        "PEOPLE",
        witnesses=1,
    ),
    Verb("key reaffirm", keys.Reaffirm, (_ENTRIES,), "PEOPLE", witnesses=1),
    Verb("key repudiate", keys.Repudiate, (_ENTRIES,), "PEOPLE"),
    Verb(
        "security acknowledge",
        security.Acknowledge,
        (Option("entries", options.plain, "The reports; up to 64.", positional=True, required=True, many=True),),
        "PEOPLE",
    ),
    Verb(
        "security lift",
        security.LiftLockout,
        (required("person", options.plain, "Who is locked out."),),
        "PEOPLE",
    ),
    Verb(
        "device enrol",
        keys.EnrolDevice,
        (required("card", options.device_card, "The card made with the device's key."),),
        "PEOPLE",
        witnesses=1,
    ),
    Verb(
        "registrar change",
        keys.ChangeRegistrar,
        (
            Option("add", options.file_text, "The request file made by the new registrar."),
            Option("remove", options.plain, "The registrar who goes."),
        ),
        "PEOPLE",
        witnesses=7,
    ),
    Verb(
        "policy amend",
        keys.AmendPolicy,
        (
            Option("quorum", options.whole, "How many registrars act together about registrars."),
            Option(
                "signing",
                options.choice("every-act", "session"),
                "The passphrase at every act, or a key that stays open while it is used.",
                choices=("every-act", "session"),
            ),
            Option("session-minutes", options.whole, "After how many minutes without use an open key is closed."),
            Option("lockout-after", options.whole, "After how many wrong passphrases in a row a person is locked out."),
            Option("drift-limit", options.whole, "How many seconds a clock may be off.", field="clock_limit_s"),
            Option(
                "witness-key",
                options.witness_key,
                "The key of a witness, as NAME+ID+KEY, or a file with it. Name all: the others go.",
                field="witness_keys",
                many=True,
            ),
            Option("witness-quorum", options.whole, "How many witnesses a checkpoint needs."),
        ),
        "PEOPLE",
        witnesses=7,
    ),
)
