"""Where PDM looks for the backend."""

from collections.abc import Iterator, Mapping

from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.models import OK, Check

from . import keyring
from .programs import version, which


def check(path: str, _index: Index, environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield whether PDM finds the backend: in its own environment, or without a keyring there, on PATH."""
    found = version(environ, path)
    command = which("keyring", environ)
    if command and not keyring.is_beside(path, environ):
        yield Check("pdm", OK, f"{found}, with {command}")
    else:
        yield keyring.check_beside("pdm", found, path, environ)
