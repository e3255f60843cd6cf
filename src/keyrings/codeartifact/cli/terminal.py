"""Aligned text for people, with colour on a terminal."""

import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial

from keyrings.codeartifact._util.text import printable

_CODES = {"bold": "1", "red": "31", "green": "32", "yellow": "33"}


def coloured(style: str, text: str) -> str:
    """Return ``text`` in ``style`` if standard output is a terminal and NO_COLOR is not set."""
    is_terminal = bool(sys.stdout) and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return f"\033[{_CODES[style]}m{text}\033[0m" if is_terminal else text


bold = partial(coloured, "bold")


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table with aligned columns."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
