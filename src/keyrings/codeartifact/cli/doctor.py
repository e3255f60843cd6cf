"""Diagnose authentication and check the installed clients.

Tests each step and explains how to fix the first failure.

Examples:
    keyrings-codeartifact doctor
    keyrings-codeartifact doctor --json
"""

import argparse
import json
import os
import textwrap
from collections.abc import Iterator

from keyrings.codeartifact import clients
from keyrings.codeartifact._util.text import printable
from keyrings.codeartifact.config.environment import Index, require_index
from keyrings.codeartifact.doctor import chain
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.models import FAILED, OK, WARNING, Check

from . import terminal
from .output import write

_STYLES = {OK: "green", WARNING: "yellow", FAILED: "red"}
_WIDTH = 13


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        help="index URL (default: the repository that CODEARTIFACT_… variables name)",
    )
    parser.add_argument("--json", action="store_true", help="output JSON")


def run(options: argparse.Namespace) -> int:
    """Print each check when it is done; return 0 if a token is available and the index accepts it."""
    done = []
    for check in checks(require_index(options.url, os.environ)):
        done.append(check)
        if not options.json:
            write(*lines(check, is_styled=True))
    failed = [check for check in done if check.status == FAILED]
    if options.json:
        write(json.dumps({"ok": not failed, "checks": [check._asdict() for check in done]}, indent=1))
    return exit_code(failed[0]) if failed else 0


def exit_code(failed: Check) -> int:
    """Return the exit code after a failed check."""
    return (ConfigurationError if failed.name == "configuration" else CodeArtifactError).exit_code


def checks(index: Index) -> Iterator[Check]:
    """Yield the checks of ``index`` and of the clients."""
    yield from chain.check(index, os.environ)
    yield from clients.check(index.repository, os.environ)


def lines(check: Check, *, is_styled: bool = False) -> Iterator[str]:
    """Yield the lines of a check."""
    status = check.status.ljust(len(WARNING))
    status = terminal.coloured(_STYLES[check.status], status) if is_styled else status
    yield f"{status}  {check.name.ljust(_WIDTH)}  {printable(check.message)}"
    indent = " " * (len(WARNING) + _WIDTH + 4)
    if check.remedy:
        yield f"{indent}{printable(check.remedy)}"
    yield from textwrap.indent(check.document, indent).splitlines()
