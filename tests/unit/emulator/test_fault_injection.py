"""Faults: their members, and the order in which they are injected."""

import json

import pytest

from keyrings.codeartifact.emulator.faults import Fault, Faults, aws_error, parse


def test_a_fault():
    described = {"operation": "AssumeRole", "status": 429, "headers": {"Retry-After": "1"}, "times": 2}
    assert parse(json.dumps(described).encode()) == Fault("AssumeRole", 429, {"Retry-After": "1"}, times=2)


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
