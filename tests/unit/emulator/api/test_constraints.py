"""Constraints on parameters that hold for every caller."""

import json
from urllib.parse import urlencode

import pytest
from werkzeug.test import create_environ

from keyrings.codeartifact.emulator.api import calls, constraints
from keyrings.codeartifact.emulator.api.errors import APIError

ROLE = {"RoleArn": "arn:aws:iam::111122223333:role/ci", "RoleSessionName": "job-1"}
POLICY = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}


def query_call(action, service="sts", **params):
    body = urlencode({"Action": action, **params})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    host = f"{service}.amazonaws.com"
    return calls.parse(create_environ("/", f"https://{host}", method="POST", data=body, headers=headers), host)


def rest_call(path, method, query="", body=None):
    host = "codeartifact.us-east-1.amazonaws.com"
    data = json.dumps(body or {})
    return calls.parse(create_environ(path, f"https://{host}", query_string=query, method=method, data=data), host)


@pytest.mark.parametrize(
    "call",
    [
        query_call("AssumeRole", **ROLE),
        query_call("AssumeRole", **ROLE, DurationSeconds="43200"),
        query_call("GetCallerIdentity"),
        query_call("CreateRole", "iam", RoleName="ci", AssumeRolePolicyDocument=json.dumps(POLICY)),
        rest_call("/v1/authorization-token", "POST", "domain=acme"),
        rest_call("/v1/domain", "POST", "domain=acme", {"tags": [{"key": "a", "value": "b"}]}),
    ],
    ids=lambda call: call.name,
)
def test_valid_calls(call):
    constraints.check(call)


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        pytest.param(query_call("GetSessionToken"), "UnknownOperationException", "the emulator does not support GetSessionToken", id="operation"),
        pytest.param(query_call("AssumeRole", **ROLE, Policy="{}"), "UnknownOperationException", "the emulator does not support Policy of AssumeRole", id="parameter"),
        pytest.param(query_call("AssumeRole", **{**ROLE, "RoleArn": "ci"}), "ValidationError", "Value 'ci' at 'roleArn' failed", id="role"),
        pytest.param(query_call("AssumeRole", **{**ROLE, "RoleSessionName": "a b"}), "ValidationError", "Value 'a b' at 'roleSessionName' failed", id="session name"),
        pytest.param(query_call("AssumeRole", **ROLE, DurationSeconds="899"), "ValidationError", "Member must be between 900 and 43200", id="too short"),
        pytest.param(query_call("AssumeRole", **ROLE, DurationSeconds="-900"), "ValidationError", "Member must be between 900 and 43200", id="negative"),
        pytest.param(query_call("AssumeRole", RoleArn=ROLE["RoleArn"]), "ValidationError", "Value null at 'RoleSessionName' failed", id="missing in a form"),
        pytest.param(rest_call("/v1/authorization-token", "POST"), "ValidationException", "Value null at 'domain' failed", id="missing in a query"),
        pytest.param(query_call("CreateRole", "iam", RoleName="ci", AssumeRolePolicyDocument="{}"), "MalformedPolicyDocument", "AssumeRolePolicyDocument: expected an object with a Statement", id="policy"),
        pytest.param(rest_call("/v1/domain", "POST", "domain=acme", {"tags": {}}), "SerializationException", "'tags' must be of type list", id="type"),
        pytest.param(rest_call("/v1/domain", "POST", "domain=acme", {"tags": [{"key": 1}]}), "SerializationException", "'tags' must be of type list", id="type of an item's member"),
    ],
)  # fmt: skip
def test_invalid_calls(call, code, message):
    with pytest.raises(APIError) as caught:
        constraints.check(call)
    assert caught.value.code == code
    assert message in caught.value.message
