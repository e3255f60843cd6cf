"""The errors of this package: each has a cause, a remedy and the exit code of a command that it ends."""

from ._util.documentation import message
from ._util.log import is_debugging
from ._util.text import printable


# Not a `keyring.errors.KeyringError`: importing keyring would make every start slower, and the backend logs the error.
class CodeArtifactError(Exception):
    """No token is available: ``cause`` says why, ``remedy`` what to do, and ``code`` identifies the error.

    The code stays the same when the words change.  A command that fails ends with ``exit_code``.
    """

    exit_code = 1

    def __init__(self, code: str, cause: str, remedy: str, *, exit_code: int | None = None) -> None:
        super().__init__(code, cause, remedy)
        self.code = code
        self.cause = cause
        self.remedy = remedy
        self.hints: tuple[str, ...] = ()
        self.exit_code = exit_code or self.exit_code

    def __str__(self) -> str:
        """Return cause, remedy and hints as one printable line, with the code at its end."""
        return f"{printable('; '.join((self.cause, self.remedy, *self.hints)))} [{self.code}]"

    def add_hints(self, hints: tuple[str, ...]) -> None:
        """Append ``hints`` to the line."""
        self.hints += hints

    def as_json(self) -> dict[str, str]:
        """Return the error as a JSON object."""
        remedy = printable("; ".join((self.remedy, *self.hints)))
        return {"code": self.code, "message": printable(self.cause), "remedy": remedy, "page": message(self.code)}

    def report(self) -> str:
        """Return the line, with CODEARTIFACT_DEBUG=1 followed by the tracebacks of the error and of its causes.

        Of other errors only the class is named: botocore's messages may repeat a request with its credentials.
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
    """The configuration is unusable."""

    exit_code = 2


class AWSError(CodeArtifactError):
    """AWS refused the request, or could not be reached."""

    def __init__(
        self,
        code: str,
        cause: str,
        remedy: str,
        *,
        answer: tuple[str, str] = ("", ""),
        is_answer: bool = False,
    ) -> None:
        super().__init__(code, cause, remedy)
        # The operation, and AWS' code for its failure; empty if AWS did not answer.
        self.operation, self.aws_code = answer
        # A refusal by AWS, which every process with the same identity gets, whatever its network and its limits are.
        self.is_answer = is_answer


class ThrottledError(AWSError):
    """AWS had too many requests, and asks to wait for ``retry_after`` seconds before the next."""

    def __init__(self, code: str, cause: str, remedy: str, retry_after: float) -> None:
        super().__init__(code, cause, remedy)
        self.retry_after = retry_after
