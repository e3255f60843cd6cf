"""The command ``keyrings-codeartifact``: where arguments become calls, and errors become exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.metadata import version

from .commands import demo, emulator
from .errors import CodeArtifactError

_COMMANDS = (emulator, demo)


def main(arguments: list[str] | None = None) -> int:
    """Run the command that ``arguments`` (default: the command line's) name; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except CodeArtifactError as error:
        if os.environ.get("CODEARTIFACT_DEBUG"):
            raise
        print(f"keyrings-codeartifact: error: {error}", file=sys.stderr)
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keyrings-codeartifact",
        description="Short-lived AWS CodeArtifact credentials for pip, uv, twine and every other client of a keyring.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('keyrings.codeartifact')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in _COMMANDS:
        name = module.__name__.rpartition(".")[2]
        summary = str(module.__doc__).splitlines()[0]
        command = commands.add_parser(name, help=summary, description=summary)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
