"""What can go wrong, said for the person who has to mend it."""

from __future__ import annotations

import os
import re

# What looks like a token (base64url) or a session token (base64, with slashes), and is longer than the names in an ARN.
# Either may be quoted for a URL.  Or like a secret access key: 40 characters of all kinds, and no more.
_SUSPECT = (
    r"[A-Za-z0-9+=_%-]{65,}|[A-Za-z0-9+/=_%-]{150,}"
    r"|(?<![A-Za-z0-9+/])(?=[a-z0-9+/]{0,39}[A-Z])(?=[A-Z0-9+/]{0,39}[a-z])(?=[A-Za-z+/]{0,39}[0-9])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/])"
)

# The exit code of a command that Ctrl-C ended, as shells have it: 128 and the number of SIGINT.
INTERRUPTED = 130


class CodeArtifactError(Exception):
    """No credential can be had: ``cause`` says why, ``remedy`` what to do about it.

    Not a ``keyring.errors.KeyringError``: it never leaves this package, and importing keyring for its name would cost
    every start what this package saves.  The backend turns it into a log line, the commands into an exit code.
    """

    exit_code = 1

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause, remedy)
        self.cause = cause
        self.remedy = remedy
        self.hints: tuple[str, ...] = ()
        # What AWS said to which question, where it was AWS that refused.
        self.code = self.operation = ""

    def __str__(self) -> str:
        """Return cause, remedy and hints as one line of printable characters, whatever an outside message held."""
        return printable("; ".join((self.cause, self.remedy, *self.hints)))

    def report(self) -> str:
        """Return the line, and with CODEARTIFACT_DEBUG=1 below it where it was raised and what it came from.

        Of other errors only the names are told: what botocore says may repeat a request with its credentials.
        """
        if not is_debugging():
            return str(self)
        import traceback

        lines = [str(self)]
        error: BaseException | None = self
        while error:
            lines += (f"{type(error).__name__}, raised in:", *traceback.format_tb(error.__traceback__))
            error = error.__cause__
        return "\n".join(line.rstrip() for line in lines)


class ConfigurationError(CodeArtifactError):
    """The configuration cannot be used."""

    exit_code = 2


class AWSError(CodeArtifactError):
    """AWS, or the way to it, refused."""


def printable(text: str) -> str:
    """Return ``text`` as one line that does nothing to a terminal, nor to a CI that reads commands in its log."""
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))


def is_debugging() -> bool:
    """Say whether the user wants to know more than a line."""
    return os.environ.get("CODEARTIFACT_DEBUG") == "1"


def redacted(text: object) -> str:
    """Return ``text`` without what looks like a secret; to be cut only after this, or half a one looks harmless."""
    return re.sub(_SUSPECT, "…", str(text))
