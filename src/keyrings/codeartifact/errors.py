"""What can go wrong, said for the person who has to mend it."""

from __future__ import annotations


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

    def __str__(self) -> str:
        """Return cause and remedy as the one line that people read, whatever an outside message held."""
        return " ".join(f"{self.cause}; {self.remedy}".split())


class ConfigurationError(CodeArtifactError):
    """The configuration cannot be used."""

    exit_code = 2


class AWSError(CodeArtifactError):
    """AWS, or the way to it, refused."""
