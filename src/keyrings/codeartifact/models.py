"""What do the modules hand to each other?  Frozen values, whose repr shows no secret."""

from __future__ import annotations

from ._util.namedtuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias


# Any other user is somebody else's: Flit and Poetry probe with __token__ and the like.
USERNAME = "aws"


class Secret(str):
    """A string that must not be shown: its repr hides it, and with it the repr of whatever holds it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


class Repository(NamedTuple):
    """A CodeArtifact repository, or its whole domain where ``name`` is None (a client asked for a bare host)."""

    domain: str
    account: str
    region: str
    name: str | None = None

    def __str__(self) -> str:
        """Return the domain in words, as messages name it: tokens are per domain."""
        return f"CodeArtifact domain '{self.domain}' of account {self.account} in {self.region}"


class ReadyToken(NamedTuple):
    """An authorization token that somebody else has asked for, in the place of an identity."""

    value: Secret


class RunnerToken(NamedTuple):
    """An OIDC token that GitHub's runner makes for ``audience`` whenever it is asked, as an identity source."""

    audience: str


class VariableToken(NamedTuple):
    """An OIDC token in an environment variable, as an identity source."""

    variable: str


class FileToken(NamedTuple):
    """An OIDC token in a file, as an identity source."""

    path: str


class StaticKeys(NamedTuple):
    """An access key, as an identity source; ``session_token`` only with a temporary one."""

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret | None


class Profile(NamedTuple):
    """A profile of the AWS config files, as an identity source."""

    name: str


# The sources that are no identity before a role is assumed with them.
WebIdentity = (RunnerToken, VariableToken, FileToken)
# None is the AWS default chain.
Source: TypeAlias = "ReadyToken | RunnerToken | VariableToken | FileToken | StaticKeys | Profile | None"


class Role(NamedTuple):
    """A role to assume from whatever identity the source yields."""

    arn: str
    session_name: str
    external_id: str | None


class Settings(NamedTuple):
    """Everything that decides who asks for a token, and how.  Durations and timeouts are in seconds.

    ``section`` names the winning section as written in the file, None
    if no section matched.  ``origins`` says of every option that was set where, ``warnings`` what to tell the user in
    any case, ``hints`` what to add to a failure.
    """

    source: Source
    role: Role | None
    token_duration: int
    endpoint_url: str | None
    sts_endpoint_url: str | None
    verify: bool | str
    cache: bool
    cache_dir: str | None
    connect_timeout: float
    read_timeout: float
    max_attempts: int
    deadline: float
    section: str | None
    origins: Mapping[str, str]
    warnings: tuple[str, ...]
    hints: tuple[str, ...]


class Token(NamedTuple):
    """An authorization token and its expiration, in seconds since the epoch, None where nobody knows it."""

    value: Secret
    expiration: float | None
