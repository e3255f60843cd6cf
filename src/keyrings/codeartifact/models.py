"""The values that modules exchange.  All are frozen, and no repr shows a secret."""

from __future__ import annotations

from ._util.namedtuple import NamedTuple
from ._util.text import redact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

# CodeArtifact's user name.  Clients also probe with others: Flit and Poetry with __token__.
USERNAME = "aws"
_HIDDEN = "…"


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


# Identity sources.  Each knows where it was set (``origin``: a variable, or a section and its file), names itself in
# words without anything secret, and shows the options that it is made of.


class PreissuedToken(NamedTuple):
    """An authorization token that was issued elsewhere, instead of an identity; ``option`` names where it was set."""

    value: Secret
    option: str
    origin: str

    def __str__(self) -> str:
        return f"a pre-issued token ({self.origin})"

    def options(self) -> dict[str, str]:
        """Return the options with the values that may be shown."""
        return {self.option: _HIDDEN}


class GitHubOIDC(NamedTuple):
    """An OIDC token that GitHub's runner issues for ``audience`` on each request."""

    audience: str
    origin: str

    def __str__(self) -> str:
        return f"GitHub's OIDC token for '{redact(self.audience)}' ({self.origin})"

    def options(self) -> dict[str, str]:
        """Return the options with the values that may be shown."""
        return {"oidc_audience": redact(self.audience)}


class OIDCVariable(NamedTuple):
    """An OIDC token in an environment variable."""

    variable: str
    origin: str

    def __str__(self) -> str:
        return f"the OIDC token in {redact(self.variable)} ({self.origin})"

    def options(self) -> dict[str, str]:
        """Return the options with the values that may be shown."""
        return {"oidc_token_variable": redact(self.variable)}


class WebIdentityFile(NamedTuple):
    """An OIDC token in a file."""

    path: str
    origin: str

    def __str__(self) -> str:
        return f"the OIDC token in {redact(self.path)} ({self.origin})"

    def options(self) -> dict[str, str]:
        """Return the options with the values that may be shown."""
        return {"web_identity_token_file": redact(self.path)}


class StaticKeys(NamedTuple):
    """An access key; ``session_token`` only with a temporary one."""

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret | None
    origin: str

    def __str__(self) -> str:
        return f"access key …{self.access_key_id[-4:]} ({self.origin})"

    def options(self) -> dict[str, str]:
        """Return the options with the values that may be shown: of a key its last four characters."""
        options = {"aws_access_key_id": f"…{self.access_key_id[-4:]}", "aws_secret_access_key": _HIDDEN}
        return options | {"aws_session_token": _HIDDEN} if self.session_token else options


class Profile(NamedTuple):
    """A profile of the AWS configuration files."""

    name: str
    origin: str

    def __str__(self) -> str:
        return f"profile '{redact(self.name)}' ({self.origin})"

    def options(self) -> dict[str, str]:
        """Return the options with the values that may be shown."""
        return {"profile_name": redact(self.name)}


class DefaultChain(NamedTuple):
    """The AWS default chain: what botocore finds if no option names an identity."""

    origin: str = "AWS"

    def __str__(self) -> str:
        return "the AWS default chain"

    def options(self) -> dict[str, str]:
        """Return no options."""
        return {}


# The sources that identify only together with a role.
WebIdentity = (GitHubOIDC, OIDCVariable, WebIdentityFile)
Source: TypeAlias = "PreissuedToken | GitHubOIDC | OIDCVariable | WebIdentityFile | StaticKeys | Profile | DefaultChain"


class Role(NamedTuple):
    """A role to assume with the source's credentials."""

    arn: str
    session_name: str
    external_id: str | None


class Settings(NamedTuple):
    """Everything that decides which identity requests a token, and how.  Durations and timeouts are in seconds.

    ``section`` is the name of the matching section as written in the file, None if none matches.  ``origins`` says
    where each option was set, ``warnings`` what to log in any case, ``hints`` what to add to a failure.
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

    @property
    def identity(self) -> str:
        """The identity in words: the source, and the role that it assumes."""
        return f"role {self.role.arn}, assumed with {self.source}" if self.role else str(self.source)


class Asker(NamedTuple):
    """The process that runs a client, and whether this lookup repeats one that it has just made."""

    process: str
    is_repeat: bool


class Token(NamedTuple):
    """An authorization token; ``expires`` is in seconds since the epoch, None if unknown."""

    value: Secret
    expires: float | None


OK, WARNING, FAILED = "ok", "warning", "failed"


class Check(NamedTuple):
    """A check of ``doctor``: what was checked, its status, the result, how to fix it, and a document to paste.

    Nothing in it is secret.
    """

    name: str
    status: str
    message: str
    remedy: str = ""
    document: str = ""
