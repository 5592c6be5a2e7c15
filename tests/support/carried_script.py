"""The table inside `verifier.js`: the lines of `carried_table`, between the marks of the script."""

from __future__ import annotations

import carried_table

BEGIN, END = "// <table>\n", "// </table>\n"


def filled(text: str) -> str:
    """The script with the table between its marks written anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = "".join(f"{line}\n" for line in carried_table.lines())
    return f"{before}{BEGIN}{table}{END}{after}"
