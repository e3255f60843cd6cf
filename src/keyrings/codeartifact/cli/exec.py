"""Run a command with pip, uv and twine configured.

Sets the variables that `env` prints, keeps those that are already set, then runs the command in its place.  An invalid
configuration ends here, before the command starts.

Examples:
    keyrings-codeartifact exec -- pip install acme-tools
    keyrings-codeartifact exec --check --publish -- twine upload dist/*
"""

import argparse
import os
import signal
import subprocess
from collections.abc import Iterator

from keyrings.codeartifact import clients, lookup
from keyrings.codeartifact._util.log import print_error
from keyrings.codeartifact._util.text import describe_expiry, redact
from keyrings.codeartifact.clients import keyring
from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.config.environment import Index, find_index, require_index
from keyrings.codeartifact.config.explanation import CHECK
from keyrings.codeartifact.config.options import FALSE, OPTIONS, TRUE
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError

from .env import add_variables, environ_of
from .terminal import progress

# The exit codes of POSIX shells.
_NOT_EXECUTABLE, _NOT_FOUND = 126, 127


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    options = "[-h] [--check] [--with-token] [--with-password] [--publish] [--index-mode MODE]"
    parser.usage = f"{parser.prog} {options} [--] CMD ..."
    parser.add_argument(
        "--check", action="store_true", help=f"get a token first, and stop if none is available; also {CHECK}=1"
    )
    token = OPTIONS["auth_token"].variable
    parser.add_argument("--with-token", action="store_true", help=f"pass {token} to the command too")
    parser.add_argument(
        "--with-password",
        action="store_true",
        help="give pip, uv and Poetry a token as their password for the index, instead of the keyring",
    )
    add_variables(parser)
    parser.add_argument("command", metavar="CMD", nargs=argparse.REMAINDER, help="the command and its arguments")


def run(options: argparse.Namespace) -> int:
    """Become the command, on Windows return its exit code; raise CodeArtifactError if it cannot start."""
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command or not command[0]:
        raise ConfigurationError("CA805", "no command given", "run keyrings-codeartifact exec -- CMD …")
    is_token_needed = options.check or options.with_token or options.with_password or _is_check_set()
    own, replaced = keyring.prefer_own(environ_of(options))
    index = require_index(None, own) if is_token_needed else find_index(own)
    variables = clients.environment(index, own, publish=options.publish)
    environ = own | variables
    passwords: dict[str, str] = {}
    if index is None:
        keyringrc.load(own)
    else:
        settings = resolve(index.repository, own)
        if is_token_needed:
            with progress("Requesting a token"):
                token = lookup.get_token(index.repository, own, settings)
            print_error(f"keyrings-codeartifact: got a token: {describe_expiry(token.expires)}")
            if options.with_token:
                environ[OPTIONS["auth_token"].variable] = str(token.value)
            if options.with_password:
                passwords = clients.with_password(index, environ, str(token.value))
        if options.publish:
            clients.require_publishing_to(index, command, environ)
    others = _warnings(index, command, environ, is_checked=is_token_needed, is_keyring_used=not options.with_password)
    for warning in filter(None, (replaced, *clients.warnings(index, variables), *others)):
        print_error(f"keyrings-codeartifact: warning: {warning}")
    return _become(command, environ | passwords)


def _warnings(
    index: Index | None, command: list[str], environ: dict[str, str], *, is_checked: bool, is_keyring_used: bool
) -> Iterator[str]:
    """Yield what keeps clients from using the keyring; with ``is_checked`` also what takes time to find."""
    if index:
        yield from clients.command_warnings(index, command, environ)
    if not is_keyring_used:
        return
    if index and is_checked:
        yield from clients.obstacles(index.repository, environ)
    elif keyring.is_missing(environ):
        yield keyring.MISSING


def _is_check_set() -> bool:
    """Return whether the environment asks for the check; raise ConfigurationError for an invalid value."""
    text = os.environ.get(CHECK, "")
    if text.lower() not in ("", *TRUE, *FALSE):
        raise ConfigurationError("CA104", f"{CHECK} cannot be {redact(text)[:80]!r}", "expected: 1 or 0")
    return text.lower() in TRUE


def _become(command: list[str], environ: dict[str, str]) -> int:
    """Replace this process with ``command``, on Windows run it and return its exit code."""
    try:
        if os.name == "nt":
            return subprocess.run(command, env=environ, check=False).returncode  # noqa: S603 - the user's command
        # Python ignores these signals, and a command would inherit that.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.execvpe(command[0], command, environ)  # noqa: S606 - the user's command
    except OSError as error:
        is_missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        exit_code = _NOT_FOUND if is_missing else _NOT_EXECUTABLE
        problem = f"cannot run {command[0]!r} ({error.strerror})"
        raise CodeArtifactError(
            "CA806", problem, "install it, or correct its name or mode", exit_code=exit_code
        ) from error
