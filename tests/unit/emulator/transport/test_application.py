"""The emulator as a WSGI application: what it serves on which host, what it records, and how it fails."""

import base64
import json
import time

import pytest
from werkzeug.test import Client, create_environ

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.faults import Fault
from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.emulator.transport.application import Application
from support.guarded import SCOPE

OWNER, KEY = "111122223333", "AKIACHAIN00000000001"
OWN = "http://127.0.0.1:1080"
CODEARTIFACT, STS = "https://codeartifact.us-east-1.amazonaws.com", "https://sts.us-east-1.amazonaws.com"
DATA = f"https://acme-{OWNER}.d.codeartifact.us-east-1.amazonaws.com"
RUNNER = "https://runner.actions.githubusercontent.com"
TOKEN = f"/v1/authorization-token?domain=acme&domain-owner={OWNER}&duration=900"
DOMAINS = "/v1/domains"


@pytest.fixture
def send(application):
    """A function that sends a request and returns status and text; ``headers`` are those of the last response."""
    client = Client(application)

    def send(url, path, method="GET", **options):
        response = client.open(path, base_url=url, method=method, buffered=True, **options)
        send.headers = response.headers
        return response.status_code, response.get_data(as_text=True)

    return send


@pytest.fixture
def call(send):
    """A function that sends a signed request to CodeArtifact, or to STS, and returns status and code of an error."""

    def call(path=DOMAINS, url=CODEARTIFACT, **options):
        headers = {"Authorization": SCOPE.format(url.split("/")[2].split(".")[0])}
        status, text = send(url, path, "POST", headers=headers, **options)
        return status, send.headers.get("x-amzn-ErrorType", ""), text

    return call


def not_own(host):
    return 421, f"{host} is not one of the emulator's hosts\n"


@pytest.mark.parametrize(
    ("url", "path", "options", "expected"),
    [
        pytest.param(OWN, "/_emulator/health", {}, (200, "ok\n"), id="address"),
        pytest.param("http://localhost", "/_emulator/health", {}, (200, "ok\n"), id="localhost"),
        pytest.param("http://evil.example", "/_emulator/health", {}, not_own("evil.example"), id="name"),
        pytest.param(OWN, "/_emulator/health", {"headers": {"Origin": "http://x"}}, not_own("127.0.0.1"), id="origin"),
        pytest.param("https://127.0.0.1", "/_emulator/health", {}, not_own("127.0.0.1"), id="address with TLS"),
        pytest.param("https://evil.example", DOMAINS, {}, not_own("evil.example"), id="name with TLS"),
        pytest.param(CODEARTIFACT.replace("https", "http"), DOMAINS, {}, not_own(CODEARTIFACT[8:]), id="without TLS"),
        pytest.param(RUNNER, "/other", {}, (404, "only OIDC tokens are served here\n"), id="runner"),
        pytest.param(RUNNER, "/_emulator/health", {}, (404, "only OIDC tokens are served here\n"), id="runner's pages"),
        pytest.param(OWN, "/_emulator/x", {}, (404, "below /_emulator/ there are /, health, requests, faults, identity-token, sessions, tokens\n"), id="unknown page"),
    ],
)  # fmt: skip
def test_hosts_and_pages(send, application, url, path, options, expected):
    assert send(url, path, **options) == expected
    assert application.journal.entries() == []


def test_the_page_s_short_address_is_redirected(send):
    assert (send(OWN, "/_emulator")[0], send.headers["Location"]) == (302, "/_emulator/")
    assert send(OWN, "/_emulator/")[0] == 200


def test_the_journal_has_what_is_no_secret(call, application, send):
    identities.create_user(OWNER, "jane", {KEY: ("made-up", "Active")}, {})
    assert call(TOKEN)[0] == 200
    assert (
        call("/", STS, data={"Action": "AssumeRole", "WebIdentityToken": "MARKED", "RoleSessionName": "me"})[0] == 400
    )
    assert send(DATA, "/pypi/release/simple/tools/")[0] == 401
    recorded = json.loads(send(OWN, "/_emulator/requests")[1])
    assert [entry.pop("received") <= time.time() for entry in recorded] == [True] * 3
    jane = f"arn:aws:iam::{OWNER}:user/jane"
    common = {"method": "POST", "access_key_id": KEY, "is_temporary": False}
    assert recorded == [
        {
            **common,
            "host": CODEARTIFACT[8:],
            "path": "/v1/authorization-token",
            "operation": "GetAuthorizationToken",
            "principal": jane,
            "params": {"domain": "acme", "domain-owner": OWNER, "duration": "900"},
            "status": 200,
        },
        {
            **common,
            "host": STS[8:],
            "path": "/",
            "operation": "AssumeRole",
            "principal": "",
            "params": {"RoleSessionName": "me"},
            "status": 400,
        },
        {
            **common,
            "method": "GET",
            "access_key_id": "",
            "host": DATA[8:],
            "path": "/pypi/release/simple/tools/",
            "operation": "ProjectPage",
            "principal": "",
            "params": {},
            "status": 401,
        },
    ]


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/pypi/release/", "Upload"),
        ("GET", "/pypi/release/simple/tools/", "ProjectPage"),
        ("GET", "/pypi/release/simple/tools/1.0/tools-1.0.tar.gz", "Download"),
    ],
)
def test_the_operations_of_the_data_plane(send, application, method, path, operation):
    send(DATA, path, method)
    assert [entry.operation for entry in application.journal.entries()] == [operation]


@pytest.mark.parametrize(
    ("arguments", "options", "expected"),
    [
        pytest.param((CODEARTIFACT, DOMAINS), {}, (403, "MissingAuthenticationTokenException", "Missing Authentication Token"), id="unsigned"),
        pytest.param((CODEARTIFACT, "/v1/other"), {"signed": "codeartifact"}, (404, "UnknownOperationException", "unknown operation"), id="operation"),
        pytest.param((CODEARTIFACT, DOMAINS), {"signed": "codeartifact", "data": b"["}, (400, "SerializationException", "the body must be a JSON object"), id="body"),
        pytest.param((OWN, "/bucket"), {"signed": "s3"}, (404, "UnknownOperationException", "the emulator supports CodeArtifact, STS, IAM and Secrets Manager"), id="service"),
        pytest.param((CODEARTIFACT, TOKEN.replace("900", "899")), {"signed": "codeartifact"}, (400, "ValidationException", "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must be 0, or between 900 and 43200"), id="moto's"),
    ],
)  # fmt: skip
def test_errors_of_the_json_protocol(send, arguments, options, expected):
    if signed := options.pop("signed", ""):
        options["headers"] = {"Authorization": SCOPE.format(signed)}
    status, text = send(*arguments, "POST", **options)
    assert (status, send.headers["x-amzn-ErrorType"], json.loads(text)["message"]) == expected


@pytest.mark.parametrize(
    ("action", "status", "error"),
    [
        ("", 404, "<Code>UnknownOperationException</Code><Message>unknown operation</Message>"),
        ("Odd", 400, "<Code>InvalidAction</Code><Message>Could not find operation Odd</Message>"),
        ("GetSessionToken", 501, "<Code>UnknownOperationException</Code><Message>the emulator does not support GetSessionToken</Message>"),
    ],
)  # fmt: skip
def test_errors_of_the_query_protocol(call, action, status, error):
    found, _, text = call("/", STS, data={"Action": action} if action else {})
    assert (found, error in text) == (status, True)


@pytest.fixture
def saved(application):
    """The operations after which the content was saved, and those that were logged before their response."""
    names = []
    application.save = lambda: names.append(application.journal.entries()[-1].operation)
    return names


def test_only_what_may_change_something_is_saved(call, saved, send):
    for path in (DOMAINS, TOKEN, f"/v1/package/versions/dispose?domain=acme&domain-owner={OWNER}&repository=release&format=pypi&package=x"):  # fmt: skip
        call(path, data=b'{"versions": ["1.0"]}' if "dispose" in path else b"")
    call("/", STS, data={"Action": "GetCallerIdentity"})
    send(DATA, "/pypi/release/simple/tools/")
    send(DATA, "/pypi/release/", "POST")
    assert saved == ["DisposePackageVersions", "Upload"]


def test_a_change_that_cannot_be_saved_gets_no_response(call, application, capsys):
    def save():
        raise OSError(28, "No space left on device")

    application.save = save
    with pytest.raises(OSError, match="No space left"):
        call("/v1/domain?domain=other")
    message = "emulator: the state cannot be saved (No space left on device): a request gets no response"
    assert message in capsys.readouterr().err


def test_a_bug_gets_a_response(call, send, application, capsys):
    failures = [LookupError("x"), None, LookupError("y")]

    def save():
        if error := failures.pop(0):
            raise error

    application.save = save
    message = "internal error of the emulator: LookupError"
    status, code, text = call("/v1/domain?domain=other")
    assert (status, code, json.loads(text)["message"]) == (500, "InternalServerException", message)
    assert send(DATA, "/pypi/release/", "POST") == (500, f"{message}\n")
    printed = "emulator: /v1/domain: LookupError('x')\nemulator: /pypi/release/: LookupError('y')\n"
    assert (failures, capsys.readouterr().err) == ([], printed)


def test_each_request_is_logged_with_its_status(domain, tmp_path):
    logged = []
    application = Application(
        str(tmp_path), log=lambda entry: logged.append((entry.operation, entry.host, entry.status))
    )
    application.faults.add(Fault("ListDomains", cut=True))
    client = Client(application)
    with pytest.raises(ConnectionAbortedError):
        client.post(DOMAINS, base_url=CODEARTIFACT, buffered=True)
    client.post(DOMAINS, base_url=CODEARTIFACT, buffered=True)
    client.get("/", base_url="https://evil.example", buffered=True)
    client.get("/", base_url=RUNNER, buffered=True)
    client.get("/_emulator/health", base_url=OWN, buffered=True)
    assert logged == [
        ("ListDomains", CODEARTIFACT[8:], 0),
        ("ListDomains", CODEARTIFACT[8:], 403),
        ("", "evil.example", 421),
        ("", RUNNER[8:], 404),
    ]


def test_a_fault_replaces_the_response(call, application):
    application.faults.add(Fault("ListDomains", 503, {"Retry-After": "1", "x-amzn-ErrorType": "Odd"}, "slow down"))
    assert call() == (503, "Odd", "slow down")
    assert [entry.status for entry in application.journal.entries()] == [503]
    assert call()[0] == 200


@pytest.mark.parametrize(
    ("fault", "received"),
    [(Fault("ListDomains", cut=True), b""), (Fault("ListDomains", 200, {}, "12345678", cut=True), b"1234")],
    ids=["before the response", "in its body"],
)
def test_a_connection_is_cut(application, fault, received):
    application.faults.add(fault)
    body = iter(application(create_environ(DOMAINS, CODEARTIFACT, method="POST"), lambda *_: None))
    found = []
    with pytest.raises(ConnectionAbortedError):
        found.extend(body)
    assert b"".join(found) == received


@pytest.mark.parametrize(
    ("status", "response"), [(0, (200, "", '{"domains":[]}')), (503, (503, "", ""))], ids=["real", "fault"]
)
def test_a_delay_precedes_the_response(call, application, monkeypatch, status, response):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    application.faults.add(Fault("ListDomains", status, hang=1.5))
    found = call()
    assert (slept, found[0], found[1]) == ([1.5], *response[:2])
    assert found[2].replace(" ", "") == response[2]


def test_quotas_are_those_of_the_key_s_account(call, application):
    application.quotas.set({"ListDomains": 0.001})
    assert [call()[:2] for _ in "12"] == [(200, ""), (429, "ThrottlingException")]


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (b'{"operation": "Upload", "status": 500}', 204, ""),
        (b'{"operation": "Upload"}', 400, "invalid fault: the fault has no effect; set status, hang or cut\n"),
        (b"[]", 400, "invalid fault: expected an object\n"),
        (b" " * (1 << 20) + b"{}", 400, "invalid fault: the body must not be larger than 1048576 bytes\n"),
    ],
    ids=["valid", "no effect", "list", "too large"],
)
def test_faults_are_added(send, application, body, status, text):
    assert send(OWN, "/_emulator/faults", "POST", data=body) == (status, text)
    assert application.faults.described() == ([Fault("Upload", 500)] if status == 204 else [])


def test_what_can_be_deleted(send, call, application):
    backend = backend_of(OWNER, "us-east-1")
    token, _ = backend.issue_token("acme", 900)
    application.faults.add(Fault("Upload", 500))
    call()
    for name in ("requests", "faults", "sessions", "tokens"):
        assert send(OWN, f"/_emulator/{name}", "DELETE") == (204, "")
    assert (application.journal.entries(), application.faults.pending(), backend.grant(token, "acme")) == ([], 0, None)
    assert send(OWN, "/_emulator/health", "DELETE")[0] == 404


CLAIMS = {"issuer": "https://gitlab.example", "subject": "project:1", "audience": "aws"}
BEARER = {"Authorization": "Bearer x"}


@pytest.mark.parametrize(
    ("changed", "headers", "status", "text"),
    [
        pytest.param({}, {}, 401, "a bearer token is required; any is accepted\n", id="no token"),
        pytest.param({}, {"Authorization": "Basic eDp5"}, 401, "a bearer token is required; any is accepted\n", id="basic"),
        *(
            pytest.param({name: value}, BEARER, 400, "issuer (https://…), subject and audience are required\n", id=f"{name} {value}")
            for name, value in (("issuer", "http://x"), ("issuer", ""), ("subject", ""), ("audience", ""))
        ),
        *(
            pytest.param({"lifetime": value}, BEARER, 400, "lifetime must be 0 to 86400 seconds\n", id=f"lifetime {value}")
            for value in ("-1", "86401", "x", "1.5")
        ),
    ],
)  # fmt: skip
def test_no_identity_token(send, changed, headers, status, text):
    claims = CLAIMS | changed
    for url in (OWN, RUNNER):
        assert send(url, "/_emulator/identity-token", query_string=claims, headers=headers) == (status, text)


def test_identity_tokens(send):
    for url, lifetime, seconds in ((OWN, {}, 300), (RUNNER, {"lifetime": "0"}, 0), (OWN, {"lifetime": "86400"}, 86400)):
        status, text = send(url, "/_emulator/identity-token", query_string=CLAIMS | lifetime, headers=BEARER)
        answer = json.loads(text)
        payload = answer["value"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert (status, answer["count"]) == (200, len(answer["value"]))
        assert (claims["iss"], claims["sub"], claims["aud"]) == tuple(CLAIMS.values())
        assert claims["exp"] - claims["iat"] == seconds
