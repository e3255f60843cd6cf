"""The provider of pip for `python -m build`."""

from collections.abc import Iterator, Mapping

from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.models import WARNING, Check


def check(_path: str, _index: Index, environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield a warning if the build requirements that it installs get no token."""
    if environ.get("PIP_KEYRING_PROVIDER") == "import":
        message = "`build` installs into an environment of its own, where pip's provider import finds no keyring"
        yield Check("build", WARNING, message, "set PIP_KEYRING_PROVIDER=subprocess, with a `keyring` command on PATH")
