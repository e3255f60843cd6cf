"""How does a job come to have the tool?  In an environment of its own, in the runner's temporary folder.

Runs with the job's Python, of which it needs the standard library; then hands over to the tool itself.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TITLE = "keyrings.codeartifact"
_ENVIRONMENT, _MARK = "environment", "installed"
_PYTHON = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
# An earlier step's index, or the job's own Python path, is not for what is installed here.
_JOBS_OWN = re.compile(r"(?i)(?:PIP|UV|PYTHON)_?.*|VIRTUAL_ENV|__PYVENV_LAUNCHER__")
_INDEX = re.compile(r"(?:https?|file)://[!-~]+")


class InstallError(Exception):
    """The tool cannot be installed: why, and what to do about it, in one line."""


def main() -> int:
    """Install it unless an earlier step has, and run it; return the exit code."""
    here = os.path.dirname(os.path.abspath(__file__))
    try:
        folder, index = _folder(), _index()
        if not _is_installed(folder, here):
            _install(folder, here, index)
    except InstallError as error:
        print(f"::error title={_TITLE}::{str(error).replace('%', '%25')}", flush=True)
        return 1
    command = (_python(folder), "-I", "-m", "keyrings.codeartifact", "job", "github", folder)
    return subprocess.run(command, check=False).returncode  # noqa: S603 - what was just installed


def _folder() -> str:
    temporary = os.environ.get("RUNNER_TEMP")
    if not temporary or not os.path.isdir(temporary):
        raise InstallError("RUNNER_TEMP names no folder; run this as a step of GitHub Actions")
    folder = os.path.join(temporary, "keyrings-codeartifact")
    os.makedirs(folder, 0o700, exist_ok=True)
    return folder


def _is_installed(folder: str, here: str) -> bool:
    """Say whether an earlier step has installed it, from the same checkout of the action."""
    try:
        with open(os.path.join(folder, _MARK), encoding="utf-8") as file:
            return file.read() == here
    except FileNotFoundError:
        return False


def _install(folder: str, here: str, index: Sequence[str]) -> None:
    begin = time.monotonic()
    mark = os.path.join(folder, _MARK)
    if os.path.exists(mark):
        os.unlink(mark)
    _run("make an environment", sys.executable, "-I", "-m", "venv", "--clear", os.path.join(folder, _ENVIRONMENT))
    pip = (_python(folder), "-I", "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "--no-deps")
    pins = ("--only-binary", ":all:", "--require-hashes", "--requirement", os.path.join(here, "requirements.txt"))
    _run("install what the tool needs", *pip, *index, *pins)
    _run("install the tool", *pip, "--no-index", "--no-build-isolation", os.path.dirname(here))
    with open(mark, "w", encoding="utf-8") as file:
        file.write(here)
    print(f"installed in {time.monotonic() - begin:.1f} s, with Python {sys.version.split()[0]}", flush=True)


def _index() -> tuple[str, ...]:
    """Return how pip is told of another index, if the input ``package-index-url`` names one."""
    index = str(json.loads(os.environ["INPUTS"]).get("package-index-url") or "").strip()
    if index and not _INDEX.fullmatch(index):
        raise InstallError("the input package-index-url cannot be used; accepted: an https://, http:// or file:// URL")
    return (f"--index-url={index}",) if index else ()


def _python(folder: str) -> str:
    return os.path.join(folder, _ENVIRONMENT, *_PYTHON)


def _run(what: str, *command: str) -> None:
    """Run a command that is quiet where all is well; raise InstallError with the last that it says where it is not."""
    environ = {name: value for name, value in os.environ.items() if not _JOBS_OWN.fullmatch(name)}
    try:
        done = subprocess.run(  # noqa: S603 - Python and pip, with arguments that are no options of the user's
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
        raise InstallError(f"cannot {what} ({error.strerror}); see that {command[0]} can be run") from None
    if done.returncode == 0:
        return
    said = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    for line in said:
        print("  |", line)
    reason = next((line for line in reversed(said) if line.startswith("ERROR: ")), (said or ["it says nothing"])[-1])
    remedy = "see the log"
    if "ensurepip" in done.stdout:
        remedy = (
            "install Python's venv module (on Debian and Ubuntu the package python3-venv), or use actions/setup-python"
        )
    elif "--requirement" in command:
        remedy = "where PyPI cannot be reached, set the input package-index-url"
    raise InstallError(f"cannot {what} ({reason.removeprefix('ERROR: ')[:200]}); {remedy}")


if __name__ == "__main__":
    sys.exit(main())
