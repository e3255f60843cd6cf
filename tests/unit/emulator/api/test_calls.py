"""Parsing of requests to AWS's APIs into calls."""

import json

import pytest
from werkzeug.test import create_environ

from keyrings.codeartifact.emulator.api import calls

CODEARTIFACT, STS = "codeartifact.us-east-1.amazonaws.com", "sts.amazonaws.com"
TOKEN = "/v1/authorization-token"
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE000000001/20260101/us-east-1/codeartifact/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=abc"
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def parse(host, path, method="POST", data=b"", query="", **headers):
    environ = create_environ(path, f"https://{host}", query_string=query, method=method, data=data, headers=headers)
    return calls.parse(environ, host)


def test_a_call_of_codeartifact():
    call = parse(CODEARTIFACT, TOKEN, query="domain=acme&domain-owner=111122223333&other=1", **SIGNED)
    assert (call.service, call.region, call.name) == ("codeartifact", "us-east-1", "GetAuthorizationToken")
    assert (call.access_key_id, call.signature.date, call.is_query) == ("AKIAEXAMPLE000000001", "20260101", False)
    assert call.params == {"domain": "acme", "domain-owner": "111122223333"}
    assert (call.parameter("domainOwner"), call.parameter("durationSeconds"), call.error) == ("111122223333", "", None)


def test_members_of_a_json_body():
    body = json.dumps({"policyDocument": "{}", "domain": "acme", "other": 1}).encode()
    call = parse(CODEARTIFACT, "/v1/domain/permissions/policy", "PUT", body, **SIGNED)
    assert (call.name, call.members) == ("PutDomainPermissionsPolicy", {"policyDocument": "{}", "domain": "acme"})


def test_a_call_of_sts():
    call = parse(STS, "/", data=b"Action=GetCallerIdentity&Version=2011-06-15", **FORM)
    assert (call.service, call.name, call.is_query, call.access_key_id) == ("sts", "GetCallerIdentity", True, "")


SECRETS = "secretsmanager.eu-west-1.amazonaws.com"
GET = {"X-Amz-Target": "secretsmanager.GetSecretValue", "Content-Type": "application/x-amz-json-1.1"}


def test_a_call_of_secrets_manager():
    call = parse(SECRETS, "/", data=b'{"SecretId": "name", "Other": 1}', query="a=b", **GET, **SIGNED)
    assert (call.service, call.region, call.name) == ("secretsmanager", "eu-west-1", "GetSecretValue")
    assert (call.members, call.params, call.parameter("SecretId")) == ({"SecretId": "name"}, {}, "name")


@pytest.mark.parametrize(
    ("path", "target"),
    [("/x", "secretsmanager.GetSecretValue"), ("/", "sts.GetSecretValue"), ("/", "secretsmanager.X"), ("/", "")],
)
def test_no_call_of_secrets_manager(path, target):
    assert parse(SECRETS, path, data=b"{}", **GET | {"X-Amz-Target": target}).name == ""


def test_moto_gets_the_operation_of_the_call():
    environ = create_environ("/", f"https://{SECRETS}", method="POST", data=b"{}", headers=GET)
    assert calls.parse(environ, SECRETS).environ(environ)["HTTP_X_AMZ_TARGET"] == "secretsmanager.GetSecretValue"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param((CODEARTIFACT, TOKEN, "POST", b"[]"), "SerializationException", "the body must be a JSON object", id="no object"),
        pytest.param((CODEARTIFACT, TOKEN, "POST", b"["), "SerializationException", "the body must be a JSON object", id="no JSON"),
        pytest.param((CODEARTIFACT, TOKEN, "POST", b"", "domain=a&domain=b"), "MalformedQueryString", "the parameter domain is given twice", id="twice"),
        pytest.param((STS, "/", "POST", b"Action=\xff"), "MalformedQueryString", "the form must be UTF-8", id="not UTF-8"),
        pytest.param((STS, "/", "POST", b"Action=a", "Action=b"), "MalformedQueryString", "a POST request must send its parameters as a form, and no others", id="query and form"),
        pytest.param((STS, "/", "POST", b"x" * (1 << 20) + b"x"), "RequestEntityTooLarge", "the body must not be larger than 1048576 bytes", id="too large"),
    ],
)  # fmt: skip
def test_invalid_requests(arguments, code, message):
    call = parse(*arguments, **FORM)
    assert (call.error.code, call.error.message) == (code, message)


def test_an_invalid_signature():
    call = parse(CODEARTIFACT, TOKEN, Authorization="AWS4-HMAC-SHA256 Credential=x")
    assert (call.signature, call.error.code) == (None, "IncompleteSignature")


def test_moto_gets_the_parsed_call_only():
    environ = create_environ("/", f"https://{STS}", method="POST", data=b"Action=GetCallerIdentity", headers=FORM)
    environ["HTTP_X_AMZ_TARGET"] = environ["HTTP_X_MOTO_ACCOUNT_ID"] = "other"
    rebuilt = calls.parse(environ, STS).environ(environ)
    assert rebuilt["wsgi.input"].read() == b"Action=GetCallerIdentity"
    assert not {"HTTP_X_AMZ_TARGET", "HTTP_X_MOTO_ACCOUNT_ID"} & set(rebuilt)
