"""Print the variables that configure pip, uv and twine.

The output contains no secret, and no variable that is already set.  That for cmd is for a batch file that you call.
The bundle puts its commands on PATH too.

Examples:
    eval "$(keyrings-codeartifact env)"
    keyrings-codeartifact env --format fish | source
    keyrings-codeartifact env --format powershell | Out-String | Invoke-Expression
    keyrings-codeartifact env --format github >> "$GITHUB_ENV"
"""

import argparse
import json
import os
from collections.abc import Iterator

from keyrings.codeartifact import clients
from keyrings.codeartifact.clients import commands, programs
from keyrings.codeartifact.config.environment import INDEX_MODE, MODES, find_index

from .output import write
from .shells import SHELLS

# docker run --env-file, GitLab's dotenv reports and GitHub's $GITHUB_ENV
_PLAIN = ("dotenv", "github")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--format", choices=(*SHELLS, *_PLAIN, "json"), default="shell", help="output format (default: %(default)s)"
    )
    add_variables(parser)


def add_variables(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that decide which variables there are."""
    add_index_mode(parser)
    parser.add_argument("--publish", action="store_true", help="configure the clients for publishing too")


def add_index_mode(parser: argparse.ArgumentParser) -> None:
    """Declare the argument for the mode of the index."""
    parser.add_argument(
        "--index-mode",
        choices=MODES,
        help="replace the public index (default), be an extra one, or only give credentials for indexes that a project "
        f"names; also {INDEX_MODE}",
    )


def environ_of(options: argparse.Namespace) -> dict[str, str]:
    """Return the environment, with the mode of the index that ``options`` set."""
    return {**os.environ, INDEX_MODE: options.index_mode} if options.index_mode else dict(os.environ)


def run(options: argparse.Namespace) -> int:
    """Print the variables; return 0."""
    environ = environ_of(options)
    folder = commands.folder_of_bundle() if options.format in SHELLS else None
    if folder:
        environ["PATH"] = programs.path_with(folder, environ)
    variables = clients.environment(find_index(environ), environ, publish=options.publish)
    if options.format == "json":
        write(json.dumps(variables, indent=1))
    elif options.format in _PLAIN:
        write(*(f"{name}={value}" for name, value in variables.items()))
    else:
        # All lines or, if a value is one that the shell cannot hold, none.
        write(*_lines(options.format, variables, folder))
    return 0


def _lines(shell: str, variables: dict[str, str], folder: str | None) -> Iterator[str]:
    """Yield the lines that set ``variables``, and put ``folder`` first on PATH; raise ConfigurationError."""
    quote, line, path = SHELLS[shell]
    for name, value in variables.items():
        yield line.format(name, quote(value))
    if folder:
        yield path.format(quote(folder))
