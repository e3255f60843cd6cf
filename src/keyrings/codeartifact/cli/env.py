"""Print the variables that configure pip, uv and twine.

Contains no secret, and no variable that is already set.  For a shell: eval "$(keyrings-codeartifact env)".
"""

import argparse
import json
import os
import shlex

from keyrings.codeartifact import clients
from keyrings.codeartifact.config.environment import find_index

from .output import write

_PLAIN = "{}={}"  # docker run --env-file, GitLab's dotenv reports and GitHub's $GITHUB_ENV
_LINES = {"shell": "export {}={}", "dotenv": _PLAIN, "github": _PLAIN}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--format", choices=(*_LINES, "json"), default="shell", help="output format (default: %(default)s)"
    )
    add_publish(parser)


def add_publish(parser: argparse.ArgumentParser) -> None:
    """Declare the argument that decides which variables there are."""
    parser.add_argument("--publish", action="store_true", help="configure the clients for publishing too")


def run(options: argparse.Namespace) -> int:
    """Print the variables; return 0."""
    variables = clients.environment(find_index(os.environ), os.environ, publish=options.publish)
    if options.format == "json":
        write(json.dumps(variables, indent=1))
    else:
        quote = shlex.quote if options.format == "shell" else str
        write(*(_LINES[options.format].format(name, quote(value)) for name, value in variables.items()))
    return 0
