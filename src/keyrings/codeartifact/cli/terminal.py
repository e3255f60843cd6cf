"""How does a command show something to people?  Aligned plain text, with colour only where a terminal is."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from keyrings.codeartifact.errors import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CODES = {"bold": "1", "red": "31", "green": "32", "yellow": "33"}


def coloured(style: str, text: str) -> str:
    """Return ``text`` in a style, as it is where nobody would see that."""
    # There may be no standard output at all.
    is_terminal = bool(sys.stdout) and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return f"\033[{_CODES[style]}m{text}\033[0m" if is_terminal else text


def bold(text: str) -> str:
    """Return a heading."""
    return coloured("bold", text)


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Return lines in which the cells of ``rows`` stand below each other."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
