"""`doctor`, `config show`, `about` and `completion`: this machine and this installation."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from commands.cli import clock, console, envelope, keyring, lastseen, logfiles, outbox, rows
from commands.cli.options import Layout, Shared
from commands.cli.place import (
    VARIABLES,
    Setting,
    device_key_path,
    ledger_path,
    log_key_path,
    next_log_key_path,
    setting,
    state_dir,
)
from commands.cli.version import VERSION
from ledger.book import Ledger, is_url, shown
from ledger.errors import BadInput, DoseLedgerError

SMALL = 20_000
"""Entries up to which `doctor` verifies the whole ledger."""
_PRIVATE = 0o077
_ADDRESSES = frozenset({"timestamp-authorities", "witnesses"})
_KEYS = {"log-key": log_key_path, "device-key": device_key_path}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: in order (ok), to be looked at (warn), or not in order (bad)."""

    what: str
    state: str
    found: str


def doctor(shared: Shared, layout: Layout) -> int:
    """Look whether this machine and this ledger are in order: files, keys, clock, outbox, record. Exit 1 when not."""
    found = list(_checks(shared))
    bad = any(check.state == "bad" for check in found)
    if shared.json:
        envelope.bare("doctor", {"checks": found, "in_order": not bad})
        return 1 if bad else 0
    if layout.format != "table":
        rows.show(found, layout.format)
        return 1 if bad else 0
    for check in found:
        mark = {"ok": "v", "warn": "!", "bad": "x"}[check.state]
        console.answer(f"{mark} {check.what}: {check.found}")
    return 1 if bad else 0


def _checks(shared: Shared) -> Iterator[Check]:
    yield Check("program", "ok", f"doseledger {VERSION}, Python {platform.python_version()}")
    yield from _keys()
    try:
        path = ledger_path(shared.ledger)
        ledger = Ledger.open(path, read_only=True)
    except DoseLedgerError as error:
        yield Check("ledger", "bad", f"{error.what} {error.why}".strip())
        return
    with ledger:
        yield Check("ledger", "ok", f"{ledger.path}, {ledger.size} entries, id {ledger.id[:16]}")
        yield from _server(path) if is_url(path) else (_mode(Path(path), "ledger file"),)
        yield from (
            _mode(Path(name), what)
            for name, what in (
                (str(log_key_path(path)), "log key"),
                (str(device_key_path(path)), "device key"),
            )
        )
        if logfiles.waiting(path) is not None:
            yield Check("log key", "warn", "it is being changed, and that was interrupted: the next write finishes it")
        if next_log_key_path(path).exists():
            yield Check("next log key", "warn", f"{next_log_key_path(path)} still lies here; it belongs in a safe")
        yield _clock(ledger)
        waiting = len(outbox.waiting(ledger.id))
        yield Check(
            "outbox",
            "warn" if waiting else "ok",
            f"{waiting} signed acts wait in {outbox.folder(ledger.id)}; the next write sends them"
            if waiting
            else "empty",
        )
        seen = lastseen.look(ledger)
        yield _seen(seen)
        yield _anchored(ledger)
        yield from _views(ledger)
        yield _verified(ledger, seen)


def _server(url: str) -> Iterator[Check]:
    from commands.cli.serving import checks

    return (Check(*one) for one in checks(url))


def _keys() -> Iterator[Check]:
    names = keyring.names()
    yield Check(
        "keys",
        "ok" if names else "warn",
        ", ".join(names) or f"none in {setting('keys').value}: doseledger key create NAME",
    )
    for name in names:
        if keyring.path_of(name).stat().st_mode & _PRIVATE:
            yield Check(f"key of {name}", "bad", f"others can read {keyring.path_of(name)}: chmod 600")


def _mode(path: Path, what: str) -> Check:
    if not path.exists():
        return Check(what, "warn", f"{path} is not here; this machine can read, not write")
    others = path.stat().st_mode & _PRIVATE
    return Check(
        what, "bad" if others else "ok", f"others can use {path}: chmod 600" if others else "only its owner can use it"
    )


def _clock(ledger: Ledger) -> Check:
    now, last = clock.now(), ledger.log_time(ledger.size - 1)
    if last > now:
        return Check(
            "clock",
            "bad",
            f"it says {now:%Y-%m-%d %H:%M:%S} UTC, the newest entry {last:%Y-%m-%d %H:%M:%S}: one of them is wrong",
        )
    return Check(
        "clock", "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC, after the newest entry; compare it with a clock you trust"
    )


def _seen(found: lastseen.Look) -> Check:
    standing = found.standing
    if not standing.sound:
        return Check("last seen", "bad", f"{standing.verdict}, {standing.why}")
    past = found.kept.incidents()
    if past:
        return Check("last seen", "warn", f"incidents that were kept in {found.kept.path.parent}: {len(past)}")
    if standing.verdict == "first":
        return Check("last seen", "warn", f"nothing of this ledger is kept in {found.kept.path.parent}")
    return Check("last seen", "ok", f"its head of {standing.seen} entries, in {found.kept.path}")


def _anchored(ledger: Ledger) -> Check:
    from commands.cli import queued
    from projections.anchors import anchors, due

    missing, waiting = due(ledger).sentence(), len(queued.waiting(ledger.id))
    if missing or waiting:
        waits = f"requests for time stamps that wait here: {waiting}" if waiting else ""
        return Check("anchor", "warn", "; ".join(one for one in (missing, waits) if one))
    found = anchors(ledger, ZoneInfo("UTC"))
    if not found:
        return Check("anchor", "ok", "none is due; the head was never shown outside: doseledger anchor paper")
    return Check("anchor", "ok", f"none is due; the newest covers {max(one.size for one in found)} entries")


def _views(ledger: Ledger) -> Iterator[Check]:
    """Look at the views that are kept of the ledger; nothing where there are none."""
    from commands.cli.keeping import made_by
    from projections.views.standing import standing

    try:
        found = standing(ledger, made_by()).views
    except DoseLedgerError as error:
        yield Check("views", "warn", f"{error.what} {error.fix}".strip())
        return
    for one in found:
        if one.state == "stopped":
            yield Check(f"view {one.view}", "bad", f"it has stopped before #{one.stopped_at}: {one.why}")
        elif one.state.startswith("of another"):
            yield Check(f"view {one.view}", "warn", f"it is {one.state}, and is not read: doseledger view run")
        elif one.state != "not made":
            yield Check(f"view {one.view}", "ok", f"{one.size} entries, {one.behind} behind")


def _verified(ledger: Ledger, seen: lastseen.Look) -> Check:
    if ledger.size > SMALL:
        return Check("record", "warn", f"{ledger.size} entries are not verified here: doseledger verify")
    from ledger.verify import Outside, verify

    report = verify(ledger, outside=Outside(trusted=seen.note, held_as=lastseen.HELD_AS))
    if report.exit_code:
        where = (
            f"first at #{report.first_bad.position}: {report.first_bad.why}"
            if report.first_bad is not None
            else report.findings[0].why
        )
        return Check("record", "bad", f"{report.verdict}, {where}")
    return Check("record", "ok", f"verified; {report.anchor}")


@dataclass(frozen=True)
class SettingRow:
    """One setting, and where its value comes from."""

    name: str
    value: str
    origin: str


def config_show(
    shared: Shared,
    layout: Layout,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
) -> None:
    """Show the settings in force; no setting can change the clock."""
    said = {"ledger": shared.ledger, "as": shared.me}
    found = [_row(setting(name, said.get(name)), shared.ledger) for name in VARIABLES]
    found.append(SettingRow("clock", "the machine's", "fixed"))
    found.append(
        SettingRow(
            "color", shared.color, "environment ($NO_COLOR)" if "NO_COLOR" in os.environ else "option or default"
        )
    )
    if shared.json:
        envelope.bare("config-show", {"settings": found})
        return
    rows.show(found, layout.format, columns=("name", "value", "origin") if origin else ("name", "value"))


def _row(one: Setting, ledger: str | None) -> SettingRow:
    """One setting as it is shown: without a password; a key that no setting names, where it is looked for."""
    named = setting("ledger", ledger).value
    if one.value is None and named is not None and (path := _KEYS.get(one.name)) is not None:
        return SettingRow(one.name, str(path(named)), "default, by the ledger's name")
    value = re.sub(r"//[^/\s@]*@", "//***@", one.value or "") if one.name in _ADDRESSES else shown(one.value or "")
    return SettingRow(one.name, value, one.origin)


def about(
    shared: Shared,
    check: Annotated[
        bool, typer.Option("--check", help="Compare every installed file with the installer's list.")
    ] = False,
) -> int:
    """Say what is installed; with --check whether its files are unchanged (exit 8 when not)."""
    from commands.cli import installed
    from commands.post import RULES_VERSION

    checked = installed.check() if check else None
    data: dict[str, object] = {
        "version": VERSION,
        "build": installed.build(),
        "rules": RULES_VERSION,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packs": sorted(_packs()),
        "state": str(state_dir()),
    }
    if checked is not None:
        data["check"] = checked
    if shared.json:
        envelope.bare("about", data)
    else:
        for name, value in data.items():
            if name != "check":
                console.answer(f"{name:<9} {rows.cell(value)}")
        if checked is not None:
            console.answer(
                "check     "
                + (checked.unknown or f"{checked.agree} files agree with the installer, {len(checked.differ)} differ")
            )
            for name in checked.differ:
                console.answer(f"  x {name}")
        console.answer("Not clinical advice: it checks and records; the investigator decides. Apache-2.0.")
    return 8 if checked is not None and checked.differ else 0


def _packs() -> list[str]:
    from ledger.protocol.bundled import NAMES

    return list(NAMES)


SHELLS = ("bash", "zsh", "fish")


def completion(
    shared: Shared,
    shell: Annotated[
        str | None,
        typer.Argument(
            metavar="|".join(SHELLS), help="The shell; yours when left out.", autocompletion=lambda: list(SHELLS)
        ),
    ] = None,
) -> None:
    """Print the script that lets a shell complete commands, e.g. for ~/.bashrc."""
    from typer._completion_shared import get_completion_script

    name = shell or Path(os.environ.get("SHELL", "bash")).name
    if name not in SHELLS:
        raise BadInput(f"there is no completion for {name!r}", fix=f"one of: {', '.join(SHELLS)}")
    script = get_completion_script(prog_name="doseledger", complete_var="_DOSELEDGER_COMPLETE", shell=name)
    if shared.json:
        envelope.bare("completion", {"shell": name, "script": script})
    else:
        sys.stdout.flush()
        console.answer(script)
