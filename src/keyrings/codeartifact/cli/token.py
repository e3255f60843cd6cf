"""Print a token.

Prints nothing else on standard output: `TOKEN=$(keyrings-codeartifact token)`.
"""

import argparse
import json
import os

from keyrings.codeartifact import lookup
from keyrings.codeartifact._util.text import rfc3339
from keyrings.codeartifact.config.environment import require_index

from .output import write

URL_HELP = "index URL (default: the repository that CODEARTIFACT_… variables name)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("url", metavar="URL", nargs="?", help=URL_HELP)
    parser.add_argument("--json", action="store_true", help="output JSON with the keys token and expires")


def run(options: argparse.Namespace) -> int:
    """Print the token; return 0."""
    token = lookup.get_token(require_index(options.url, os.environ).repository, os.environ)
    if options.json:
        expires = None if token.expires is None else rfc3339(token.expires)
        write(json.dumps({"token": str(token.value), "expires": expires}))
    else:
        write(str(token.value))
    return 0
