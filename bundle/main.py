"""The start of the bundle: unpacks it, once for a user, and runs the command that the bundle's name or arguments name.

Imports only what each start of Python has loaded: importing more takes longer than a cached lookup.
"""

import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_ID = "0000000000000000"  # of the contents, set by build.py
_NAME = "keyrings-codeartifact"
# The module of the command that each name of the file stands for; any other name is `keyrings-codeartifact`.
_COMMANDS = {
    "keyring": "keyring",
    "codeartifact-keyring": "keyring",
    "codeartifact-credential-helper": "credential_helper",
}
_OLDEST = (3, 10)  # an older one can still parse this file


def main() -> int:
    """Run the command; return its exit code."""
    if sys.version_info < _OLDEST:
        _fail(f"needs Python 3.10 or newer, but {sys.executable} is {sys.version.split()[0]}")
    archive = os.path.dirname(__file__)
    isolate(archive)
    sys.path[0] = os.path.join(_unpacked(archive), "packages")
    module = f"keyrings.codeartifact.cli.{_COMMANDS.get(os.path.basename(sys.argv[0]), 'main')}"
    __import__(module)
    return int(sys.modules[module].main())


def _unpacked(archive: str) -> str:
    """Return the folder that the bundle is unpacked into: the first of `places` that has it, or can get it."""
    for folder in places():
        if _is_private(folder) and is_place(os.path.dirname(folder)):
            return folder
        if _is_writable(folder):
            break
    from create import CreateError, unpack

    try:
        return unpack(archive, places(), is_place)
    except CreateError as error:
        _fail(str(error))


def _is_writable(folder: str) -> bool:
    """Return whether this user may create ``folder``, with all that is missing above it."""
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    return os.access(folder, os.W_OK)


def places() -> "list[str]":
    """Return the folders that the bundle may be unpacked into, the preferred one first."""
    given = os.environ.get
    if os.name == "nt":
        candidates = [given("LOCALAPPDATA", ""), given("TEMP", "")]
    else:
        cache = given("XDG_CACHE_HOME", "")
        cache = cache if os.path.isabs(cache) else os.path.join(os.path.expanduser("~"), ".cache")
        # The last is writable where all others are read-only, as in `docker run --read-only`.
        candidates = [cache, given("TMPDIR", ""), "/tmp", "/var/tmp", "/dev/shm"]  # noqa: S108 - checked by is_place
    own = os.path.join(f"{_NAME}-bundle-{_uid()}", _ID)
    # Without links, so that no other user can redirect one after its target is checked.
    return [os.path.join(os.path.realpath(path), own) for path in candidates if os.path.isabs(path)]


def is_place(folder: str) -> bool:
    """Return whether ``folder`` is private, and only this user and root can rename it or a folder above it."""
    if not _is_private(folder):
        return False
    trusted = (_uid(), os.lstat(os.sep).st_uid)  # in a user namespace, root has another number
    while os.name != "nt" and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
        found = os.lstat(folder)
        # A permission of the group is usual where each user has their own group.
        is_open = found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX
        if is_open or found.st_uid not in trusted:
            return False
    return True


def _is_private(folder: str) -> bool:
    """Return whether ``folder`` is a folder of this user, closed to others; Windows has no such modes."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    is_closed = os.name == "nt" or not found.st_mode & 0o077
    return stat.S_ISDIR(found.st_mode) and found.st_uid == _uid() and is_closed


def isolate(archive: str) -> None:
    """Remove the job's packages from this process: Python loads some of them when it starts."""
    library = os.path.dirname(os.__file__)
    compiled = os.path.join(sys.base_exec_prefix, sys.platlibdir, os.path.basename(library), "lib-dynload")
    kept = (library, os.path.join(library, "lib-dynload"), compiled, os.path.join(sys.base_prefix, "DLLs"))
    sys.path[:] = [archive, *(path for path in sys.path if path in kept)]
    sys.meta_path[:] = [finder for finder in sys.meta_path if _is_builtin(finder)]
    standard = tuple(path + os.sep for path in kept)
    installed = tuple(os.path.join(library, name) + os.sep for name in ("site-packages", "dist-packages"))
    for name, module in tuple(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        # Such as the job's `keyrings`.
        is_namespace = not file and hasattr(module, "__path__")
        is_foreign = is_namespace or (file and (not file.startswith(standard) or file.startswith(installed)))
        if is_foreign and name != "__main__":
            del sys.modules[name]
    # Compiled modules are kept in the private folder, which makes the next start faster.
    sys.dont_write_bytecode, sys.pycache_prefix = False, None


def _is_builtin(finder: object) -> bool:
    return str(getattr(finder, "__module__", "")).startswith("_frozen_importlib")


def _uid() -> int:
    return os.geteuid() if os.name != "nt" else 0


def _fail(message: str) -> "NoReturn":
    sys.stderr.write(f"{_NAME}: error: {message}\n")
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
