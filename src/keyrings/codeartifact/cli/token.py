"""Print a token.

Prints nothing else on standard output.  The URL can be of any package format, because a token is valid for the whole
domain; Cargo names its registry in CARGO_REGISTRY_INDEX_URL.  A CODEARTIFACT_AUTH_TOKEN that is set is ignored, except
for Cargo, which gets it.

Examples:
    export CODEARTIFACT_AUTH_TOKEN=$(keyrings-codeartifact token)
    keyrings-codeartifact token --json
"""

import argparse
import json
import os

from keyrings.codeartifact import lookup
from keyrings.codeartifact._util.text import rfc3339
from keyrings.codeartifact.config.environment import CARGO_INDEX_URL
from keyrings.codeartifact.config.settings import resolve

from .default_index import URL_HELP, require_repository
from .output import write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("url", metavar="URL", nargs="?", help=URL_HELP)
    parser.add_argument("--json", action="store_true", help="output JSON with the keys token and expires")


def run(options: argparse.Namespace) -> int:
    """Print the token; return 0."""
    repository = require_repository(options.url)
    is_for_cargo = options.url is None and bool(os.environ.get(CARGO_INDEX_URL))
    settings = resolve(repository, os.environ, is_new_wanted=not is_for_cargo)
    token = lookup.get_token(repository, os.environ, settings)
    if options.json:
        expires = None if token.expires is None else rfc3339(token.expires)
        write(json.dumps({"token": str(token.value), "expires": expires}))
    else:
        write(str(token.value))
    return 0
