"""What the failures of botocore and the error codes of AWS mean, and how to fix them.

Failures are identified by name, as botocore and the API references list them: botocore is not imported.
"""

import re
import time
from email.utils import parsedate_to_datetime
from typing import Any

from keyrings.codeartifact._util.text import redact
from keyrings.codeartifact.errors import AWSError, CodeArtifactError, ConfigurationError, ThrottledError
from keyrings.codeartifact.models import Repository, Settings

from .throttling import is_throttled

# In characters; longer messages of AWS repeat the request.
_MAX_MESSAGE_LENGTH = 300
_MAX_CODE_LENGTH = 80

# botocore's messages of these classes contain only its own words and names of settings; those of others may repeat what
# a program or a server said.
_SAFE_MESSAGES = ("InvalidConfigError", "InfiniteLoopConfigError", "UnknownCredentialError", "ConfigNotFound")
# The configuration is at fault, not AWS.
_CONFIGURATION = {"ProfileNotFound", "ConfigParseError"}
# Responses that another try may not get: RFC 9110, "Client Error 4xx".
_REFUSALS = frozenset(range(400, 500)) - {408}
_INVALID_SIGNATURE = "SignatureDoesNotMatch InvalidSignatureException IncompleteSignature"
# AWS General Reference, "Signing AWS API requests": five minutes, less some seconds for the request's way.
_MAX_SKEW = 280

# Those of Secrets Manager that are used here; the errors of all others are about CodeArtifact or STS.
_SECRET_OPERATIONS = ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")

# Our code, names, cause and remedy, the last two with {fields} of `_fields`.  The first row with one of an error's
# names applies: an error that AWS sent has its code and OPERATION:CODE, with "Secret" for each of Secrets Manager, one
# that botocore raised its classes, and CLASS:CLASS with the class of the error inside it.
_MEANINGS = (
    ("CA401", "AssumeRole:AccessDenied",
     "AWS did not let {source} assume the role {role_arn} ({message})",
     "allow that identity sts:AssumeRole on the role, and name it in the role's trust policy"),
    ("CA402", "AssumeRoleWithWebIdentity:AccessDenied",
     "AWS did not let {source} assume the role {role_arn} (claims: {claims})",
     "allow sts:AssumeRoleWithWebIdentity for that issuer, audience and subject in the role's trust policy, "
     "or correct role_arn"),
    ("CA403", "AssumeRoleWithWebIdentity:InvalidIdentityToken AssumeRoleWithWebIdentity:IDPRejectedClaim",
     "AWS rejected {source} ({message}; claims: {claims})",
     "add an IAM identity provider for that issuer and audience to {role_account}, or request another audience"),
    ("CA404", "AssumeRoleWithWebIdentity:ExpiredTokenException",
     "{source} has expired",
     "use a token that lives as long as the job (GitLab: `timeout` of the job), or set this machine's clock"),
    ("CA601", "Secret:AccessDeniedException",
     "AWS refused {operation} on {secret} to {identity} ({message})",
     "allow that identity secretsmanager:{operation} on the secret, and {kms} on its key if that is your own"),
    ("CA602", "Secret:ResourceNotFoundException",
     "the secret {secret} does not exist, or holds no token yet ({message})",
     "check auth_token_secret, or rotate the secret once"),
    ("CA603", "Secret:InvalidRequestException",
     "the secret {secret} cannot be used ({message})",
     "restore it if it is marked for deletion (`aws secretsmanager restore-secret`), or set another one"),
    ("CA604", "Secret:DecryptionFailure Secret:EncryptionFailure",
     "AWS cannot use the KMS key of the secret {secret}",
     "check that it exists and is enabled"),
    ("CA405", "AccessDenied AccessDeniedException",
     "AWS refused {operation} on {repository} to {identity} ({message})",
     "allow that identity codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken, "
     "or set another one in keyringrc.cfg"),
    ("CA406", "GetRepositoryEndpoint:ResourceNotFoundException",
     "repository '{name}' does not exist in {repository}",
     "check the repository in the index URL, or create it"),
    ("CA407", "ResourceNotFoundException",
     "{repository} does not exist",
     "check domain, domain owner and region in the index URL"),
    ("CA408", "THROTTLED",
     "AWS throttles {operation}",
     "start fewer jobs at once, let more of them share a cache or a token, or raise throttle_timeout"),
    ("CA409", "ExpiredToken ExpiredTokenException RequestExpired",
     "the credentials of {identity} have expired",
     "renew them and try again"),
    ("CA410", "InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId",
     "AWS does not know the access key of {identity}",
     "check the key ID, and the session token if there is one"),
    ("CA411", "SKEWED",
     "this machine's clock differs from AWS' by {skew} s",
     "set it: AWS rejects signatures that are off by 5 minutes"),
    # Without AWS' message, which repeats the request with its session token.
    ("CA412", _INVALID_SIGNATURE,
     "AWS rejected the credentials from {identity}: signature mismatch",
     "check the secret access key and this machine's clock"),
    ("CA413", "ValidationException ValidationError",
     "AWS rejected {operation} as invalid ({message})",
     "check the index URL, token_duration and the names in keyringrc.cfg"),
    # Without the message, which may be another server's, such as a proxy's.
    ("CA414", "ClientError",
     "AWS responded to {operation} with {code}, HTTP {status}",
     "check the settings for {repository}, or try again later"),
    ("CA415", "NoCredentialsError",
     "no AWS credentials found for {repository}",
     "set profile_name or aws_access_key_id in keyringrc.cfg, "
     "or AWS_PROFILE or AWS_ACCESS_KEY_ID in the environment"),
    ("CA416", "PartialCredentialsError",
     "{source} lacks {missing}",
     "complete the credentials in the AWS files or the environment"),
    ("CA417", "CredentialRetrievalError MetadataRetrievalError",
     "no credentials for {source}: {provider} failed",
     "check whether `aws sts get-caller-identity{profile_option}` works"),
    ("CA418", "ProfileNotFound",
     "the AWS profile '{profile}' ({profile_origin}) does not exist",
     "run `aws configure list-profiles` to see those that do"),
    ("CA419", "SSOError TokenRetrievalError",
     "the SSO session of {source} has expired or was never started",
     "run `aws sso login{profile_option}`"),
    ("CA420", "ConfigParseError:UnicodeDecodeError",
     "the AWS file {path} cannot be read in this locale's encoding",
     "save the file in UTF-8, and set a UTF-8 locale or PYTHONUTF8=1"),
    ("CA420", "ConfigParseError",
     "the AWS file {path} cannot be parsed",
     "correct its syntax"),
    ("CA501", "ConnectTimeoutError ReadTimeoutError",
     "no response from {endpoint} in time ({attempts} attempts)",
     "check network, proxy and VPC endpoint"),
    ("CA502", "SSLError",
     "the TLS certificate of {endpoint} cannot be verified",
     "set AWS_CA_BUNDLE, or verify in keyringrc.cfg, to the CA bundle of any proxy in between"),
    ("CA503", "ProxyConnectionError",
     "the proxy to AWS does not respond",
     "check HTTPS_PROXY and NO_PROXY"),
    ("CA507", "HTTPClientError:ValueError",
     "the credentials of {identity} contain a character that cannot be sent",
     "copy key ID, secret and session token again, without line breaks"),
    ("CA504", "ConnectionError HTTPClientError",
     "cannot connect to {endpoint}",
     "check the region in the index URL, name resolution, HTTPS_PROXY and endpoint_url"),
    ("CA422", "FileNotFoundError PermissionError",
     "{source} needs {filename}, which cannot be read",
     "check AWS_WEB_IDENTITY_TOKEN_FILE and the files named in the AWS configuration"),
    ("CA505", "ResponseParserError KeyError",
     "unexpected response, not from AWS ({failure})",
     "check HTTPS_PROXY, endpoint_url and sts_endpoint_url"),
    ("CA423", "ValueError",
     "a request with {source} failed: botocore rejected a setting",
     "check AWS_ENDPOINT_URL and the AWS configuration, or set CODEARTIFACT_DEBUG=1 for the traceback"),
    ("CA424", "Exception",
     "a request with {source} failed with {failure}",
     "set CODEARTIFACT_DEBUG=1 for the traceback"),
)  # fmt: skip


def aws_error(error: Exception, repository: Repository, settings: Settings, claims: object = None) -> CodeArtifactError:
    """Return the error for people that ``error`` of botocore means, with the claims of the CI's OIDC token if any."""
    fields = _fields(error, repository, settings) | {"claims": claims or "unknown"}
    kinds = {parent.__name__ for parent in type(error).__mro__}
    inner = type(getattr(error, "kwargs", {}).get("error")).__name__
    aws_code, operation = fields["code"], fields["operation"]
    subject = "Secret" if operation in _SECRET_OPERATIONS else operation
    names = kinds | {f"{kind}:{inner}" for kind in kinds} | {aws_code, f"{subject}:{aws_code}"}
    if aws_code in _INVALID_SIGNATURE.split() and abs(fields["skew"]) > _MAX_SKEW:
        names.add("SKEWED")
    if is_throttled(aws_code, fields["status"]):
        names = {"THROTTLED"}
    code, _, *texts = next(row for row in _MEANINGS if not names.isdisjoint(row[1].split()))
    cause, remedy = (text.format_map(fields) for text in texts)
    if kinds & _CONFIGURATION:
        return ConfigurationError(code, cause, remedy)
    if "THROTTLED" in names:
        return ThrottledError(code, cause, remedy, fields["retry_after"])
    is_answer = fields["status"] in _REFUSALS
    return AWSError(code, cause, remedy, answer=(operation, aws_code), is_answer=is_answer)


def _fields(error: Exception, repository: Repository, settings: Settings) -> dict[str, Any]:
    """Return what messages may contain of ``error``: nothing in it is secret."""
    kwargs: dict[str, Any] = getattr(error, "kwargs", {})
    name = type(error).__name__
    response = getattr(error, "response", None) or {}
    metadata, answer = response.get("ResponseMetadata", {}), response.get("Error", {})
    headers = metadata.get("HTTPHeaders", {})
    profile = settings.source.value if settings.source.option == "profile_name" else ""
    role, operation = settings.role, getattr(error, "operation_name", "?")
    return {
        "attempts": settings.max_attempts,
        "code": redact(answer.get("Code", "?"))[:_MAX_CODE_LENGTH],
        "endpoint": endpoint(kwargs.get("endpoint_url")),
        "failure": redact(f"{name}: {error}") if name in _SAFE_MESSAGES else name,
        "filename": redact(getattr(error, "filename", None)),
        "identity": f"the role {role.arn}" if role else settings.source,
        # AWS Secrets Manager user guide, "Permissions for the KMS key".
        "kms": "kms:GenerateDataKey and kms:Decrypt" if operation == "PutSecretValue" else "kms:Decrypt",
        "message": redact(answer.get("Message", ""))[:_MAX_MESSAGE_LENGTH],
        "missing": kwargs.get("cred_var"),
        "name": repository.name,
        "operation": operation,
        "path": redact(kwargs.get("path")),
        "profile": redact(kwargs.get("profile")),
        "profile_option": f" --profile {redact(profile)}" if profile else "",
        "profile_origin": settings.origins.get("profile_name", "AWS_PROFILE"),
        "provider": kwargs.get("provider", "the metadata service"),
        "repository": repository,
        "role_account": f"account {role.arn.split(':')[4]}" if role else "the role's account",
        "retry_after": _seconds(headers.get("retry-after", "")),
        "role_arn": role.arn if role else "of its profile",
        "secret": settings.auth_token_secret,
        "skew": _skew(headers.get("date", "")),
        "source": settings.source,
        "status": metadata.get("HTTPStatusCode", "?"),
    }


def _seconds(text: str) -> float:
    """Return the ``Retry-After`` of a response that gives it in seconds, as AWS does, else 0."""
    return float(text) if re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", text, re.ASCII) else 0


def _skew(date: str) -> int:
    """Return by how many seconds this machine's clock is ahead of the ``Date`` header of a response (RFC 9110)."""
    try:
        return round(time.time() - parsedate_to_datetime(date).timestamp())
    except (TypeError, ValueError, OverflowError):
        return 0


def endpoint(url: object) -> str:
    """Return scheme, host and port of ``url``, without userinfo and query, which may be secret."""
    match = re.match(r"(https?://)(?:[^/?#]*@)?([^/?#@]*)", str(url))
    return match[1] + match[2] if match else "AWS"
