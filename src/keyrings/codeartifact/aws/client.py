"""The requests that this package sends to AWS.

botocore takes 200 ms to import: it is imported when the first request is made, by the calling thread.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from keyrings.codeartifact._util.deadline import Deadline, DeadlineExceededError, run_within
from keyrings.codeartifact._util.log import debug
from keyrings.codeartifact._util.log_filter import log_filter
from keyrings.codeartifact._util.process import importing
from keyrings.codeartifact._util.text import redact
from keyrings.codeartifact.config.options import MAX_TOKEN_LENGTH
from keyrings.codeartifact.errors import AWSError, CodeArtifactError, ConfigurationError, ThrottledError
from keyrings.codeartifact.models import Repository, Secret, Settings, Source, Token

from . import oidc, shared_token
from .throttling import Throttling

if TYPE_CHECKING:
    from botocore.session import Session

Result = TypeVar("Result")
_TOKEN = re.compile(rf"[!-~]{{1,{MAX_TOKEN_LENGTH}}}")


class Client:
    """Sends requests about ``repository`` with the identity of ``settings``, all in one session.

    A ``session`` of the caller, boto3's, has that identity already, and stays as it is.  Each method raises
    CodeArtifactError, at the latest after ``settings.deadline`` seconds, and after ``settings.throttle_timeout``
    seconds more if AWS throttles its requests.
    """

    def __init__(
        self,
        repository: Repository,
        settings: Settings,
        environ: Mapping[str, str],
        session: Any = None,
    ) -> None:
        self.repository = repository
        self.settings = settings
        self.environ = environ
        self.claims: oidc.Claims | None = None  # of the CI's OIDC token, once one was used
        self._callers_session = session
        self._session: Session | None = None

    def get_token(self, deadline: Deadline | None = None, throttling: Throttling | None = None) -> Token:
        """Return a new token for the repository's domain; both limits are those of a lookup that has already begun."""
        return self._run(self._get_token, deadline, throttling)

    @property
    def identity(self) -> str:
        """The identity in words, after a request with what the AWS default chain has found."""
        settings = self.settings
        if self._session is None or settings.source.option or settings.role:
            return settings.identity
        from .session import describe_credentials

        return f"{settings.identity} ({describe_credentials(self._session)})"

    def get_source(self) -> Source:
        """Return the caller's session as a source: with the ID of its access key, which AWS issues once."""
        return self._run(lambda: self.settings.source._replace(value=access_key_id(self._callers_session)))

    def get_caller_arn(self) -> str:
        """Return the ARN of the identity, as AWS sees it."""
        return self._run(lambda: str(self._service("sts").get_caller_identity()["Arn"]))

    def get_repository_endpoint(self) -> str:
        """Return the URL of the repository, which must have a name."""
        return self._run(self._get_repository_endpoint)

    def call_secret(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Return the response to an operation of Secrets Manager, in botocore's name, on the secret of the settings."""
        return self._run(lambda: self._call_secret(operation, **parameters))

    def _get_token(self) -> Token:
        if self.settings.is_token_shared:
            return self._read_secret()
        repository, duration = self.repository, self.settings.token_duration
        debug(f"requesting a token for {duration} s from CodeArtifact")
        response = self._service("codeartifact").get_authorization_token(
            domain=repository.domain, domainOwner=repository.domain_owner, durationSeconds=duration
        )
        expiration = response.get("expiration")
        return checked_token(response.get("authorizationToken"), expiration.timestamp() if expiration else None)

    def _read_secret(self) -> Token:
        debug("reading the token from Secrets Manager")
        response = self._call_secret("get_secret_value", VersionStage="AWSCURRENT")
        text = "" if "SecretBinary" in response else response["SecretString"]
        return shared_token.parse(text, self.repository, str(self.settings.auth_token_secret))

    def _call_secret(self, operation: str, **parameters: Any) -> dict[str, Any]:
        call = getattr(self._service("secretsmanager"), operation)
        return dict(call(SecretId=self.settings.auth_token_secret, **parameters))

    def _get_repository_endpoint(self) -> str:
        repository = self.repository
        response = self._service("codeartifact").get_repository_endpoint(
            domain=repository.domain, domainOwner=repository.domain_owner, repository=repository.name, format="pypi"
        )
        return str(response["repositoryEndpoint"])

    def _run(
        self, request: Callable[[], Result], deadline: Deadline | None = None, throttling: Throttling | None = None
    ) -> Result:
        """Return the result of ``request``, which is sent again while AWS throttles it; raise as `_send` does."""
        deadline = deadline or Deadline(self.settings.deadline)
        throttling = throttling or Throttling(self.settings.throttle_timeout)
        with importing:
            from . import session  # noqa: F401 - the thread of the request imports nothing
        while True:
            try:
                return self._send(request, deadline)
            except ThrottledError as error:
                if not throttling.pause(error.retry_after):
                    # An answer: a lookup that follows, or has waited for this one, would be throttled too.
                    raise AWSError(error.code, f"{error.cause} ({throttling})", error.remedy, is_answer=True) from error
            deadline = Deadline(self.settings.deadline)

    def _send(self, request: Callable[[], Result], deadline: Deadline) -> Result:
        """Return the result of ``request``; raise CodeArtifactError for whatever it raises, and at the deadline."""
        try:
            return run_within(deadline, lambda: self._explain_errors(request))
        except DeadlineExceededError:
            remedy = "check network, proxy and VPC endpoint, or raise the option deadline"
            raise AWSError("CA501", f"no response from AWS within {deadline.seconds:g} s", remedy) from None
        except RuntimeError as error:
            raise AWSError(
                "CA508", "cannot send a request to AWS: no more threads", "raise the limit on threads"
            ) from error

    def _explain_errors(self, request: Callable[[], Result]) -> Result:
        try:
            with log_filter:
                return request()
        except CodeArtifactError:
            raise
        except Exception as error:  # any: odd responses and files make botocore raise urllib3's and built-in errors too
            from .errors import aws_error

            raise aws_error(error, self.repository, self.settings, self.claims) from error

    def _service(self, service: str) -> Any:
        from .session import create_client, create_client_of_caller, open_session

        if self._callers_session:
            return create_client_of_caller(self._callers_session, service, self.settings, self.repository.region)
        if self._session is None:
            self._session = open_session(self.settings, self.repository.region, self.environ, self._load_oidc_token)
        return create_client(self._session.create_client, service, self.settings)

    def _load_oidc_token(self) -> str:
        """Return the CI's current OIDC token, and keep its claims."""
        token = oidc.load(self.settings, self.environ)
        self.claims = oidc.claims(token)
        debug(f"claims of the OIDC token: {self.claims}")
        return str(token)


def access_key_id(session: Any) -> str:
    """Return the ID of the access key that ``session``, boto3's, uses now; raise AWSError if it has none."""
    credentials = session.get_credentials()
    found = credentials.get_frozen_credentials().access_key if credentials else None
    if not found:
        raise AWSError("CA425", "the boto3 session has no credentials", "give it a profile or an access key")
    return str(found)


def profile_region(name: str | None) -> str:
    """Return the region of an AWS profile, by default of the one in use, empty if it has none.

    Raises ConfigurationError if there is no such profile, or if AWS' configuration cannot be read.
    """
    with importing:
        from botocore.exceptions import BotoCoreError, ProfileNotFound
        from botocore.session import Session
    try:
        return str(Session(profile=name).get_config_variable("region") or "")
    except ProfileNotFound as error:
        problem = f"the AWS profile '{redact(error.kwargs['profile'])}' does not exist"
        raise ConfigurationError("CA418", problem, "run `aws configure list-profiles` to see those that do") from None
    except BotoCoreError as error:
        problem = f"the AWS configuration cannot be used: {redact(str(error))}"
        raise ConfigurationError("CA420", problem, "correct it, or the name of the profile") from None


def checked_token(value: object, expires: float | None) -> Token:
    """Return a token with the ``value`` that AWS responded; raise AWSError if it is unusable or has expired."""
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        problem = "the response to GetAuthorizationToken contains no usable token"
        raise AWSError("CA426", problem, "check endpoint_url and any proxy")
    if expires is None or not expires > time.time():
        problem = "the token in the response to GetAuthorizationToken has already expired"
        raise AWSError("CA426", problem, "set this machine's clock")
    return Token(Secret(value), expires)
