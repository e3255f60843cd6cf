"""GitHub Actions: workflow commands on standard output, and the files by which a step passes values to later ones.

Source: GitHub Docs, "Workflow commands for GitHub Actions".
"""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress

from keyrings.codeartifact._util import documentation
from keyrings.codeartifact._util.text import printable, rfc3339
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.models import Token

# The variable with the action's inputs as a JSON object.
INPUTS = "INPUTS"
ENV, OUTPUT, PATH, SUMMARY = "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"
_TITLE = "keyrings.codeartifact"
# Commands begin a line; the runner's older form may be anywhere in it.
_COMMAND = re.compile(r"\A\s*::|##\[")


class GitHub:
    """A step of GitHub Actions."""

    request = "pull request"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def inputs(self) -> dict[str, str]:
        """Return the action's inputs; raise ConfigurationError if there are none."""
        try:
            return {name: str(value) for name, value in json.loads(self._environ[INPUTS]).items()}
        except (LookupError, ValueError, AttributeError):
            raise ConfigurationError(
                "CA707", f"{INPUTS} is not a JSON object", "run this command in the action"
            ) from None

    def say(self, line: str) -> None:
        """Print ``line`` in the log, never as a command."""
        print(_COMMAND.sub(lambda match: " ".join(match[0]), line), flush=True)

    def warn(self, text: str) -> None:
        """Show a warning on the run's page."""
        self._annotate("warning", text)

    def fail(self, error: CodeArtifactError, lines: Sequence[str]) -> int:
        """Show ``error`` on the run's page and ``lines`` in the job's summary; return the exit code."""
        self._annotate("error", str(error))
        if self._environ.get(SUMMARY):
            # Longer than any fence in the lines, which are plain text.
            fence = "`" * (3 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
            page = f"[{error.code}]({documentation.message(error.code)})"
            text = (f"### {_TITLE}: no token for this job", "", f"{fence}text", *lines, fence, "", page, "")
            with suppress(CodeArtifactError):
                self._write(SUMMARY, "\n".join(text))
        return error.exit_code

    def hand_on(
        self, folder: str, variables: Mapping[str, str], index: Index | None, token: Token | None
    ) -> Sequence[str]:
        """Set outputs, variables and the commands in ``folder`` for later steps; return no lines to print.

        An empty variable removes an earlier one.  Raises ConfigurationError if the runner's files cannot be written.
        """
        outputs = {"index-url": index.url, "publish-url": index.publish_url} if index else {}
        if token:
            # Masked before it is written anywhere.
            print(f"::add-mask::{_escape(token.value)}", flush=True)
            name = OPTIONS["auth_token"].variable
            outputs |= {
                "token": str(token.value),
                "expires": "" if token.expires is None else rfc3339(token.expires),
                "secret-arg": f"--secret id={name},env={name}",
            }
        # Variables and commands last: if something else cannot be written, later steps get neither.
        self._write(OUTPUT, _assignments(outputs))
        if shutil.which("keyring", path=self._environ.get("PATH")) != shutil.which("keyring", path=folder):
            self._write(PATH, f"{folder}\n")
        self._write(ENV, _assignments(variables))
        return ()

    def _annotate(self, level: str, text: str) -> None:
        print(f"::{level} title={_TITLE}::{_escape(printable(text))}", flush=True)

    def _write(self, variable: str, text: str) -> None:
        path = self._environ.get(variable)
        if not path:
            raise ConfigurationError("CA707", f"{variable} is not set", "run this command in a step of GitHub Actions")
        try:
            with open(path, "a", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            problem = f"{variable} names {path}, which cannot be written ({error.strerror})"
            raise ConfigurationError("CA706", problem, "make it writable for this user") from None


def _assignments(values: Mapping[str, str]) -> str:
    for name, value in values.items():
        if re.search(r"[\r\n]", value):
            raise ConfigurationError("CA708", f"{name} would contain a line break", "check where its value comes from")
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
