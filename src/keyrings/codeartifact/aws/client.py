"""What does AWS answer?  The only module that imports botocore."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any, Literal

from botocore.config import Config
from botocore.credentials import (
    AssumeRoleWithWebIdentityCredentialFetcher,
    CredentialProvider,
    DeferredRefreshableCredentials,
)
from botocore.loaders import Loader
from botocore.session import Session
from botocore.utils import get_environ_proxies
from urllib3.exceptions import InsecureRequestWarning, SystemTimeWarning

from keyrings.codeartifact._util.deadline import Deadline, within
from keyrings.codeartifact._util.https import is_safe
from keyrings.codeartifact._util.log import note
from keyrings.codeartifact._util.log_filter import discretion
from keyrings.codeartifact.errors import AWSError, CodeArtifactError, redacted
from keyrings.codeartifact.models import Profile, Secret, StaticKeys, WebIdentity

from . import oidc
from .errors import explain, host
from .tokens import admit

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

    from keyrings.codeartifact._util.deadline import Answer
    from keyrings.codeartifact.models import (
        FileToken,
        Repository,
        Role,
        RunnerToken,
        Settings,
        Source,
        Token,
        VariableToken,
    )

# Of a role's session, in seconds: a shorter one is renewed by botocore all the time.
_SESSION_DURATION = 3600


class Conversation:
    """What can be asked of AWS about a repository, as whom and how the settings say; one session serves all questions.

    ``claims`` is what the CI's OIDC token says, once one was used.  Each method raises CodeArtifactError, after
    ``settings.deadline`` seconds at the latest.
    """

    def __init__(self, repository: Repository, settings: Settings) -> None:
        self._repository = repository
        self.settings = settings
        self._session: Session | None = None
        self.claims: oidc.Claims | None = None

    def token(self, deadline: Deadline | None = None) -> Token:
        """Return a new token for the repository's domain; ``deadline`` is that of a question already begun."""
        return self._ask(self._token, deadline)

    def caller_arn(self) -> str:
        """Return as whom AWS sees the caller."""
        return self._ask(lambda: str(self._client("sts").get_caller_identity()["Arn"]))

    def repository_endpoint(self) -> str:
        """Return the URL of the repository, which has to have a name."""
        return self._ask(self._repository_endpoint)

    def _token(self) -> Token:
        domain, account, *_ = self._repository
        note(f"CodeArtifact is asked for a token of {self.settings.token_duration} s")
        answer = self._client("codeartifact").get_authorization_token(
            domain=domain, domainOwner=account, durationSeconds=self.settings.token_duration
        )
        expiration = answer.get("expiration")
        return admit(answer.get("authorizationToken"), expiration.timestamp() if expiration else None)

    def _repository_endpoint(self) -> str:
        domain, account, _, name = self._repository
        answer = self._client("codeartifact").get_repository_endpoint(
            domain=domain, domainOwner=account, repository=name or "", format="pypi"
        )
        return str(answer["repositoryEndpoint"])

    def _ask(self, question: Callable[[], Answer], deadline: Deadline | None = None) -> Answer:
        return within(deadline or Deadline(self.settings.deadline), lambda: self._guard(question))

    def _guard(self, question: Callable[[], Answer]) -> Answer:
        """Return the answer to ``question``, with nothing logged; raise CodeArtifactError for whatever it raises."""
        try:
            with discretion:
                return question()
        except CodeArtifactError:
            raise
        except Exception as error:
            # All of them: an odd answer or file makes botocore raise its own, urllib3's and built-in ones alike.
            raise explain(error, self._repository, self.settings, self.claims) from error

    def _client(self, service: Literal["codeartifact", "sts"]) -> Any:
        if self._session is None:
            self._session = self._open_session()
        return _client(self._session, service, self.settings)

    def _open_session(self) -> Session:
        """Return a session with the identity that the settings name, else with the AWS default chain."""
        settings, region = self.settings, self._repository.region
        # Of a clock that is far off, which AWS' answer tells of.  For good: to take a filter back is not safe while
        # other threads run.
        warnings.simplefilter("ignore", SystemTimeWarning)
        if settings.verify is False:
            # Who set it knows.
            warnings.simplefilter("ignore", InsecureRequestWarning)
        source, role = settings.source, settings.role
        if role is None:
            return _session(source, region)
        note(f"the role {role.arn} is assumed as session {role.session_name}")
        if isinstance(source, WebIdentity):
            return _web_session(role, settings, region, lambda: self._load_oidc_token(source))
        return _assume(role, _session(source, region), settings)

    def _load_oidc_token(self, source: VariableToken | RunnerToken | FileToken) -> str:
        """Return the CI's OIDC token of this moment, for botocore, and keep in mind what it says."""
        token = oidc.read(source, self.settings, os.environ)
        self.claims = oidc.claims(token)
        note(f"the OIDC token says: {self.claims}")
        return str(token)


def _session(source: Source, region: str) -> Session:
    """Return a session with the identity that ``source`` is, None being the AWS default chain.

    Raises AWSError for a profile that would ask a person for a code.
    """
    match source:
        case StaticKeys(key_id, secret, token):
            return _key_session(key_id, secret, token, region)
        case Profile(name):
            session = _plain_session(region, name)
        case _:
            session = _plain_session(region)
    _refuse_mfa(session, is_explicit=source is not None)
    return session


def _plain_session(region: str, profile: str | None = None) -> Session:
    """Return botocore's session, which reads AWS' files once for all that it is asked."""
    session = Session(profile=profile)
    # Not only for the clients made here: botocore makes some of its own, to assume a profile's role.
    session.set_config_variable("region", region)
    folders = str(session.get_config_variable("data_path") or "").split(os.pathsep)
    loader = _Loader([os.path.expanduser(os.path.expandvars(folder)) for folder in folders if folder])
    session.register_component("data_loader", loader)
    session.register("before-send", _refuse_plain_http)
    session.register("before-send", _refuse_a_proxy)
    return session


def _refuse_plain_http(**event: Any) -> None:
    """Raise AWSError for a request that would travel in the clear, wherever botocore has its endpoint from."""
    url = str(event["request"].url)
    if not is_safe(url):
        raise AWSError(
            f"AWS would be asked in the clear, at {host(url)}",
            "let AWS_ENDPOINT_URL… and the endpoint_url of the AWS config name an https:// address",
        )


def _refuse_a_proxy(**event: Any) -> None:
    """Raise AWSError for a request by plain HTTP that would not stay on this machine, but go to a proxy."""
    url = str(event["request"].url)
    if url.startswith("http:") and get_environ_proxies(url):
        raise AWSError(
            f"AWS would be asked in the clear, at {host(url)} by way of a proxy", "name that host in NO_PROXY too"
        )


class _Loader(Loader):
    """Finds the one service that is asked for without a look at what botocore knows of four hundred others."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - of each service there are all types
        """Return the names of all folders where a service could be; to read one of them fails if it is none."""
        return sorted({name for folder in self.search_paths if os.path.isdir(folder) for name in os.listdir(folder)})


def _web_session(role: Role, settings: Settings, region: str, load_token: Callable[[], str]) -> Session:
    """Return a session of ``role``, assumed with the CI's OIDC token now and whenever it comes to its end."""
    session = _plain_session(region)
    fetcher = AssumeRoleWithWebIdentityCredentialFetcher(
        lambda service, config: _client(session, service, settings, config),
        load_token,
        role.arn,
        {"RoleSessionName": role.session_name, "DurationSeconds": _SESSION_DURATION},
    )
    # Before all others: nobody else is to answer where this one fails.
    first = _OIDCProvider(DeferredRefreshableCredentials(fetcher.fetch_credentials, _OIDCProvider.METHOD))
    session.get_component("credential_provider").insert_before("env", first)
    return session


class _OIDCProvider(CredentialProvider):
    """Has credentials, whoever asks."""

    # botocore: the names of others than its own begin so.
    METHOD = CANONICAL_NAME = "custom-oidc"

    def __init__(self, credentials: DeferredRefreshableCredentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> DeferredRefreshableCredentials:
        """Return them."""
        return self._credentials


def _key_session(key_id: str, secret: Secret, token: Secret | None, region: str) -> Session:
    session = _plain_session(region)
    # str(): botocore is to have plain strings, which it copies, compares and encodes.
    session.set_credentials(key_id, str(secret), str(token) if token else None)
    return session


def _refuse_mfa(session: Session, *, is_explicit: bool) -> None:
    """Raise AWSError if botocore would have a code typed in for the profile: nobody is there to type.

    Which profiles it would come by is botocore's rule (``AssumeRoleProvider``): keys in the environment go before a
    profile that is not ``is_explicit``, a web identity before ``source_profile``, and of a source its own keys.
    """
    if not is_explicit and os.environ.get("AWS_ACCESS_KEY_ID"):
        return
    profiles = session.full_config["profiles"]
    name: str | None = session.profile or "default"
    for step, _ in enumerate(profiles):  # as many steps as there are profiles: they may name each other in a circle
        profile = profiles.get(name, {})
        if (
            "role_arn" not in profile
            or "web_identity_token_file" in profile
            or (step and "aws_access_key_id" in profile)
        ):
            return
        if "mfa_serial" in profile:
            raise AWSError(
                f"profile '{redacted(name)}' asks for an MFA code, which nobody can type in here",
                "get a session with the AWS CLI or by SSO, and name a profile that holds it",
            )
        name = profile.get("source_profile")


def _assume(role: Role, session: Session, settings: Settings) -> Session:
    """Return a session of ``role``, assumed by the identity of ``session``; raise AWSError for half an answer."""
    client = _client(session, "sts", settings)
    request: AssumeRoleRequestTypeDef = {"RoleArn": role.arn, "RoleSessionName": role.session_name}
    if role.external_id:
        request["ExternalId"] = role.external_id
    credentials = client.assume_role(**request)["Credentials"]
    keys = [credentials[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    # botocore takes an empty key for none, and would go on as somebody else.
    if not all(keys):
        raise AWSError(f"the answer to AssumeRole for {role.arn} holds no credentials", "check sts_endpoint_url")
    return _key_session(keys[0], Secret(keys[1]), Secret(keys[2]), str(session.get_config_variable("region")))


def _client(
    session: Session,
    service: Literal["codeartifact", "sts"],
    settings: Settings,
    more: Config | None = None,
) -> Any:
    endpoint_url = settings.endpoint_url if service == "codeartifact" else settings.sts_endpoint_url
    config = Config(
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        retries={"mode": "standard", "total_max_attempts": settings.max_attempts},
    )
    config = config.merge(more) if more else config

    def create(config: Config) -> Any:
        return session.create_client(service, endpoint_url=endpoint_url, verify=_verify(settings), config=config)

    client = create(config)
    if client.meta.endpoint_url.startswith("http:"):
        # Plain HTTP, wherever it comes from, is for this very machine: past any proxy.
        client = create(config.merge(Config(proxies={})))
        client.meta.events.unregister("before-send", _refuse_a_proxy)
    return client


def _verify(settings: Settings) -> bool | str | None:
    """Return what botocore calls ``verify``: None leaves AWS_CA_BUNDLE and the profile's ca_bundle their say."""
    return None if settings.verify is True else settings.verify
