"""`codeartifact-credential-helper get` prints the headers for the URI in a request, and none for other hosts."""

import gc
import io
import json
import sys
from base64 import b64encode
from types import SimpleNamespace

import pytest

from keyrings.codeartifact import lookup
from keyrings.codeartifact.cli import credential_helper

HOST = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
HEADERS = {"Authorization": [f"Basic {b64encode(b'aws:t0ken').decode()}"]}
ERROR = "codeartifact-credential-helper: error: "
EXPECTED = 'send a JSON object such as {"uri": "https://…"} on standard input [CA810]'


@pytest.fixture(autouse=True)
def collector():
    """The garbage collection, which the command turns off."""
    yield
    gc.unfreeze()
    gc.enable()


@pytest.fixture
def call(home, monkeypatch, capsys):
    """A function that runs the command of a user with a token; it returns exit code, standard output and error."""
    monkeypatch.setattr(lookup, "_denied", set())
    monkeypatch.setenv("CODEARTIFACT_INDEX_URL", f"{HOST}/")
    monkeypatch.setenv("CODEARTIFACT_AUTH_TOKEN", "t0ken")

    def call(request, *arguments):
        monkeypatch.setattr(sys, "argv", ["codeartifact-credential-helper", *(arguments or ["get"])])
        monkeypatch.setattr(sys, "stdin", request if request is None else SimpleNamespace(buffer=io.BytesIO(request)))
        return (credential_helper.main(), *capsys.readouterr())

    return call


def uri(url):
    return json.dumps({"uri": url}).encode()


@pytest.mark.parametrize(
    "url",
    [
        f"{HOST}/pypi/release/simple/acme-tools/",
        f"{HOST}/maven/release/com/acme/tools/1.0/tools-1.0.jar",
        f"{HOST.upper()}:443/pypi/release/",
        f"{HOST}/",
    ],
)
def test_the_headers_of_a_repository(call, url):
    code, out, err = call(uri(url))
    assert (code, json.loads(out), err) == (0, {"headers": HEADERS}, "")
    assert out.count("\n") == 1


def test_when_the_headers_expire(call, monkeypatch):
    header = b64encode(json.dumps({"isu": 1, "exp": 4070908800}).encode()).decode().rstrip("=")
    monkeypatch.setenv("CODEARTIFACT_AUTH_TOKEN", f"{header}.a.b.c.d")
    _, out, _ = call(uri(f"{HOST}/pypi/release/"))
    headers = {"Authorization": [f"Basic {b64encode(f'aws:{header}.a.b.c.d'.encode()).decode()}"]}
    assert json.loads(out) == {"headers": headers, "expires": "2099-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://index.example/simple/", id="another host"),
        pytest.param(f"{HOST}.evil.example/pypi/release/", id="a host that begins alike"),
        pytest.param(f"{HOST}/npm/release/", id="a format that takes a Bearer token"),
        pytest.param("", id="empty"),
    ],
)
def test_other_uris_get_no_headers(call, url):
    assert call(uri(url)) == (0, "{}\n", "")


def test_plain_http_gets_no_headers(call, caplog):
    code, out, _ = call(uri(f"{HOST.replace('https', 'http')}/pypi/release/"))
    assert (code, out) == (0, "{}\n")
    domain = "CodeArtifact domain 'acme' (owner 111122223333) in us-east-1"
    assert caplog.messages == [f"no token for {domain}: refusing to send a token over http; use https"]


def test_a_lookup_that_fails_is_an_error(call, monkeypatch):
    monkeypatch.setenv("CODEARTIFACT_DEADLINE", "0")
    code, out, err = call(uri(f"{HOST}/pypi/release/"))
    assert (code, out) == (2, "")
    assert err.startswith(f"{ERROR}CODEARTIFACT_DEADLINE cannot be '0'; expected: ")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        pytest.param(None, "the request is no JSON object with a uri", id="closed"),
        pytest.param(b"", "the request is no JSON object with a uri", id="empty"),
        pytest.param(b"\xff", "the request is no JSON object with a uri", id="not UTF-8"),
        pytest.param(b"{}", "the request is no JSON object with a uri", id="no uri"),
        pytest.param(b"[]", "the request is no JSON object with a uri", id="an array"),
        pytest.param(b"[" * 60_000, "the request is no JSON object with a uri", id="deep"),
        pytest.param(b'{"uri": 1}', "the uri of the request is no string", id="a number"),
        pytest.param(b" " * 65_537, "the request is larger than 64 KiB", id="too large"),
    ],
)
def test_other_requests_are_an_error(call, request_, message):
    assert call(request_) == (1, "", f"{ERROR}{message}; {EXPECTED}\n")


def test_the_largest_request(call):
    request = uri(f"{HOST}/pypi/release/")
    assert call(request + b" " * (65_536 - len(request)))[0] == 0


@pytest.mark.parametrize("arguments", [["set"], ["get", "more"], [""]])
def test_other_arguments_are_an_error(call, arguments):
    message = (
        "unknown arguments; run codeartifact-credential-helper get, as Bazel does with --credential_helper [CA810]"
    )
    assert call(uri(HOST), *arguments) == (2, "", f"{ERROR}{message}\n")
