"""``keyring get`` for CodeArtifact."""

from __future__ import annotations

import os
import sys

from keyrings.codeartifact import index_url
from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.lookup import find_token_of
from keyrings.codeartifact.models import USERNAME, Token

from .output import versions, write

_BACKENDS = ("keyrings.codeartifact.CodeArtifactBackend", "keyrings.codeartifact.backend.CodeArtifactBackend")


class Arguments(NamedTuple):
    """The arguments of ``keyring get``."""

    service: str
    username: str | None
    mode: str
    output: str


def main() -> int | None:
    """Print the credential; return 0, None if ``keyring`` itself must run; raise CodeArtifactError without a token."""
    if sys.argv[1:] == ["--version"]:  # which keyring has not
        write(versions("codeartifact-keyring"))
        return 0
    arguments = parse_arguments(sys.argv[1:])
    url = index_url.parse(arguments.service) if arguments else None
    if arguments is None or url is None or arguments.username not in (None, "", USERNAME):
        return None
    token = _find_token(url)
    if token is None:
        return None
    credential = {"username": USERNAME} if arguments.mode == "creds" else {}
    credential["password"] = str(token.value)
    if arguments.output == "json":
        import json

        write(json.dumps(credential))
    else:
        write(*credential.values())
    return 0


def parse_arguments(arguments: list[str]) -> Arguments | None:
    """Return the arguments of a ``keyring get``, None for everything that only keyring itself parses."""
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
            return Arguments(service, None, mode, output)
        case ["get", service, username]:
            return Arguments(service, username, mode, output)
    return None


def _find_token(url: index_url.IndexURL) -> Token | None:
    """Return the token for ``url``, None if environment or configuration choose another backend or it gets none."""
    backend = os.environ.get("PYTHON_KEYRING_BACKEND")
    file = None
    if not backend:
        file = keyringrc.load(os.environ)
        backend = keyringrc.default_keyring(os.environ, file)
    if backend and backend not in _BACKENDS:
        return None
    return find_token_of(url, os.environ, file, is_command=True)
