"""The link with which pip and uv, which run a command ``keyring``, run `codeartifact-keyring`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from keyrings.codeartifact.clients import keyring, programs

if TYPE_CHECKING:
    from collections.abc import Mapping

TARGET = "codeartifact-keyring"


def find_link(environ: Mapping[str, str]) -> str | None:
    """Return the path for a link to `codeartifact-keyring` beside it, None if none is needed, or would be used.

    A command that is already there belongs to an installation of keyring, which may overwrite it.
    """
    target = programs.which(TARGET, environ)
    if target is None or os.name == "nt":
        return None
    folder = os.path.dirname(target)
    link = os.path.join(folder, "keyring")
    found = programs.which("keyring", environ)
    if found and (keyring.is_own(found) or _precedes(os.path.dirname(found), folder, environ)):
        return None
    return None if os.path.lexists(link) or not os.access(folder, os.W_OK) else link


def _precedes(first: str, second: str, environ: Mapping[str, str]) -> bool:
    """Return whether the folder ``first`` comes before ``second`` on PATH."""
    folders = [os.path.normpath(folder) for folder in environ.get("PATH", "").split(os.pathsep)]
    return folders.index(os.path.normpath(first)) < folders.index(os.path.normpath(second))
