"""The tree of commands for the parser: a group knows the words of its commands and loads one when it is used."""

from __future__ import annotations

import os
from importlib import import_module

from typer._click.core import Command, Context
from typer.core import TyperGroup

from commands.cli import options
from commands.cli.topics import overview
from commands.cli.tree import TREE, WRITES


class Words(TyperGroup):
    """The commands behind one first word, or (without one) the first words themselves."""

    def __init__(self, word: str = "") -> None:
        super().__init__(
            name=word or "doseledger",
            help=TREE[word].help if word else "Not clinical advice: it checks and records; the investigator decides.",
            rich_markup_mode=None,
            commands=dict.fromkeys(TREE if not word else TREE[word].leaves or {}),  # type: ignore[arg-type]
        )
        self.word = word

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - the parser's interface
        """Name the commands without loading them."""
        return list(self.commands)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - the parser's interface
        """Load one command."""
        if self.word:
            module = (TREE[self.word].leaves or {}).get(cmd_name)
            return None if module is None else load(f"{self.word} {cmd_name}", module)
        branch = TREE.get(cmd_name)
        if branch is None:
            return None
        if branch.leaves is None:
            return load(cmd_name, branch.module)
        return _both(cmd_name, branch.module) if branch.module else Words(cmd_name)

    def get_help(self, ctx: Context) -> str:
        """Give the overview for the root, the list of commands for a group."""
        return super().get_help(ctx) if self.word else overview()


def _both(word: str, module: str) -> Command:
    """Make a first word that is a command itself and has second words: `signoff P-001` and `signoff status`."""
    own, others = load(word, module), Words(word)
    make = own.make_context

    def make_context(info_name: str | None, args: list[str], parent: Context | None = None, **extra: object) -> Context:
        chosen = others.make_context if args[:1] and args[0] in others.commands else make
        return chosen(info_name, args, parent, **extra)

    own.make_context = make_context  # type: ignore[method-assign]
    own.get_command = others.get_command  # type: ignore[attr-defined]
    return own


def load(name: str, module: str) -> Command:
    """Load the command of that full name from its module."""
    if module == WRITES:
        from commands.cli.writing import leaf

        return leaf(name)
    functions = import_module(f"commands.cli.{module}")
    return options.command(name, getattr(functions, name.replace(" ", "_").replace("-", "_")))


def root() -> Words:
    """Give the whole tree; where a shell asks for completions, its dialect is made known to the parser."""
    if "_DOSELEDGER_COMPLETE" in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    return Words()
