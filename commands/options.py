"""How options are read from text, for the command line and for scenario files alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import get_args

import msgspec

from commands import bedside, safety
from commands.draft import When
from commands.reading import read_when
from ledger.anchors.cosignature import parse_witness_key
from ledger.errors import BadInput, Malformed, NotAllowed
from ledger.events.patient import Unit
from ledger.events.study import Device
from ledger.merkle.note import VerifierKey
from ledger.protocol.bundled import bundled
from ledger.signing.keys import PublicKey, require_strong
from ledger.values import parse_amount, parse_number
from ledger.wire import Code

Parsed = object


@dataclass(frozen=True)
class Reading:
    """What reading an option needs: the ledger's clock and zone, and a way to read a file that is named."""

    now: datetime
    zone: str
    read_file: Callable[[str], bytes]


@dataclass(frozen=True)
class Option:
    """One option: its name on the command line and in scenario files, how it is read, and the field it fills."""

    name: str
    read: Callable[[str, Reading], Parsed]
    help: str
    field: str = ""
    positional: bool = False
    required: bool = False
    many: bool = False
    flag: bool = False
    choices: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The act's field."""
        return self.field or self.name.replace("-", "_")


def plain(text: str, _: Reading) -> str:
    """Read as it is."""
    return text


def token(text: str, _: Reading) -> str:
    """Read a short name, in lower case."""
    return text.strip().lower()


def when(text: str, reading: Reading) -> When:
    """Read a time or a day."""
    return read_when(text, reading.now, reading.zone)


def day(text: str, _: Reading) -> date:
    """Read a day."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{text!r} is not a day", why=str(error), fix="for example 2026-12-31") from error


def unit(unit: str) -> Callable[[str, Reading], Decimal]:
    """Read an amount that must carry this unit."""
    return lambda text, _: parse_amount(text, unit)


def measure(unit: str) -> Callable[[str, Reading], Decimal]:
    """Read an amount with or without this unit."""
    return lambda text, _: parse_number(text) if re.fullmatch(r"[0-9.,]+", text.strip()) else parse_amount(text, unit)


def number(text: str, _: Reading) -> Decimal:
    """Read a plain number."""
    return parse_number(text)


def whole(text: str, _: Reading) -> int:
    """Read a whole number."""
    if not re.fullmatch(r"[0-9]{1,6}", text.strip()):
        raise BadInput(f"{text!r} is not a whole number", fix="digits only, for example 2")
    return int(text)


def lab_unit(text: str, _: Reading) -> str:
    """Read the unit of a laboratory value; a cubic millimetre is a microlitre."""
    return choice(*get_args(Unit))("/uL" if text.strip() == "/mm3" else text.strip(), _)


def yes(text: str, _: Reading) -> bool:
    """Read yes or no."""
    if text not in ("yes", "no", "true", "false"):
        raise BadInput(f"{text!r} is neither yes nor no", fix="yes or no")
    return text in ("yes", "true")


def choice(*values: str) -> Callable[[str, Reading], str]:
    """Read one of these values."""

    def read(text: str, _: Reading) -> str:
        if text not in values:
            raise BadInput(f"{text!r} is not possible here", fix=f"one of: {', '.join(values)}")
        return text

    return read


def agent(text: str, reading: Reading) -> bedside.Agent:
    """Read AGENT=DOSE@TIME."""
    found = re.fullmatch(r"(?P<agent>[a-z0-9-]+)=(?P<dose>[^@]+)(?:@(?P<at>.+))?", text.strip())
    if found is None:
        raise BadInput(f"{text!r} is not a premedication", fix="AGENT=DOSE@TIME, for example dexamethasone=20mg@09:15")
    at = when(found["at"], reading) if found["at"] else When(reading.now)
    return bedside.Agent(found["agent"], parse_amount(found["dose"], "mg"), at)


def pause(text: str, reading: Reading) -> tuple[When, When]:
    """Read FROM..TO."""
    first, arrow, second = text.partition("..")
    if not arrow:
        raise BadInput(f"{text!r} is not an interruption", fix="FROM..TO, for example 10:40..11:10")
    return when(first.strip(), reading), when(second.strip(), reading)


def relation(text: str, _: Reading) -> tuple[str, str]:
    """Read DRUG=RELATION."""
    drug, _sign, relation = text.partition("=")
    return drug, choice(*get_args(safety.Relation))(relation, _)


def change(text: str, _: Reading) -> tuple[str, str]:
    """Read FIELD=VALUE."""
    name, sign, value = text.partition("=")
    if not sign:
        raise BadInput(f"{text!r} is not a change", fix="FIELD=VALUE, for example given=3mg")
    return name.strip().replace("-", "_"), value.strip()


def pack(text: str, reading: Reading) -> bytes:
    """Read a protocol pack: a bundled one's name, or a file."""
    return (
        bundled(text) if re.fullmatch(r"[a-z0-9.-]+", text) and not text.endswith(".toml") else reading.read_file(text)
    )


def file_bytes(text: str, reading: Reading) -> bytes:
    """Read a file as it is."""
    return reading.read_file(text)


def file_text(text: str, reading: Reading) -> str:
    """Read a file as text, or text that is given as it is."""
    return text if text.startswith("{") else reading.read_file(text).decode("utf-8", "replace")


def device_card(text: str, reading: Reading) -> Device:
    """Read the card of a device: its name and its public key, as `device create` wrote it."""
    try:
        return msgspec.json.decode(file_text(text, reading), type=Device)
    except msgspec.MsgspecError as error:
        raise BadInput(
            "this is not the card of a device", why=str(error), fix="doseledger device create NAME"
        ) from error


def witness_key(text: str, reading: Reading) -> VerifierKey:
    """Read the key of a witness, NAME+ID+KEY as C2SP writes it, or a file with it."""
    return named_witness(text if "+" in text else reading.read_file(text).decode("utf-8", "replace"))


def named_witness(text: str) -> VerifierKey:
    """Read the key of a witness whose name the record can hold."""
    try:
        found = parse_witness_key(text.strip())
        msgspec.convert(found.name, Code)
        require_strong(PublicKey("Ed25519", found.public))
    except (Malformed, NotAllowed) as error:
        why = error.why or error.what
        raise BadInput(
            "this is not the key of a witness",  # it is not shown: it may be the secret one
            why=why,
            fix="NAME+ID+KEY, as `doseledger witness key` prints it, or the file *.pub that it writes",
        ) from error
    except msgspec.ValidationError as error:
        raise BadInput(
            f"{found.name!r} cannot be named as a witness",
            why="letters, digits, dots, hyphens and strokes, at most 64",
            fix="ask for a witness with such a name",
        ) from error
    return found
