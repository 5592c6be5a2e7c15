"""`doseledger init`: make a ledger, the keys of its log and of this machine, and print the root of trust."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast, get_args
from zoneinfo import ZoneInfo

import typer

from commands.cli import clock, console, envelope, keyring, lastseen, terminal
from commands.cli.installed import build
from commands.cli.keys import card
from commands.cli.options import Shared
from commands.cli.place import beside, device_key_path, log_key_path, next_log_key_path, read_file, write_private
from commands.cli.unlocking import secret_of, signer_of
from commands.cli.version import SOFTWARE
from commands.options import named_witness
from commands.post import Post
from commands.study import NO_WITNESSES, Foundation, Purpose, Registrar, found
from ledger.anchors.quorum import policy_of
from ledger.book import Ledger, is_url, shown
from ledger.errors import BadInput, NotAllowed, Unavailable
from ledger.events.study import Witnesses
from ledger.merkle.note import VerifierKey
from ledger.signing.keyfile import create_system, open_system
from ledger.signing.keys import PublicKey

RECOVERY = ".recovery-key"
_TOKEN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z")
_PURPOSES = get_args(Purpose)


@dataclass(frozen=True)
class _Plan:
    path: str
    trial: str
    site: str
    zone: str
    purpose: Purpose
    registrars: list[str]
    device: str
    witnesses: Witnesses


def init(
    shared: Shared,
    *,
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="The file to make, e.g. trial.ledger; or the URL of prepared tables.")
    ],
    trial: Annotated[
        str | None, typer.Option("--trial", metavar="NUMBER", help="The trial's registry number, e.g. nct00983528.")
    ] = None,
    site: Annotated[str | None, typer.Option("--site", metavar="NUMBER", help="The site's number, e.g. 001.")] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", metavar="NAME", help="The site's time zone, e.g. America/Los_Angeles.")
    ] = None,
    purpose: Annotated[
        str | None,
        typer.Option("--purpose", metavar="|".join(_PURPOSES), help="What it is for; it can never be changed."),
    ] = None,
    registrar: Annotated[
        list[str] | None,
        typer.Option(
            "--registrar", metavar="NAME", help="A root registrar whose key is here; at least two; repeatable."
        ),
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", metavar="NAME", help="This machine's name in the record.")
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(
            "--witness",
            metavar="KEY",
            help="An outside witness of the log: its key, NAME+ID+KEY, or a file with it; repeatable.",
        ),
    ] = None,
    witness_quorum: Annotated[
        int, typer.Option("--witness-quorum", metavar="N", help="How many witnesses are to cosign its heads.")
    ] = 0,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask whether to go on; the passphrases are still needed.")
    ] = False,
    passphrase_file: Annotated[
        list[str] | None,
        typer.Option(
            "--passphrase-file", metavar="NAME=PATH", help="A file that holds a registrar's passphrase; repeatable."
        ),
    ] = None,
    passphrase_fd: Annotated[
        list[str] | None,
        typer.Option("--passphrase-fd", metavar="NAME=N", help="An open file descriptor that gives it; repeatable."),
    ] = None,
) -> None:
    """Make a ledger. All root registrars sign its first entry, whose hash is the ledger's id."""
    named = policy_of([_witness(one) for one in witness or ()], witness_quorum)
    plan = _asked(
        path,
        trial=trial,
        site=site,
        zone=zone,
        purpose=purpose,
        registrars=registrar or [],
        device=device,
        witnesses=named,
    )
    _show(plan)
    given = terminal.given(passphrase_file or (), passphrase_fd or ())
    if all(name in given for name in plan.registrars) and not yes and not terminal.agree("Make this ledger?"):
        console.insist("Declined: nothing was made.")
        raise typer.Exit(1)
    registrars = [_registrar(name, given, plan.purpose) for name in plan.registrars]
    with make(
        plan.path,
        trial=plan.trial,
        site=plan.site,
        zone=plan.zone,
        purpose=plan.purpose,
        registrars=registrars,
        device=plan.device,
        witnesses=plan.witnesses,
    ) as ledger:
        lastseen.begin(ledger)
        if shared.json:
            envelope.put(
                "init",
                ledger,
                {
                    "path": ledger.path,
                    "ledger": ledger.id,
                    "origin": ledger.origin,
                    "checkpoint": ledger.checkpoint().decode(),
                },
            )
            return
        _tell(ledger, plan)


def make(
    path: str | Path,
    *,
    trial: str,
    site: str,
    zone: str,
    purpose: Purpose,
    registrars: list[Registrar],
    device: str,
    witnesses: Witnesses = NO_WITNESSES,
    post: Post | None = None,
) -> Ledger:
    """Make the keys, the first entry and the file; all of them or none."""
    log, _ = _key_file(log_key_path(str(path)))
    following, next_public = _key_file(next_log_key_path(str(path)))
    recovery, recovery_public = _key_file(Path(f"{beside(str(path))}{RECOVERY}"))
    machine, _ = _key_file(device_key_path(str(path)))
    try:
        signer = open_system(log.read_bytes())
        at = post or Post(clock.now, os.urandom, device, open_system(machine.read_bytes()), SOFTWARE, build())
        if post is not None:
            at = Post(
                post.clock,
                post.random,
                device,
                open_system(machine.read_bytes()),
                post.software,
                post.build,
                post.clock_source,
            )
        foundation = Foundation(
            trial=trial,
            site=site,
            zone=zone,
            purpose=purpose,
            registrars=registrars,
            log_key=signer.public,
            next_log_key=next_public,
            recovery_key=recovery_public,
            witnesses=witnesses,
        )
        return Ledger.create(path, found(foundation, at), log_signer=signer, now=at.clock())
    except BaseException:
        for made in (log, following, recovery, machine):
            made.unlink(missing_ok=True)
        raise


def _key_file(path: Path) -> tuple[Path, PublicKey]:
    text, public = create_system()
    write_private(path, text)
    return path, public


def _asked(
    path: str,
    *,
    trial: str | None,
    site: str | None,
    zone: str | None,
    purpose: str | None,
    registrars: list[str],
    device: str | None,
    witnesses: Witnesses,
) -> _Plan:
    target = path if is_url(path) else _free(path)
    trial = _token(
        "--trial", trial or terminal.ask("The trial's registry number (e.g. nct00983528):", option="--trial")
    )
    site = _token("--site", site or terminal.ask("The site's number (e.g. 001):", option="--site"))
    zone = zone or terminal.ask("The site's time zone (e.g. America/Los_Angeles):", option="--zone")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise BadInput(
            f"{zone!r} is not a time zone", why=str(error), fix="a name of the IANA list, e.g. America/Los_Angeles"
        ) from error
    purpose = purpose or _PURPOSES[terminal.choose("What it is for", _PURPOSES, option="--purpose")]
    if purpose not in _PURPOSES:
        raise BadInput(f"{purpose!r} is not a purpose", fix=f"--purpose {'|'.join(_PURPOSES)}")
    names = (
        registrars
        or terminal.ask(
            "The two root registrars, whose keys are here (e.g. reg.1 reg.2):",
            option="--registrar NAME --registrar NAME",
        ).split()
    )
    if len(set(names)) < 2:
        raise BadInput(
            "a ledger begins with two registrars",
            why="one person alone must not be able to enrol keys",
            fix="--registrar NAME --registrar NAME; make their keys: doseledger key create NAME",
        )
    name = re.sub(r"[^a-z0-9._-]+", "-", platform.node().lower()).strip("._-")[:64] or "device-1"
    return _Plan(
        target, trial, site, zone, cast("Purpose", purpose), names, _token("--device", device or name), witnesses
    )


def _free(path: str) -> str:
    target = Path(path if path.endswith(".ledger") else f"{path}.ledger").absolute()
    if target.exists():
        raise Unavailable(
            f"there is already a file at {target}", fix="choose another path; a ledger is never overwritten"
        )
    return str(target)


def _token(option: str, text: str) -> str:
    lowered = text.strip().lower()
    if not _TOKEN.match(lowered):
        raise BadInput(f"{text!r} cannot be used for {option}", why="letters, digits, dots and hyphens, at most 64")
    return lowered


def _show(plan: _Plan) -> None:
    console.insist(f"The first entry of {shown(plan.path)}:")
    for label, value in (
        ("trial", plan.trial),
        ("site", plan.site),
        ("time zone", plan.zone),
        ("purpose", f"{plan.purpose} (can never be changed)"),
        ("this machine", plan.device),
    ):
        console.insist(f"    {label:<13} {value}")
    for one in plan.witnesses.keys:
        console.insist(f"    witness       {one.name}")
    if plan.witnesses.quorum:
        console.insist(f"    asked for     {plan.witnesses.quorum} of them")
    for name in plan.registrars:
        whose = card(name)
        console.insist(f"    signed by     {whose.name} ({name}), registrar, {whose.organisation}: responsibility")


def _registrar(name: str, given: dict[str, bytes], purpose: str) -> Registrar:
    whose = card(name)
    text = keyring.path_of(name).read_bytes()
    secret = secret_of(text)
    if not secret:
        raise NotAllowed(
            f"the key of {name} is held open by an agent",
            why="a ledger begins with the passphrase asked for at every signing act",
            fix="use a key file or a card",
        )
    said = given.get(name) or terminal.passphrase(
        f"{secret} of {name} (Ctrl-C to decline)", option=f"--passphrase-file {name}=FILE"
    )
    return Registrar(name, whose.name, whose.organisation, signer_of(text, said, fast=purpose != "production"))


def _witness(said: str) -> VerifierKey:
    return named_witness(said if "+" in said else read_file(said).decode("utf-8", "replace"))


def _tell(ledger: Ledger, plan: _Plan) -> None:
    console.answer(ledger.id)
    console.say(f"The ledger is made: {ledger.path}")
    console.say("The line above is its id. Write it into the trial master file: that paper is the root of trust.")
    following = next_log_key_path(plan.path)
    where = f" (in {following.parent})" if is_url(plan.path) else ""
    recovery = Path(f"{beside(plan.path)}{RECOVERY}").name
    console.say(f"Keep {following.name} and {recovery} in a safe, not on this machine{where}.")
    console.say("Next: doseledger person enrol, doseledger protocol activate.")
