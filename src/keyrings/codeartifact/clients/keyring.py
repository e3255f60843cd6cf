"""Whether this backend is where clients look for it: in the ``keyring`` that they run, or in their own environment."""

import os
import re
from collections.abc import Callable, Iterator, Mapping

from keyrings.codeartifact.models import OK, WARNING, Check, Repository

from .programs import output, version, which

DISTRIBUTION = "keyrings.codeartifact"
MISSING = "no `keyring` command on PATH for pip and uv"
INSTALL = f"uv tool install keyring --with {DISTRIBUTION}"


def is_missing(environ: Mapping[str, str]) -> bool:
    """Return whether pip or uv is to run a ``keyring`` command, and PATH has none."""
    is_needed = any(environ.get(f"{client}_KEYRING_PROVIDER") == "subprocess" for client in ("PIP", "UV"))
    return is_needed and which("keyring", environ) is None


def check(environ: Mapping[str, str]) -> Check:
    """Return the check of the ``keyring`` command that pip and uv run."""
    path = which("keyring", environ)
    if path is None:
        return Check("keyring", WARNING, MISSING, INSTALL)
    backend = environ.get("PYTHON_KEYRING_BACKEND")
    if backend and not backend.startswith(DISTRIBUTION):
        message = f"PYTHON_KEYRING_BACKEND is {backend}, which replaces this backend"
        return Check("keyring", WARNING, message, "unset it")
    if DISTRIBUTION not in (output(environ, path, "--list-backends") or ""):
        remedy = f"install {DISTRIBUTION} in its environment, or run {INSTALL}"
        return Check("keyring", WARNING, f"{path} lacks the CodeArtifact backend", remedy)
    return Check("keyring", OK, path)


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
