"""GitLab CI: inputs in variables, messages on standard error, and shell code on standard output for the job to run."""

import os
import shlex
from collections.abc import Mapping, Sequence

from keyrings.codeartifact._util import documentation
from keyrings.codeartifact._util.log import print_error
from keyrings.codeartifact.config.job_context import ID_TOKEN, INPUT_PREFIX
from keyrings.codeartifact.errors import CodeArtifactError


class GitLab:
    """A job of GitLab CI."""

    request = "merge request"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def inputs(self) -> dict[str, str]:
        """Return the include's inputs."""
        inputs = {
            name.removeprefix(INPUT_PREFIX).lower().replace("_", "-"): value
            for name, value in self._environ.items()
            if name.startswith(INPUT_PREFIX)
        }
        return inputs | {"oidc-token-variable": ID_TOKEN}

    def say(self, line: str) -> None:
        """Print ``line`` in the job's log."""
        print_error(line)

    def warn(self, text: str) -> None:
        """Print a warning in the job's log."""
        print_error(f"keyrings-codeartifact: warning: {text}")

    def fail(self, error: CodeArtifactError, lines: Sequence[str]) -> int:  # noqa: ARG002 - the log has the lines
        """Print ``error`` in the job's log; return the exit code."""
        print_error(f"keyrings-codeartifact: error: {error.report()}")
        print_error(documentation.message(error.code))
        return error.exit_code

    def hand_on(self, folder: str, variables: Mapping[str, str], *_: object) -> Sequence[str]:
        """Return the shell code that sets ``variables`` and puts the commands in ``folder`` on PATH.

        An empty variable removes an earlier one.  Index and token are outputs, which a job does not have.
        """
        return (
            *(f"export {name}={shlex.quote(value)}" if value else f"unset {name}" for name, value in variables.items()),
            f'export PATH={shlex.quote(folder)}:"${{PATH:-{os.defpath}}}"',
        )
