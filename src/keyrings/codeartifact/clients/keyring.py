"""Whether this backend is where clients look for it: in the ``keyring`` that they run, or in their own environment."""

import os
import re
from collections.abc import Callable, Iterator, Mapping

from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import OK, WARNING, Check, Repository

from .programs import output, version, which

DISTRIBUTION = "keyrings.codeartifact"
MISSING = "no `keyring` command on PATH for pip and uv"
# It queries all backends.
_CHAINER = "keyring.backends.chainer."
INSTALL = f"uv tool install keyring --with {DISTRIBUTION}"


def is_missing(environ: Mapping[str, str]) -> bool:
    """Return whether pip or uv is to run a ``keyring`` command, and PATH has none."""
    is_needed = any(environ.get(f"{client}_KEYRING_PROVIDER") == "subprocess" for client in ("PIP", "UV"))
    return is_needed and which("keyring", environ) is None


def check(environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield the checks of the ``keyring`` command that pip and uv run."""
    path = which("keyring", environ)
    if path is None:
        yield Check("keyring", WARNING, MISSING, INSTALL)
        return
    replaced = list(_check_default(environ))
    yield from replaced
    if DISTRIBUTION not in (output(environ, path, "--list-backends") or ""):
        remedy = f"install {DISTRIBUTION} in its environment, or run {INSTALL}"
        yield Check("keyring", WARNING, f"{path} lacks the CodeArtifact backend", remedy)
    elif not replaced:
        yield Check("keyring", OK, path)


def _check_default(environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield a warning if environment or keyring's own file choose another backend, as `keyring --disable` does."""
    variable = environ.get("PYTHON_KEYRING_BACKEND", "")
    try:
        chosen = variable or keyringrc.default_keyring(environ, keyringrc.load(environ))
    except ConfigurationError:
        return
    if chosen and not chosen.startswith((DISTRIBUTION, _CHAINER)):
        place = "PYTHON_KEYRING_BACKEND" if variable else f"default-keyring of {keyringrc.own_path(environ)}"
        yield Check("keyring", WARNING, f"{place} is {chosen}, which replaces this backend", "remove it")


def check_backend(name: str) -> Callable[[str, Repository, Mapping[str, str]], Iterator[Check]]:
    """Return the check of the client ``name``, which imports keyring and needs the backend in its environment."""

    def check(path: str, _: Repository, environ: Mapping[str, str]) -> Iterator[Check]:
        found = version(environ, path)
        python = _interpreter(path)
        if python is None:
            yield Check(name, OK, f"{found}, in an unknown environment")
            return
        spec = f"util.find_spec('keyrings') and util.find_spec('{DISTRIBUTION}')"
        script = f"import importlib.util as util; print({spec} is not None)"
        if (output(environ, python, "-c", script) or "").strip() == "True":
            yield Check(name, OK, f"{found}, with {DISTRIBUTION} in its environment")
            return
        tools = f"pipx inject {name} {DISTRIBUTION}, uv tool install {name} --with {DISTRIBUTION}"
        message = f"{found}, without {DISTRIBUTION} in its environment"
        yield Check(name, WARNING, message, f"{tools}, or pip install it there")

    return check


def _interpreter(path: str) -> str | None:
    """Return the Python in the first line of a script, None if there is none, as on Windows."""
    try:
        with open(path, "rb") as file:
            first = file.readline(1 << 10)
    except OSError:
        return None
    match = re.match(rb"#!\s*(\S*python[0-9.]*)(?:\s+-I)?\s*$", first.rstrip())
    return os.fsdecode(match[1]) if match else None
