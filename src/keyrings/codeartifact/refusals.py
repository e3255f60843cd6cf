"""What does a failure on the way to a token mean, and what is to be done about it?

Failures are told apart by name, as botocore and the API references list them: nothing of botocore is imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import AWSError
from .settings import Profile, StaticKeys

if TYPE_CHECKING:
    from .service import Repository
    from .settings import Settings

# Longer messages of AWS repeat the request.
_LONGEST_MESSAGE = 300


class _Reading(NamedTuple):
    """The names of a failure, and the cause and remedy that it stands for, with {fields} of `_facts`."""

    names: frozenset[str]
    cause: str
    remedy: str


def _reading(names: str, cause: str, remedy: str) -> _Reading:
    return _Reading(frozenset(names.split()), cause, remedy)


# Of these the first that fits counts.  An error that AWS answered has its code for a name, and OPERATION:CODE; one that
# botocore raised has the names of its classes.
_READINGS = (
    _reading(
        "AssumeRole:AccessDenied",
        "AWS refused {who} the role {role} ({said})",
        "allow that identity sts:AssumeRole on the role, and name it in the role's trust policy",
    ),
    _reading(
        "AccessDenied AccessDeniedException",
        "AWS refused {operation} on {repository} to {asker} ({said})",
        "allow that identity codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken, "
        "or choose another in keyringrc.cfg",
    ),
    _reading(
        "ResourceNotFoundException",
        "there is no {repository}",
        "check domain, account and region in the index URL",
    ),
    _reading(
        "ThrottlingException Throttling ThrottledException TooManyRequestsException",
        "AWS throttles {operation} ({attempts} attempts)",
        "ask again later, or from fewer processes at once",
    ),
    _reading(
        "ExpiredToken ExpiredTokenException RequestExpired",
        "the credentials of {asker} have expired",
        "renew them, then ask again",
    ),
    _reading(
        "InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId",
        "AWS does not know the access key of {asker}",
        "check the key id, and the session token if there is one",
    ),
    _reading(
        # What AWS says here repeats the request, session token included.
        "SignatureDoesNotMatch InvalidSignatureException IncompleteSignature",
        "AWS did not accept the signature of {asker}",
        "check the secret access key and this machine's clock",
    ),
    _reading(
        "ClientError",
        "AWS answered {operation} with {code}, HTTP {status} ({said})",
        "check the settings for {repository}, or ask again later",
    ),
    _reading(
        "NoCredentialsError",
        "no AWS credentials were found for {repository}",
        "set profile_name or aws_access_key_id in keyringrc.cfg, "
        "or AWS_PROFILE or AWS_ACCESS_KEY_ID in the environment",
    ),
    _reading(
        "PartialCredentialsError",
        "{who} lacks {cred_var}",
        "complete the credentials in the AWS files or the environment",
    ),
    _reading(
        "ProfileNotFound",
        "the AWS profile '{profile}' does not exist, and {who} was asked for",
        "see `aws configure list-profiles` for those that do",
    ),
    _reading(
        "SSOError TokenRetrievalError",
        "the SSO session of {who} has expired or was never begun",
        "run `aws sso login{profile_option}`",
    ),
    _reading(
        "ConfigParseError",
        "the AWS file {path} cannot be parsed",
        "correct it",
    ),
    _reading(
        "ConnectTimeoutError ReadTimeoutError",
        "{endpoint_url} does not answer in time ({attempts} attempts)",
        "check the network, proxy and VPC endpoint",
    ),
    _reading(
        "SSLError",
        "the TLS certificate of {endpoint_url} cannot be verified",
        "set AWS_CA_BUNDLE, or verify in keyringrc.cfg, to the CA bundle of the proxy in between",
    ),
    _reading(
        "ProxyConnectionError",
        "the proxy on the way to AWS does not answer",
        "check HTTPS_PROXY and NO_PROXY",
    ),
    _reading(
        "ConnectionError HTTPClientError",
        "cannot connect to {endpoint_url}",
        "check the region in the index URL, the name resolution, HTTPS_PROXY and endpoint_url",
    ),
    _reading(
        "Exception",
        "asking as {who} failed with {failure}",
        "set CODEARTIFACT_DEBUG=1 for the traceback",
    ),
)


def explain(error: Exception, repository: Repository, settings: Settings) -> AWSError:
    """Return in words for people why ``error`` kept ``settings`` from getting a token for ``repository``."""
    facts = _facts(error, repository, settings)
    names = {parent.__name__ for parent in type(error).__mro__} | {
        facts["code"],
        f"{facts['operation']}:{facts['code']}",
    }
    reading = next(reading for reading in _READINGS if reading.names & names)
    return AWSError(reading.cause.format_map(facts), reading.remedy.format_map(facts))


def identity(settings: Settings) -> str:
    """Return in words as whom ``settings`` ask: a key by its last four characters, a profile, or the AWS chain."""
    match settings.source:
        case StaticKeys(key_id):
            return f"access key …{key_id[-4:]} ({settings.origins['aws_access_key_id']})"
        case Profile(name):
            return f"profile '{name}' ({settings.origins['profile_name']})"
        case None:
            return "the identity of the AWS default chain"


def _facts(error: Exception, repository: Repository, settings: Settings) -> dict[str, Any]:
    """Return what a message may tell of ``error``: nothing in it is secret."""
    answer = getattr(error, "response", None) or {}
    said = answer.get("Error", {})
    who = identity(settings)
    profile = settings.source.name if isinstance(settings.source, Profile) else ""
    return {
        "endpoint_url": "AWS",
        **getattr(error, "kwargs", {}),
        "asker": f"the role {settings.role.arn}" if settings.role else who,
        "attempts": settings.max_attempts,
        "code": said.get("Code", "?"),
        "failure": f"{type(error).__name__}: {str(error)[:_LONGEST_MESSAGE]}",
        "operation": getattr(error, "operation_name", "?"),
        "profile_option": f" --profile {profile}" if profile else "",
        "repository": repository,
        "role": settings.role.arn if settings.role else "?",
        "said": str(said.get("Message", ""))[:_LONGEST_MESSAGE],
        "status": answer.get("ResponseMetadata", {}).get("HTTPStatusCode", "?"),
        "who": who,
    }
