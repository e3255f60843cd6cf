"""`kubernetes` patches a Secret with a new token, as the pod's service account; errors show neither token."""

import json
import ssl
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler

import pytest
import trustme

from keyrings.codeartifact.cli import kubernetes
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from support.server import running
from support.stubbed_aws import StubbedAWS

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
NO_POD = (
    "not in a Kubernetes pod, or the pod has no service account token; "
    "run the command in a pod with automountServiceAccountToken [CA612]"
)
EXPIRES = datetime(2099, 1, 1, tzinfo=timezone.utc)


class Handler(BaseHTTPRequestHandler):
    """Kubernetes' API: responds with the server's status, without one not at all, and keeps the requests."""

    def do_PATCH(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = [self.headers[name] for name in ("Authorization", "Content-Type", "Accept")]
        self.server.got.append((self.path, headers, body))
        if self.server.status == "garbage":
            self.wfile.write(b"garbage\r\n\r\n")
        elif self.server.status:
            self.send_response(self.server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with running(Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield server


@pytest.fixture
def api(server):
    """A running API of Kubernetes."""
    server.got, server.status = [], 200
    return server


@pytest.fixture
def pod(home, authority, api, monkeypatch):
    """The folder of a pod's service account; a proxy is set, which nothing listens at."""
    folder = home / "account"
    folder.mkdir()
    authority.cert_pem.write_to_path(folder / "ca.crt")
    (folder / "token").write_text("MARKED-account\n")
    (folder / "namespace").write_text("builds")
    monkeypatch.setattr(kubernetes, "_ACCOUNT", str(folder))
    environ = {
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": str(api.server_port),
        "CODEARTIFACT_INDEX_URL": URL,
        "CODEARTIFACT_AUTH_TOKEN": "an-old-token",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "MARKED-secret",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "",
        "no_proxy": "",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def aws(monkeypatch):
    aws = StubbedAWS(monkeypatch)
    yield aws
    aws.check()


def issue(aws, domain="acme"):
    """Have AWS issue one token for a domain; without this, none is requested."""
    response = {"authorizationToken": "MARKED-token", "expiration": EXPIRES}
    expected = {"domain": domain, "domainOwner": "111122223333", "durationSeconds": 3600}
    aws.respond("get_authorization_token", response, **expected)


def error(run, kind, *arguments):
    with pytest.raises(kind) as caught:
        run("kubernetes", *(arguments or ["ci-token"]))
    assert caught.value.__cause__ is None
    assert "MARKED" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("url", "domain"), [([], "acme"), ([URL.replace("acme", "other")], "other")])
def test_a_new_token_is_written(run, pod, api, aws, capsys, url, domain):
    issue(aws, domain)
    assert run("kubernetes", "ci-token", *url) == 0
    assert capsys.readouterr() == ("the Secret ci-token has a new token\n", "")
    headers = ["Bearer MARKED-account", "application/merge-patch+json", "application/json"]
    patch = {"stringData": {"CODEARTIFACT_AUTH_TOKEN": "MARKED-token"}}
    assert api.got == [("/api/v1/namespaces/builds/secrets/ci-token", headers, patch)]


def test_no_token_is_kept(run, pod, aws, tmp_path):
    issue(aws)
    run("kubernetes", "ci-token")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "Kubernetes responded with HTTP 401 for the Secret; mount the service account's own token [CA610]"),
        (403, "Kubernetes responded with HTTP 403 for the Secret; allow the service account the verb patch on that Secret [CA610]"),
        (404, "Kubernetes responded with HTTP 404 for the Secret; create it, empty [CA610]"),
        (503, "Kubernetes responded with HTTP 503 for the Secret; try again later [CA610]"),
        (None, "the Kubernetes API is unreachable (RemoteDisconnected); check network policies [CA611]"),
        ("garbage", "the Kubernetes API is unreachable (BadStatusLine); check network policies [CA611]"),
    ],
)  # fmt: skip
def test_a_refusal_is_an_error(run, pod, api, aws, capsys, status, message):
    issue(aws)
    api.status = status
    assert error(run, CodeArtifactError) == message
    assert capsys.readouterr() == ("", "")


def test_another_server_does_not_get_the_token(run, pod, api, aws):
    issue(aws)
    trustme.CA().cert_pem.write_to_path(pod / "ca.crt")
    message = "the Kubernetes API is unreachable (SSLCertVerificationError); check network policies [CA611]"
    assert error(run, CodeArtifactError) == message
    assert api.got == []


@pytest.mark.parametrize("variable", ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"])
def test_outside_of_a_pod_no_token_is_requested(run, pod, aws, monkeypatch, variable):
    monkeypatch.delenv(variable)
    assert error(run, ConfigurationError) == NO_POD


@pytest.mark.parametrize("name", ["token", "namespace", "ca.crt"])
@pytest.mark.parametrize("content", [None, "", "MARKED two words", "MARKED\nline", "MÄRKED"])
def test_an_unusable_service_account(run, pod, aws, name, content):
    (pod / name).unlink()
    if content is not None:
        (pod / name).write_text(content, encoding="utf-8")
    assert error(run, ConfigurationError) == NO_POD


def test_without_a_repository_no_token_is_requested(run, pod, aws, monkeypatch):
    monkeypatch.delenv("CODEARTIFACT_INDEX_URL")
    assert error(run, ConfigurationError).startswith("no URL is given, and the environment names no repository; ")


@pytest.mark.parametrize("name", ["a", "ci-token", "ci.token-1", "a" * 253])
def test_the_name_of_a_secret(run, pod, api, aws, name):
    issue(aws)
    run("kubernetes", name)
    assert [path for path, _, _ in api.got] == [f"/api/v1/namespaces/builds/secrets/{name}"]


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", ".a", "a/b", "a b", "../a", "a?b", "a\n", "a" * 254])
def test_a_name_that_kubernetes_would_refuse(run, pod, capsys, name):
    with pytest.raises(SystemExit) as caught:
        run("kubernetes", "--", name)
    assert caught.value.code == 2
    message = "argument SECRET: a Secret's name has lower-case letters, digits, - and . only\n"
    assert capsys.readouterr().err.endswith(message)
