"""Is what a service answered a token to hand out?"""

from __future__ import annotations

import re
import time

from keyrings.codeartifact.config.options import LONGEST_TOKEN
from keyrings.codeartifact.errors import AWSError
from keyrings.codeartifact.models import Secret, Token

_TOKEN = re.compile(rf"[!-~]{{1,{LONGEST_TOKEN}}}")


def admit(value: object, expiration: float | None) -> Token:
    """Return what a service answered as a token; raise AWSError if it is none, or one whose time is over."""
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise AWSError(
            "the answer to GetAuthorizationToken holds no usable token",
            "check endpoint_url and any proxy on the way to it: this is not what CodeArtifact answers",
        )
    if expiration is None or not expiration > time.time():
        raise AWSError(
            "the token that GetAuthorizationToken answered has already expired",
            "set this machine's clock, then ask again",
        )
    return Token(Secret(value), expiration)


def moment(seconds: float) -> str:
    """Return a time since the epoch as people and programs read it (RFC 3339, UTC)."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
