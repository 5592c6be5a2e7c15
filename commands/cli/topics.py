"""The overview of all commands and the pages of `doseledger help`."""

from __future__ import annotations

from commands.cli.tree import PANELS, TREE

NOTICE = (
    "Not clinical advice: doseledger checks entries against an approved protocol pack and keeps the record;\n"
    "the investigator decides."
)


def overview() -> str:
    """List every command in its panel."""
    lines = [
        "doseledger: an audit-grade dosing ledger for clinical trials with step-up dosing.",
        "",
        "Usage: doseledger COMMAND [ARGUMENTS] [OPTIONS]",
    ]
    width = max(len(word) for word in TREE) + 2
    for panel in PANELS:
        lines += ["", panel]
        for word, branch in TREE.items():
            if branch.panel == panel:
                lines.append(f"  {word:<{width}}{branch.help}")
                if branch.leaves:
                    lines += _wrapped(list(branch.leaves), width + 2)
    lines += ["", f"doseledger COMMAND --help says more; doseledger help has pages on: {', '.join(PAGES)}.", NOTICE]
    return "\n".join(lines)


def _wrapped(words: list[str], indent: int, width: int = 100) -> list[str]:
    lines, line = list[str](), " " * indent
    for i, word in enumerate(words):
        more = word + (" | " if i + 1 < len(words) else "")
        if len(line) + len(more) > width:
            lines.append(line.rstrip())
            line = " " * indent
        line += more
    return [*lines, line.rstrip()]


ENVIRONMENT = """\
Environment

  DOSELEDGER_LEDGER  the ledger, a path or a postgresql:// URL, when --ledger is not given; without
                     both, one *.ledger is looked for in the working directory and above it
  DOSELEDGER_KEYS    the folder of your key files (default: keys in the user's configuration folder)
  DOSELEDGER_AS      who you are, when --as is not given; without both, the only key in the folder
  DOSELEDGER_STATE   the folder of what runs leave behind: signed bytes whose outcome is not known
                     (outbox), saved stop times, traces of internal errors, what was looked at
                     with inspect (inspections.jsonl), and the newest head that was seen of each
                     ledger (last-seen), which belongs into no backup of the ledger; requests
                     for time stamps that wait for the network (anchors)
  DOSELEDGER_LOG_KEY, DOSELEDGER_DEVICE_KEY
                     the key files of the log and of this machine, where they do not lie beside the
                     ledger; of one on a server they are looked for in ledgers in the user's
                     configuration folder
  PGPASSFILE, PGSERVICEFILE, PGSSLROOTCERT and the other variables of libpq hold for a URL
  DOSELEDGER_TIMESTAMP_AUTHORITIES
                     addresses (URLs, separated by blanks) of the RFC 3161 authorities that are
                     asked for time stamps
  DOSELEDGER_WITNESSES
                     addresses (URLs, separated by blanks) of the witnesses that are asked for
                     cosignatures
  NO_COLOR           no colour, whatever its value; --color wins over it

There is no variable and no option that sets the clock: the time of recording is the machine's.
A setting is looked for in this order: option, environment, the user's file (config.toml in the
configuration folder: ledger, keys, as, state, log-key, device-key, timestamp-authorities,
witnesses), default. `doseledger config show --origin` tells where each value comes from."""

EXIT_CODES = """\
Exit codes

    0  done; also when a fact was accepted with findings
    1  ran, and the answer is no: a comparison differs, declined
    2  usage: it does not parse, or a question came up and there is no terminal to ask at
    3  refused by a protocol rule
    4  not allowed: role, delegation, key or passphrase
    5  conflict: somebody wrote first
    6  the ledger is missing, unreadable, of another program or from a newer version
    7  some rows of a batch were refused
    8  integrity failure: stored bytes are not what they must be
    9  outcome unknown: the entry may or may not be stored; run the same --command-id again
   70  internal error; the trace is in a log file
  130  interrupted

An unknown code other than 0 is a failure."""

FORMATTING = """\
Formatting

  Amounts   a number and its unit, in one word or two: 10mg, 10 mg. A decimal point, never a comma.
            They are printed without trailing zeros and with a leading zero: 3 mg, 0.5 mg.
  Entries   #402, 402, or the first 8 characters of an entry's id.
  Findings  RULE@ENTRY, for example A-GAP@402: the rule, and the entry it is about.
  Data      go to stdout; words, questions and errors to stderr. --json prints one object
            {"schema", "ledger": {"id", "size", "root"}, "valid_at", "known_at", "data"}.
  Lists     --format table, csv or jsonl.
  Colour    only on a terminal; nothing is told by colour alone. NO_COLOR, --color."""

TIMES = """\
Times

  2026-02-10T03:05+01:00   with its offset: exact anywhere
  2026-02-10 03:05         in the site's zone
  02:55                    today, in the site's zone
  yesterday 22:10          today, yesterday, tomorrow
  2026-02-10               a day, where the minute is not known

The full time is read back before it is signed. An hour that summer time removed or doubled is a
question, never a guess: it is answered with the form that has an offset.

--valid-at asks for the state at a clinical time; --known-at for what the ledger held at a time, or
after its first N entries. Both are now when left out."""

SIGNING = """\
Signing

Every entry is signed by a person with that person's own key. A key is a file that only its owner's
passphrase opens; nobody can recover the passphrase. What is signed is shown first in full: the
patient, the drug, the amount, the times, your printed name and what your signature means. The
passphrase is asked at every signing act, unless the registrars let keys stay open: session open.

  --as NAME                    who signs
  --witness NAME               a second person who signs the same entry now
  --yes                        do not ask whether to go on; the passphrase is still needed
  --passphrase-file [NAME=]F   for scripts: a file that holds the passphrase
  --passphrase-fd [NAME=]N     for scripts: an open file descriptor that gives it
  --dry-run                    show the entry and what the rules say; sign and write nothing
  --command-id UUID            the id of the act; running it again gives the same receipt

On a terminal the passphrase is the answer to what is shown: Ctrl-C declines. With the passphrase
from a file the question is asked, or answered by --yes.
A refused act is kept as an attempt, signed by the device. What truly happened is never refused for
breaking the protocol: it is recorded, and the finding is shown.

How to get a key:
  doseledger key create      you make your key
  doseledger key request     you write the request file from it
  doseledger person enrol    a registrar enrols it, a second registrar countersigns"""

PAGES = {
    "environment": ENVIRONMENT,
    "exit-codes": EXIT_CODES,
    "formatting": FORMATTING,
    "times": TIMES,
    "signing": SIGNING,
}
"""Every page by its name."""
