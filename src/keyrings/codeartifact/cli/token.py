"""Print a token.

Nothing else is on standard output, so that it can go where a token is needed: `TOKEN=$(keyrings-codeartifact token)`.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from keyrings.codeartifact import lookup
from keyrings.codeartifact.aws.tokens import moment
from keyrings.codeartifact.config import environment as target

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("url", metavar="URL", nargs="?", help="index URL (default: what CODEARTIFACT_… variables name)")
    parser.add_argument("--json", action="store_true", help="print an object with the keys token and expiration")


def run(options: argparse.Namespace) -> int:
    """Print the token; return 0."""
    token = lookup.token(target.choose(options.url, os.environ).repository)
    if not options.json:
        print(str(token.value))
        return 0
    expiration = None if token.expiration is None else moment(token.expiration)
    print(json.dumps({"token": str(token.value), "expiration": expiration}))
    return 0
