"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress


def update(path: str, content: bytes, mode: int = 0o600) -> None:
    """Write ``content`` to the file at ``path``, in its folder, which is created; raise OSError if that is impossible.

    A symbolic link stays, its target is written.  An existing file keeps its mode, a new one gets ``mode``.
    """
    path = os.path.realpath(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(os.stat(path).st_mode)
    replace(path, content, mode)


def replace(path: str, content: bytes, mode: int = 0o600) -> None:
    """Put a new file with ``content`` and ``mode`` in place of what is at ``path``, also a link; raise OSError."""
    new = f"{path}.{os.urandom(8).hex()}.new"
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb") as file:
            file.write(content)
        os.chmod(new, mode)
        os.replace(new, path)
    except OSError:
        with suppress(OSError):
            os.unlink(new)
        raise
