"""The errors that botocore's failures become; their texts are repeated only where they can contain no secret."""

import re
import subprocess
import sys

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError

from keyrings.codeartifact.aws.errors import _MEANINGS, aws_error
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ThrottledError
from keyrings.codeartifact.index_url import parse_repository

RELEASE = parse_repository("https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/")
ROLE = "arn:aws:iam::111122223333:role/reader"
KEYS = "aws_access_key_id = AKIASECTION000000001\naws_secret_access_key = s3cret\n"
SOURCE = "access key …0001 ([codeartifact] of CODEARTIFACT_CONFIG)"


def line(error, options=KEYS):
    settings = resolve(RELEASE, {"CODEARTIFACT_CONFIG": f"[codeartifact]\n{options}"})
    return str(aws_error(error, RELEASE, settings))


def client_error(code, message="the message of AWS", operation="GetAuthorizationToken"):
    return exceptions.ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("codes", "cause"),
    [
        ("AccessDenied AccessDeniedException", "AWS refused GetAuthorizationToken on"),
        (
            "ResourceNotFoundException",
            "CodeArtifact domain 'acme' (owner 111122223333) in us-east-1 does not exist; check domain, domain owner",
        ),
        (
            "Throttling ThrottlingException ThrottledException TooManyRequestsException",
            "AWS throttles GetAuthorizationToken; start fewer jobs at once",
        ),
        ("ExpiredToken ExpiredTokenException RequestExpired", f"the credentials of {SOURCE} have expired"),
        (
            "InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId",
            f"AWS does not know the access key of {SOURCE}",
        ),
        (
            "SignatureDoesNotMatch InvalidSignatureException IncompleteSignature",
            f"AWS rejected the credentials from {SOURCE}: signature mismatch; check the secret access key",
        ),
        ("ValidationException ValidationError", "AWS rejected GetAuthorizationToken as invalid (the message of AWS)"),
        ("Anything", "AWS responded to GetAuthorizationToken with Anything, HTTP ?;"),
    ],
)
def test_codes(codes, cause):
    for code in codes.split():
        assert line(client_error(code)).startswith(cause)


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "ExpiredToken", "Anything", "400"])
def test_messages_that_may_contain_the_request_are_not_repeated(code):
    assert "MARKED" not in line(client_error(code, "x-amz-security-token:MARKED"))


@pytest.mark.parametrize(
    "secret", ["A" * 65, "eyJ" + "a-_9" * 200, "Fwo/" * 60, "IQoJ+" * 20], ids=["65", "token", "session token", "plus"]
)
def test_text_that_looks_like_a_secret_is_not_repeated(secret):
    assert f"(the token is {'…'}" in line(client_error("AccessDenied", f"the token is {secret}"))


@pytest.mark.parametrize("before", [0, 200, 250, 290])
def test_a_secret_is_recognized_before_the_message_is_truncated(before):
    assert "MARKED" not in line(client_error("AccessDenied", "." * before + "MARKED" + "a" * 1000))
    assert "MARKED" not in line(client_error("MARKED" + "a" * 1000))


@pytest.mark.parametrize("date", ["Mon, 01 Jan 999999999999 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "x", ""])
def test_an_invalid_date_is_ignored(date):
    answer = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPHeaders": {"date": date}}}
    assert line(exceptions.ClientError(answer, "GetAuthorizationToken")).startswith("AWS refused GetAuthorizationToken")


def test_a_principal_is_repeated():
    arn = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/jane@acme.example"
    assert arn in line(client_error("AccessDenied", f"User: {arn} is not authorized"))


def test_long_messages_are_truncated():
    assert len(line(client_error("AccessDenied", "word " * 1000))) < 800
    assert len(line(client_error("C." * 500))) < 400


@pytest.mark.parametrize(
    ("options", "operation", "cause"),
    [
        pytest.param(f"{KEYS}role_arn = {ROLE}\n", "AssumeRole", f"AWS did not let {SOURCE} assume the role {ROLE} (", id="role"),
        pytest.param("profile_name = p\n", "AssumeRole", "AWS did not let profile 'p' ([codeartifact] of CODEARTIFACT_CONFIG) assume the role of its profile (", id="a profile's role"),
        pytest.param(f"{KEYS}role_arn = {ROLE}\n", "GetAuthorizationToken", f"AWS refused GetAuthorizationToken on CodeArtifact domain 'acme' (owner 111122223333) in us-east-1 to the role {ROLE} (", id="in the role"),
    ],
)  # fmt: skip
def test_access_denied(options, operation, cause):
    assert line(client_error("AccessDenied", operation=operation), options).startswith(cause)


@pytest.mark.parametrize(
    ("operation", "keys"),
    [
        ("DescribeSecret", "kms:Decrypt"),
        ("GetSecretValue", "kms:Decrypt"),
        ("PutSecretValue", "kms:GenerateDataKey and kms:Decrypt"),
        ("UpdateSecretVersionStage", "kms:Decrypt"),
    ],
)
def test_a_secret_is_what_an_operation_on_it_is_about(operation, keys):
    secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:codeartifact-A1b2C3"
    options = f"auth_token_secret = {secret}\n"
    assert line(client_error("AccessDeniedException", operation=operation), options) == (
        f"AWS refused {operation} on {secret} to the AWS default chain (the message of AWS); allow that identity secretsmanager:{operation} on the secret, "
        f"and {keys} on its key if that is your own [CA601]"
    )
    missing = line(client_error("ResourceNotFoundException", operation=operation), options)
    assert missing.startswith(f"the secret {secret} does not exist, or holds no token yet")


ENDPOINT = {"endpoint_url": "https://user:MARKED@host.example:8443/v1?token=MARKED", "error": "MARKED"}
FAILURES = [
    (exceptions.NoCredentialsError(), "no AWS credentials found for CodeArtifact domain 'acme' (owner 111122223333) in us-east-1; set profile_name or"),
    (exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), f"{SOURCE} lacks AWS_SECRET_ACCESS_KEY;"),
    (exceptions.ProfileNotFound(profile="gone"), "the AWS profile 'gone' (AWS_PROFILE) does not exist;"),
    (exceptions.CredentialRetrievalError(provider="custom-process", error_msg="MARKED"), f"no credentials for {SOURCE}: custom-process failed;"),
    (exceptions.UnauthorizedSSOTokenError(), f"the SSO session of {SOURCE} has expired or was never started; run `aws sso login`"),
    (exceptions.SSOTokenLoadError(error_msg="MARKED"), f"the SSO session of {SOURCE} has expired"),
    (exceptions.TokenRetrievalError(provider="sso", error_msg="MARKED"), f"the SSO session of {SOURCE} has expired"),
    (exceptions.ConfigParseError(path="/aws/config"), "the AWS file /aws/config cannot be parsed;"),
    (exceptions.ConnectTimeoutError(**ENDPOINT), "no response from https://host.example:8443 in time (3 attempts);"),
    (exceptions.ReadTimeoutError(**ENDPOINT), "no response from https://host.example:8443 in time (3 attempts);"),
    (exceptions.SSLError(**ENDPOINT), "the TLS certificate of https://host.example:8443 cannot be verified;"),
    (exceptions.ProxyConnectionError(proxy_url="http://user:MARKED@proxy"), "the proxy to AWS does not respond; check HTTPS_PROXY"),
    (exceptions.EndpointConnectionError(**ENDPOINT), "cannot connect to https://host.example:8443;"),
    (exceptions.ConnectionClosedError(**ENDPOINT), "cannot connect to https://host.example:8443;"),
    (exceptions.HTTPClientError(error="MARKED"), "cannot connect to AWS;"),
    (exceptions.InvalidConfigError(error_msg="Invalid CA bundle"), f"a request with {SOURCE} failed with InvalidConfigError: Invalid CA bundle;"),
    (exceptions.MissingDependencyException(msg="MARKED"), f"a request with {SOURCE} failed with MissingDependencyException;"),
    (ResponseParserError("<SecretAccessKey>MARKED"), "unexpected response, not from AWS (ResponseParserError);"),
    (ValueError("Invalid endpoint: user:MARKED@host"), f"a request with {SOURCE} failed: botocore rejected a setting;"),
    (exceptions.HTTPClientError(error=ValueError("MARKED")), f"the credentials of {SOURCE} contain a character that cannot be sent;"),
    (FileNotFoundError(2, "No such file", "/aws/token"), f"{SOURCE} needs /aws/token, which cannot be read;"),
    (RuntimeError("MARKED"), f"a request with {SOURCE} failed with RuntimeError;"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "cause"), FAILURES, ids=[type(error).__name__ for error, _ in FAILURES])
def test_failures(error, cause):
    assert line(error).startswith(cause)
    assert "MARKED" not in line(error)


def test_a_command_to_run_names_the_profile():
    message = line(exceptions.UnauthorizedSSOTokenError(), "profile_name = team\n")
    assert message.endswith("; run `aws sso login --profile team` [CA419]")


def test_control_characters_do_not_reach_a_terminal():
    message = line(client_error("AccessDenied", "\x1b[2J\x1b]0;own\x07 \x9b1m \u202e \x00"))
    assert message.isprintable()


def unreadable(encoding):
    """Return the error for an AWS file that is not in this encoding."""
    return exceptions.ConfigParseError(path="/aws/config", error=UnicodeDecodeError(encoding, b"\xc3", 0, 1, "MARKED"))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("7", 7),
        ("1.5", 1.5),
        ("-1", 0),
        ("1e3", 0),
        ("Fri, 31 Dec 2027 23:59:59 GMT", 0),
        ("9999999", 0),
        ("٣", 0),
    ],
)
def test_the_wait_that_a_throttled_response_asks_for(header, seconds):
    response = {
        "Error": {"Code": "Anything"},
        "ResponseMetadata": {"HTTPStatusCode": 429, "HTTPHeaders": {"retry-after": header}},
    }
    error = aws_error(
        exceptions.ClientError(response, "AssumeRole"), RELEASE, resolve(RELEASE, {"CODEARTIFACT_CONFIG": "#"})
    )
    assert (type(error), error.cause, error.retry_after) == (ThrottledError, "AWS throttles AssumeRole", seconds)


SKEWED = {"ResponseMetadata": {"HTTPHeaders": {"date": "Mon, 01 Jan 2001 00:00:00 GMT"}}}
# A failure for each row of the table, in its order.
ROWS = [
    client_error("AccessDenied", operation="AssumeRole"),
    client_error("AccessDenied", operation="AssumeRoleWithWebIdentity"),
    client_error("InvalidIdentityToken", operation="AssumeRoleWithWebIdentity"),
    client_error("ExpiredTokenException", operation="AssumeRoleWithWebIdentity"),
    client_error("AccessDeniedException", operation="GetSecretValue"),
    client_error("ResourceNotFoundException", operation="GetSecretValue"),
    client_error("InvalidRequestException", operation="GetSecretValue"),
    client_error("DecryptionFailure", operation="GetSecretValue"),
    client_error("AccessDeniedException"),
    client_error("ResourceNotFoundException", operation="GetRepositoryEndpoint"),
    client_error("ResourceNotFoundException"),
    client_error("ThrottlingException"),
    client_error("ExpiredTokenException"),
    client_error("UnrecognizedClientException"),
    exceptions.ClientError({"Error": {"Code": "SignatureDoesNotMatch"}, **SKEWED}, "GetAuthorizationToken"),
    client_error("SignatureDoesNotMatch"),
    client_error("ValidationException"),
    client_error("Anything"),
    exceptions.NoCredentialsError(),
    exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
    exceptions.MetadataRetrievalError(error_msg="MARKED"),
    exceptions.ProfileNotFound(profile="gone"),
    exceptions.UnauthorizedSSOTokenError(),
    unreadable("ascii"),
    exceptions.ConfigParseError(path="/aws/config"),
    exceptions.ReadTimeoutError(**ENDPOINT),
    exceptions.SSLError(**ENDPOINT),
    exceptions.ProxyConnectionError(proxy_url="http://user:MARKED@proxy"),
    exceptions.HTTPClientError(error=ValueError("MARKED")),
    exceptions.EndpointConnectionError(**ENDPOINT),
    PermissionError(13, "Permission denied", "/aws/token"),
    KeyError("MARKED"),
    ValueError("MARKED"),
    RuntimeError("MARKED"),
]


@pytest.mark.parametrize("number", range(len(_MEANINGS)))
def test_every_row_of_the_table_is_reachable(number):
    assert len(ROWS) == len(_MEANINGS)
    message = line(ROWS[number])
    templates = [re.escape(f"{cause}; {remedy} [{code}]") for code, _, cause, remedy in _MEANINGS]
    matching = [re.fullmatch(re.sub(r"\\{\w+\\}", ".*", template), message) is not None for template in templates]
    assert matching.index(True) == number
    assert sum(matching) == 1
    assert "MARKED" not in message


def test_an_aws_file_that_the_locale_cannot_decode():
    assert line(unreadable("ascii")) == (
        "the AWS file /aws/config cannot be read in this locale's encoding; "
        "save the file in UTF-8, and set a UTF-8 locale or PYTHONUTF8=1 [CA420]"
    )


def test_an_aws_file_in_utf_8_under_a_c_locale(tmp_path):
    """As botocore raises it, in a process with that locale."""
    path = tmp_path / "config"
    path.write_text("[profile ä]\nregion = us-east-1\n", encoding="utf-8")
    script = (
        "import os\n"
        "from keyrings.codeartifact import lookup\n"
        "from keyrings.codeartifact.errors import ConfigurationError\n"
        "from keyrings.codeartifact.models import Repository\n"
        "try:\n"
        "    lookup.get_token(Repository('acme', '111122223333', 'us-east-1'), os.environ)\n"
        "except ConfigurationError as error:\n"
        "    print(error)\n"
    )
    environ = {
        "AWS_CONFIG_FILE": str(path),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "CODEARTIFACT_CACHE": "off",
        "CODEARTIFACT_CONFIG": "#",
        # Python would otherwise use UTF-8 in the C locale.
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
    }
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == (
        f"the AWS file {path} cannot be read in this locale's encoding; "
        "save the file in UTF-8, and set a UTF-8 locale or PYTHONUTF8=1 [CA420]\n"
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (exceptions.ProfileNotFound(profile="gone"), 2),
        (exceptions.ConfigParseError(path="/aws/config"), 2),
        (exceptions.NoCredentialsError(), 1),
        (client_error("AccessDenied"), 1),
    ],
)
def test_the_exit_code_is_that_of_a_configuration_error_where_that_is_at_fault(error, code):
    assert aws_error(error, RELEASE, resolve(RELEASE, {"CODEARTIFACT_CONFIG": "[codeartifact]"})).exit_code == code
