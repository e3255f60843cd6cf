"""What does a failure on the way to a token mean, and what is to be done about it?

Failures are told apart by name, as botocore and the API references list them: nothing of botocore is imported here.
"""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from keyrings.codeartifact.config import identity
from keyrings.codeartifact.errors import AWSError, redacted
from keyrings.codeartifact.models import Profile

if TYPE_CHECKING:
    from keyrings.codeartifact.models import Repository, Settings

# Longer messages of AWS repeat the request.
_LONGEST_MESSAGE = 300
_LONGEST_NAME = 80

# What botocore says of these is its own text and the names of settings; of others it may be a program's or a server's.
_OWN_WORDS = frozenset({"InvalidConfigError", "InfiniteLoopConfigError", "UnknownCredentialError", "ConfigNotFound"})


_SIGNATURE_CODES = ("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature")
# AWS General Reference, "Signing AWS API requests": five minutes; less some seconds for the way.
_MOST_SKEW = 280


class _Meaning(NamedTuple):
    """The names of a failure, and the cause and remedy that it stands for, with {fields} of `_facts`."""

    names: frozenset[str]
    cause: str
    remedy: str


def _meaning(names: str, cause: str, remedy: str) -> _Meaning:
    return _Meaning(frozenset(names.split()), cause, remedy)


# Of these the first that fits counts.  An error that AWS answered has its code for a name, and OPERATION:CODE; one that
# botocore raised has the names of its classes, and CLASS:CLASS with that of the error inside it.
_MEANINGS = (
    _meaning(
        "AssumeRole:AccessDenied",
        "AWS refused {who} {role} ({said})",
        "allow that identity sts:AssumeRole on the role, and name it in the role's trust policy",
    ),
    _meaning(
        "AssumeRoleWithWebIdentity:AccessDenied",
        "AWS refused {who} the role {role_arn} (the token says: {claims})",
        "let the role's trust policy allow sts:AssumeRoleWithWebIdentity to that issuer, audience and subject, "
        "or correct role_arn",
    ),
    _meaning(
        "AssumeRoleWithWebIdentity:InvalidIdentityToken AssumeRoleWithWebIdentity:IDPRejectedClaim",
        "AWS does not believe {who} ({said}; the token says: {claims})",
        "let {role_account} have an IAM identity provider for that issuer, with that audience, "
        "or ask for another audience",
    ),
    _meaning(
        "AssumeRoleWithWebIdentity:ExpiredTokenException",
        "{who} has expired",
        "ask for a token that lives as long as the job (GitLab: `timeout` of the job), or set this machine's clock",
    ),
    _meaning(
        "AccessDenied AccessDeniedException",
        "AWS refused {operation} on {repository} to {asker} ({said})",
        "allow that identity codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken, "
        "or choose another in keyringrc.cfg",
    ),
    _meaning(
        "GetRepositoryEndpoint:ResourceNotFoundException",
        "there is no repository '{name}' in {repository}",
        "check the repository's name in the index URL, or create it",
    ),
    _meaning(
        "ResourceNotFoundException",
        "there is no {repository}",
        "check domain, account and region in the index URL",
    ),
    _meaning(
        "ThrottlingException Throttling ThrottledException TooManyRequestsException",
        "AWS throttles {operation} ({attempts} attempts)",
        "ask again later, or from fewer processes at once",
    ),
    _meaning(
        "ExpiredToken ExpiredTokenException RequestExpired",
        "the credentials of {asker} have expired",
        "renew them, then ask again",
    ),
    _meaning(
        "InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId",
        "AWS does not know the access key of {asker}",
        "check the key id, and the session token if there is one",
    ),
    _meaning(
        "SKEWED",
        "this machine's clock is {skew} s away from AWS's",
        "set it: AWS takes no signature that is 5 minutes old or ahead",
    ),
    _meaning(
        # Not what AWS says: it repeats the request, session token included.
        " ".join(_SIGNATURE_CODES),
        "AWS did not accept the signature of {asker}",
        "check the secret access key and this machine's clock",
    ),
    _meaning(
        "ValidationException ValidationError",
        "AWS finds fault with {operation} ({said})",
        "check the index URL, token_duration and the names in keyringrc.cfg",
    ),
    _meaning(
        # Not what it says either: it may be anybody's, such as a proxy's.
        "ClientError",
        "AWS answered {operation} with {code}, HTTP {status}",
        "check the settings for {repository}, or ask again later",
    ),
    _meaning(
        "NoCredentialsError",
        "no AWS credentials were found for {repository}",
        "set profile_name or aws_access_key_id in keyringrc.cfg, "
        "or AWS_PROFILE or AWS_ACCESS_KEY_ID in the environment",
    ),
    _meaning(
        "PartialCredentialsError",
        "{who} lacks {cred_var}",
        "complete the credentials in the AWS files or the environment",
    ),
    _meaning(
        "CredentialRetrievalError MetadataRetrievalError",
        "{who} has no credentials: getting them by {provider} failed",
        "see whether `aws sts get-caller-identity{profile_option}` works",
    ),
    _meaning(
        "ProfileNotFound",
        "the AWS profile '{profile}' ({profile_origin}) does not exist",
        "see `aws configure list-profiles` for those that do",
    ),
    _meaning(
        "SSOError TokenRetrievalError",
        "the SSO session of {who} has expired or was never begun",
        "run `aws sso login{profile_option}`",
    ),
    _meaning(
        "ConfigParseError",
        "the AWS file {path} cannot be parsed",
        "correct it",
    ),
    _meaning(
        "ConnectTimeoutError ReadTimeoutError",
        "{endpoint} does not answer in time ({attempts} attempts)",
        "check the network, proxy and VPC endpoint",
    ),
    _meaning(
        "SSLError",
        "the TLS certificate of {endpoint} cannot be verified",
        "see that AWS_CA_BUNDLE, or verify in keyringrc.cfg, names the CA bundle of any proxy in between",
    ),
    _meaning(
        "ProxyConnectionError",
        "the proxy on the way to AWS does not answer",
        "check HTTPS_PROXY and NO_PROXY",
    ),
    _meaning(
        "HTTPClientError:ValueError",
        "the credentials of {asker} hold a character that cannot be sent",
        "copy key id, secret and session token anew, without line breaks",
    ),
    _meaning(
        "ConnectionError HTTPClientError",
        "cannot connect to {endpoint}",
        "check the region in the index URL, the name resolution, HTTPS_PROXY and endpoint_url",
    ),
    _meaning(
        "FileNotFoundError PermissionError",
        "{who} needs {filename}, which cannot be read",
        "check AWS_WEB_IDENTITY_TOKEN_FILE and the files named in the AWS config",
    ),
    _meaning(
        "ResponseParserError KeyError",
        "what answers for AWS is not AWS ({failure})",
        "check HTTPS_PROXY, endpoint_url and sts_endpoint_url",
    ),
    _meaning(
        "ValueError",
        "asking as {who} failed for a value that botocore cannot use",
        "check AWS_ENDPOINT_URL and the AWS config, or set CODEARTIFACT_DEBUG=1 for the traceback",
    ),
    _meaning(
        "Exception",
        "asking as {who} failed with {failure}",
        "set CODEARTIFACT_DEBUG=1 for the traceback",
    ),
)


def explain(error: Exception, repository: Repository, settings: Settings, claims: object = None) -> AWSError:
    """Return in words for people why ``error`` kept ``settings`` from getting a token for ``repository``.

    ``claims`` is what the CI's OIDC token says, where one was used.
    """
    facts = _facts(error, repository, settings) | {"claims": claims or "nothing that is known here"}
    kinds = {parent.__name__ for parent in type(error).__mro__}
    inner = type(getattr(error, "kwargs", {}).get("error")).__name__
    code, operation = facts["code"], facts["operation"]
    names = kinds | {f"{kind}:{inner}" for kind in kinds} | {code, f"{operation}:{code}"}
    if code in _SIGNATURE_CODES and abs(facts["skew"]) > _MOST_SKEW:
        names |= {"SKEWED"}
    meaning = next(meaning for meaning in _MEANINGS if meaning.names & names)
    refusal = AWSError(meaning.cause.format_map(facts), meaning.remedy.format_map(facts))
    refusal.code, refusal.operation = code, operation
    return refusal


def _facts(error: Exception, repository: Repository, settings: Settings) -> dict[str, Any]:
    """Return what a message may tell of ``error``: nothing in it is secret."""
    kwargs: dict[str, Any] = getattr(error, "kwargs", {})
    name = type(error).__name__
    answer = getattr(error, "response", None) or {}
    said = answer.get("Error", {})
    who = identity.describe(settings.source, settings.origins)
    profile = settings.source.name if isinstance(settings.source, Profile) else ""
    return {
        "asker": f"the role {settings.role.arn}" if settings.role else who,
        "attempts": settings.max_attempts,
        "code": redacted(said.get("Code", "?"))[:_LONGEST_NAME],
        "cred_var": kwargs.get("cred_var"),
        "endpoint": host(kwargs.get("endpoint_url")),
        "filename": redacted(getattr(error, "filename", None)),
        "failure": redacted(f"{name}: {error}") if name in _OWN_WORDS else name,
        "operation": getattr(error, "operation_name", "?"),
        "path": redacted(kwargs.get("path")),
        "profile": redacted(kwargs.get("profile")),
        "profile_option": f" --profile {redacted(profile)}" if profile else "",
        "profile_origin": settings.origins.get("profile_name", "AWS_PROFILE"),
        "provider": kwargs.get("provider", "the metadata service"),
        "repository": repository,
        "role_account": f"account {settings.role.arn.split(':')[4]}" if settings.role else "the role's account",
        "role_arn": settings.role.arn if settings.role else "of its profile",
        "role": f"the role {settings.role.arn}" if settings.role else "the role of its profile",
        "name": repository.name,
        "skew": _skew(answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")),
        "said": redacted(said.get("Message", ""))[:_LONGEST_MESSAGE],
        "status": answer.get("ResponseMetadata", {}).get("HTTPStatusCode", "?"),
        "who": who,
    }


def _skew(date: str) -> int:
    """Return by how many seconds this machine's clock is ahead of a server's that answers at ``date`` (RFC 9110)."""
    try:
        return round(time.time() - parsedate_to_datetime(date).timestamp())
    except (TypeError, ValueError, OverflowError):
        return 0


def host(url: object) -> str:
    """Return scheme, host and port of an endpoint: its userinfo is a secret, its query the request."""
    match = re.match(r"(https?://)(?:[^/?#]*@)?([^/?#@]*)", str(url))
    return match[1] + match[2] if match else "AWS"
