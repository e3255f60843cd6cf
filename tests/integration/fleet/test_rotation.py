"""Rotations of a shared token, played as Secrets Manager does them: it calls the function with each step."""

import threading
import time
from datetime import datetime

import pytest

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from keyrings.codeartifact.errors import CodeArtifactError
from keyrings.codeartifact.rotation import handler
from support.failures import assert_one_line
from support.fleet import DOMAIN, STEPS, value
from support.project import PATIENCE
from support.seed import ASK, INDEX

OLD = "the-old-token"


@pytest.fixture
def current(secret, emulator):
    """The secret with a token that readers have used so far."""
    secret.put(value(OLD))
    emulator.journal.clear()
    return secret


def fails(secret, step, version):
    """Call a step, which has to fail, and return its line: nothing else of the error reaches Lambda's log."""
    with pytest.raises(CodeArtifactError) as caught:
        secret.call(step, version)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return str(caught.value)


def test_a_rotation(current, emulator, is_accepted):
    version = current.rotate()
    new = current.get()
    life = datetime.fromisoformat(new.pop("expires").replace("Z", "+00:00")).timestamp() - time.time()
    assert is_accepted(new.pop("token"))
    assert new == DOMAIN
    assert 43100 < life <= 43200
    assert sorted(current.stages()[version]) == ["AWSCURRENT", "AWSPENDING"]
    assert current.get("AWSPREVIOUS")["token"] == OLD
    assert [entry.params["duration"] for entry in emulator.journal.entries(ASK)] == ["43200"]


def test_the_policy_of_the_writer_is_enough(current, emulator):
    emulator.access.is_enforced = True
    current.rotate()
    emulator.access.is_enforced = False
    assert current.get()["token"] in emulator.issued_tokens()


def test_any_step_can_be_repeated(current, emulator):
    twice = [step for step in STEPS for _ in range(2)]
    current.rotate([*twice, *STEPS])
    assert len(emulator.journal.entries(ASK)) == 1
    assert current.get()["token"] in emulator.issued_tokens()


FAULTS = {
    "DescribeSecret": aws_error("DescribeSecret", "InternalServiceError", 400),
    "GetSecretValue": aws_error("GetSecretValue", "AccessDeniedException", 400),
    "GetAuthorizationToken": aws_error(ASK, "AccessDeniedException", 403),
    "PutSecretValue": aws_error("PutSecretValue", "EncryptionFailure", 400),
    "UpdateSecretVersionStage": aws_error("UpdateSecretVersionStage", "InvalidParameterException", 400),
    "the index: 401": Fault("ProjectPage", 401, body="no"),
    "the index: 403": Fault("ProjectPage", 403, body="no"),
    "the index: 503": Fault("ProjectPage", 503, body="no"),
    "the index: unreachable": Fault("ProjectPage", cut=True),
}


@pytest.mark.parametrize("name", FAULTS)
def test_any_step_can_fail_and_be_tried_again(current, emulator, name):
    version = current.begin()
    emulator.faults.add(FAULTS[name])
    with pytest.raises(CodeArtifactError):
        current.call_all(version)
    assert emulator.faults.pending() == 0
    assert current.get()["token"] == OLD
    current.call_all(version)
    assert current.get()["token"] in emulator.issued_tokens()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "the index: 403",
            f"{INDEX} refuses the new token: HTTP 403; allow the function's role codeartifact:ReadFromRepository on the repository [CA609]",
        ),
        (
            "the index: unreachable",
            f"{INDEX} is unreachable (RemoteDisconnected); give the function a route to the index [CA609]",
        ),
    ],
)
def test_what_an_index_says(current, emulator, name, message):
    version = current.begin()
    current.call("createSecret", version)
    emulator.faults.add(FAULTS[name])
    assert fails(current, "testSecret", version) == message


@pytest.mark.parametrize("step", ["testSecret", "finishSecret"])
@pytest.mark.parametrize(
    ("text", "message", "code"),
    [
        pytest.param(None, "contains no shared token", "CA605", id="nothing"),
        pytest.param("{}", "contains no shared token", "CA605", id="no token"),
        pytest.param(
            value("x", domain="other"), "holds a token of CodeArtifact domain 'other'", "CA606", id="another domain's"
        ),
        pytest.param(value("x", expires=21500), "expires too soon, at ", "CA607", id="an old one"),
    ],
)
def test_what_is_not_usable_is_not_handed_out(current, step, text, message, code):
    version = current.begin()
    if text is not None:
        current.put(text, version)
    line = fails(current, step, version)
    assert f"secret {current.arn} {message}" in line
    assert line.endswith(f" [{code}]")
    assert current.get()["token"] == OLD


def test_a_rotation_that_is_repeated_too_late_makes_room_for_a_new_one(current, emulator):
    version = current.begin()
    current.put(value("x", expires=21500), version)
    fails(current, "createSecret", version)
    assert current.stages()[version] == []
    assert emulator.journal.entries(ASK) == []
    current.rotate()
    assert current.get()["token"] in emulator.issued_tokens()


@pytest.mark.parametrize("step", STEPS)
def test_a_version_that_is_not_being_rotated_to(current, emulator, step):
    version = "00000000-0000-0000-0000-000000000000"
    message = (
        f"the version {version} of {current.arn} is not AWSPENDING; let Secrets Manager call this function [CA608]"
    )
    assert fails(current, step, version) == message
    assert len(emulator.journal.entries()) == 1


@pytest.mark.parametrize(
    "change", [{"Step": "deleteSecret"}, {"Step": None}, {"SecretId": "name"}, {"SecretId": None}], ids=str
)
def test_an_event_that_is_none(current, emulator, change):
    event = {"Step": STEPS[0], "SecretId": current.arn, "ClientRequestToken": current.begin()} | change
    event = {name: text for name, text in event.items() if text is not None}
    with pytest.raises(
        CodeArtifactError, match=r"^the event is not a rotation step; let Secrets Manager call this function \[CA608\]$"
    ):
        handler(event, None)
    assert emulator.journal.entries() == []


def test_a_function_without_a_repository(current, monkeypatch):
    monkeypatch.delenv("CODEARTIFACT_INDEX_URL")
    line = fails(current, STEPS[0], current.begin())
    assert "CODEARTIFACT_INDEX_URL" in line
    assert line.endswith(" [CA101]")


def test_settings_of_readers_do_not_apply(current, monkeypatch, emulator):
    """Neither does the writer read what it has written, nor hand out a token that is set, nor one that is short-lived."""
    monkeypatch.setenv("CODEARTIFACT_AUTH_TOKEN", "set")
    monkeypatch.setenv("CODEARTIFACT_AUTH_TOKEN_SECRET", current.arn)
    monkeypatch.setenv("CODEARTIFACT_TOKEN_DURATION", "900")
    current.rotate()
    assert current.get()["token"] in emulator.issued_tokens()
    assert [entry.params["duration"] for entry in emulator.journal.entries(ASK)] == ["43200"]


def test_two_calls_of_the_first_step_at_once(current, emulator):
    """AWS keeps the value of the first."""
    version = current.begin()
    emulator.faults.add(aws_error("PutSecretValue", "ResourceExistsException", 400))
    current.call("createSecret", version)
    assert "contains no shared token" in fails(current, "testSecret", version)


def test_two_calls_of_the_last_step_at_once(current, emulator):
    version = current.begin()
    for step in STEPS[:3]:
        current.call(step, version)
    refused = aws_error("UpdateSecretVersionStage", "InvalidParameterException", 400)
    emulator.faults.add(Fault(refused.operation, 400, refused.headers, refused.body, hang=0.5))
    slow = threading.Thread(target=current.call, args=("finishSecret", version))
    slow.start()
    while not emulator.journal.entries("UpdateSecretVersionStage"):
        time.sleep(0.01)
    current.call("finishSecret", version)
    slow.join()  # pytest reports what a thread raises
    assert current.get()["token"] in emulator.issued_tokens()


def test_readers_never_see_an_unusable_token(current, ask, emulator, is_accepted):
    """Without a cache, while the secret is rotated."""
    current.rotate()
    emulator.journal.clear()
    read, is_over = [], threading.Event()

    def keep_reading():
        while not is_over.is_set():
            read.append(ask(CODEARTIFACT_CACHE="off"))

    def read_until(token):
        end = time.monotonic() + PATIENCE
        while not any(done.stdout.strip() == token for done in read) and time.monotonic() < end:
            time.sleep(0.01)

    reader = threading.Thread(target=keep_reading)
    reader.start()
    handed_out = [current.get()["token"]]
    for _ in range(2):
        read_until(handed_out[-1])
        current.rotate()
        handed_out.append(current.get()["token"])
    read_until(handed_out[-1])
    is_over.set()
    reader.join()
    assert [done.stderr for done in read if done.returncode] == []
    assert {done.stdout.strip() for done in read} == set(handed_out)
    assert all(map(is_accepted, handed_out))
    assert len(emulator.journal.entries(ASK)) == 2  # the writer's


def test_a_reader_of_a_secret_that_was_never_rotated(ask, secret):
    assert_one_line(
        ask(), r"the secret \S+ contains no shared token; rotate it once with this project's rotation function"
    )
