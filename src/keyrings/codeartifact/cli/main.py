"""The command ``keyrings-codeartifact``: where arguments become calls, and errors become exit codes."""

from __future__ import annotations

import argparse
import io
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from keyrings.codeartifact.errors import INTERRUPTED, CodeArtifactError, redacted

from .output import complain, give_up_output

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = ("token", "exec", "env", "explain", "doctor", "cache", "job", "emulator", "demo")


def main(arguments: list[str] | None = None) -> int:
    """Run the command that ``arguments`` (default: the command line's) name; return the exit code."""
    # Where a terminal cannot show a character, the rest of the line is worth having all the same.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser(arguments).parse_args(arguments)
    try:
        code = int(options.run(options))
        if sys.stdout:
            sys.stdout.flush()
    except CodeArtifactError as error:
        complain(f"keyrings-codeartifact: error: {error.report()}")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        give_up_output("keyrings-codeartifact", error)
        return CodeArtifactError.exit_code
    return code


class _Parser(argparse.ArgumentParser):
    """Repeats no secret that stands where none belongs."""

    def error(self, message: str) -> NoReturn:
        super().error(redacted(message))


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return what reads ``arguments``: of the commands it knows the one that they name, and all if they name none."""
    parser = _Parser(
        prog="keyrings-codeartifact",
        description="Short-lived AWS CodeArtifact credentials for pip, uv, twine and every other client of a keyring.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    word = next((argument for argument in arguments if not argument.startswith("-")), "")
    for name in (word,) if word in _COMMANDS else _COMMANDS:
        # Here and not above: to import all of them takes longer than most of them run.
        module = import_module(f".{name}", __package__)
        summary = str(module.__doc__).splitlines()[0]
        command = commands.add_parser(name, help=summary, description=summary)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


class _Version(argparse.Action):
    """Prints the version, which takes a while to find, if it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(parser.prog, version("keyrings.codeartifact"))
        parser.exit()
