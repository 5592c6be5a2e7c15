"""The options that many commands share, each written once; `command` spreads them over a function's parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, cast, get_type_hints

import typer
from typer.core import TyperCommand

from commands.cli import console

_COLORS = ("auto", "always", "never")


@dataclass(frozen=True)
class Shared:
    """What every command takes."""

    ledger: Annotated[
        str | None,
        typer.Option(
            "--ledger",
            "-l",
            metavar="PATH",
            help="The ledger, or its URL; else $DOSELEDGER_LEDGER, else one found from here upwards.",
        ),
    ] = None
    me: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Who you are; else $DOSELEDGER_AS, else the only key you have."),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object; errors too, on stderr.")] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only data, errors and what is to be signed.")] = False
    color: Annotated[
        str,
        typer.Option(
            "--color",
            metavar="auto|always|never",
            help="Colour; NO_COLOR is respected.",
            autocompletion=lambda: list(_COLORS),
        ),
    ] = "auto"


@dataclass(frozen=True)
class AsOf:
    """The two times of a reading: when it was true, and when it was known."""

    valid_at: Annotated[
        str | None,
        typer.Option(
            "--valid-at", metavar="TIME", help="The state at this clinical time; that of --known-at when left out."
        ),
    ] = None
    known_at: Annotated[
        str | None,
        typer.Option(
            "--known-at",
            metavar="TIME|N",
            help="As it was known at this time, or after the first N entries; now when left out.",
        ),
    ] = None


@dataclass(frozen=True)
class Layout:
    """The form of a list."""

    format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="table|csv|jsonl",
            help="The form of the rows.",
            autocompletion=lambda: ["table", "csv", "jsonl"],
        ),
    ] = "table"


@dataclass(frozen=True)
class Signing:
    """What every write command takes."""

    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask whether to go on; the passphrase is still needed.")
    ] = False
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show the entry that would be signed and what the rules say; write nothing."),
    ] = False
    witness: Annotated[
        list[str] | None, typer.Option("--witness", metavar="NAME", help="A further person who signs now; repeatable.")
    ] = None
    passphrase_file: Annotated[
        list[str] | None,
        typer.Option(
            "--passphrase-file",
            metavar="[NAME=]PATH",
            help="A file that holds the passphrase, for scripts; repeatable.",
        ),
    ] = None
    passphrase_fd: Annotated[
        list[str] | None,
        typer.Option("--passphrase-fd", metavar="[NAME=]N", help="An open file descriptor that gives it; repeatable."),
    ] = None
    command_id: Annotated[
        str | None,
        typer.Option(
            "--command-id", metavar="UUID", help="The id of this act; the same id again gives the same receipt."
        ),
    ] = None


def command(name: str, function: Callable[..., Any]) -> TyperCommand:
    """Make a command of a function; a parameter whose type is one of the classes above becomes its options."""
    signature = inspect.signature(function, eval_str=True)
    own: list[inspect.Parameter] = []
    bundles: dict[str, type[Any]] = {}
    for parameter in signature.parameters.values():
        if is_dataclass(parameter.annotation):
            bundles[parameter.name] = cast("type[Any]", parameter.annotation)
        else:
            own.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
    spread = [parameter for name, bundle in bundles.items() for parameter in _parameters(name, bundle)]

    def called(**given: object) -> object:
        return function(**_gathered(bundles, given))

    called.__name__ = function.__name__
    settings = getattr(function, "parser_settings", None)
    return made(name, called, [*own, *spread], inspect.getdoc(function) or "", settings)


def _gathered(bundles: Mapping[str, type[Any]], given: Mapping[str, object]) -> dict[str, object]:
    """Put the options back into their bundles, and let the terminal know how to print."""
    left = dict(given)
    packed: dict[str, object] = {}
    for name, bundle in bundles.items():
        packed[name] = bundle(**{field.name: left.pop(f"{name}_{field.name}") for field in fields(bundle)})
        if isinstance(packed[name], Shared):
            _behave(cast("Shared", packed[name]))
    return {**left, **packed}


def _behave(shared: Shared) -> None:
    if shared.color not in _COLORS:
        raise typer.BadParameter(f"{shared.color!r} is not one of {', '.join(_COLORS)}", param_hint="--color")
    console.manner = console.Manner(color=cast("console.Color", shared.color), quiet=shared.quiet, json=shared.json)


def made(
    name: str,
    function: Callable[..., object],
    parameters: list[inspect.Parameter],
    words: str,
    settings: dict[str, bool] | None = None,
) -> TyperCommand:
    """Make a command of a function that takes these parameters by keyword; `settings` are the parser's own."""
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command(name.rsplit(maxsplit=1)[-1], help=words, context_settings=settings)(function)
    return cast("TyperCommand", typer.main.get_command(app))


def _parameters(name: str, bundle: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(bundle, include_extras=True)
    return [
        inspect.Parameter(
            f"{name}_{field.name}", inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in fields(bundle)
    ]
