"""What is the answer to a client's question?  The one way from a service string to a token."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from . import service as services
from .settings import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .errors import CodeArtifactError
    from .service import Repository
    from .tokens import Token

# Any other is somebody else's: Flit and Poetry probe with __token__ and the like.
USERNAME = "aws"

_told: set[str] = set()


def find(service: str, username: str | None, environ: Mapping[str, str] = os.environ) -> Token | None:
    """Return the token for ``service``, None where it or ``username`` is not ours to answer.

    Raises CodeArtifactError where it is ours and no token can be had.
    """
    if username not in (None, "", USERNAME):
        return None
    reading = services.read(service)
    if reading is None:
        return None
    if reading.fault:
        tell_once(f"no token for {reading.repository} at this address: {reading.fault}")
        return None
    return token(reading.repository, environ)


def token(repository: Repository, environ: Mapping[str, str] = os.environ) -> Token:
    """Return a token for ``repository``; raise CodeArtifactError where none can be had."""
    settings = resolve(repository, environ)
    for warning in settings.warnings:
        tell_once(warning)
    # Here and not above: importing boto3 takes longer than all the rest.
    from .aws import request_token

    return request_token(repository, settings)


def tell_once(problem: CodeArtifactError | str) -> None:
    """Log ``problem``, an error or the text of a warning, as this package; once in the life of the process."""
    if str(problem) in _told:
        return
    _told.add(str(problem))
    # Here and not above: where all is well there is nothing to say.
    import logging

    logger = logging.getLogger(__package__)
    if isinstance(problem, str):
        logger.warning("%s", problem)
    else:
        logger.error("%s", problem, exc_info=problem if os.environ.get("CODEARTIFACT_DEBUG") else None)
