"""Text for people: one printable line, without secrets."""

from __future__ import annotations

import re
import time

# What looks like a token (base64url) or a session token (base64, with slashes), and is longer than the names in an ARN.
# Either may be quoted for a URL.  Or like a secret access key: 40 characters of all kinds, and no more.
_SUSPECT = (
    r"[A-Za-z0-9+=_%-]{65,}|[A-Za-z0-9+/=_%-]{150,}"
    r"|(?<![A-Za-z0-9+/])(?=[a-z0-9+/]{0,39}[A-Z])(?=[A-Z0-9+/]{0,39}[a-z])(?=[A-Za-z+/]{0,39}[0-9])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/])"
)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def printable(text: str) -> str:
    """Return ``text`` as one line without control characters, which a terminal or a CI's log would interpret."""
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))


def redact(text: object) -> str:
    """Return ``text`` without what looks like a secret.  Truncate only the result: half a secret looks harmless."""
    return re.sub(_SUSPECT, "…", str(text))


def rfc3339(seconds: float) -> str:
    """Return a time in seconds since the epoch as RFC 3339 text in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def describe_time(seconds: float) -> str:
    """Return a time in seconds since the epoch as local time, and how far from now it is."""
    left = seconds - time.time()
    hours, rest = divmod(round(abs(left) / 60), 60)
    distance = f"{hours} h {rest} min" if hours else f"{rest} min"
    local = time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
    return f"{local} ({f'in {distance}' if left >= 0 else f'{distance} ago'})"


def describe_expiry(expires: float | None) -> str:
    """Return when a token expires, from seconds since the epoch, None if unknown, and in how many minutes."""
    if expires is None:
        return "expiry unknown"
    return f"expires at {rfc3339(expires)}, in {(expires - time.time()) / 60:.0f} min"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a message on the unknown ``word`` that names the most similar one, empty if none is similar."""
    # Imported lazily: a lookup that succeeds has no use for it.
    from difflib import get_close_matches

    return "".join(f"; did you mean {similar}?" for similar in get_close_matches(word, sorted(known), 1))
