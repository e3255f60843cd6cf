"""Explain which settings hold for an index URL, and why.

Asks nobody: no network, no AWS.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from keyrings.codeartifact.config import environment as target
from keyrings.codeartifact.config import explanation
from keyrings.codeartifact.errors import printable

from . import terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from keyrings.codeartifact.config.explanation import Explanation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("url", metavar="URL", nargs="?", help="index URL (default: what CODEARTIFACT_… variables name)")
    parser.add_argument("--json", action="store_true", help="print an object in the place of text")


def run(options: argparse.Namespace) -> int:
    """Print the explanation; return 0."""
    explained = explanation.explain(target.choose(options.url, os.environ).repository, os.environ)
    if options.json:
        print(json.dumps(described(explained), indent=1))
    else:
        for line in lines(explained):
            print(line)
    return 0


def described(explained: Explanation) -> dict[str, Any]:
    """Return the explanation for programs."""
    return {
        "repository": explained.repository._asdict(),
        "file": explained.file,
        "sections": [candidate._asdict() for candidate in explained.candidates],
        "tied": explained.tied,
        "options": {choice.option: {"value": choice.value, "origin": choice.origin} for choice in explained.choices},
        "identity": explained.identity,
        "warnings": explained.warnings,
    }


def lines(explained: Explanation) -> Iterator[str]:
    """Return the explanation for people, line by line."""
    yield from terminal.table(
        [(key, value or "(the whole domain)") for key, value in explained.repository._asdict().items()]
    )
    yield ""
    yield terminal.bold(f"Sections of {explained.file}")
    rows = [
        (f"[{one.name}]", _score(one.score), one.objection or ("wins" if one.wins else ""))
        for one in explained.candidates
    ]
    yield from terminal.table([*rows, ("[codeartifact]", "", "the defaults")])
    yield ""
    yield terminal.bold("Options")
    yield from terminal.table(list(explained.choices))
    yield ""
    yield terminal.bold("Asks as")
    yield f"  {explained.identity}"
    if said := explained.warnings:
        yield ""
        yield terminal.bold("Warnings")
        yield from (f"  {printable(warning)}" for warning in said)


def _score(score: int | None) -> str:
    return "no" if score is None else str(score)
