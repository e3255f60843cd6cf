"""The command ``keyrings-codeartifact``."""

import argparse
import gc
import io
import json
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from keyrings.codeartifact._util import documentation
from keyrings.codeartifact._util.text import did_you_mean, redact
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError

from .output import run, versions, write

_COMMANDS = (
    *("token", "exec", "env", "explain", "doctor", "cache", "login", "logout"),
    *("kubernetes", "completion", "emulator", "demo"),
)
# For the action and the include, and not listed.
_HIDDEN = "job"

_WITH_JSON = ("token", "explain", "doctor", "cache")


def main(arguments: list[str] | None = None) -> int:
    """Run the command in ``arguments`` (default: the command line); return its exit code."""
    # This process is short-lived; `emulator` and `demo` turn it on again.
    gc.disable()
    # Replaces characters that a terminal cannot show.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    given = sys.argv[1:] if arguments is None else arguments

    def command() -> int:
        parser = parser_of(given)
        if not given:
            write(parser.format_help().rstrip())
            return 0
        options, unknown = parser.parse_known_args(given)
        if unknown:
            # Of the command, whose usage it shows.
            options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        try:
            return int(options.run(options))
        except CodeArtifactError as error:
            if getattr(options, "json", False):
                write(_as_json(error))
            raise

    return run("keyrings-codeartifact", command, is_page_shown=True) or 0


def _as_json(error: CodeArtifactError) -> str:
    return json.dumps({"error": error.as_json()}, indent=1)


_EXIT_CODES = (
    "exit codes: 0 success; 1 no token is available, or a check failed; 2 invalid command line or configuration"
)


class _Parser(argparse.ArgumentParser):
    """Redacts what looks like a secret in its messages; ``details`` follow the options in its help."""

    details = ""
    is_json = False

    def format_help(self) -> str:
        # Imported lazily: only a help needs them.
        import shutil
        import textwrap

        width = shutil.get_terminal_size().columns - 2
        text, _, examples = self.details.strip().partition("Examples:\n")
        parts = [" ".join(text.split()), _EXIT_CODES, f"documentation: {documentation.address()}"]
        parts = [textwrap.fill(part, width, break_on_hyphens=False) for part in parts if part]
        if examples:
            parts.insert(-2, f"examples:\n{textwrap.indent(textwrap.dedent(examples).rstrip(), '  ')}")
        # As it is: argparse would fill the examples.
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        self.epilog = "\n\n".join(parts)
        self.description = textwrap.fill(self.description or "", width)
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        unknown = re.search(r"argument COMMAND: invalid choice: '([^']*)'", message)
        message = redact(message) + (did_you_mean(unknown[1], _COMMANDS) if unknown else "")
        if self.is_json:
            write(_as_json(ConfigurationError("CA100", message, f"see {self.prog} --help")))
        super().error(message)


def parser_of(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser with the command in ``arguments``, with all commands if there is none."""
    parser = _Parser(
        prog="keyrings-codeartifact",
        description="Short-lived AWS CodeArtifact credentials for pip, uv, twine and every other client of keyring.",
    )
    parser.details = "To begin with, run `keyrings-codeartifact login` or `keyrings-codeartifact demo`."
    parser.add_argument("--version", action=_Version, nargs=0, help="print the versions of this, Python and botocore")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    word = next((argument for argument in arguments if not argument.startswith("-")), "")
    # Of the class, as subcommands have parsers of their own.
    _Parser.is_json = word in _WITH_JSON and "--json" in arguments
    for name in (word,) if word in (*_COMMANDS, _HIDDEN) else _COMMANDS:
        # Imported lazily: importing all commands takes longer than running most of them.
        module = import_module(f".{name}", __package__)
        summary, _, details = str(module.__doc__).partition("\n")
        command = commands.add_parser(name, description=summary, help=summary)
        command.details = details
        module.add_arguments(command)
        command.set_defaults(run=module.run, parser=command)
    return parser


class _Version(argparse.Action):
    """Prints the versions, which take a while to look up."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        write(versions(parser.prog))
        parser.exit()
