"""Constraints on parameters that hold for every caller."""

import json
from urllib.parse import urlencode

import pytest
from werkzeug.test import create_environ

from keyrings.codeartifact.emulator.api import calls, constraints
from keyrings.codeartifact.emulator.api.errors import APIError
from support.operations import OPERATIONS, arguments, invalid_values, service_model

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


def json_call(operation, **members):
    host, headers = "secretsmanager.us-east-1.amazonaws.com", {"X-Amz-Target": f"secretsmanager.{operation}"}
    environ = create_environ("/", f"https://{host}", method="POST", data=json.dumps(members), headers=headers)
    return calls.parse(environ, host)


@pytest.mark.parametrize(
    "call",
    [
        query_call("AssumeRole", **ROLE),
        query_call("AssumeRole", **ROLE, DurationSeconds="43200"),
        query_call("GetCallerIdentity"),
        query_call("CreateRole", "iam", RoleName="ci", AssumeRolePolicyDocument=json.dumps(POLICY)),
        json_call("GetSecretValue", SecretId="name", VersionStage="AWSCURRENT"),
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
        pytest.param(json_call("RotateSecret", SecretId="name"), "UnknownOperationException", "the emulator does not support RotateSecret", id="operation on a secret"),
        pytest.param(json_call("GetSecretValue"), "ValidationException", "Value null at 'SecretId' failed", id="missing in JSON"),
        pytest.param(json_call("GetSecretValue", SecretId=["name"]), "SerializationException", "'SecretId' must be of type string", id="type in JSON"),
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


def constrained():
    """Yield each constraint of a scalar member of a built operation, with a value that violates it."""
    for name in OPERATIONS:
        model = service_model().operation_model(name)
        for member, shape in model.input_shape.members.items():
            is_query = shape.serialization.get("location") == "querystring"
            for number, (value, message) in enumerate(invalid_values(shape) if is_query else ()):
                yield pytest.param(model, member, value, message, id=f"{name} {member} {number}")


@pytest.mark.parametrize(("model", "member", "value", "message"), list(constrained()))
def test_every_constraint_of_the_model_holds(model, member, value, message):
    valid = arguments(model.name, "acme")
    shapes = model.input_shape.members
    query = {
        shapes[key].serialization["name"]: item
        for key, item in (valid | {member: value}).items()
        if shapes[key].serialization.get("location") == "querystring"
    }
    body = {key: item for key, item in valid.items() if "location" not in shapes[key].serialization}
    with pytest.raises(APIError) as caught:
        constraints.check(rest_call(model.http["requestUri"], model.http["method"], urlencode(query), body))
    assert caught.value.code in ("ValidationException", "SerializationException")
    assert f"'{member}'" in caught.value.message
    assert message in caught.value.message


@pytest.mark.parametrize("operation", OPERATIONS)
def test_valid_arguments_violate_none(operation):
    model = service_model().operation_model(operation)
    shapes = model.input_shape.members
    valid = arguments(operation, "acme")
    query = {
        shapes[key].serialization["name"]: item
        for key, item in valid.items()
        if shapes[key].serialization.get("location") == "querystring"
    }
    body = {key: item for key, item in valid.items() if "location" not in shapes[key].serialization}
    constraints.check(rest_call(model.http["requestUri"], model.http["method"], urlencode(query), body))
