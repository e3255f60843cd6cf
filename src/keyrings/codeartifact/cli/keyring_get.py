"""The command line of ``keyring``, answering for CodeArtifact without loading keyring."""

from __future__ import annotations

import gc
import os
import sys

from keyrings.codeartifact import index_url as services
from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.errors import CodeArtifactError
from keyrings.codeartifact.lookup import find
from keyrings.codeartifact.models import USERNAME

from .output import complain, give_up_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from keyrings.codeartifact.models import Token

_OURS = ("keyrings.codeartifact.CodeArtifactBackend", "keyrings.codeartifact.backend.CodeArtifactBackend")


class Question(NamedTuple):
    """A ``keyring get``: for what, for whom, and how the answer is to be printed."""

    service: str
    username: str | None
    mode: str
    output: str


def main() -> int:
    """Answer where it is ours to answer, else become ``keyring``; return the exit code."""
    question = read(sys.argv[1:])
    if question is None or services.read(question.service) is None:
        return _hand_over()
    try:
        token = None if _other_backend_wanted() else find(question.service, question.username)
    except CodeArtifactError as error:
        complain(f"codeartifact-keyring: error: {error.report()}")
        return error.exit_code
    if token is None:
        return _hand_over()
    try:
        _show(token, question)
    except OSError as error:
        give_up_output("codeartifact-keyring", error)
        return CodeArtifactError.exit_code
    return 0


def _show(token: Token, question: Question) -> None:
    """Print the answer; raise OSError where nobody takes it."""
    password = {"password": str(token.value)}
    answer = {"username": USERNAME, **password} if question.mode == "creds" else password
    if question.output == "json":
        import json

        print(json.dumps(answer))
    else:
        print(*answer.values(), sep="\n")
    if sys.stdout:
        sys.stdout.flush()


def read(arguments: list[str]) -> Question | None:
    """Return the question that ``arguments`` ask, None for everything that only keyring itself should read."""
    options = {"--mode": "password", "--output": "plain"}
    words: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in options:
            options[name] = value if equals else next(rest, "")
        elif argument.startswith("-"):
            return None
        else:
            words.append(argument)
    mode, output = options["--mode"], options["--output"]
    if mode not in ("password", "creds") or output not in ("plain", "json"):
        return None
    match words:
        case ["get", service] if mode == "creds":
            return Question(service, None, mode, output)
        case ["get", service, username]:
            return Question(service, username, mode, output)
    return None


def _other_backend_wanted() -> bool:
    """Say whether environment or configuration ask keyring for a backend that is not ours."""
    wanted = os.environ.get("PYTHON_KEYRING_BACKEND") or keyringrc.default_keyring(os.environ)
    return bool(wanted) and wanted not in _OURS


def _hand_over() -> int:
    """Run ``keyring`` itself on the very same command line."""
    gc.enable()
    from keyring import cli

    return cli.main() or 0
