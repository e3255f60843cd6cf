"""Diagnose authentication and check the installed clients.

Tests each step and explains how to fix the first failure.  A policy that is missing follows the checks.

Examples:
    keyrings-codeartifact doctor
    keyrings-codeartifact doctor --json
"""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from keyrings.codeartifact import clients
from keyrings.codeartifact._util import documentation
from keyrings.codeartifact.doctor import chain
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.models import FAILED, OK, WARNING, Check

from .default_index import require_index
from .output import write
from .terminal import GREEN, RED, YELLOW, Terminal, add_color, with_progress

# Symbol, its replacement in ASCII, and style.
_SYMBOLS = {OK: ("✓", "+", GREEN), WARNING: ("!", "!", YELLOW), FAILED: ("✗", "x", RED)}
_WIDTH = len("configuration")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        help="index URL (default: that of CODEARTIFACT_… variables, or of `login`)",
    )
    parser.add_argument("--json", action="store_true", help="output JSON")
    add_color(parser)


def run(options: argparse.Namespace) -> int:
    """Print each check when it is done; return 0 if a token is available and the index accepts it."""
    index, terminal = require_index(options.url), Terminal(options.color)
    groups = {"": chain.check(index, os.environ), "Clients": clients.check(index, os.environ)}
    found: list[Check] = []
    for heading, checks in groups.items():
        for number, check in enumerate(with_progress(checks, "Checking")):
            found.append(check)
            if not options.json:
                write(*(("", *terminal.heading(heading)) if heading and not number else ()), *lines(check, terminal))
    failed = next((check for check in found if check.status == FAILED), None)
    if options.json:
        write(json.dumps({"ok": failed is None, "checks": [_as_json(check) for check in found]}, indent=1))
    else:
        if failed and failed.policy:
            write("", *terminal.heading("The policy that is missing"), failed.policy)
        summary = _summary(found)
        # The address stays whole: a terminal opens it.
        write("", summary.replace(": ", ":\n", 1) if 0 < terminal.width < len(summary) else summary)
    return exit_code(failed) if failed else 0


def exit_code(failed: Check) -> int:
    """Return the exit code after a failed check."""
    return (ConfigurationError if failed.name == "configuration" else CodeArtifactError).exit_code


def lines(check: Check, terminal: Terminal) -> Iterator[str]:
    """Yield the lines of a check, without its policy."""
    symbol, ascii_symbol, style = _SYMBOLS[check.status]
    shown = terminal.styled(style, terminal.symbol(symbol, ascii_symbol))
    code = f" [{check.code}]" if check.code else ""
    yield from terminal.wrapped(f"{check.message}{code}", f"{shown} {check.name.ljust(_WIDTH)}  ")
    if check.remedy:
        yield from terminal.wrapped(check.remedy, f"{' ' * (_WIDTH + 4)}{terminal.symbol('→', '->')} ")


def _summary(found: Sequence[Check]) -> str:
    """Return how many checks have failed or warn, and the page that explains the messages."""
    failed, warned = ([check for check in found if check.status == status] for status in (FAILED, WARNING))
    counts = [
        f"{len(checks)} {noun}{'s' if len(checks) > 1 else ''}"
        for noun, checks in (("problem", failed), ("warning", warned))
        if checks
    ]
    return (
        f"{', '.join(counts)}: {documentation.message(failed[0].code if failed else 'warnings')}"
        if counts
        else "No problems."
    )


def _as_json(check: Check) -> dict[str, Any]:
    values = check._asdict()
    return {"check": values.pop("name"), **values}
