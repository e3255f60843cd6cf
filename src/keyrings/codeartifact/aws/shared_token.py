"""The value of a secret that holds a shared token: which domain the token is for, and when it expires.

A value in another form is refused: a token alone does not say which domain it is for.
"""

import json
import re
import time
from datetime import datetime

from keyrings.codeartifact._util.text import redact, rfc3339
from keyrings.codeartifact.config.options import MAX_TOKEN_LENGTH
from keyrings.codeartifact.errors import AWSError, ConfigurationError
from keyrings.codeartifact.models import Repository, Secret, Token

_DOMAIN = ("domain", "domain_owner", "region")
_TOKEN = rf"[!-~]{{1,{MAX_TOKEN_LENGTH}}}"
_ROTATE = "rotate it once with this project's rotation function"


def render(repository: Repository, token: Token) -> str:
    """Return the value of a secret that holds ``token``, whose expiry is known."""
    expires = rfc3339(token.expires or 0)
    domain = zip(_DOMAIN, repository, strict=False)
    return json.dumps({**dict(domain), "token": token.value, "expires": expires})


def parse(text: str, repository: Repository, secret: str, *, min_life_left: int = 0) -> Token:
    """Return the token in ``text``, the value of ``secret`` (an ARN), if it is valid for longer than so many seconds.

    Raises ConfigurationError if it is of another domain than ``repository``, AWSError if it is unusable or has expired.
    """
    try:
        value = json.loads(text)
        domain = Repository(*(str(value[name]) for name in _DOMAIN))
        token = Token(Secret(value["token"]), datetime.fromisoformat(_offset(value["expires"])).timestamp())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, OSError):
        raise AWSError("CA605", f"the secret {secret} contains no shared token", _ROTATE, is_answer=True) from None
    if domain[:3] != repository[:3]:
        problem = f"the secret {secret} holds a token of {redact(domain)}, not of {repository}"
        raise ConfigurationError("CA606", problem, "set auth_token_secret only where the URLs are of its domain")
    if not re.fullmatch(_TOKEN, token.value):
        raise AWSError("CA605", f"the token in the secret {secret} is unusable", _ROTATE, is_answer=True)
    expires = token.expires or 0
    if expires <= time.time() + min_life_left:
        has_expired = f"expires too soon, at {rfc3339(expires)}" if min_life_left else f"expired at {rfc3339(expires)}"
        problem = f"the token in the secret {secret} {has_expired}"
        raise AWSError("CA607", problem, "check its rotation, and this machine's clock", is_answer=True)
    return token


def _offset(text: str) -> str:
    """Return a time of RFC 3339 with its offset in digits, as Python 3.10 needs it; raise ValueError if it has none."""
    if not re.fullmatch(r"[0-9-]{10}T[0-9:]{8}Z", text):
        raise ValueError
    return f"{text[:-1]}+00:00"
