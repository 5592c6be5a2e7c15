"""Where things are: the ledger, the keys, the state of this user; and where each setting comes from.

An option wins over the environment, the environment over the user's file, that over the default.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from commands.cli.pinned import pinned_path
from ledger.errors import BadInput, Question, Unavailable

VARIABLES = {
    "ledger": "DOSELEDGER_LEDGER",
    "keys": "DOSELEDGER_KEYS",
    "as": "DOSELEDGER_AS",
    "state": "DOSELEDGER_STATE",
    "log-key": "DOSELEDGER_LOG_KEY",
    "device-key": "DOSELEDGER_DEVICE_KEY",
    "timestamp-authorities": "DOSELEDGER_TIMESTAMP_AUTHORITIES",
    "witnesses": "DOSELEDGER_WITNESSES",
}
"""Each setting and its environment variable. There is none for the clock."""


@dataclass(frozen=True)
class Setting:
    """A setting, and who said so."""

    name: str
    value: str | None
    origin: str


def _folder(variable: str, default: str) -> Path:
    base = os.environ.get(variable, "")
    return Path(base) / "doseledger" if base.startswith("/") else Path.home() / default / "doseledger"


def config_file() -> Path:
    """The user's own file of settings; it need not exist."""
    return _folder("XDG_CONFIG_HOME", ".config") / "config.toml"


def _user_file() -> dict[str, str]:
    path = config_file()
    if not path.is_file():
        return {}
    import tomllib

    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(
            "the file of settings cannot be read", why=f"{path}: {error}", fix="mend it or remove it"
        ) from error
    unknown = [name for name in read if name not in VARIABLES]
    if unknown:
        raise BadInput(
            f"the file of settings has unknown settings: {', '.join(unknown)}",
            why=str(path),
            fix=f"known are: {', '.join(VARIABLES)}",
        )
    return {name: str(value) for name, value in read.items()}


def setting(name: str, option: str | None = None) -> Setting:
    """Find one setting: option, environment, the user's file, default."""
    if option is not None:
        return Setting(name, option, "option")
    said = os.environ.get(VARIABLES[name])
    if said:
        return Setting(name, said, f"environment (${VARIABLES[name]})")
    from_file = _user_file().get(name)
    if from_file is not None:
        return Setting(name, from_file, f"user file ({config_file()})")
    return _default(name)


def _default(name: str) -> Setting:
    match name:
        case "ledger":
            found = _upwards()
            return Setting(
                name, str(found) if found else None, "found from the working directory upwards" if found else "none"
            )
        case "keys":
            return Setting(name, str(config_file().parent / "keys"), "default")
        case "state":
            return Setting(name, str(_folder("XDG_STATE_HOME", ".local/state")), "default")
        case _:
            return Setting(name, None, "none")


def addresses(name: str) -> tuple[str, ...]:
    """The addresses in a setting that lists some, separated by blanks: `timestamp-authorities`, `witnesses`."""
    return tuple(dict.fromkeys((setting(name).value or "").split()))


def _upwards() -> Path | None:
    here = Path.cwd()
    for folder in (here, *here.parents):
        found = sorted(path for path in folder.glob("*.ledger") if path.is_file())
        if len(found) > 1:
            raise Question(
                f"there are several ledgers in {folder}",
                why=", ".join(path.name for path in found),
                fix="say which: --ledger PATH, or $DOSELEDGER_LEDGER",
            )
        if found:
            return found[0]
    return None


def ledger_path(option: str | None) -> str:
    """Find the ledger; Unavailable when none is named and none is found upwards from here."""
    found = pinned_path(option) or setting("ledger", option).value
    if found is None:
        raise Unavailable(
            "no ledger was found",
            why="none is named, and no file *.ledger lies in this folder or above it",
            fix="name it: --ledger PATH or URL, or $DOSELEDGER_LEDGER; make one: doseledger init",
        )
    return found


def keys_dir() -> Path:
    """The folder of the key files of whoever works here."""
    return Path(setting("keys").value or "")


def state_dir() -> Path:
    """The folder of what this user's runs leave behind: signed bytes not yet acknowledged, traces of errors."""
    return Path(setting("state").value or "")


def ledger_place(ledger: str) -> str:
    """Where a ledger lies, always said in the same way: the whole path of a file, a URL without who uses it."""
    from ledger.book import is_url, whereabouts

    return whereabouts(ledger) if is_url(ledger) else str(Path(ledger).resolve())


def beside(ledger: str) -> str:
    """What the names of the keys of a ledger begin with: its path; for one on a server a file name of this user's."""
    from ledger.book import is_url, whereabouts

    if not is_url(ledger):
        return ledger
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", unquote(whereabouts(ledger).partition("://")[2])).strip("-")
    return str(config_file().parent / "ledgers" / name)


def log_key_path(ledger: str) -> Path:
    """The log's key: beside the ledger, or where the settings say."""
    return Path(setting("log-key").value or f"{beside(ledger)}.log-key")


def next_log_key_path(ledger: str) -> Path:
    """The key with which the log goes on when its key is changed; it belongs in a safe, not on this machine."""
    return Path(f"{beside(ledger)}.next-log-key")


def device_key_path(ledger: str) -> Path:
    """This machine's own key: beside the ledger, or where a machine that shares it with others keeps its own."""
    return Path(setting("device-key").value or own_device_key_path(ledger))


def own_device_key_path(ledger: str) -> Path:
    """The key of the machine on which the ledger was made, beside it."""
    return Path(f"{beside(ledger)}.device-key")


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read, on the disk before this returns; never over another file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise Unavailable(
            f"there is already a file at {error.filename}", fix="choose another name; it is never overwritten"
        ) from error
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _unwritten(path, error) from error
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unwritten(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"{path} cannot be written",
        why=error.strerror or str(error),
        fix="check the folder, the room on the disk, and who may write there",
    )


def open_to_others(path: Path) -> bool:
    """Tell whether a file that holds a secret can be read or changed by others than its owner; a pipe cannot."""
    found = path.stat()
    return stat.S_ISREG(found.st_mode) and bool(found.st_mode & 0o077)


def read_file(name: str) -> bytes:
    """Read a file that an option names."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise BadInput(
            f"the file {name} cannot be read", why=error.strerror or str(error), fix="check its name"
        ) from error
