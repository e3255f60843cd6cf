"""Commands that publish, and where to: a private package must not reach the public index by a missing name."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from keyrings.codeartifact import index_url
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.errors import ConfigurationError

from .programs import without_secrets


class Command(NamedTuple):
    """How a client publishes: its subcommand, the options that name a repository, and the variable that does.

    Without ``variable`` the option is required.
    """

    word: str
    options: tuple[str, ...]
    variable: str = ""


def require_target(
    client: str, command: Command, arguments: Sequence[str], environ: Mapping[str, str], index: Index
) -> None:
    """Raise ConfigurationError if ``arguments`` of ``client`` publish to another repository than ``index``."""
    if command.word not in arguments:
        return
    program = f"{client} {command.word}"
    option = command.options[0]
    named = list(_values(arguments, command.options))
    if not named and not command.variable:
        raise ConfigurationError(
            "CA808", f"`{program}` without {option} would publish to the public index", f"add {option} {index.name}"
        )
    for target in named or [environ.get(command.variable, "")]:
        if target != index.name and index_url.parse_repository(target) != index.repository:
            where = "it names" if named else f"{command.variable} is"
            shown = without_secrets(target) if "://" in target else repr(target)
            remedy = f"name {index.name} or its URL, or run it without `exec --publish`"
            raise ConfigurationError("CA808", f"`{program}` would publish elsewhere: {where} {shown}", remedy)


def arguments_of(command: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the name of the program that ``command`` runs, also by ``python -m``, and its arguments."""
    name = re.sub(r"\.exe$", "", os.path.basename(command[0]))
    if re.fullmatch(r"python[0-9.]*", name) and list(command[1:2]) == ["-m"] and len(command) > 2:  # noqa: PLR2004
        return command[2], command[3:]
    return name, command[1:]


def _values(arguments: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """Yield the values that ``arguments`` give to ``options``."""
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in options:
            yield value if equals else next(rest, "")
        elif argument[:2] in options and not argument.startswith("--") and len(argument) > 2:  # noqa: PLR2004 - "-rNAME"
            yield argument[2:]
