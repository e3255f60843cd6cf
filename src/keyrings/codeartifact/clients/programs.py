"""Programs on PATH and their settings: what they print, their files, and the index URLs in them."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping

from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.models import USERNAME

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


def path_with(folder: str, environ: Mapping[str, str]) -> str:
    """Return the PATH of ``environ`` with ``folder`` first; where it is unset or empty, the system's default follows.

    An empty part would be the working directory.
    """
    return os.pathsep.join((folder, environ.get("PATH") or os.defpath))


def working_directory() -> str:
    """Return the working directory, the root if it has been deleted."""
    try:
        return os.getcwd()
    except OSError:
        return os.path.abspath(os.sep)


def project_file(name: str) -> str | None:
    """Return the path of a file in the working directory, or in the nearest folder above that has it."""
    folder, parent = working_directory(), ""
    while folder != parent:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
        folder, parent = os.path.dirname(folder), folder
    return None


def output(environ: Mapping[str, str], *command: str) -> str | None:
    """Return what a command prints, None if it fails or takes too long."""
    public = {
        name: value for name, value in environ.items() if not (_SECRET_NAMES.match(name) or _JWT.fullmatch(value))
    }
    try:
        done = subprocess.run(  # noqa: S603 - a client on PATH
            command,
            # Without the project's files and without secrets.
            cwd=os.path.abspath(os.sep),
            env=public,
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


def number(version: str) -> tuple[int, ...]:
    """Return a version as numbers, to compare; an unknown one is older than all others."""
    return tuple(map(int, re.findall("[0-9]+", version)))


def read_text(path: str) -> str | None:
    """Return the text of a settings file, None if there is no such file."""
    if not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(_MAX_FILE_SIZE)
    except (OSError, UnicodeDecodeError):
        return None


def login_command(tool: str, index: Index) -> str:
    """Return the command that sets ``tool`` up for ``index`` for good."""
    return f"keyrings-codeartifact login --tool {tool} {index.url or 'URL'}"


def has_user(url: str) -> bool:
    """Return whether ``url`` has a user name and no password."""
    return bool(re.match(r"https://[^/@]+@", url))


def without_secrets(url: str) -> str:
    """Return ``url`` without userinfo other than CodeArtifact's user name, and without query and fragment."""
    scheme, _, rest = re.split(r"[?#]", url)[0].partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    return f"{scheme}://{user if user in ('', USERNAME) else '…'}{at}{host}{slash}{path}"
