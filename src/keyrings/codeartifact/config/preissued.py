"""Pre-issued tokens: when one expires."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from keyrings.codeartifact.models import Source

# Five base64url parts, as of a JWE; seen in tokens that AWS issues, which documents no form.
_PARTS = 5
_MAX_HEADER_LENGTH = 4096
# The end of the year 9999, the last that dates have.
_END_OF_TIME = 253402300800


def expiry(source: Source) -> float | None:
    """Return when the token of ``source`` expires, in seconds since the epoch, None if its form is unknown.

    Anyone can write any time into a token: the result is for messages, and for a token that is useless by its own word.
    """
    header, *others = str(source.value).split(".")
    if len(others) != _PARTS - 1 or not all(others) or len(header) > _MAX_HEADER_LENGTH:
        return None
    import json
    from base64 import urlsafe_b64decode

    try:
        claims = json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))
        is_issued, expires = "isu" in claims, claims["exp"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    # Also true and false are instances of int.
    return float(expires) if is_issued and type(expires) is int and 0 < expires < _END_OF_TIME else None
