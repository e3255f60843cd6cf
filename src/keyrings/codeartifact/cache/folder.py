"""The folder of the cache: private to this user, and in memory where the system has such a place."""

from __future__ import annotations

import os
import stat
import sys

from keyrings.codeartifact._util.log import debug
from keyrings.codeartifact._util.process import importing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_NAME = "keyrings-codeartifact"
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a folder in it is used only if this user owns it
_OTHERS = 0o077
# Follow no link, wait for no pipe, translate no line end.
SAFE_OPEN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def find(cache_dir: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the first usable folder, created if it is missing, None if none is usable."""
    return next(filter(create, _candidates(cache_dir, environ)), None)


def find_all(cache_dir: str | None, environ: Mapping[str, str]) -> list[str]:
    """Return all folders in which a process with this ``cache_dir`` (None: unset) may have kept tokens."""
    folders = list(_candidates(cache_dir, environ))
    # A process uses no other if the one that is set is usable.
    if cache_dir and create(folders[0]):
        return folders[:1]
    return [folder for folder in folders if _is_usable(folder)]


def create(folder: str) -> bool:
    """Create ``folder`` and its missing parents, all of them private; return whether it is usable."""
    parent = os.path.dirname(folder)
    if parent != folder and not os.path.lexists(folder):
        # One by one: ``os.makedirs`` applies its mode to the last only.
        create(parent)
        try:
            os.mkdir(folder, 0o700)
        except OSError:
            return _is_usable(folder)  # possibly another process has created it
    return _is_usable(folder)


def restrict_permissions(folder: str) -> None:
    """Remove other users' access to ``folder``, which a library may have created again with default permissions."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | SAFE_OPEN)
        try:
            if os.fstat(descriptor).st_uid == _uid():
                os.fchmod(descriptor, 0o700)
        finally:
            os.close(descriptor)
    except OSError as error:
        debug(f"{folder} stays accessible to other users: {error.strerror}")


def is_private(found: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    """Return whether a file or folder is of this kind, and this user's alone."""
    is_closed = os.name == "nt" or not found.st_mode & _OTHERS  # Windows has no such modes
    return is_kind(found.st_mode) and found.st_uid == _uid() and is_closed


def _candidates(cache_dir: str | None, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the folders that the cache may be in, the preferred one first."""
    own = f"{_NAME}-{_uid()}"
    if cache_dir:
        yield os.path.join(cache_dir, own)
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime) and _is_owned(runtime):
        yield os.path.join(runtime, own)
    # Only if it is mounted: a folder on disk may become part of an image.
    if sys.platform == "linux" and os.path.ismount(_SHARED_MEMORY):
        yield os.path.join(_SHARED_MEMORY, own)
    # Not another user's home, as `sudo` may keep it: its owner could not use the folder any more.
    home = os.path.expanduser("~")
    if os.path.isabs(home) and _is_owned(home):
        with importing:
            from platformdirs import user_cache_dir

        yield os.path.join(user_cache_dir(), own)


def _is_usable(folder: str) -> bool:
    try:
        is_ours = is_private(os.lstat(folder), stat.S_ISDIR)
    except OSError:
        return False
    return is_ours and os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def _is_owned(folder: str) -> bool:
    try:
        return os.stat(folder).st_uid == _uid()
    except OSError:
        return False


def _uid() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0  # as Windows reports it for every file
