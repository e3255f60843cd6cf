"""The steps of a rotation: what each requests, stores and moves, also if it is repeated, and that errors hide causes."""

import json
import os
import re
from datetime import datetime, timedelta, timezone

import pytest

from keyrings.codeartifact.errors import CodeArtifactError
from keyrings.codeartifact.rotation import handler
from support.stubbed_aws import StubbedAWS

HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
URL = f"https://{HOST}/pypi/release/simple/"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:codeartifact-AbCdEf"
OLD, NEW = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
DOMAIN = {"domain": "acme", "domain_owner": "111122223333", "region": "us-east-1"}
CALL = "let Secrets Manager call this function [CA608]"
EXPIRES = datetime(2099, 1, 1, tzinfo=timezone.utc)
VALUE = json.dumps({**DOMAIN, "token": "t0ken", "expires": "2099-01-01T00:00:00Z"})


@pytest.fixture
def aws(monkeypatch, tmp_path):
    """AWS, and the environment of the function."""
    for name in os.environ:
        if name.startswith(("AWS_", "CODEARTIFACT_")):
            monkeypatch.delenv(name)
    environ = {
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "CODEARTIFACT_AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "CODEARTIFACT_AWS_SECRET_ACCESS_KEY": "MARKED-secret",
        "CODEARTIFACT_CONFIG": "[codeartifact]\ntoken_duration = 900\n",
        "CODEARTIFACT_INDEX_URL": URL,
        # What readers have set, and a rotation ignores.
        "CODEARTIFACT_AUTH_TOKEN": "MARKED-token",
        "CODEARTIFACT_AUTH_TOKEN_SECRET": SECRET.replace("AbCdEf", "UvWxYz"),
        # Nothing listens there.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "",
        "no_proxy": "",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    aws = StubbedAWS(monkeypatch)
    yield aws
    aws.check()


def call(step):
    handler({"Step": step, "SecretId": SECRET, "ClientRequestToken": NEW}, None)


def error(step):
    """Return the line of the error that a step raises, of which nothing else may reach Lambda's log."""
    with pytest.raises(CodeArtifactError) as caught:
        call(step)
    assert type(caught.value) is CodeArtifactError
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return str(caught.value)


def describe(aws, *new, old=("AWSCURRENT",)):
    stages = {version: list(found) for version, found in ((OLD, old), (NEW, new)) if found}
    aws.respond("describe_secret", {"VersionIdsToStages": stages}, SecretId=SECRET)


def pending(aws, value):
    """Have the new version this value, None for no value yet."""
    expected = {"SecretId": SECRET, "VersionId": NEW, "VersionStage": "AWSPENDING"}
    if value is None:
        aws.fail("get_secret_value", "ResourceNotFoundException", **expected)
    else:
        aws.respond("get_secret_value", {"SecretString": value}, **expected)


def issue(aws):
    response = {"authorizationToken": "t0ken", "expiration": EXPIRES}
    expected = {"domain": "acme", "domainOwner": "111122223333", "durationSeconds": 43200}
    aws.respond("get_authorization_token", response, **expected)


PUT = {"SecretId": SECRET, "ClientRequestToken": NEW, "SecretString": VALUE, "VersionStages": ["AWSPENDING"]}
MOVE = {"SecretId": SECRET, "VersionStage": "AWSCURRENT", "MoveToVersionId": NEW, "RemoveFromVersionId": OLD}


def test_the_first_step_stores_a_new_token_of_the_longest_life(aws):
    describe(aws, "AWSPENDING")
    pending(aws, None)
    issue(aws)
    aws.respond("put_secret_value", {}, **PUT)
    call("createSecret")
    secrets = ("secretsmanager", "eu-west-1")
    assert aws.clients == [secrets, secrets, ("codeartifact", "us-east-1"), secrets]


def test_the_first_step_repeated_stores_nothing(aws):
    describe(aws, "AWSPENDING")
    pending(aws, VALUE)
    call("createSecret")


def test_another_call_that_has_stored_a_token_meanwhile_is_no_error(aws):
    describe(aws, "AWSPENDING")
    pending(aws, None)
    issue(aws)
    aws.fail("put_secret_value", "ResourceExistsException", **PUT)
    call("createSecret")


REFUSED = rf"AWS refused {{}} on {SECRET} to access key …MPLE \(CODEARTIFACT_AWS_ACCESS_KEY_ID\) .*"


def test_a_value_that_may_not_be_read_is_not_replaced(aws):
    describe(aws, "AWSPENDING")
    aws.fail("get_secret_value", "AccessDeniedException", SecretId=SECRET, VersionId=NEW, VersionStage="AWSPENDING")
    assert re.fullmatch(REFUSED.format("GetSecretValue"), error("createSecret"))


def test_a_value_that_may_not_be_written_is_an_error(aws):
    describe(aws, "AWSPENDING")
    pending(aws, None)
    issue(aws)
    aws.fail("put_secret_value", "AccessDeniedException", **PUT)
    assert re.fullmatch(REFUSED.format("PutSecretValue"), error("createSecret"))


def expiring(**left):
    """Return a value whose token has this life left, and when it expires."""
    expires = (datetime.now(timezone.utc) + timedelta(**left)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({**DOMAIN, "token": "t0ken", "expires": expires}), expires


def test_a_token_of_a_late_repetition_is_given_up(aws):
    """A stored version cannot be changed: without its stage, the next rotation has another one."""
    value, expires = expiring(hours=5, minutes=59)
    describe(aws, "AWSPENDING")
    pending(aws, value)
    expected = {"SecretId": SECRET, "VersionStage": "AWSPENDING", "RemoveFromVersionId": NEW}
    aws.respond("update_secret_version_stage", {}, **expected)
    assert error("createSecret") == (
        f"the token in the secret {SECRET} expires too soon, at {expires}; "
        "check its rotation, and this machine's clock [CA607]"
    )


@pytest.mark.parametrize("step", ["testSecret", "finishSecret"])
@pytest.mark.parametrize("value", [None, "x", "{}"])
def test_what_is_no_token_does_not_become_the_current_one(aws, step, value):
    describe(aws, "AWSPENDING")
    pending(aws, value)
    assert error(step).startswith(f"the secret {SECRET} contains no shared token; ")


def test_a_token_that_the_index_has_not_accepted_is_an_error(aws):
    describe(aws, "AWSPENDING")
    pending(aws, VALUE)
    assert error("testSecret") == (
        f"{URL} is unreachable (ConnectionRefusedError); give the function a route to the index [CA609]"
    )


def test_the_last_step_moves_the_stage(aws):
    describe(aws, "AWSPENDING")
    pending(aws, expiring(hours=6, minutes=1)[0])
    describe(aws, "AWSPENDING")
    aws.respond("update_secret_version_stage", {}, **MOVE)
    call("finishSecret")


def test_the_first_version_of_a_secret_replaces_none(aws):
    describe(aws, "AWSPENDING", old=())
    pending(aws, VALUE)
    describe(aws, "AWSPENDING", old=())
    aws.respond("update_secret_version_stage", {}, SecretId=SECRET, VersionStage="AWSCURRENT", MoveToVersionId=NEW)
    call("finishSecret")


@pytest.mark.parametrize("is_moved", [True, False])
def test_only_a_stage_that_another_call_has_moved_makes_a_failure_no_error(aws, is_moved):
    describe(aws, "AWSPENDING")
    pending(aws, VALUE)
    describe(aws, "AWSPENDING")
    aws.fail("update_secret_version_stage", "InvalidParameterException", **MOVE)
    describe(aws, *(["AWSCURRENT"] if is_moved else ["AWSPENDING"]), old=())
    if is_moved:
        call("finishSecret")
    else:
        assert error("finishSecret").startswith("AWS responded to UpdateSecretVersionStage with ")


def test_the_second_step_does_nothing(aws):
    describe(aws, "AWSPENDING")
    call("setSecret")


@pytest.mark.parametrize("step", ["createSecret", "setSecret", "testSecret", "finishSecret"])
def test_a_rotation_that_is_finished(aws, step):
    describe(aws, "AWSCURRENT", "AWSPENDING", old=())
    call(step)


@pytest.mark.parametrize("stages", [(), ("AWSPREVIOUS",)])
def test_a_version_that_is_not_being_rotated_to(aws, stages):
    describe(aws, *stages)
    assert error("createSecret") == f"the version {NEW} of {SECRET} is not AWSPENDING; {CALL}"


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(None, id="none"),
        pytest.param({}, id="empty"),
        pytest.param({"SecretId": SECRET, "ClientRequestToken": NEW}, id="no step"),
        pytest.param({"SecretId": SECRET, "ClientRequestToken": NEW, "Step": "dropSecret"}, id="another step"),
        pytest.param({"SecretId": SECRET, "ClientRequestToken": NEW, "Step": ["setSecret"]}, id="a step in a list"),
        pytest.param({"SecretId": SECRET, "Step": "setSecret"}, id="no version"),
        pytest.param({"SecretId": "codeartifact", "ClientRequestToken": NEW, "Step": "setSecret"}, id="no ARN"),
        pytest.param({"SecretId": 1, "ClientRequestToken": NEW, "Step": "setSecret"}, id="a number"),
    ],
)
def test_other_events_are_an_error(aws, event):
    with pytest.raises(CodeArtifactError) as caught:
        handler(event, None)
    assert str(caught.value) == f"the event is not a rotation step; {CALL}"


def test_a_function_without_a_repository_is_an_error(aws, monkeypatch):
    monkeypatch.delenv("CODEARTIFACT_INDEX_URL")
    assert error("setSecret").startswith("no URL is given, and the environment names no repository; ")
