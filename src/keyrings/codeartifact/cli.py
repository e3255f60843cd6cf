"""The command ``keyrings-codeartifact``: where arguments become calls, and errors become exit codes."""

from __future__ import annotations

import argparse
import io
import os
import sys
from importlib.metadata import version

from .commands import demo, doctor, emulator, env, exec, explain, token  # noqa: A004 - what the command is called
from .errors import INTERRUPTED, CodeArtifactError

_COMMANDS = (token, exec, env, explain, doctor, emulator, demo)


def main(arguments: list[str] | None = None) -> int:
    """Run the command that ``arguments`` (default: the command line's) name; return the exit code."""
    # Where a terminal cannot show a character, the rest of the line is worth having all the same.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    try:
        code = int(options.run(options))
        if sys.stdout:
            sys.stdout.flush()
    except CodeArtifactError as error:
        print(f"keyrings-codeartifact: error: {error.report()}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # Who has closed the pipe has read enough, as `head` does.
        if not isinstance(error, BrokenPipeError):
            print(f"keyrings-codeartifact: error: {error}; make room, or let it be read and written", file=sys.stderr)
        # What could not be written is not tried again at exit.
        if sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CodeArtifactError.exit_code
    return code


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
