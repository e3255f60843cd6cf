"""Install the action's tool into an environment in the runner's temporary folder, and run it.

Needs only the standard library of the job's Python.
"""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TITLE = "keyrings.codeartifact"
# The exit codes of POSIX shells: 128 and the number of the signal.
_INTERRUPTED, _TERMINATED = 130, 143
_REQUIREMENTS = "install the tool's dependencies"
_ENVIRONMENT, _MARK = "environment", "installed"
_PYTHON = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
# Variables that pip does not get: an earlier step's index, the job's Python path, and secrets.
_JOBS_OWN = re.compile(
    r"(?i)(?:PIP|UV|PYTHON)_?.*|VIRTUAL_ENV|__PYVENV_LAUNCHER__|INPUTS|(?:AWS|ACTIONS|CODEARTIFACT)_.*"
)
# A password must not contain characters that end a host: clients would read the rest of it as the path, and show it.
# So a path may contain an @ only if it cannot be the rest of a password: after a userinfo, or after a host with dots
# and without a port.
_HOST, _REST = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?", "(?:[/?][!-~]*)?"
_INDEX = re.compile(
    rf"(?i:https?)://(?:[A-Za-z0-9._~%!$&'()*+,;=:-]*@{_HOST}{_REST}|(?:[a-z0-9_-]+\.)+[a-z0-9_-]+{_REST}|{_HOST}(?:[/?][!-?A-~]*)?)"
    r"|file://[!-~]+"
)


class InstallError(Exception):
    """The tool cannot be installed: cause and remedy, in one line."""


def main() -> int:
    """Install the tool unless an earlier step has, and run it; return its exit code."""
    here, folder = os.path.dirname(os.path.abspath(__file__)), ""
    # As an exception, so that a cancelled job leaves no file with a password.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    try:
        folder, index = _folder(), _index()
        if not _is_installed(folder, here):
            _install(folder, here, index)
    except InstallError as error:
        print(f"::error title={_TITLE}::{str(error).replace('%', '%25')}", flush=True)
        return 1
    except OSError as error:
        remedy = "check the free space and this user's permissions"
        print(
            f"::error title={_TITLE}::{error.filename or folder} cannot be written ({error.strerror}); {remedy}",
            flush=True,
        )
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    command = (_python(folder), "-I", "-m", "keyrings.codeartifact", "job", "github", folder)
    return subprocess.run(command, check=False).returncode  # noqa: S603 - the installed tool


def _folder() -> str:
    """Return the tool's folder, created if it is missing; raise InstallError if it is not this user's."""
    temporary = os.environ.get("RUNNER_TEMP")
    if not temporary or not os.path.isdir(temporary):
        raise InstallError("RUNNER_TEMP does not name a folder; run this as a step of GitHub Actions")
    folder = os.path.join(temporary, "keyrings-codeartifact")
    os.makedirs(folder, 0o700, exist_ok=True)
    # Before anything in it is run or removed: in another user's folder, that user controls the content.
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or (os.name != "nt" and found.st_uid != os.geteuid()):
        raise InstallError(f"{folder} is not a folder of this user; remove it, and check who can write beside it")
    os.chmod(folder, 0o700)
    return folder


def _is_installed(folder: str, here: str) -> bool:
    """Return whether an earlier step has installed the same checkout, with a Python that still exists."""
    try:
        with open(os.path.join(folder, _MARK), encoding="utf-8") as file:
            if file.read() != here:
                return False
        _run("start the tool", _python(folder), "-I", "-c", "import keyrings.codeartifact.cli.main", is_shown=False)
    except (FileNotFoundError, UnicodeDecodeError, InstallError):
        return False
    return True


def _install(folder: str, here: str, index: str) -> None:
    """Install the checkout in ``here`` and its pinned dependencies; raise InstallError if that fails."""
    begin = time.monotonic()
    mark = os.path.join(folder, _MARK)
    if os.path.exists(mark):
        os.unlink(mark)
    _run("create an environment", sys.executable, "-I", "-m", "venv", "--clear", os.path.join(folder, _ENVIRONMENT))
    options = ("--isolated", "--no-input", "--disable-pip-version-check")
    pip = (_python(folder), "-I", "-m", "pip", *options, "install", "--no-deps")
    pins = ("--only-binary", ":all:", "--require-hashes", "--requirement", os.path.join(here, "requirements.txt"))
    with _configured(index, folder) as config:
        _run(_REQUIREMENTS, *pip, *pins, PIP_CONFIG_FILE=config)
    _run("install the tool", *pip, "--no-index", "--no-build-isolation", os.path.dirname(here))
    with open(mark, "w", encoding="utf-8") as file:
        file.write(here)
    print(f"installed in {time.monotonic() - begin:.1f} s, with Python {sys.version.split()[0]}", flush=True)


@contextmanager
def _configured(index: str, folder: str) -> Iterator[str]:
    """Yield the path of a pip configuration with the index: other users can see command lines."""
    path = os.path.join(folder, "pip.conf")
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(f"[global]\nindex-url = {index}\n" if index else "")
        yield path
    finally:
        if os.path.lexists(path):
            os.unlink(path)


def _index() -> str:
    """Return the input ``package-index-url``, empty if it is not set; raise InstallError if it is invalid."""
    index = str(json.loads(os.environ["INPUTS"]).get("package-index-url") or "").strip()
    if index and not _INDEX.fullmatch(index):
        raise InstallError(
            "the input package-index-url is invalid; expected: an https://, http:// or file:// URL, "
            "with characters such as / and @ in its password percent-encoded (%2F, %40)"
        )
    return index


def _python(folder: str) -> str:
    return os.path.join(folder, _ENVIRONMENT, *_PYTHON)


def _run(what: str, *command: str, is_shown: bool = True, **more: str) -> None:
    """Run a command without showing its output; if it fails, show it, and raise InstallError with its last line."""
    environ = {name: value for name, value in os.environ.items() if not _JOBS_OWN.fullmatch(name)} | more
    try:
        done = subprocess.run(  # noqa: S603 - Python and pip, without options from the user
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise InstallError(f"cannot {what} ({error.strerror}); check that {command[0]} is executable") from None
    if done.returncode == 0:
        return
    said = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    for line in said if is_shown else ():
        # As plain text of the log: neither form of a workflow command.
        print("  |", line.replace("##[", "# #["))
    reason = next((line for line in reversed(said) if line.startswith("ERROR: ")), (said or ["no output"])[-1])
    raise InstallError(f"cannot {what} ({reason.removeprefix('ERROR: ')[:200]}); {_remedy(what, done.stdout)}")


def _remedy(what: str, said: str) -> str:
    """Return what to do if a command has failed with this output."""
    if "No space left" in said:
        return "free space"
    if what != _REQUIREMENTS:
        is_split = "ensurepip" in said or "No module named" in said
        debian = (
            "install Python's venv module (on Debian and Ubuntu the package python3-venv), or use actions/setup-python"
        )
        return debian if is_split else "see the log"
    if "DO NOT MATCH THE HASHES" in said:
        return "check that the index serves the same files as PyPI"
    if _index():
        return "check the input package-index-url and its password"
    return "if PyPI is unreachable, set the input package-index-url"


if __name__ == "__main__":
    sys.exit(main())
