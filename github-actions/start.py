"""Check the bundle beside this file, and set the job up with it."""

import hashlib
import os
import stat
import subprocess
import sys

_BUNDLE = "keyrings-codeartifact.pyz"


class StartError(Exception):
    """The bundle cannot be started."""


def main() -> int:
    """Run the bundle; return its exit code, or 1 after an annotation."""
    try:
        bundle = _checked_bundle(os.path.dirname(os.path.abspath(__file__)))
        folder = _own_folder(os.environ.get("RUNNER_TEMP", ""))
    except StartError as error:
        print(f"::error title=keyrings.codeartifact::{str(error).replace('%', '%25')}", flush=True)
        return 1
    # Where the bundle unpacks itself, which the runner removes with the job; the second variable is for Windows.
    environ = {**os.environ, "XDG_CACHE_HOME": folder, "LOCALAPPDATA": folder}
    command = (sys.executable, "-IS", bundle, "job", "github", folder)
    return subprocess.call(command, env=environ)  # noqa: S603 - the checked bundle


def _checked_bundle(here: str) -> str:
    """Return the path of the bundle; raise StartError if it is missing, or is not that of the release."""
    path = os.path.join(here, _BUNDLE)
    try:
        with open(path, "rb") as content, open(f"{path}.sha256", encoding="ascii") as expected:
            if hashlib.sha256(content.read()).hexdigest() != expected.read().split()[0]:
                raise StartError(f"{_BUNDLE} does not match its SHA-256; use an unchanged release of the action")
    except OSError as error:
        problem = f"this revision of the action has no bundle ({os.path.basename(error.filename)})"
        raise StartError(f"{problem}; use a release such as @v3, or the output of `make action`") from None
    return path


def _own_folder(temporary: str) -> str:
    """Return the tool's folder, created if it is missing; raise StartError if it is not this user's."""
    if not os.path.isdir(temporary):
        raise StartError("RUNNER_TEMP does not name a folder; run this as a step of GitHub Actions")
    folder = os.path.join(temporary, "keyrings-codeartifact")
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or (os.name != "nt" and found.st_uid != os.geteuid()):
            raise StartError(f"{folder} is not a folder of this user; remove it, and check who can write beside it")
        os.chmod(folder, 0o700)
    except OSError as error:
        raise StartError(f"{folder} cannot be written ({error.strerror}); check free space and permissions") from None
    return folder


if __name__ == "__main__":
    sys.exit(main())
