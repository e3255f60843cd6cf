"""The table of options: name, type, range and group."""

from __future__ import annotations

import os
import re

from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact.models import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Option(NamedTuple):
    """An option: its name, how its text is parsed, the form that messages show, and the group that it is replaced with.

    ``parse`` raises ValueError for invalid text.  No message repeats the text of an option that is ``sensitive``.
    """

    name: str
    parse: Callable[[str], Any]
    form: str
    group: str = ""
    sensitive: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets the option."""
        return f"CODEARTIFACT_{self.name.upper()}"


# AWS API reference: GetAuthorizationToken, durationSeconds.
_MIN_TOKEN_DURATION, _MAX_TOKEN_DURATION = 900, 43200
_MAX_SECONDS = 3600
# Longer than any token seen (2 KiB), short enough for an HTTP header.
MAX_TOKEN_LENGTH = 16384
_MAX_ATTEMPTS = 10
_MAX_PORT = 65535
TRUE = ("1", "yes", "on", "true")
FALSE = ("0", "no", "off", "false")


def _pattern(pattern: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError
        return text

    return parse


def parse_secret(text: str) -> Secret:
    """Return a secret; raise ValueError for blanks, line breaks and non-ASCII characters."""
    return Secret(_pattern(r"[!-~]+")(text))


def _path(text: str) -> str:
    return os.path.expanduser(_pattern(r"[^\x00-\x1f]+")(text))


def _whole_number(text: str) -> int:
    return int(_pattern(r"[0-9]{1,9}")(text))


def _token_duration(text: str) -> int:
    seconds = _whole_number(text)
    if seconds and not _MIN_TOKEN_DURATION <= seconds <= _MAX_TOKEN_DURATION:
        raise ValueError
    return seconds


def _seconds(text: str) -> float:
    seconds = float(_pattern(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")(text))
    if not 0 < seconds <= _MAX_SECONDS:
        raise ValueError
    return seconds


def _attempts(text: str) -> int:
    attempts = _whole_number(text)
    if not 1 <= attempts <= _MAX_ATTEMPTS:
        raise ValueError
    return attempts


def _switch(text: str) -> bool:
    if text.lower() not in (*TRUE, *FALSE):
        raise ValueError
    return text.lower() in TRUE


def _folder(text: str) -> str:
    # A relative path would differ by working directory, and put the cache into a job's checkout.
    path = _path(text)
    if not os.path.isabs(path):
        raise ValueError
    return path


def _verify(text: str) -> bool | str:
    if text.lower() in (*TRUE, *FALSE):
        return _switch(text)
    path = os.path.expanduser(text.strip('"'))
    if not os.path.isfile(path):
        raise ValueError
    return path


def _endpoint(text: str) -> str:
    # The response holds the token: plain HTTP only to this machine.
    match = re.fullmatch(
        r"(?:https://[A-Za-z0-9.-]+|http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]))(?::(?P<port>[0-9]{1,5}))?(?:/[A-Za-z0-9._~/-]*)?",
        text,
    )
    if match is None or not 0 < int(match["port"] or 1) <= _MAX_PORT:
        raise ValueError
    return text


_ENDPOINT_FORM = "https://HOST[:PORT][/PATH], or http:// to this machine"

OPTIONS = {
    option.name: option
    for option in (
        Option("auth_token", parse_secret, "an authorization token without blanks", "source", sensitive=True),
        # Sensitive: people set the token itself instead of the name of its file or variable.
        Option("auth_token_file", _path, "the path of a file", "source", sensitive=True),
        Option(
            "oidc_token_variable",
            _pattern(r"(?!ACTIONS_)[A-Za-z_]\w*"),
            "the name of a variable",
            "source",
            sensitive=True,
        ),
        Option(
            "oidc_audience",
            _pattern(r"[!-~]{1,255}"),
            "an audience such as sts.amazonaws.com",
            "source",
            sensitive=True,
        ),
        Option("web_identity_token_file", _path, "the path of a file", "source", sensitive=True),
        # Sensitive, the key ID too: people mix the two up.
        Option("aws_access_key_id", _pattern(r"\w+"), "an access key ID without quotes", "source", sensitive=True),
        Option("aws_secret_access_key", parse_secret, "a secret access key without blanks", "source", sensitive=True),
        Option("aws_session_token", parse_secret, "a session token without blanks", "source", sensitive=True),
        Option("profile_name", _pattern(r"[^\x00-\x1f]+"), "the name of an AWS profile", "source"),
        # STS API reference: AssumeRole.
        Option(
            "role_arn",
            _pattern(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+"),
            "arn:aws:iam::ACCOUNT:role/NAME",
            "role",
        ),
        Option("role_session_name", _pattern(r"[\w+=,.@-]{2,64}"), "2 to 64 letters, digits or any of _+=,.@-", "role"),
        Option(
            "external_id", _pattern(r"[\w+=,.@:/-]{2,1224}"), "2 to 1224 letters, digits or any of _+=,.@:/-", "role"
        ),
        Option(
            "token_duration",
            _token_duration,
            f"{_MIN_TOKEN_DURATION} to {_MAX_TOKEN_DURATION} seconds, or 0 for the rest of the role's session",
        ),
        # Sensitive: a URL may contain a password.
        Option("endpoint_url", _endpoint, _ENDPOINT_FORM, sensitive=True),
        Option("sts_endpoint_url", _endpoint, _ENDPOINT_FORM, sensitive=True),
        Option("verify", _verify, "true, false or the path of an existing CA bundle"),
        Option("cache", _switch, "on or off"),
        Option("cache_dir", _folder, "the absolute path of a folder"),
        Option("connect_timeout", _seconds, f"seconds, more than 0 and at most {_MAX_SECONDS}"),
        Option("read_timeout", _seconds, f"seconds, more than 0 and at most {_MAX_SECONDS}"),
        Option("max_attempts", _attempts, f"1 to {_MAX_ATTEMPTS}"),
        Option("deadline", _seconds, f"seconds, more than 0 and at most {_MAX_SECONDS}"),
    )
}
BUILT_IN = {
    "token_duration": 3600,
    "verify": True,
    "cache": True,
    "connect_timeout": 5.0,
    "read_timeout": 10.0,
    "max_attempts": 3,
    "deadline": 20.0,
}
