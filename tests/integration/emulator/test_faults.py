"""Faults that a test asks the emulator for."""

import http.client
import json
import time
from urllib.request import Request, urlopen

import pytest

from keyrings.codeartifact.emulator import planting
from keyrings.codeartifact.emulator.faults import Fault, aws_error
from keyrings.codeartifact.emulator.seed import parse
from support.guarded import SCOPE
from support.seed import HOST, PAGE

API = "codeartifact.us-east-1.amazonaws.com"


def test_faults(emulator, client):
    fault = {"operation": "GetAuthorizationToken", "status": 500, "body": "{}", "times": 2}
    for body in (fault, {"operation": "GetAuthorizationToken", "status": 418}):
        with urlopen(Request(f"{emulator.proxy_url}/_emulator/faults", json.dumps(body).encode(), method="POST")):
            pass
    codeartifact = client("codeartifact")
    statuses = []
    for _ in range(4):
        try:
            answer = codeartifact.get_authorization_token(domain="acme")
        except codeartifact.exceptions.ClientError as error:
            answer = error.response
        statuses.append(answer["ResponseMetadata"]["HTTPStatusCode"])
    assert statuses == [500, 500, 418, 200]


def test_a_fault_has_aws_s_shape(emulator, client):
    emulator.faults.add(aws_error("GetAuthorizationToken", "AccessDeniedException", 403, "no"))
    codeartifact = client("codeartifact")
    with pytest.raises(codeartifact.exceptions.AccessDeniedException):
        codeartifact.get_authorization_token(domain="acme")


def test_a_fault_may_only_hang(emulator, client):
    emulator.faults.add(Fault("GetAuthorizationToken", hang=0.5))
    began = time.monotonic()
    client("codeartifact").get_authorization_token(domain="acme")
    assert time.monotonic() - began >= 0.5


@pytest.mark.parametrize("operation", ["GetAuthorizationToken", "ProjectPage"])
@pytest.mark.parametrize("where", ["before the answer", "in its midst"])
def test_a_fault_may_cut_the_connection(emulator, get, token, operation, where):
    answer = {} if where == "before the answer" else {"status": 200, "headers": {"X-Cut": "1"}, "body": "0123456789"}
    emulator.faults.add(Fault(operation, cut=True, **answer))
    host, path, method = (
        (HOST, PAGE, "GET") if operation == "ProjectPage" else (API, "/v1/authorization-token?domain=acme", "POST")
    )
    with pytest.raises((http.client.IncompleteRead, OSError)) as caught:
        get(host, path, token, method=method, headers={"Authorization": SCOPE.format("codeartifact")})
    if answer:
        assert (type(caught.value), caught.value.partial) == (http.client.IncompleteRead, b"01234")
    else:
        assert not isinstance(caught.value, http.client.IncompleteRead)
    assert get(HOST, PAGE, token)[0] == 200


def test_faults_of_the_seed(emulator, client):
    seed = "faults: [{operation: GetAuthorizationToken, status: 429, headers: {Retry-After: '7'}, times: 2}]"
    planting.plant(parse(seed, "seed"), emulator.application)
    assert emulator.faults.pending() == 2
    codeartifact = client("codeartifact")
    with pytest.raises(codeartifact.exceptions.ClientError) as caught:
        codeartifact.get_authorization_token(domain="acme")
    said = caught.value.response["ResponseMetadata"]
    assert (said["HTTPStatusCode"], said["HTTPHeaders"]["retry-after"]) == (429, "7")
