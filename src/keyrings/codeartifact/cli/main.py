"""The command ``keyrings-codeartifact``."""

import argparse
import gc
import io
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from keyrings.codeartifact._util.text import did_you_mean, redact

from .output import run, write

_COMMANDS = (
    *("token", "exec", "env", "explain", "doctor", "cache", "login", "logout"),
    *("job", "kubernetes", "completion", "emulator", "demo"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command in ``arguments`` (default: the command line); return its exit code."""
    # This process is short-lived; `emulator` and `demo` turn it on again.
    gc.disable()
    # Replaces characters that a terminal cannot show.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    given = sys.argv[1:] if arguments is None else arguments

    def command() -> int:
        options = parser_of(given).parse_args(given)
        return int(options.run(options))

    return run("keyrings-codeartifact", command) or 0


class _Parser(argparse.ArgumentParser):
    """Redacts what looks like a secret in its messages."""

    def error(self, message: str) -> NoReturn:
        unknown = re.search(r"argument COMMAND: invalid choice: '([^']*)'", message)
        super().error(redact(message) + (did_you_mean(unknown[1], _COMMANDS) if unknown else ""))


def parser_of(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser with the command in ``arguments``, with all commands if there is none."""
    parser = _Parser(
        prog="keyrings-codeartifact",
        description="Short-lived AWS CodeArtifact credentials for pip, uv, twine and every other client of keyring.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    word = next((argument for argument in arguments if not argument.startswith("-")), "")
    for name in (word,) if word in _COMMANDS else _COMMANDS:
        # Imported lazily: importing all commands takes longer than running most of them.
        module = import_module(f".{name}", __package__)
        summary, _, details = str(module.__doc__).partition("\n")
        command = commands.add_parser(name, help=summary, description=summary, epilog=" ".join(details.split()))
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


class _Version(argparse.Action):
    """Prints the version, which takes a while to look up."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        write(f"{parser.prog} {version('keyrings.codeartifact')}")
        parser.exit()
