"""Whether this backend is where clients look for it: in the ``keyring`` that they run, or in their own environment."""

import os
import re
from collections.abc import Iterator, Mapping

from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import OK, WARNING, Check

from . import commands, pip
from .programs import output, path_with, which

DISTRIBUTION = "keyrings.codeartifact"
# It queries all backends.
_CHAINER = "keyring.backends.chainer."
_INSTALL = f"run `uv tool install keyring --with {DISTRIBUTION}`"
_NONE = "no `keyring` command on PATH for pip and uv"
MISSING = f"{_NONE}; {_INSTALL}"
# What the scripts that run `codeartifact-keyring` contain.
_OWN = re.compile(rb"\bkeyrings\.codeartifact\.cli\.keyring\b|/codeartifact-keyring\b")
_MAX_SCRIPT_SIZE = 1 << 12


def is_own(path: str) -> bool:
    """Return whether the command at ``path`` is `codeartifact-keyring`, which takes a tenth of keyring's own time."""
    try:
        with open(path, "rb") as file:
            return bool(_OWN.search(file.read(_MAX_SCRIPT_SIZE)))
    except OSError:
        return False


def own_folder() -> str | None:
    """Return the folder of this installation with nothing but our commands, for PATH, None if there is none.

    On Windows only a bundle has one.
    """
    prefix = os.path.abspath(os.path.join(commands.packages_folder(), *[os.pardir] * 3))
    folder = os.path.join(prefix, "share", "keyrings-codeartifact", "bin")
    is_there = os.name != "nt" and os.access(os.path.join(folder, "keyring"), os.X_OK)
    return folder if is_there else commands.folder_of_bundle()


def prefer_own(environ: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return ``environ`` with our ``keyring`` first on PATH if clients would find none with the backend.

    The text says which one it replaces, empty for none.
    """
    folder, path = own_folder(), which("keyring", environ)
    if folder is None or (path and is_own(path)):
        return dict(environ), ""
    # pip does not run one of its own environment.
    other = path if pip.provider(environ) == "subprocess" else None
    if other and _has_backend(other, environ):
        return dict(environ), ""
    replaced = f"{_lacks(other)}; using {folder}/keyring instead" if other else ""
    return {**environ, "PATH": path_with(folder, environ)}, replaced


def is_missing(environ: Mapping[str, str]) -> bool:
    """Return whether pip or uv is to run a ``keyring`` command, and PATH has none."""
    is_needed = any(environ.get(f"{client}_KEYRING_PROVIDER") == "subprocess" for client in ("PIP", "UV"))
    return is_needed and which("keyring", environ) is None


def check(environ: Mapping[str, str], url: str = "") -> Iterator[Check]:
    """Yield the checks of the ``keyring`` command that pip and uv run for the index at ``url``, if it is known."""
    path, folder = which("keyring", environ), own_folder()
    log_in = f"keyrings-codeartifact login {url}".rstrip()
    remedy = f"run `{log_in}`, or put {folder} first on PATH" if folder else ""
    if path is None:
        yield Check("keyring", WARNING, _NONE, remedy or _INSTALL)
        return
    replaced = list(_check_default(environ))
    yield from replaced
    if is_own(path):
        found = Check("keyring", OK, path)
    elif _has_backend(path, environ):
        message = f"{path} is keyring's own: it takes ten times as long for a token as codeartifact-keyring"
        found = Check("keyring", OK, message, remedy)
    else:
        remedy = remedy or f"install {DISTRIBUTION} in its environment, or {_INSTALL}"
        yield Check("keyring", WARNING, _lacks(path), remedy)
        return
    if not replaced:
        yield found


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


def _lacks(path: str) -> str:
    return f"{path} lacks the CodeArtifact backend"


def _has_backend(path: str, environ: Mapping[str, str]) -> bool:
    """Return whether the ``keyring`` command at ``path`` has this backend."""
    python = _interpreter(path)
    if python is None:
        return DISTRIBUTION in (output(environ, path, "--list-backends") or "")
    return _is_importable(DISTRIBUTION, python, environ)


def _is_importable(module: str, python: str, environ: Mapping[str, str]) -> bool:
    """Return whether the environment of ``python`` has ``module``."""
    parent = module.partition(".")[0]
    script = f"from importlib.util import find_spec as f; print((f('{parent}') and f('{module}')) is not None)"
    return (output(environ, python, "-c", script) or "").strip() == "True"


def check_beside(name: str, described: str, path: str, environ: Mapping[str, str]) -> Check:
    """Return the check of the client ``name`` at ``path``, which imports keyring from its own environment."""
    for replaced in _check_default(environ):
        return replaced._replace(name=name, message=f"{described}: {replaced.message}")
    python = _interpreter(path)
    if python is None:
        return Check(name, OK, f"{described}, in an unknown environment")
    if _is_importable(DISTRIBUTION, python, environ):
        return Check(name, OK, f"{described}, with {DISTRIBUTION} in its environment")
    tools = f"run `pipx inject {name} {DISTRIBUTION}` or `uv tool install {name} --with {DISTRIBUTION}`"
    remedy = f"{tools}, or install it there with pip"
    return Check(name, WARNING, f"{described}, without {DISTRIBUTION} in its environment", remedy)


def is_beside(path: str, environ: Mapping[str, str]) -> bool:
    """Return whether the client at ``path`` has a keyring in its own environment, True if that is unknown."""
    python = _interpreter(path)
    return python is None or _is_importable("keyring", python, environ)


def _interpreter(path: str) -> str | None:
    """Return the Python in the first line of a script, None if there is none, as on Windows."""
    try:
        with open(path, "rb") as file:
            first = file.readline(1 << 10)
    except OSError:
        return None
    match = re.match(rb"#!\s*(\S*python[0-9.]*)(?:\s+-I)?\s*$", first.rstrip())
    return os.fsdecode(match[1]) if match else None
