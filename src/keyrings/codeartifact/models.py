"""The values that modules exchange.  All are frozen, and no repr shows a secret."""

from __future__ import annotations

from ._util.namedtuple import NamedTuple
from ._util.text import redact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# CodeArtifact's user name.  Clients also probe with others: Flit and Poetry with __token__.
USERNAME = "aws"
_HIDDEN = "…"
DEFAULT_CHAIN = "the AWS default chain"
# The identity sources in words, by the option that sets each.
_SOURCES = {
    "auth_token": "a pre-issued token",
    "auth_token_file": "a pre-issued token",
    "oidc_token_variable": "the OIDC token in {}",
    "oidc_audience": "GitHub's OIDC token for '{}'",
    "web_identity_token_file": "the OIDC token in {}",
    "aws_access_key_id": "access key {}",
    "profile_name": "profile '{}'",
    "session": "access key {}",
}
WEB_IDENTITIES = ("oidc_token_variable", "oidc_audience", "web_identity_token_file")


class Secret(str):
    """A string whose repr hides it, also within the repr of whatever holds it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


class Repository(NamedTuple):
    """A CodeArtifact repository, or a whole domain where ``name`` is None."""

    domain: str
    domain_owner: str
    region: str
    name: str | None = None

    def __str__(self) -> str:
        """Return the domain in words, as messages name it: tokens are per domain."""
        return f"CodeArtifact domain '{self.domain}' (owner {self.domain_owner}) in {self.region}"

    def whole_domain(self) -> Repository:
        """Return the domain of the repository."""
        return self._replace(name=None)


class Source(NamedTuple):
    """An identity source: the option that sets it, its value, and where it was set."""

    option: str = ""  # empty for the AWS default chain, which botocore searches; "session" for the caller's
    value: str = ""
    origin: str = "AWS"  # a variable, or a section and its file
    secret_access_key: Secret = Secret()  # of an access key
    session_token: Secret = Secret()  # of a temporary one

    def __str__(self) -> str:
        """Return the source in words, without anything secret."""
        if not self.option:
            return DEFAULT_CHAIN
        return f"{_SOURCES[self.option].format(self._shown)} ({self.origin})"

    @property
    def _shown(self) -> str:
        if self.is_preissued_token:
            return _HIDDEN
        return f"…{self.value[-4:]}" if self.option in ("aws_access_key_id", "session") else redact(self.value)

    @property
    def is_preissued_token(self) -> bool:
        """Whether it is no identity, but an authorization token that was issued elsewhere."""
        return self.option in ("auth_token", "auth_token_file")

    @property
    def is_web_identity(self) -> bool:
        """Whether it is an OIDC token, which identifies only together with a role."""
        return self.option in WEB_IDENTITIES

    def options(self) -> dict[str, str]:
        """Return the options that it is made of, with the values that may be shown."""
        secrets = {"aws_secret_access_key": self.secret_access_key, "aws_session_token": self.session_token}
        shown = {self.option: self._shown} if self.option else {}
        return shown | {option: _HIDDEN for option, secret in secrets.items() if secret}


# Of a caller of the Python API, before its access key is known.
SESSION = Source("session", origin="the boto3 session")


class Role(NamedTuple):
    """A role to assume with the source's credentials."""

    arn: str
    session_name: str
    external_id: str | None


class Settings(NamedTuple):
    """Everything that decides which identity requests a token, and how.  Durations and timeouts are in seconds."""

    source: Source
    role: Role | None
    auth_token_secret: str | None  # the ARN of the secret to read the token from
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
    throttle_timeout: float
    section: str | None  # the name of the matching section as written in the file
    origins: Mapping[str, str]  # where each option was set
    warnings: tuple[str, ...]  # to log in any case
    hints: tuple[str, ...]  # to add to a failure

    @property
    def identity(self) -> str:
        """The identity in words: the source, the role that it assumes, and the secret that either reads."""
        identity = f"role {self.role.arn}, assumed with {self.source}" if self.role else str(self.source)
        return f"{identity}, reading {self.auth_token_secret}" if self.is_token_shared else identity

    @property
    def is_token_shared(self) -> bool:
        """Whether the token is read from a secret, and not requested from CodeArtifact."""
        return self.auth_token_secret is not None and not self.source.is_preissued_token

    @property
    def max_token_life(self) -> int:
        """The longest life of a token in seconds, 0 if it may be the longest that AWS issues."""
        return 0 if self.is_token_shared else self.token_duration


class Requester(NamedTuple):
    """The process that needs a token, empty if unknown, and whether this lookup repeats one that it has just made."""

    process: str = ""
    is_repeat: bool = False


class Token(NamedTuple):
    """An authorization token; ``expires`` is in seconds since the epoch, None if unknown."""

    value: Secret
    expires: float | None


OK, WARNING, FAILED = "ok", "warning", "failed"


class Check(NamedTuple):
    """A check of ``doctor``, without secrets: its name and status, the result, a fix, and a policy that is missing.

    ``code`` is that of the error with which it has failed.
    """

    name: str
    status: str
    message: str
    remedy: str = ""
    policy: str = ""
    code: str = ""
