"""One run: find the command, call it, and turn whatever comes back into an exit code."""

from __future__ import annotations

from collections.abc import Sequence

from commands.cli import console, failing
from ledger.errors import BadInput, DoseLedgerError

INTERRUPTED = 130
INTERNAL = 70


def run(args: Sequence[str]) -> int:
    """Run a command; its errors are printed, an unexpected one goes to a log file with its trace."""
    console.manner = console.Manner(json="--json" in args)
    try:
        code = call(args)
        console.flush()
    except DoseLedgerError as error:
        failing.show(error)
        return error.exit_code
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        console.silence()
        return 0
    except Exception as error:  # noqa: BLE001 - the last door: no traceback may show a person's data on the screen
        return _internal(error)
    if code == INTERRUPTED:  # the library of the terminal turns some interrupts into this code
        console.insist("\nInterrupted; nothing more is written.")
    return code


def call(args: Sequence[str]) -> int:
    """Find a command and call it; what goes wrong is raised as an error of ours."""
    from typer.exceptions import Abort, TyperException

    from commands.cli.app import root

    try:
        result = root().main(args=_behind(args), prog_name="doseledger", standalone_mode=False)
    except TyperException as error:
        raise _usage(error) from None
    except Abort:
        raise KeyboardInterrupt from None
    return result if isinstance(result, int) else 0


def _behind(args: Sequence[str]) -> list[str]:
    """Put a ledger that is named before the command, as for many commands in a row, behind it, where it is read."""
    before = 2 if args[:1] and args[0] in {"-l", "--ledger"} else 0
    return [*args[before:], *args[:before]]


def _usage(error: Exception) -> BadInput:
    """Say a parser's complaint in the form of all errors; the help of that command is the way out."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "doseledger"
    said = getattr(error, "format_message", lambda: str(error))()
    what, _, hint = said.partition(". ") if said.count(". ") == 1 else (said, "", "")
    return BadInput(what.strip(), why=hint.strip(), fix=f"see: {path} --help")


def _internal(error: Exception) -> int:
    import traceback

    from commands.cli.clock import now
    from commands.cli.place import state_dir

    path = state_dir() / "errors" / f"{now():%Y%m%dT%H%M%S%f}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        where = str(path)
    except OSError:
        where = "no file: the state folder cannot be written"
    what = f"internal error: {type(error).__name__}"
    failing.show(
        DoseLedgerError(
            what, why=f"the trace is in {where}", fix="check what was written: doseledger log; then report it"
        )
    )
    return INTERNAL
