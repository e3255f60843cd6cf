"""The ``keyring`` command that pip and uv run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyrings.codeartifact.models import OK, WARNING, Check

from .programs import DISTRIBUTION, output, which

if TYPE_CHECKING:
    from collections.abc import Mapping

MISSING = "no `keyring` command on PATH for pip and uv"
INSTALL = f"uv tool install keyring --with {DISTRIBUTION}"


def check(environ: Mapping[str, str]) -> Check:
    """Return the check of the command."""
    path = which("keyring", environ)
    if path is None:
        return Check("keyring", WARNING, MISSING, INSTALL)
    backend = environ.get("PYTHON_KEYRING_BACKEND")
    if backend and not backend.startswith(DISTRIBUTION):
        return Check(
            "keyring", WARNING, f"PYTHON_KEYRING_BACKEND is {backend}, which replaces this backend", "unset it"
        )
    if DISTRIBUTION not in (output(environ, path, "--list-backends") or ""):
        remedy = f"install {DISTRIBUTION} in its environment, or run {INSTALL}"
        return Check("keyring", WARNING, f"{path} lacks the CodeArtifact backend", remedy)
    return Check("keyring", OK, path)
