"""The Python API: a token for a program that needs one itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from . import lookup
from ._util.process import Environment
from .config.environment import require_repository

if TYPE_CHECKING:
    import boto3

    from .models import Repository


@dataclass(frozen=True)
class Token:
    """An authorization token: its value, which no repr shows, when it expires, and the repository it was requested for.

    ``expires`` is an aware datetime in UTC, None if the token was issued elsewhere and does not say.  A token is valid
    for the whole domain of the repository.
    """

    value: str
    expires: datetime | None
    repository: Repository


def get_token(url: str, *, session: boto3.Session | None = None) -> Token:
    """Return a token for ``url``, that of a repository, from the cache that all clients share, else from AWS.

    It is requested with the identity that the configuration names, or with that of ``session``, in the region of the
    URL; the other options apply in both cases.  Raises CodeArtifactError, with cause and remedy, if there is none.
    """
    repository = require_repository(url, {})
    environ = Environment(os.environ)
    if session is None:
        found = lookup.get_token(repository, environ)
    else:
        found = lookup.get_token_of_session(repository, environ, session)
    expires = None if found.expires is None else datetime.fromtimestamp(found.expires, timezone.utc)
    return Token(found.value, expires, repository)
