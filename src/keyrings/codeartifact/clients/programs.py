"""Programs on PATH: where they are, what they print, and which Python runs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from keyrings.codeartifact.models import OK, WARNING, Check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from keyrings.codeartifact.models import Repository

DISTRIBUTION = "keyrings.codeartifact"
# In seconds, for a program to print its version or settings.
_TIMEOUT = 5.0
_MAX_FILE_SIZE = 1 << 20
# Variables that hold secrets, or that request them from other services.
_SECRET_NAMES = re.compile(r"AWS_|CODEARTIFACT_|ACTIONS_|.*(?:TOKEN|SECRET|PASSWORD)")
# A CI's OIDC token, in whatever variable.
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")


def which(name: str, environ: Mapping[str, str]) -> str | None:
    """Return the path of a program, None if it is missing or in the working directory, where Windows looks first."""
    path = shutil.which(name, path=environ.get("PATH"))
    return None if path and os.path.dirname(os.path.abspath(path)) == working_directory() else path


def working_directory() -> str:
    """Return the working directory, the root if it has been deleted."""
    try:
        return os.getcwd()
    except OSError:
        return os.path.abspath(os.sep)


def output(environ: Mapping[str, str], *command: str) -> str | None:
    """Return what a command prints, None if it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 - a client on PATH
            command,
            # Without the project's files and without secrets.
            cwd=os.path.abspath(os.sep),
            env={
                name: value
                for name, value in environ.items()
                if not (_SECRET_NAMES.match(name) or _JWT.fullmatch(value))
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout


def version(environ: Mapping[str, str], path: str) -> str:
    """Return the version of a program, ``?`` if unknown."""
    match = re.search(r"[0-9]+(?:\.[0-9]+)+", output(environ, path, "--version") or "")
    return match[0] if match else "?"


def read_text(path: str) -> str | None:
    """Return the text of a settings file, None if there is no such file."""
    if not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(_MAX_FILE_SIZE)
    except (OSError, UnicodeDecodeError):
        return None


def check_backend(name: str) -> Callable[[str, Repository, Mapping[str, str]], Iterator[Check]]:
    """Return the check of the client ``name``, which imports keyring and needs the backend in its environment."""

    def check(path: str, _: Repository, environ: Mapping[str, str]) -> Iterator[Check]:
        found = version(environ, path)
        python = _interpreter(path)
        if python is None:
            yield Check(name, OK, f"{found}, in an unknown environment")
            return
        script = (
            f"import importlib.util as util; print(util.find_spec('keyrings') and util.find_spec('{DISTRIBUTION}') "
            "is not None)"
        )
        if (output(environ, python, "-c", script) or "").strip() == "True":
            yield Check(name, OK, f"{found}, with {DISTRIBUTION} in its environment")
        else:
            remedy = (
                f"pipx inject {name} {DISTRIBUTION}, uv tool install {name} --with {DISTRIBUTION}, "
                "or pip install it there"
            )
            yield Check(name, WARNING, f"{found}, without {DISTRIBUTION} in its environment", remedy)

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
