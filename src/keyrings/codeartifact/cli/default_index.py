"""The repository of a command without a URL: that of CODEARTIFACT_… variables, or that of `login`."""

from __future__ import annotations

import os

from keyrings.codeartifact.config import environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from keyrings.codeartifact.config.environment import Index
    from keyrings.codeartifact.models import Repository

URL_HELP = (
    f"URL of a repository or registry (default: that of {environment.CARGO_INDEX_URL}, of CODEARTIFACT_… variables, "
    "or of `login`)"
)


def require_repository(url: str | None) -> Repository:
    """Return the repository of ``url``, by default as `config.environment.require_repository` does, or of `login`."""
    return environment.require_repository(url, _environ(url))


def require_index(url: str | None) -> Index:
    """Return the index of ``url``, by default that of the environment or of `login`."""
    return environment.require_index(url, _environ(url))


def _environ(url: str | None) -> Mapping[str, str]:
    if url is not None or environment.is_named(os.environ):
        return os.environ
    from keyrings.codeartifact.login import record

    return record.with_index(os.environ)
