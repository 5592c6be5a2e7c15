"""The options that say where a new key is: in a file of its own, in an agent, on a card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from commands.cli.unlocking import BACKENDS, in_agent, on_card
from ledger.errors import BadInput

if TYPE_CHECKING:
    from ledger.signing.keys import PublicKey


@dataclass(frozen=True)
class Backend:
    """Where a new key is; a file is made, an agent or a card holds its key already."""

    backend: Annotated[
        str, typer.Option("--backend", metavar="file|agent|pkcs11", help="Where the key is: a file, an agent, a card.")
    ] = "file"
    agent_key: Annotated[
        str | None, typer.Option("--agent-key", metavar="WORDS", help="Of an agent: words of the key's comment.")
    ] = None
    module: Annotated[
        str | None, typer.Option("--module", metavar="PATH", help="Of a card: the PKCS#11 library of its maker.")
    ] = None
    token: Annotated[str | None, typer.Option("--token", metavar="LABEL", help="Of a card: its label.")] = None
    label: Annotated[
        str | None, typer.Option("--label", metavar="LABEL", help="Of a card: the label of the P-256 key on it.")
    ] = None

    def found(self) -> tuple[bytes, PublicKey] | None:
        """The text of the file that names a key elsewhere, and the key; None where a key file is to be made."""
        if self.backend not in BACKENDS:
            raise BadInput(f"{self.backend!r} is no backend of a key", fix=f"--backend {'|'.join(BACKENDS)}")
        if self.backend == "file":
            return None
        return in_agent(self.agent_key) if self.backend == "agent" else on_card(self.module, self.token, self.label)
