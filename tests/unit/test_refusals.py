"""Each failure is told apart, and what it says of itself is repeated only where it can hold no secret."""

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError

from keyrings.codeartifact.aws.errors import explain
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.index_url import parse

RELEASE = parse("https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/")
ROLE = "arn:aws:iam::111122223333:role/reader"
KEYS = "aws_access_key_id = AKIASECTION000000001\naws_secret_access_key = s3cret\n"
WHO = "access key …0001 ([codeartifact] of CODEARTIFACT_CONFIG)"


def line(error, options=KEYS):
    settings = resolve(RELEASE, {"CODEARTIFACT_CONFIG": f"[codeartifact]\n{options}"})
    return str(explain(error, RELEASE, settings))


def refused(code, message="what AWS says", operation="GetAuthorizationToken"):
    return exceptions.ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("codes", "cause"),
    [
        ("AccessDenied AccessDeniedException", "AWS refused GetAuthorizationToken on"),
        ("ResourceNotFoundException", "there is no CodeArtifact domain 'acme'"),
        ("Throttling ThrottlingException ThrottledException TooManyRequestsException", "AWS throttles"),
        ("ExpiredToken ExpiredTokenException RequestExpired", f"the credentials of {WHO} have expired"),
        (
            "InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId",
            f"AWS does not know the access key of {WHO}",
        ),
        (
            "SignatureDoesNotMatch InvalidSignatureException IncompleteSignature",
            f"AWS did not accept the signature of {WHO}",
        ),
        ("ValidationException ValidationError", "AWS finds fault with GetAuthorizationToken (what AWS says)"),
        ("Anything", "AWS answered GetAuthorizationToken with Anything, HTTP ?;"),
    ],
)
def test_codes(codes, cause):
    for code in codes.split():
        assert line(refused(code)).startswith(cause)


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "ExpiredToken", "Anything", "400"])
def test_what_may_repeat_the_request_is_not_repeated(code):
    assert "MARKED" not in line(refused(code, "x-amz-security-token:MARKED"))


@pytest.mark.parametrize(
    "secret", ["A" * 65, "eyJ" + "a-_9" * 200, "Fwo/" * 60, "IQoJ+" * 20], ids=["65", "token", "session token", "plus"]
)
def test_what_looks_like_a_secret_is_not_repeated(secret):
    assert f"(the token is {'…'}" in line(refused("AccessDenied", f"the token is {secret}"))


@pytest.mark.parametrize("before", [0, 200, 250, 290])
def test_a_secret_is_not_cut_before_it_is_recognised(before):
    assert "MARKED" not in line(refused("AccessDenied", "." * before + "MARKED" + "a" * 1000))
    assert "MARKED" not in line(refused("MARKED" + "a" * 1000))


@pytest.mark.parametrize("date", ["Mon, 01 Jan 999999999999 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "x", ""])
def test_an_odd_date_of_a_server_s_changes_nothing(date):
    answer = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPHeaders": {"date": date}}}
    assert line(exceptions.ClientError(answer, "GetAuthorizationToken")).startswith("AWS refused GetAuthorizationToken")


def test_a_principal_is_repeated():
    arn = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/jane@acme.example"
    assert arn in line(refused("AccessDenied", f"User: {arn} is not authorized"))


def test_long_messages_are_cut():
    assert len(line(refused("AccessDenied", "word " * 1000))) < 800
    assert len(line(refused("C." * 500))) < 400


@pytest.mark.parametrize(
    ("options", "operation", "cause"),
    [
        pytest.param(f"{KEYS}role_arn = {ROLE}\n", "AssumeRole", f"AWS refused {WHO} the role {ROLE} (", id="role"),
        pytest.param("profile_name = p\n", "AssumeRole", "AWS refused profile 'p' ([codeartifact] of CODEARTIFACT_CONFIG) the role of its profile (", id="a profile's role"),
        pytest.param(f"{KEYS}role_arn = {ROLE}\n", "GetAuthorizationToken", f"AWS refused GetAuthorizationToken on CodeArtifact domain 'acme' of account 111122223333 in us-east-1 to the role {ROLE} (", id="in the role"),
    ],
)  # fmt: skip
def test_who_is_refused_what(options, operation, cause):
    assert line(refused("AccessDenied", operation=operation), options).startswith(cause)


ENDPOINT = {"endpoint_url": "https://user:MARKED@host.example:8443/v1?token=MARKED", "error": "MARKED"}
FAILURES = [
    (exceptions.NoCredentialsError(), "no AWS credentials were found for CodeArtifact domain 'acme'"),
    (exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), f"{WHO} lacks AWS_SECRET_ACCESS_KEY;"),
    (exceptions.ProfileNotFound(profile="gone"), "the AWS profile 'gone' (AWS_PROFILE) does not exist;"),
    (exceptions.CredentialRetrievalError(provider="custom-process", error_msg="MARKED"), f"{WHO} has no credentials: getting them by custom-process failed;"),
    (exceptions.UnauthorizedSSOTokenError(), f"the SSO session of {WHO} has expired or was never begun; run `aws sso login`"),
    (exceptions.SSOTokenLoadError(error_msg="MARKED"), f"the SSO session of {WHO} has expired"),
    (exceptions.TokenRetrievalError(provider="sso", error_msg="MARKED"), f"the SSO session of {WHO} has expired"),
    (exceptions.ConfigParseError(path="/aws/config"), "the AWS file /aws/config cannot be parsed;"),
    (exceptions.ConnectTimeoutError(**ENDPOINT), "https://host.example:8443 does not answer in time (3 attempts);"),
    (exceptions.ReadTimeoutError(**ENDPOINT), "https://host.example:8443 does not answer in time (3 attempts);"),
    (exceptions.SSLError(**ENDPOINT), "the TLS certificate of https://host.example:8443 cannot be verified;"),
    (exceptions.ProxyConnectionError(proxy_url="http://user:MARKED@proxy"), "the proxy on the way to AWS does not answer;"),
    (exceptions.EndpointConnectionError(**ENDPOINT), "cannot connect to https://host.example:8443;"),
    (exceptions.ConnectionClosedError(**ENDPOINT), "cannot connect to https://host.example:8443;"),
    (exceptions.HTTPClientError(error="MARKED"), "cannot connect to AWS;"),
    (exceptions.InvalidConfigError(error_msg="Invalid CA bundle"), f"asking as {WHO} failed with InvalidConfigError: Invalid CA bundle;"),
    (exceptions.MissingDependencyException(msg="MARKED"), f"asking as {WHO} failed with MissingDependencyException;"),
    (ResponseParserError("<SecretAccessKey>MARKED"), "what answers for AWS is not AWS (ResponseParserError);"),
    (ValueError("Invalid endpoint: user:MARKED@host"), f"asking as {WHO} failed for a value that botocore cannot use;"),
    (exceptions.HTTPClientError(error=ValueError("MARKED")), f"the credentials of {WHO} hold a character that cannot be sent;"),
    (FileNotFoundError(2, "No such file", "/aws/token"), f"{WHO} needs /aws/token, which cannot be read;"),
    (RuntimeError("MARKED"), f"asking as {WHO} failed with RuntimeError;"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "cause"), FAILURES, ids=[type(error).__name__ for error, _ in FAILURES])
def test_failures(error, cause):
    assert line(error).startswith(cause)
    assert "MARKED" not in line(error)


def test_a_profile_is_named_where_it_has_to_be_named():
    said = line(exceptions.UnauthorizedSSOTokenError(), "profile_name = team\n")
    assert said.endswith("; run `aws sso login --profile team`")


def test_control_characters_do_not_reach_a_terminal():
    said = line(refused("AccessDenied", "\x1b[2J\x1b]0;own\x07 \x9b1m \u202e \x00"))
    assert said.isprintable()
