"""With which settings is a token asked for, and where does each of them come from?

Four layers, the highest first: the environment, the most specific matching section, the ``[codeartifact]`` defaults,
the built-in values.  Two groups of options move as one: the highest layer that sets any option of a group replaces the
whole group, so that one identity is never put together from two places.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from . import keyringrc
from .errors import ConfigurationError
from .values import Profile, Role, Secret, Settings, StaticKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .values import Repository


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


class _Layer(NamedTuple):
    """The options that one place sets, as text; None where it says that there shall be none."""

    options: Mapping[str, str | None]
    origins: Mapping[str, str]


# AWS API reference: GetAuthorizationToken, durationSeconds.
_SHORTEST_TOKEN, _LONGEST_TOKEN = 900, 43200
_LONGEST_WAIT = 3600
_MOST_ATTEMPTS = 10
_LAST_PORT = 65535
_TRUE = ("1", "yes", "on", "true")
_FALSE = ("0", "no", "off", "false")


def _text(pattern: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError
        return text

    return read


def _secret(text: str) -> Secret:
    return Secret(_text(r"[!-~]+")(text))


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


def _verify(text: str) -> bool | str:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    path = os.path.expanduser(text.strip('"'))
    if not os.path.isfile(path):
        raise ValueError
    return path


def _endpoint(text: str) -> str:
    # Plain HTTP is for an endpoint on this very machine: a token would travel in it.
    match = re.fullmatch(
        r"(?:https://[A-Za-z0-9.-]+|http://(?:localhost|127\.[0-9.]+|\[::1\]))(?::(?P<port>[0-9]{1,5}))?(?:/[A-Za-z0-9._~/-]*)?",
        text,
    )
    if match is None or not 0 < int(match["port"] or 1) <= _LAST_PORT:
        raise ValueError
    return text


_ENDPOINT_FORM = "https://HOST[:PORT][/PATH], or http:// on the loopback"

OPTIONS = {
    option.name: option
    for option in (
        # Private, the key id too: people paste one into the other's place.
        Option("aws_access_key_id", _text(r"\w+"), "an access key id, without quotes", "source", private=True),
        Option("aws_secret_access_key", _secret, "a secret access key, without blanks", "source", private=True),
        Option("aws_session_token", _secret, "a session token, without blanks", "source", private=True),
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
        Option("connect_timeout", _seconds, f"seconds, more than 0 and at most {_LONGEST_WAIT}"),
        Option("read_timeout", _seconds, f"seconds, more than 0 and at most {_LONGEST_WAIT}"),
        Option("max_attempts", _attempts, f"1 to {_MOST_ATTEMPTS}"),
        Option("deadline", _seconds, f"seconds, more than 0 and at most {_LONGEST_WAIT}"),
    )
}
_BUILT_IN = {
    "token_duration": 3600,
    "verify": True,
    "connect_timeout": 5.0,
    "read_timeout": 10.0,
    "max_attempts": 3,
    "deadline": 20.0,
}
_KEY_OPTIONS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_DEFAULT_SESSION_NAME = "keyrings-codeartifact"


def resolve(repository: Repository, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that hold for ``repository``.

    Raises ConfigurationError where the configuration cannot be read, or what it says for this repository not be used.
    """
    file = keyringrc.load(environ)
    winner, *_ = file.winners(repository) or (None,)
    spoken = [section for section in (winner, file.defaults) if section]
    layers = [_environment(environ), *(_section(section, file.origin) for section in spoken)]
    values, origins = _merge(layers)
    warnings = [
        f"section [{section.name}] of {file.origin} never matches: {section.fault}"
        for section in file.sections
        if section.fault
    ] + [
        f"{_place(section, file.origin)} sets the unknown option {keyringrc.shown(name)}"
        for section in spoken
        for name in section.options
        if name not in OPTIONS
    ]
    settings: dict[str, Any] = {
        name: values.get(name, _BUILT_IN.get(name)) for name, option in OPTIONS.items() if not option.group
    }
    return Settings(
        source=_source(values, origins),
        role=_role(values, origins),
        section=winner.name if winner else None,
        origins=origins,
        warnings=tuple(warnings),
        **settings,
    )


def _environment(environ: Mapping[str, str]) -> _Layer:
    """Return what the environment sets: what is empty there is not set."""
    found = {name: option.variable for name, option in OPTIONS.items() if environ.get(option.variable)}
    return _Layer({name: environ[variable] for name, variable in found.items()}, found)


def _section(section: keyringrc.Section, file: str) -> _Layer:
    """Return what a section sets: what is empty there is set to none."""
    options = {name: text or None for name, text in section.options.items() if name in OPTIONS}
    return _Layer(options, dict.fromkeys(options, _place(section, file)))


def _place(section: keyringrc.Section, file: str) -> str:
    return f"[{section.name}] of {file}"


def _merge(layers: Iterable[_Layer]) -> tuple[dict[str, Any], dict[str, str]]:
    """Lay ``layers`` over each other, the highest first; return the values and where each comes from."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    settled: set[str] = set()
    for layer in layers:
        for name, text in layer.options.items():
            # Read in any case: a mistake is reported even where a higher layer covers it today.
            value = None if text is None else _read(OPTIONS[name], text, layer.origins[name])
            if (OPTIONS[name].group or name) in settled:
                continue
            origins[name] = layer.origins[name]
            if value is not None:
                values[name] = value
        settled.update(OPTIONS[name].group or name for name in layer.options)
    return values, origins


def _read(option: Option, text: str, origin: str) -> Any:
    try:
        return option.read(text)
    except ValueError:
        shown = "cannot be used" if option.private else f"cannot be {text[:80]!r}"
        where = origin if origin == option.variable else f"{option.name} in {origin}"
        raise ConfigurationError(f"{where} {shown}", f"accepted: {option.accepted}") from None


def _source(values: Mapping[str, Any], origins: Mapping[str, str]) -> StaticKeys | Profile | None:
    """Return the identity source: static keys before a profile, neither for the AWS default chain."""
    key_id, secret, token = (values.get(name) for name in _KEY_OPTIONS)
    if key_id and secret:
        return StaticKeys(str(key_id), Secret(secret), Secret(token) if token else None)
    if key_id or secret or token:
        given = next(name for name in _KEY_OPTIONS if name in values)
        raise ConfigurationError(
            f"{given} ({origins[given]}) stands alone",
            "set both aws_access_key_id and aws_secret_access_key in the same place, or remove it",
        )
    return Profile(str(values["profile_name"])) if "profile_name" in values else None


def _role(values: Mapping[str, Any], origins: Mapping[str, str]) -> Role | None:
    arn, name, external_id = (values.get(option) for option in ("role_arn", "role_session_name", "external_id"))
    if arn:
        return Role(str(arn), str(name or _DEFAULT_SESSION_NAME), str(external_id) if external_id else None)
    for option in ("role_session_name", "external_id"):
        if option in values:
            raise ConfigurationError(
                f"{option} ({origins[option]}) stands alone", "set role_arn in the same place, or remove it"
            )
    return None
