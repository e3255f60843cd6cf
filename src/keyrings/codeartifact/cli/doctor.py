"""Check the way to a token, link by link, and the clients on PATH.

Stops at the first broken link and says how to mend it.  Ends with 1 if no token can be had, with 2 if the configuration
is to blame.
"""

from __future__ import annotations

import json
import os
import textwrap
from typing import TYPE_CHECKING

from keyrings.codeartifact.clients import checks as clients
from keyrings.codeartifact.config import environment as target
from keyrings.codeartifact.doctor import chain as diagnosis
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError, printable
from keyrings.codeartifact.findings import FAILED, OK, WARNING

from . import terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from keyrings.codeartifact.config.environment import Target
    from keyrings.codeartifact.findings import Finding

_STYLES = {OK: "green", WARNING: "yellow", FAILED: "red"}
_WIDTH = 13


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("url", metavar="URL", nargs="?", help="index URL (default: what CODEARTIFACT_… variables name)")
    parser.add_argument("--json", action="store_true", help="print an object in the place of text")


def run(options: argparse.Namespace) -> int:
    """Print what is found, as it is found; return 0 if a token can be had and used."""
    chosen = target.choose(options.url, os.environ)
    found = []
    for finding in findings(chosen):
        found.append(finding)
        if not options.json:
            print(*lines(finding, is_styled=True), sep="\n")
    failed = [finding for finding in found if finding.status == FAILED]
    if options.json:
        print(json.dumps({"ok": not failed, "findings": [finding._asdict() for finding in found]}, indent=1))
    return exit_code(failed[0]) if failed else 0


def exit_code(failed: Finding) -> int:
    """Return with what to end after a finding that has failed."""
    return (ConfigurationError if failed.link == "configuration" else CodeArtifactError).exit_code


def findings(chosen: Target) -> Iterator[Finding]:
    """Yield what is found, as it is found."""
    yield from diagnosis.chain(chosen, os.environ)
    yield from clients.examine(chosen.repository, os.environ)


def lines(finding: Finding, *, is_styled: bool = False) -> Iterator[str]:
    """Yield the lines that show a finding, in colour where a terminal is."""
    status = finding.status.ljust(len(WARNING))
    status = terminal.coloured(_STYLES[finding.status], status) if is_styled else status
    yield f"{status}  {finding.link.ljust(_WIDTH)}  {printable(finding.said)}"
    indent = " " * (len(WARNING) + _WIDTH + 4)
    if finding.fix:
        yield f"{indent}{printable(finding.fix)}"
    yield from textwrap.indent(finding.paste, indent).splitlines()
