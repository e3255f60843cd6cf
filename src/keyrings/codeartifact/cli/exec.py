"""Run a command whose clients ask the keyring.

Sets the variables that `env` prints, leaves alone what is set already, then becomes the command.  A configuration that
cannot be used ends here, before the command starts.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess

from keyrings.codeartifact import lookup
from keyrings.codeartifact.clients import environment as wiring
from keyrings.codeartifact.config import environment as target
from keyrings.codeartifact.config import keyringrc, settings
from keyrings.codeartifact.config.options import FALSE, TRUE
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError, redacted

from .env import add_publish
from .output import complain

CHECK = "CODEARTIFACT_CHECK"
# As shells have it.
_NOT_EXECUTABLE, _NOT_FOUND = 126, 127


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--check", action="store_true", help=f"ask for a token first, and end here if none can be had; also {CHECK}=1"
    )
    parser.add_argument("--with-token", action="store_true", help="hand the command a CODEARTIFACT_AUTH_TOKEN too")
    add_publish(parser)
    parser.add_argument("command", metavar="CMD", nargs=argparse.REMAINDER, help="the command, its arguments behind it")


def run(options: argparse.Namespace) -> int:
    """Become the command; return its exit code where that cannot be (Windows).

    Raises CodeArtifactError for what keeps the command from starting.
    """
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command or not command[0]:
        raise ConfigurationError("no command is given", "keyrings-codeartifact exec -- CMD …")
    found = target.find(os.environ)
    if found:
        settings.resolve(found.repository)
    else:
        keyringrc.load(os.environ)
    environ = os.environ | wiring.variables(found, os.environ, publish=options.publish)
    if options.check or options.with_token or _is_check_wanted():
        token = lookup.token(target.choose(None, os.environ).repository)
        if options.with_token:
            environ["CODEARTIFACT_AUTH_TOKEN"] = str(token.value)
    _warn_without_keyring(environ)
    return _become(command, environ)


def _is_check_wanted() -> bool:
    """Return what the environment says of the check; raise ConfigurationError if nobody can tell what that is."""
    given = os.environ.get(CHECK, "")
    text = given.lower()
    if text not in ("", *TRUE, *FALSE):
        raise ConfigurationError(f"{CHECK} cannot be {redacted(given)[:80]!r}", "accepted: 1 or 0")
    return text in TRUE


def _become(command: list[str], environ: dict[str, str]) -> int:
    """Run ``command`` in the place of this process, on Windows as a child; return the child's exit code."""
    try:
        if os.name == "nt":
            return subprocess.run(command, env=environ, check=False).returncode  # noqa: S603 - what the user asks for
        # Python ignores these for itself; a command that inherits that does not end with its pipe.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.execvpe(command[0], command, environ)  # noqa: S606 - the same
    except OSError as error:
        is_missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        failure = CodeArtifactError(
            f"cannot run {command[0]!r} ({error.strerror})", "install it, or correct the name or its mode"
        )
        failure.exit_code = _NOT_FOUND if is_missing else _NOT_EXECUTABLE
        raise failure from error


def _warn_without_keyring(environ: dict[str, str]) -> None:
    """Say on standard error if pip and uv will look in vain for a ``keyring`` command."""
    is_wanted = any(environ.get(f"{client}_KEYRING_PROVIDER") == "subprocess" for client in ("PIP", "UV"))
    if is_wanted and not shutil.which("keyring", path=environ.get("PATH")):
        complain(
            "keyrings-codeartifact: warning: no `keyring` command is on PATH, and pip and uv will ask for one; "
            "uv tool install keyring --with keyrings.codeartifact"
        )
