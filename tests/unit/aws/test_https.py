"""HTTPS requests outside AWS' API: which URLs are safe, which bundles are trusted, and that any status is returned."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request

import pytest

from keyrings.codeartifact.aws.https import is_safe, open_url
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.models import Repository

SETTINGS = resolve(Repository("acme", "111122223333", "us-east-1"), {"CODEARTIFACT_CONFIG": "#"})


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://host.example/x?y", True),
        ("http://localhost:8080/x", True),
        ("http://127.0.0.2", True),
        ("http://[::1]:1?x", True),
        ("http://host.example/", False),
        ("http://localhost.example/", False),
        ("http://127.0.0.1@host.example/", False),
        ("https://host.example/\n", False),
        ("file:///etc/passwd", False),
    ],
)
def test_safe_urls(url, safe):
    assert is_safe(url) is safe


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.paths.append(self.path)
        self.send_response(int(self.path.removeprefix("/")))
        self.send_header("Location", "/200")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """A server that responds with the status in the path, and keeps the paths."""
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.paths = []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("status", [200, 302, 404, 503])
def test_any_status_is_returned(server, status):
    request = Request(f"http://127.0.0.1:{server.server_port}/{status}")
    with open_url(request, SETTINGS, {}) as response:
        assert response.status == status
    assert server.paths == [f"/{status}"]


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE"])
def test_bundles_come_from_the_given_environment(server, tmp_path, variable):
    bundle = tmp_path / "bundle"
    bundle.write_text("no certificate")
    request = Request(f"http://127.0.0.1:{server.server_port}/200")
    with pytest.raises(ssl.SSLError):
        open_url(request, SETTINGS, {variable: str(bundle)})
    with pytest.raises(ssl.SSLError):
        open_url(request, SETTINGS._replace(verify=str(bundle)), {})
    assert server.paths == []
