"""The emulator behaves as CodeArtifact does, through both of its doors, and as a command."""

import http.client
import json
import re
import socket
import ssl
import time
from base64 import b64encode
from urllib.request import Request, urlopen

import pytest

from support.guarded import SCOPE
from support.project import PATIENCE
from support.seed import DUAL_STACK, HOST, PAGE


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        pytest.param({"domain": "gone"}, "ResourceNotFoundException", 404, id="no such domain"),
        pytest.param(
            {"domain": "acme", "domainOwner": "444455556666"}, "ResourceNotFoundException", 404, id="other owner"
        ),
        pytest.param({"domain": "acme", "durationSeconds": 899}, "ValidationException", 400, id="too short"),
        pytest.param({"domain": "acme", "durationSeconds": 43201}, "ValidationException", 400, id="too long"),
        pytest.param({"domain": "acme-"}, "ValidationException", 400, id="domain"),
        pytest.param({"domain": "acme", "domainOwner": "11112222333x"}, "ValidationException", 400, id="owner"),
    ],
)
def test_get_authorization_token_refuses(client, parameters, code, status):
    codeartifact = client("codeartifact")
    with pytest.raises(getattr(codeartifact.exceptions, code)) as caught:
        codeartifact.get_authorization_token(**parameters)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(("duration", "seconds"), [(900, 900), (43200, 43200), (0, 43200), (None, 43200)])
def test_get_authorization_token(client, duration, seconds):
    parameters = {} if duration is None else {"durationSeconds": duration}
    answer = client("codeartifact").get_authorization_token(domain="acme", **parameters)
    assert answer["expiration"].timestamp() - time.time() == pytest.approx(seconds, abs=30)
    assert re.fullmatch(r"eyJ[\w-]+(?:\.[\w-]+){4}", answer["authorizationToken"])


def test_get_repository_endpoint(client):
    codeartifact = client("codeartifact")
    parameters = {"domain": "acme", "repository": "release", "format": "pypi"}
    assert codeartifact.get_repository_endpoint(**parameters)["repositoryEndpoint"] == f"https://{HOST}/pypi/release/"
    answer = codeartifact.get_repository_endpoint(**parameters, endpointType="dualstack")
    assert answer["repositoryEndpoint"] == f"https://{DUAL_STACK}/pypi/release/"
    with pytest.raises(codeartifact.exceptions.ResourceNotFoundException):
        codeartifact.get_repository_endpoint(**parameters | {"repository": "gone"})
    with pytest.raises(codeartifact.exceptions.ValidationException):
        codeartifact.get_repository_endpoint(**parameters | {"format": "npm"})


def test_create_domain_and_repository(client):
    codeartifact = client("codeartifact", "eu-north-1")
    assert codeartifact.create_domain(domain="fresh")["domain"]["owner"] == "111122223333"
    created = codeartifact.create_repository(domain="fresh", repository="first")["repository"]
    assert (created["name"], created["domainName"]) == ("first", "fresh")
    with pytest.raises(codeartifact.exceptions.ConflictException):
        codeartifact.create_domain(domain="fresh")
    with pytest.raises(codeartifact.exceptions.ConflictException):
        codeartifact.create_repository(domain="fresh", repository="first")


def test_sts_knows_the_seeded_user(client):
    identity = client("sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == ("111122223333", "arn:aws:iam::111122223333:user/chain")


def test_one_connection_carries_many_requests(emulator, token):
    context = ssl.create_default_context(cafile=emulator.ca_path)
    connection = http.client.HTTPSConnection("127.0.0.1", int(emulator.proxy_url.rpartition(":")[2]), context=context)
    connection.set_tunnel(HOST, 443)
    authorization = {"Authorization": f"Basic {b64encode(f'aws:{token}'.encode()).decode()}"}
    sockets = set()
    # A body that nobody reads must not be taken for the next request.
    for method, body in (("GET", None), ("POST", b"x" * 100_000), ("HEAD", None), ("GET", None)):
        connection.request(method, PAGE, body, authorization)
        answer = connection.getresponse()
        answer.read()
        sockets.add(id(connection.sock))
    connection.close()
    assert answer.status == 200
    assert len(sockets) == 1


@pytest.mark.parametrize("host", ["example.com", f"{HOST}.evil.example", "s3.amazonaws.com", "169.254.169.254"])
def test_hosts_of_others_are_refused(emulator, host):
    connection = http.client.HTTPSConnection("127.0.0.1", int(emulator.proxy_url.rpartition(":")[2]))
    connection.set_tunnel(host, 443)
    with pytest.raises(OSError, match="403"):
        connection.request("GET", "/")
    connection.close()
    context = ssl.create_default_context(cafile=emulator.ca_path)
    with socket.create_connection(("127.0.0.1", emulator.tls_port)) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname=host)


def test_a_host_inside_the_tunnel_is_checked_too(get):
    assert get(HOST, "/", headers={"Host": "example.com"})[0] == 421


def test_the_proxy_forwards_no_plain_http(emulator):
    connection = http.client.HTTPConnection("127.0.0.1", int(emulator.proxy_url.rpartition(":")[2]))
    connection.request("GET", "http://example.com/")
    assert connection.getresponse().status == 421
    connection.close()


def test_the_journal(emulator, client, token):
    client("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/reader", RoleSessionName="test")
    with urlopen(f"{emulator.proxy_url}/_emulator/requests") as answer:
        entries = json.load(answer)
    assert [(entry["operation"], entry["access_key_id"], entry["status"]) for entry in entries] == [
        ("GetAuthorizationToken", "AKIACHAIN00000000001", 200),
        ("AssumeRole", "AKIACHAIN00000000001", 200),
    ]
    assert entries[0]["params"] == {"domain": "acme", "domain-owner": "111122223333"}
    assert token not in json.dumps(entries)
    assert "chain-s3cret" not in json.dumps(entries)
    with urlopen(Request(f"{emulator.proxy_url}/_emulator/requests", method="DELETE")):
        assert emulator.journal.entries() == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"status": 500}',
        '{"operation": "x", "other": 1}',
        '{"operation": "GetAuthorisationToken", "status": 500}',
        '{"operation": "AssumeRole"}',
        '{"operation": "AssumeRole", "body": "x", "hang": 1}',
        '{"operation": "AssumeRole", "body": "x", "status": 204}',
        '{"operation": ""}',
        *(
            f'{{"operation": "AssumeRole", "hang": 0.1, {rest}}}'
            for rest in ('"status": "500"', '"status": 99', '"headers": ["a"]', '"body": 1')
        ),
        *(
            f'{{"operation": "AssumeRole", "hang": 0.1, {rest}}}'
            for rest in (
                '"status": 200.0',
                '"times": 1.0',
                '"headers": {"a": "x\\r\\ny"}',
                '"headers": {"a: b": "x"}',
                '"headers": {"": "x"}',
                '"headers": {"content-length": "999"}',
                '"body": "\\ud800"',
                '"hang": "x"',
                '"hang": -1',
                '"hang": true',
                '"cut": 1',
                '"times": 0',
                '"times": 1001',
            )
        ),
    ],
    ids=lambda body: body[:40],
)
def test_what_is_no_fault(plain, body):
    assert plain("POST", "/_emulator/faults", body).startswith("HTTP/1.1 400 ")
    assert plain("GET", "/_emulator/health", "").startswith("HTTP/1.1 200 ")


@pytest.fixture
def plain(emulator):
    """Return a function that speaks plain HTTP to the proxy's port and returns the answer's head."""

    def ask(method, path, body, host="127.0.0.1", **headers):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
        headers = {"content_length": len(body)} | headers
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        with socket.create_connection(
            ("127.0.0.1", int(emulator.proxy_url.rpartition(":")[2])), timeout=PATIENCE
        ) as raw:
            raw.sendall("\r\n".join((*lines, "", body)).encode("latin-1"))
            with raw.makefile("rb") as answer:
                return answer.readline().decode()

    return ask


@pytest.mark.parametrize("length", ["abc", "-1", "\xb2", "1.0", "0x10", "9" * 5000])
def test_a_length_that_is_none(plain, length):
    assert plain("POST", "/_emulator/faults", "{}", content_length=length).startswith("HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("request_line", "options", "status"),
    [
        pytest.param(("GET", "/_emulator/requests", ""), {"host": "evil.example"}, 421, id="a name pointed here"),
        pytest.param(("GET", "/_emulator/requests", ""), {"origin": "http://evil.example"}, 421, id="a web page"),
        pytest.param(("GET", "/moto-api/data.json?Action=x", ""), {}, 403, id="moto's own pages"),
        pytest.param(
            ("POST", "/moto-api/reset?Action=x", ""), {"authorization": SCOPE.format("sts")}, 404, id="signed"
        ),
        pytest.param(
            ("POST", "/?Action=DescribeRegions", ""), {"authorization": SCOPE.format("ec")}, 404, id="service"
        ),
        pytest.param(("PUT", "/bucket?Action=x", ""), {}, 403, id="unsigned"),
        pytest.param(("GET", "/?Action=GetCallerIdentity", ""), {"authorization": SCOPE.format("sts")}, 200, id="STS"),
        pytest.param(
            ("POST", "/v1/authorization-token?domain=acme&duration=abc", ""),
            {"authorization": SCOPE.format("codeartifact")},
            400,
            id="a duration that is no number",
        ),
        pytest.param(
            ("POST", "/v1/package-groups?domain=acme", ""),
            {"authorization": SCOPE.format("codeartifact")},
            501,
            id="an operation to come",
        ),
        pytest.param(("GET", "/v9", ""), {"authorization": SCOPE.format("codeartifact")}, 404, id="no operation"),
    ],
)
def test_what_the_plain_door_answers(plain, request_line, options, status):
    assert plain(*request_line, **options).startswith(f"HTTP/1.1 {status} ")


def test_the_emulator_s_own_pages_are_not_behind_tls(get):
    assert get("sts.amazonaws.com", "/_emulator/health")[0] == 403


def test_connect_to_another_port_is_refused(emulator):
    connection = http.client.HTTPSConnection("127.0.0.1", int(emulator.proxy_url.rpartition(":")[2]))
    connection.set_tunnel(HOST, 22)
    with pytest.raises(OSError, match="403"):
        connection.request("GET", "/")
    connection.close()
