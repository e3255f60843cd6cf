"""Text for people: colours, symbols, lines of the terminal's width, and what a command does at the moment."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from keyrings.codeartifact._util.text import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

_Item = TypeVar("_Item")
_BOLD, RED, GREEN, YELLOW = "1", "31", "32", "33"
_WHEN = ("auto", "always", "never")
_NARROWEST = 40
# In seconds: what ends sooner needs no explanation.
_PATIENCE = 1.0


def add_color(parser: argparse.ArgumentParser) -> None:
    """Declare the option ``--color``."""
    parser.add_argument(
        "--color",
        choices=_WHEN,
        default="auto",
        help="colour the output (default: on a terminal, unless NO_COLOR is set)",
    )


class Terminal:
    """How standard output shows text: in colour or not, how wide (0 for any width), and with which symbols.

    Sources: no-color.org and force-color.org, for the two variables.
    """

    def __init__(self, color: str = "never") -> None:
        is_terminal = bool(sys.stdout) and sys.stdout.isatty()
        self._is_coloured = color == "always" or (color == "auto" and _is_colour_wanted(is_terminal=is_terminal))
        self.width = max(_columns(), _NARROWEST) if is_terminal else 0
        self._has_unicode = _can_encode("✓✗→…")

    def styled(self, style: str, text: str) -> str:
        """Return ``text`` in ``style``, if this is a terminal with colours."""
        return f"\033[{style}m{text}\033[0m" if self._is_coloured else text

    def heading(self, text: str) -> Iterator[str]:
        """Yield the lines of a heading."""
        return (self.styled(_BOLD, line) for line in self.wrapped(text))

    def symbol(self, unicode: str, ascii_text: str) -> str:
        """Return the first of the two if standard output can show it, else the second."""
        return unicode if self._has_unicode else ascii_text

    def wrapped(self, text: str, first: str = "", rest: str | None = None) -> Iterator[str]:
        """Yield the lines of ``text`` after ``first``, which may have a style, and after ``rest`` from the second on.

        Lines end between words, in wider ones at what divides their parts, and never within a command in backticks,
        which can be pasted.
        """
        indent = " " * _length(first) if rest is None else rest
        text = printable(text if self._has_unicode else text.replace("…", "...").replace("→", "->"))
        width = max(self.width - len(indent), _NARROWEST // 2) if self.width else len(text) + 1
        begin = first
        for line in _fill(text, width):
            yield f"{begin}{line}".rstrip()
            begin = indent


@contextmanager
def progress(text: str) -> Iterator[None]:
    """Show ``text`` on standard error while the context takes longer than a second, if that is a terminal."""
    if not sys.stderr or not sys.stderr.isatty():
        yield
        return
    import threading

    is_over = threading.Event()

    def show() -> None:
        if not is_over.wait(_PATIENCE):
            print(f"{text} …", end="\r", file=sys.stderr, flush=True)
            is_over.wait()
            print("\033[K", end="", file=sys.stderr, flush=True)

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def with_progress(items: Iterator[_Item], text: str) -> Iterator[_Item]:
    """Yield ``items``, with `progress` while one of them is awaited."""
    while True:
        with progress(text):
            item = next(items, None)
        if item is None:
            return
        yield item


def _is_colour_wanted(*, is_terminal: bool) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal and os.environ.get("TERM") != "dumb"


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _can_encode(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _parts(word: str, width: int, *ends: str) -> Iterator[str]:
    """Yield the parts of a word that is wider than ``width``, after the characters of the first of ``ends``.

    A part that is still too wide is divided by the next ones.  The scheme of a URL is no part.
    """
    import re

    if len(word) <= width or not ends:
        yield word
        return
    characters = re.escape(ends[0])
    for part in re.findall(rf"(?:\w+://)?[^{characters}]+[{characters}]*|[{characters}]+", word):
        yield from _parts(part, width, *ends[1:])


def _fill(text: str, width: int) -> Iterator[str]:
    """Yield the lines of ``text``, none wider than ``width`` where that is possible; one if it is empty."""
    import re

    line = ""
    for word in re.findall(r"`[^`]*`\S*|\S+", text):
        is_command = word.startswith("`")
        blank = " " if line else ""
        for part in (word,) if is_command else _parts(word, width, "/:", "@."):
            if line and len(line) + len(blank) + len(part) > width:
                yield line
                line, blank = "", ""
            line += blank + part
            blank = ""
    yield line


def _length(text: str) -> int:
    """Return how many columns ``text`` takes, without its styles."""
    import re

    return len(re.sub("\033\\[[0-9]*m", "", text))
