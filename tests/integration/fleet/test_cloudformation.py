"""The CloudFormation template: what its roles may do is what the rotation function and the readers need, and no more."""

import json
import zipfile
from uuid import uuid4

import pytest

from keyrings.codeartifact.emulator import planting
from keyrings.codeartifact.emulator.seed import parse
from keyrings.codeartifact.errors import CodeArtifactError
from support.fleet import ACCOUNT, KEYS, READ
from support.seed import ASK
from support.templates import resources


def writer_policy(arn="*"):
    [policy] = [
        policy for policy in resources(Secret=arn)["WriterRole"]["Policies"] if policy["PolicyName"] == "rotation"
    ]
    return policy["PolicyDocument"]


def actions(policy):
    """Return the actions that a policy allows, each of them alone."""
    listed = [statement["Action"] for statement in policy["Statement"]]
    return [action for one in listed for action in (one if isinstance(one, list) else [one])]


def without(policy, action):
    """Return the policy, which no longer allows an action."""
    kept = [{**statement, "Action": [one for one in actions({"Statement": [statement]}) if one != action]} for statement in policy["Statement"]]  # fmt: skip
    return {**policy, "Statement": [statement for statement in kept if statement["Action"]]}


@pytest.fixture
def use(emulator):
    """Return a function that gives a new user a policy, and their keys; IAM is enforced from then on."""

    def plant(policy):
        key = f"AKIA{uuid4().int % 10**16:016}"
        user = {"name": key, "account": ACCOUNT, "access_key_id": key, "secret_access_key": "s", "policies": [policy]}
        planting.plant(parse(json.dumps({"users": [user]}), "seed"), emulator.application)
        emulator.access.is_enforced = True
        return dict(zip(KEYS, (key, "s"), strict=True))

    return plant


@pytest.fixture
def as_writer(use, secret, monkeypatch):
    """Return a function that gives the rotation function the template's environment, and a policy."""
    monkeypatch.delenv("CODEARTIFACT_INDEX_URL")

    def set_up(policy):
        variables = resources()["Function"]["Environment"]["Variables"]
        for name, text in (variables | use(policy)).items():
            monkeypatch.setenv(name, text)

    return set_up


def test_the_writer_s_policy_is_enough(secret, emulator, as_writer):
    as_writer(writer_policy(secret.arn))
    secret.rotate()
    emulator.access.is_enforced = False
    assert secret.get()["token"] in emulator.issued_tokens()


@pytest.mark.parametrize("action", actions(writer_policy()))
def test_the_writer_needs_each_action(secret, as_writer, action):
    as_writer(without(writer_policy(secret.arn), action))
    with pytest.raises(CodeArtifactError):
        secret.rotate()


def test_the_readers_policy_is_enough(secret, emulator, use, ask):
    secret.rotate()
    emulator.journal.clear()
    done = ask(**use(resources(Secret=secret.arn)["ReaderPolicy"]["PolicyDocument"]))
    assert done.stdout.strip() in emulator.issued_tokens()
    assert [len(emulator.journal.entries(operation)) for operation in (ASK, READ)] == [0, 1]


def test_the_handler_is_in_the_zip_file(archive):
    module, function = resources()["Function"]["Handler"].split(".")
    assert f'\n__all__ = ["{function}"]\n' in zipfile.ZipFile(archive).read(f"{module}.py").decode()
