"""Which options are there, and what may each of them be?"""

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
    """An option: its name, how its text is read, what is accepted (for people), and the group that it moves with.

    ``read`` raises ValueError for text that cannot be used; where that text is ``private``, no message repeats it.
    """

    name: str
    read: Callable[[str], Any]
    accepted: str
    group: str = ""
    private: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets the option."""
        return f"CODEARTIFACT_{self.name.upper()}"


# AWS API reference: GetAuthorizationToken, durationSeconds.
_SHORTEST_TOKEN, _LONGEST_TOKEN = 900, 43200
_LONGEST_WAIT = 3600
# Longer than any token seen (2 KiB), short enough for an HTTP header.
LONGEST_TOKEN = 16384
_MOST_ATTEMPTS = 10
_LAST_PORT = 65535
TRUE = ("1", "yes", "on", "true")
FALSE = ("0", "no", "off", "false")


def _text(pattern: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError
        return text

    return read


def secret(text: str) -> Secret:
    """Return a secret; raise ValueError for blanks, line breaks and what is no ASCII."""
    return Secret(_text(r"[!-~]+")(text))


def _path(text: str) -> str:
    return os.path.expanduser(_text(r"[^\x00-\x1f]+")(text))


def _whole_number(text: str) -> int:
    return int(_text(r"[0-9]{1,9}")(text))


def _token_duration(text: str) -> int:
    seconds = _whole_number(text)
    if seconds and not _SHORTEST_TOKEN <= seconds <= _LONGEST_TOKEN:
        raise ValueError
    return seconds


def _seconds(text: str) -> float:
    seconds = float(_text(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")(text))
    if not 0 < seconds <= _LONGEST_WAIT:
        raise ValueError
    return seconds


def _attempts(text: str) -> int:
    attempts = _whole_number(text)
    if not 1 <= attempts <= _MOST_ATTEMPTS:
        raise ValueError
    return attempts


def _switch(text: str) -> bool:
    if text.lower() not in (*TRUE, *FALSE):
        raise ValueError
    return text.lower() in TRUE


def _folder(text: str) -> str:
    # Not a relative one: it would be another in each folder, and end up in a job's checkout.
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
    # Plain HTTP is for an endpoint on this very machine: a token would travel in it.
    match = re.fullmatch(
        r"(?:https://[A-Za-z0-9.-]+|http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]))(?::(?P<port>[0-9]{1,5}))?(?:/[A-Za-z0-9._~/-]*)?",
        text,
    )
    if match is None or not 0 < int(match["port"] or 1) <= _LAST_PORT:
        raise ValueError
    return text


_ENDPOINT_FORM = "https://HOST[:PORT][/PATH], or http:// on the loopback"

OPTIONS = {
    option.name: option
    for option in (
        Option("auth_token", secret, "an authorization token, without blanks", "source", private=True),
        # Private: people give the token itself in the place of its file's or its variable's name.
        Option("auth_token_file", _path, "the path of a file", "source", private=True),
        Option(
            "oidc_token_variable", _text(r"(?!ACTIONS_)[A-Za-z_]\w*"), "the name of a variable", "source", private=True
        ),
        Option(
            "oidc_audience", _text(r"[!-~]{1,255}"), "an audience such as sts.amazonaws.com", "source", private=True
        ),
        Option("web_identity_token_file", _path, "the path of a file", "source", private=True),
        # Private, the key id too: people paste one into the other's place.
        Option("aws_access_key_id", _text(r"\w+"), "an access key id, without quotes", "source", private=True),
        Option("aws_secret_access_key", secret, "a secret access key, without blanks", "source", private=True),
        Option("aws_session_token", secret, "a session token, without blanks", "source", private=True),
        Option("profile_name", _text(r"[^\x00-\x1f]+"), "the name of an AWS profile", "source"),
        # STS API reference: AssumeRole.
        Option(
            "role_arn",
            _text(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+"),
            "arn:aws:iam::ACCOUNT:role/NAME",
            "role",
        ),
        Option("role_session_name", _text(r"[\w+=,.@-]{2,64}"), "2 to 64 letters, digits or any of _+=,.@-", "role"),
        Option("external_id", _text(r"[\w+=,.@:/-]{2,1224}"), "2 to 1224 letters, digits or any of _+=,.@:/-", "role"),
        Option(
            "token_duration",
            _token_duration,
            f"{_SHORTEST_TOKEN} to {_LONGEST_TOKEN} seconds, or 0 for as long as the role's session",
        ),
        # Private: an address may carry a password.
        Option("endpoint_url", _endpoint, _ENDPOINT_FORM, private=True),
        Option("sts_endpoint_url", _endpoint, _ENDPOINT_FORM, private=True),
        Option("verify", _verify, "true, false or the path of an existing CA bundle"),
        Option("cache", _switch, "on or off"),
        Option("cache_dir", _folder, "the absolute path of a folder"),
        Option("connect_timeout", _seconds, f"seconds, more than 0 and at most {_LONGEST_WAIT}"),
        Option("read_timeout", _seconds, f"seconds, more than 0 and at most {_LONGEST_WAIT}"),
        Option("max_attempts", _attempts, f"1 to {_MOST_ATTEMPTS}"),
        Option("deadline", _seconds, f"seconds, more than 0 and at most {_LONGEST_WAIT}"),
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
