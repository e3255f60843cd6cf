"""Print the variables that make clients ask the keyring.

None of them is secret, and none is printed that is set already.  For a shell: eval "$(keyrings-codeartifact env)".
"""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING

from keyrings.codeartifact.clients import environment as wiring
from keyrings.codeartifact.config import environment as target

if TYPE_CHECKING:
    import argparse

_PLAIN = "{}={}"  # as docker run --env-file, GitLab's dotenv reports and GitHub's $GITHUB_ENV read it
_LINES = {"shell": "export {}={}", "dotenv": _PLAIN, "github": _PLAIN}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--format", choices=(*_LINES, "json"), default="shell", help="default: %(default)s")
    add_publish(parser)


def add_publish(parser: argparse.ArgumentParser) -> None:
    """Declare what decides which variables there are."""
    parser.add_argument("--publish", action="store_true", help="for publishing too, not only for installing")


def run(options: argparse.Namespace) -> int:
    """Print them; return 0."""
    variables = wiring.variables(target.find(os.environ), os.environ, publish=options.publish)
    if options.format == "json":
        print(json.dumps(variables, indent=1))
        return 0
    for name, value in variables.items():
        print(_LINES[options.format].format(name, shlex.quote(value) if options.format == "shell" else value))
    return 0
