"""The requests to AWS: their parameters, the errors that AWS' error codes become, and the deadline."""

import socket
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import botocore.session
import pytest
from botocore.stub import Stubber

from keyrings.codeartifact.aws.client import Client
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import AWSError, CodeArtifactError
from keyrings.codeartifact.models import Repository, Token

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
DOMAIN = "CodeArtifact domain 'acme' (owner 111122223333) in us-east-1"
SOURCE = "access key …ASIA (CODEARTIFACT_AWS_ACCESS_KEY_ID)"
EXPIRES = datetime(2099, 1, 1, tzinfo=timezone.utc)


def aws_client(**options):
    """Return a client with static keys and these options."""
    keys = {"aws_access_key_id": "AKIAASIA", "aws_secret_access_key": "MARKED"}
    environ = {f"CODEARTIFACT_{name.upper()}": value for name, value in {**keys, **options}.items()}
    environ["CODEARTIFACT_CONFIG"] = "#"
    return Client(RELEASE, resolve(RELEASE, environ), environ)


@pytest.fixture(autouse=True)
def aws_files(monkeypatch, tmp_path):
    """No AWS configuration, whatever this machine has."""
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))


@pytest.fixture
def stub(monkeypatch):
    """A function that queues a response for the next botocore client; ``sessions`` has the session of each client."""
    create_client = botocore.session.Session.create_client
    queue, stubs = [], []

    def create(session, *arguments, **options):
        client = create_client(session, *arguments, **options)
        stubs.append(Stubber(client))
        stub.sessions.append(session)
        add, *response = queue.pop(0)
        getattr(stubs[-1], f"add_{add}")(*response)
        stubs[-1].activate()
        return client

    def stub(*response):
        queue.append(response)

    stub.sessions = []
    monkeypatch.setattr(botocore.session.Session, "create_client", create)
    yield stub
    assert not queue
    for one in stubs:
        one.assert_no_pending_responses()


@pytest.mark.parametrize("duration", ["0", "900", "43200"])
def test_parameters_of_a_token(stub, duration):
    expected = {"domain": "acme", "domainOwner": "111122223333", "durationSeconds": int(duration)}
    response = {"authorizationToken": "t0ken", "expiration": EXPIRES}
    stub("response", "get_authorization_token", response, expected)
    assert aws_client(token_duration=duration).get_token() == Token("t0ken", EXPIRES.timestamp())


def test_parameters_of_other_requests(stub):
    """All requests of a client have one session."""
    client = aws_client()
    expected = {"domain": "acme", "domainOwner": "111122223333", "repository": "release", "format": "pypi"}
    stub("response", "get_repository_endpoint", {"repositoryEndpoint": "https://x/"}, expected)
    assert client.get_repository_endpoint() == "https://x/"
    stub("response", "get_caller_identity", {"Arn": "arn:aws:iam::111122223333:user/x"}, {})
    assert client.get_caller_arn() == "arn:aws:iam::111122223333:user/x"
    assert len(stub.sessions) == 2
    assert len(set(map(id, stub.sessions))) == 1


@pytest.mark.parametrize(
    ("response", "cause"),
    [
        pytest.param({}, "the response to GetAuthorizationToken contains no usable token", id="no token"),
        pytest.param(
            {"authorizationToken": "two words", "expiration": EXPIRES},
            "the response to GetAuthorizationToken contains no usable token",
            id="blank",
        ),
        pytest.param(
            {"authorizationToken": "t0ken"},
            "the token in the response to GetAuthorizationToken has already expired",
            id="no expiration",
        ),
        pytest.param(
            {"authorizationToken": "t0ken", "expiration": EXPIRES.replace(year=2000)},
            "the token in the response to GetAuthorizationToken has already expired",
            id="expired",
        ),
    ],
)
def test_responses_without_a_usable_token(stub, response, cause):
    stub("response", "get_authorization_token", response, None)
    with pytest.raises(AWSError) as caught:
        aws_client().get_token()
    assert caught.value.cause == cause


def skewed(seconds):
    """Return the header of a response from a server whose clock is ``seconds`` behind this machine's."""
    now = datetime.now(timezone.utc) - timedelta(seconds=seconds)
    return {"HTTPHeaders": {"date": format_datetime(now, usegmt=True)}}


SIGNATURE = (
    f"AWS rejected the credentials from {SOURCE}: signature mismatch",
    "check the secret access key and this machine's clock",
)


@pytest.mark.parametrize(
    ("code", "skew", "cause", "remedy"),
    [
        (
            "AccessDeniedException",
            0,
            f"AWS refused GetAuthorizationToken on {DOMAIN} to {SOURCE} (the message of AWS)",
            "allow that identity codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken, "
            "or set another one in keyringrc.cfg",
        ),
        (
            "ResourceNotFoundException",
            0,
            f"{DOMAIN} does not exist",
            "check domain, domain owner and region in the index URL",
        ),
        ("ExpiredTokenException", 0, f"the credentials of {SOURCE} have expired", "renew them and try again"),
        pytest.param("SignatureDoesNotMatch", 0, *SIGNATURE, id="SignatureDoesNotMatch"),
        pytest.param("SignatureDoesNotMatch", 200, *SIGNATURE, id="SignatureDoesNotMatch, small skew"),
        (
            "ValidationException",
            0,
            "AWS rejected GetAuthorizationToken as invalid (the message of AWS)",
            "check the index URL, token_duration and the names in keyringrc.cfg",
        ),
        (
            "SomethingElse",
            0,
            "AWS responded to GetAuthorizationToken with SomethingElse, HTTP 418",
            f"check the settings for {DOMAIN}, or try again later",
        ),
    ],
)
def test_error_codes(stub, code, skew, cause, remedy):
    stub("client_error", "get_authorization_token", code, "the message of AWS", 418, None, None, skewed(skew))
    with pytest.raises(AWSError) as caught:
        aws_client(max_attempts="2").get_token()
    error = caught.value
    assert (error.cause, error.remedy) == (cause, remedy)
    assert (error.aws_code, error.operation, error.is_answer, error.exit_code) == (
        code,
        "GetAuthorizationToken",
        True,
        1,
    )
    assert "MARKED" not in str(error)


def throttle(stub, retry_after):
    """Queue a throttled response that asks for so many seconds."""
    metadata = {"HTTPHeaders": {"retry-after": retry_after}}
    stub("client_error", "get_authorization_token", "ThrottlingException", "Rate exceeded", 429, None, None, metadata)


def test_a_throttled_request_is_sent_again_with_the_same_credentials(stub):
    throttle(stub, "1")
    stub("response", "get_authorization_token", {"authorizationToken": "t0ken", "expiration": EXPIRES}, None)
    began = time.monotonic()
    assert aws_client(throttle_timeout="3", deadline="0.9").get_token().value == "t0ken"
    assert time.monotonic() - began > 1
    assert len(set(map(id, stub.sessions))) == 1


def test_a_throttled_request_whose_time_is_over(stub):
    throttle(stub, "2")
    with pytest.raises(AWSError) as caught:
        aws_client(throttle_timeout="2").get_token()
    cause = "AWS throttles GetAuthorizationToken (1 request in 0 s)"
    assert (caught.value.cause, caught.value.is_answer) == (cause, True)
    remedy = "start fewer jobs at once, let more of them share a cache or a token, or raise throttle_timeout"
    assert caught.value.remedy == remedy


@pytest.mark.parametrize("skew", [400, -4000])
def test_a_signature_mismatch_with_a_wrong_clock(stub, skew):
    stub("client_error", "get_authorization_token", "InvalidSignatureException", "x", 403, None, None, skewed(skew))
    with pytest.raises(AWSError) as caught:
        aws_client().get_token()
    cause, seconds = caught.value.cause.rsplit(" by ", 1)
    assert cause == "this machine's clock differs from AWS'"
    assert abs(int(seconds.removesuffix(" s")) - skew) <= 5
    assert caught.value.remedy == "set it: AWS rejects signatures that are off by 5 minutes"
    assert caught.value.aws_code == "InvalidSignatureException"


def test_a_missing_repository(stub):
    stub("client_error", "get_repository_endpoint", "ResourceNotFoundException", "x", 404)
    with pytest.raises(AWSError) as caught:
        aws_client().get_repository_endpoint()
    assert caught.value.cause == f"repository 'release' does not exist in {DOMAIN}"
    assert (caught.value.aws_code, caught.value.operation) == ("ResourceNotFoundException", "GetRepositoryEndpoint")


@pytest.fixture
def silent_server():
    """The URL of a server that accepts connections and does not respond."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_the_deadline(silent_server):
    client = aws_client(endpoint_url=silent_server, deadline="0.5", read_timeout="10")
    begin = time.monotonic()
    with pytest.raises(AWSError) as caught:
        client.get_token()
    assert time.monotonic() - begin < 9
    error = caught.value
    assert error.cause == "no response from AWS within 0.5 s"
    assert error.remedy == "check network, proxy and VPC endpoint, or raise the option deadline"
    assert (error.aws_code, error.operation, error.is_answer) == ("", "", False)


def test_a_read_timeout(silent_server):
    client = aws_client(endpoint_url=silent_server, read_timeout="0.2", max_attempts="1")
    with pytest.raises(AWSError) as caught:
        client.get_token()
    assert caught.value.cause == f"no response from {silent_server} in time (1 attempts)"
    assert not caught.value.is_answer


def test_other_errors_of_this_package_are_unchanged(tmp_path):
    """Such as a file with an OIDC token that has been removed since the settings were read."""
    token = tmp_path / "token"
    token.touch()
    client = aws_client(role_arn="arn:aws:iam::111122223333:role/x", web_identity_token_file=str(token))
    token.unlink()
    with pytest.raises(CodeArtifactError, match=r"cannot be read \(No such file or directory\)") as caught:
        client.get_token()
    assert not isinstance(caught.value, AWSError)
