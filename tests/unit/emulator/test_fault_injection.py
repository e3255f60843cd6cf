"""Faults: their members, and the order in which they are injected."""

import json
import re

import pytest

from keyrings.codeartifact.emulator.faults import Fault, Faults, api_operations, aws_error, check, parse


def test_a_fault():
    described = {"operation": "AssumeRole", "status": 429, "headers": {"Retry-After": "1"}, "times": 2}
    assert parse(json.dumps(described).encode()) == Fault("AssumeRole", 429, {"Retry-After": "1"}, times=2)


@pytest.mark.parametrize(
    ("described", "fault"),
    [
        ({"operation": "ProjectPage", "status": 200}, Fault("ProjectPage", 200)),
        ({"operation": "GetSecretValue", "status": 599, "body": "x"}, Fault("GetSecretValue", 599, body="x")),
        ({"operation": "CreateRole", "hang": 120, "times": 1000}, Fault("CreateRole", hang=120, times=1000)),
        ({"operation": "Download", "cut": True, "status": 0}, Fault("Download", cut=True)),
        ({"operation": "Upload", "status": 304, "headers": {}}, Fault("Upload", 304)),
    ],
    ids=["page", "largest status", "longest and most", "cut", "without a body"],
)
def test_valid_faults(described, fault):
    assert check(described) == fault


@pytest.mark.parametrize("text", [b"", b"{", b"\xff"])
def test_a_text_that_is_no_json(text):
    with pytest.raises(ValueError):  # noqa: PT011 - json's
        parse(text)


def test_the_operations_of_all_services():
    wanted = {"GetAuthorizationToken", "AssumeRoleWithWebIdentity", "CreateUser", "PutSecretValue"}
    assert wanted <= api_operations()
    assert not {"GetObject", "Upload", ""} & api_operations()


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ([], "expected an object"),
        ({"status": 500}, "operation is missing"),
        ({"operation": ""}, "operation: the name of an operation"),
        ({"operation": "GetObject", "status": 500}, "operation: one of CodeArtifact, STS, IAM or Secrets Manager, or ProjectPage, Download, Upload"),
        ({"operation": "Upload"}, "the fault has no effect; set status, hang or cut"),
        ({"operation": "Upload", "state": 1}, "state: unknown key"),
        ({"operation": "Upload", "status": 199}, "status: 0, or 200 to 599"),
        ({"operation": "Upload", "status": True}, "status: 0, or 200 to 599"),
        ({"operation": "Upload", "status": 204, "body": "x"}, "body: a response with status 204 has none"),
        ({"operation": "Upload", "hang": 1, "body": "x"}, "body: a response with status 0 has none"),
        ({"operation": "Upload", "status": 200, "body": "\ud800"}, "body: a string"),
        ({"operation": "Upload", "hang": 121}, "hang: 0 to 120"),
        ({"operation": "Upload", "hang": float("nan")}, "hang: 0 to 120"),
        ({"operation": "Upload", "cut": 1}, "cut: true or false"),
        ({"operation": "Upload", "cut": True, "times": 0}, "times: 1 to 1000"),
        ({"operation": "Upload", "cut": True, "times": 1001}, "times: 1 to 1000"),
        *(
            ({"operation": "Upload", "status": 200, "headers": headers}, "headers: an object of printable strings, without headers for length or connection")
            for headers in ([], {"X": 1}, {"X": "a\nb"}, {"X Y": ""}, {"Content-Length": "1"}, {"connection": "close"})
        ),
    ],
)  # fmt: skip
def test_invalid_faults(described, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        parse(json.dumps(described).encode())


def test_faults_are_injected_in_order_and_counted():
    faults = Faults()
    faults.add(Fault("Upload", 500, times=2))
    faults.add(Fault("Download", 404))
    faults.add(Fault("Upload", 503))
    assert faults.pending() == 4
    assert faults.take("ProjectPage") is None
    assert faults.take("Upload").status == 500
    assert faults.described() == [Fault("Upload", 500), Fault("Download", 404), Fault("Upload", 503)]
    assert [faults.take(name).status for name in ("Upload", "Upload", "Download")] == [500, 503, 404]
    assert (faults.take("Upload"), faults.pending(), faults.described()) == (None, 0, [])
    faults.add(Fault("Upload", 500))
    faults.clear()
    assert faults.pending() == 0


@pytest.mark.parametrize(("operation", "kind"), [("AssumeRole", "text/xml"), ("CreateDomain", "application/json")])
def test_an_aws_error_has_the_form_of_its_operation(operation, kind):
    fault = aws_error(operation, "Throttling", 429, "slow down", times=3)
    assert (fault.headers["Content-Type"], fault.status, fault.times) == (kind, 429, 3)
    found = re.findall(r"Throttling|slow down", fault.body)
    assert (found, fault.operation) == (["Throttling", "slow down"], operation)
