"""Set up pip, uv, twine and other clients for good.

Writes settings without a token for this user; the keyring gets a token whenever a client needs one.  `logout` restores
the files.

Examples:
    keyrings-codeartifact login --domain acme --repository release
    keyrings-codeartifact login --tool uv --tool twine --publish --dry-run
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from keyrings.codeartifact import clients, lookup
from keyrings.codeartifact._util import documentation
from keyrings.codeartifact._util.log import print_error
from keyrings.codeartifact._util.text import describe_expiry
from keyrings.codeartifact.clients import keyring, programs, settings_files
from keyrings.codeartifact.config.environment import EXTRA
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.index_url import ENDPOINT_TYPES
from keyrings.codeartifact.login import command, edits, record, settings, target
from keyrings.codeartifact.models import WARNING

from .env import add_index_mode, environ_of
from .output import write
from .terminal import GREEN, RED, Terminal, add_color, progress

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from keyrings.codeartifact.login.edits import Edit, UnusableFileError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments, named as those of `aws codeartifact login`."""
    parser.add_argument("url", metavar="URL", nargs="?", help="index URL, instead of the parts of one")
    parser.add_argument(
        "--tool", choices=settings.TOOLS, action="append", help="client to set up; repeatable (default: those on PATH)"
    )
    parser.add_argument("--domain", help="domain of the repository")
    parser.add_argument("--domain-owner", metavar="ACCOUNT", help="account ID of the domain's owner (default: yours)")
    parser.add_argument("--repository", help="name of the repository")
    parser.add_argument("--region", help="region of the domain (default: that of environment or profile)")
    parser.add_argument("--endpoint-type", choices=ENDPOINT_TYPES, help="type of the repository's host")
    parser.add_argument("--profile", help="AWS profile that gets the tokens of this domain")
    parser.add_argument("--duration-seconds", metavar="SECONDS", help="lifetime of the tokens of this domain")
    parser.add_argument("--name", help="name of the index in the settings of clients (default: codeartifact)")
    add_index_mode(parser)
    parser.add_argument("--publish", action="store_true", help="also publish to it by default, with uv and hatch")
    parser.add_argument(
        "--project", action="store_true", help="print the settings for a project's pyproject.toml instead"
    )
    parser.add_argument("--write", action="store_true", help="with --project, write them to ./pyproject.toml")
    parser.add_argument("--dry-run", action="store_true", help="print the changes as a diff, and write nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask before writing")
    parser.add_argument("--no-check", action="store_true", help="do not get a token afterwards")
    add_color(parser)


def run(options: argparse.Namespace) -> int:
    """Write the settings; return 0, or 1 if a file is left as it is.

    Raises CodeArtifactError if no token is available afterwards.
    """
    tools = _tools(options)
    arguments = {name: getattr(options, name.replace("-", "_")) for name in target.ARGUMENTS}
    index = target.find(arguments, options.profile, environ_of(options))
    wanted = settings_files.Wanted(index, options.publish)
    if options.project:
        _set_project_up(settings.of_project(tools, wanted), options)
        return 0
    files = settings.of_clients(tools, wanted)
    identity = {"profile_name": options.profile, "token_duration": options.duration_seconds}
    if chosen := {name: value for name, value in identity.items() if value}:
        files.append(settings.of_keyring(index.repository, chosen, os.environ))
    changes, failures = _plan(files)
    for failure in failures:
        print_error(f"keyrings-codeartifact: error: {failure.cause} [{failure.code}]; {failure.remedy}")
        print_error(documentation.message(failure.code))
    if index.mode == EXTRA:
        _warn(clients.EXTRA_WARNING)
    write(*_styled(changes, Terminal(options.color)))
    is_keyring_run = not clients.RUN_KEYRING.isdisjoint(tools)
    link = command.find_link(os.environ) if is_keyring_run else None
    if link:
        write(f"{link}: a link to {command.TARGET}, for pip and uv")
    if not options.dry_run:
        _write(changes, link, is_confirmed=options.yes)
        record.write_index(index)
        if is_keyring_run:
            _warn_of_keyring()
        if not options.no_check:
            with progress("Requesting a token"):
                token = lookup.get_token(index.repository, os.environ)
            write(f"got a token: {describe_expiry(token.expires)}")
    return bool(failures)


def _tools(options: argparse.Namespace) -> list[str]:
    """Return the clients to set up; raise ConfigurationError if there is none, or for options that need others."""
    if options.write and not options.project:
        raise ConfigurationError("CA100", "--write is set without --project", "add --project, or remove --write")
    tools = options.tool or [tool for tool in settings.TOOLS if programs.which(tool, os.environ)]
    if not tools:
        raise ConfigurationError("CA801", "no client is on PATH", f"name one with --tool: {', '.join(settings.TOOLS)}")
    return tools


def _styled(changes: Sequence[Edit], terminal: Terminal) -> Iterator[str]:
    """Yield the lines of the diffs, coloured as those of git."""
    for edit in changes:
        for line in edit.diff():
            is_name = line.startswith(("+++", "---", "@@"))
            style = None if is_name else {"+": GREEN, "-": RED}.get(line[:1])
            yield terminal.styled(style, line) if style else line


def _write(changes: list[Edit], link: str | None, *, is_confirmed: bool) -> None:
    """Write the changes, once they are confirmed."""
    if not changes and not link:
        return
    if not is_confirmed:
        _confirm()
    record.write(changes)
    if link:
        record.write_link(link, command.TARGET)
    write("written; `keyrings-codeartifact logout` restores the files")


def _warn_of_keyring() -> None:
    for check in keyring.check(os.environ):
        if check.status == WARNING:
            _warn(f"{check.message}; {check.remedy}")


def _set_project_up(file: settings_files.SettingsFile, options: argparse.Namespace) -> None:
    """Print the settings of a project, or write them to its file."""
    if not options.write:
        write(edits.as_text(file))
        return
    edit = edits.plan(file)
    write(*_styled([edit], Terminal(options.color)))
    if edit.is_change and not options.dry_run:
        edits.write_text(file.path, edit.after, mode=0o644)


def _plan(files: Sequence[settings_files.SettingsFile]) -> tuple[list[Edit], list[UnusableFileError]]:
    """Return the changes that are to be made, and why some cannot."""
    changes: list[Edit] = []
    failures: list[UnusableFileError] = []
    for file in files:
        try:
            edit = edits.plan(file)
        except edits.UnusableFileError as error:
            failures.append(error)
            continue
        if edit.is_change:
            changes.append(edit)
        else:
            write(f"{file.path}: unchanged")
    return changes, failures


def _confirm() -> None:
    """Ask if a person is there; raise CodeArtifactError for a no."""
    if sys.stdin is None or not sys.stdin.isatty():
        return
    write("Write these changes? [Y/n]")
    if sys.stdin.readline().strip().lower() not in ("", "y", "yes"):
        raise CodeArtifactError("CA802", "nothing is written", "answer y, or pass --yes")


def _warn(message: str) -> None:
    print_error(f"keyrings-codeartifact: warning: {message}")
