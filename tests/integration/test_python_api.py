"""The Python API, in a program that has a boto3 session or none."""

import os
import re
import time
from dataclasses import fields
from datetime import datetime, timedelta, timezone

import boto3
import pytest

import keyrings.codeartifact
from keyrings.codeartifact import CodeArtifactError, Token, get_token
from keyrings.codeartifact.emulator.faults import Fault
from support.pages import PYTHON
from support.seed import ASK, INDEX, SHARED

ROLE = "arn:aws:iam::111122223333:role/reader"


@pytest.fixture(autouse=True)
def program(home, monkeypatch):
    """This process has the variables of a user, for it is the program."""
    for name in set(os.environ) - set(home.environ):
        if name.startswith(("AWS_", "CODEARTIFACT_")):
            monkeypatch.delenv(name)
    for name, value in home.environ.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def signers(emulator):
    return [entry.access_key_id for entry in emulator.journal.entries(ASK)]


@pytest.fixture
def session(program):
    """Return a function that makes a session with this access key, in another region than the domain's."""

    def make(key="AKIAOTHER00000000001", secret="s3cret", token=None):
        return boto3.Session(key, secret, token, "eu-west-1")

    return make


def test_a_token_with_the_identity_of_the_configuration(emulator):
    token = get_token(INDEX)
    assert token.value in emulator.issued_tokens()
    assert timedelta(minutes=59) < token.expires - datetime.now(timezone.utc) <= timedelta(hours=1)
    assert token.repository == ("acme", "111122223333", "us-east-1", "release")
    assert get_token(INDEX) == token
    assert signers(emulator) == ["AKIACHAIN00000000001"]


def test_no_repr_shows_it(emulator):
    token = get_token(INDEX)
    assert repr(token).startswith("Token(value='…', expires=datetime.datetime(20")
    assert token.value not in repr([token])


def test_a_session_is_used_as_it_is(emulator, session, program):
    program.setenv("CODEARTIFACT_OIDC_AUDIENCE", "of the configuration")
    own = session()
    assert get_token(INDEX, session=own).repository.region == "us-east-1"
    assert own.region_name == "eu-west-1"
    assert get_token(SHARED, session=own).repository.domain == "partner"
    assert signers(emulator) == ["AKIAOTHER00000000001"] * 2


def test_each_session_has_tokens_of_its_own(emulator, session):
    first, second = session(), session("AKIAOTHER00000000002")
    assert len({get_token(INDEX, session=one).value for one in (first, second, first, second)}) == 2
    assert get_token(INDEX).value not in {get_token(INDEX, session=one).value for one in (first, second)}
    assert signers(emulator) == ["AKIAOTHER00000000001", "AKIAOTHER00000000002", "AKIACHAIN00000000001"]


def test_a_session_with_a_role_assumed_by_hand(emulator, session, codeartifact_session):
    sts = codeartifact_session.client("sts")
    keys = sts.assume_role(RoleArn=ROLE, RoleSessionName="notebook")["Credentials"]
    assumed = session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    get_token(INDEX, session=assumed)
    [entry] = emulator.journal.entries(ASK)
    assert (entry.access_key_id, entry.is_temporary) == (keys["AccessKeyId"], True)


def test_the_other_options_apply_to_a_session_too(emulator, session, program):
    program.setenv("CODEARTIFACT_TOKEN_DURATION", "900")
    token = get_token(INDEX, session=session())
    assert token.expires.timestamp() - time.time() < 901
    program.setenv("AWS_ENDPOINT_URL_CODEARTIFACT", "http://codeartifact.example")
    with pytest.raises(CodeArtifactError, match="refusing to send credentials over plain http, to http://codeart"):
        get_token(INDEX, session=session())


def test_plain_http_to_this_machine_passes_a_proxy_by(emulator, session, program):
    """As without a session: the request leaves the proxy out, and is not refused for it."""
    program.setenv("CODEARTIFACT_ENDPOINT_URL", emulator.proxy_url)
    program.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    program.delenv("NO_PROXY")
    program.delenv("no_proxy")
    assert get_token(INDEX, session=session()).value in emulator.issued_tokens()


def test_a_throttled_request_of_a_session_is_not_left_to_botocore(emulator, session, program, calls):
    headers = {"x-amzn-ErrorType": "ThrottlingException", "Retry-After": "1"}
    emulator.faults.add(Fault(ASK, 429, headers, "{}", times=9))
    program.setenv("CODEARTIFACT_THROTTLE_TIMEOUT", "1")
    with pytest.raises(CodeArtifactError, match="AWS throttles GetAuthorizationToken"):
        get_token(INDEX, session=session())
    assert calls() == 1


def test_a_url_of_another_package_format(emulator):
    assert get_token(INDEX.replace("/pypi/release/simple/", "/npm/release/")).value == get_token(INDEX).value


@pytest.mark.parametrize(
    ("url", "code"),
    [("", "CA102"), ("https://example.com/simple/", "CA102"), (INDEX.replace("https", "http"), "CA103")],
)
def test_a_url_of_others(url, code):
    with pytest.raises(CodeArtifactError, match=r"^the URL (is not a CodeArtifact URL|gets no token)") as caught:
        get_token(url)
    assert str(caught.value) == f"{caught.value.cause}; {caught.value.remedy} [{code}]"
    assert caught.value.code == code


def test_a_session_without_credentials(program):
    program.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(CodeArtifactError, match=r"^the boto3 session has no credentials; give it a profile"):
        get_token(INDEX, session=boto3.Session())


def test_a_refusal_names_the_session_and_no_secret(emulator, session):
    emulator.access.is_enforced = True
    with pytest.raises(CodeArtifactError) as caught:
        get_token(INDEX, session=session("AKIAUNKNOWN000000001"))
    expected = r"AWS does not know the access key of access key …0001 \(the boto3 session\); .* \[CA410\]"
    assert re.fullmatch(expected, str(caught.value))


def test_the_public_names():
    assert set(keyrings.codeartifact.__all__) == {"CodeArtifactBackend", "CodeArtifactError", "Token", "get_token"}
    assert all(
        getattr(keyrings.codeartifact, name).__module__.startswith("keyrings.")
        for name in keyrings.codeartifact.__all__
    )
    assert isinstance(Token, type)


@pytest.mark.parametrize("name", ["get_token", "session"])
def test_the_page(emulator, name):
    scope = {}
    exec(PYTHON.block(name), scope)
    assert scope["token"].value in emulator.issued_tokens()
    assert {"value", "expires", "repository"} == {field.name for field in fields(scope["token"])}


def test_all_its_blocks_are_tested():
    assert PYTHON.marked() == ["get_token", "session", "test_domains.py"]
