"""Registries of other formats than PyPI's, under CodeArtifact's host, for package managers that use an HTTPS proxy."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme


class Registry(ThreadingHTTPServer):
    """A proxy that is the only host, and serves files to requests with credentials."""

    daemon_threads = True

    def __init__(self, folder, host):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = host
        self.files = {}
        self.requests = []  # path and Authorization of each
        authority = trustme.CA()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(self.context)
        self.ca = folder / "registry.pem"
        authority.cert_pem.write_to_path(self.ca)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def proxy_url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def authorizations(self):
        """Return the credentials of the requests that were served."""
        return {value for _, value in self.requests if value}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self):
        assert self.path == f"{self.server.host}:443"
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self):
        credentials = self.headers["Authorization"]
        self.server.requests.append((self.path, credentials))
        body = self.server.files.get(self.path)
        self.send_response(401 if not credentials else 404 if body is None else 200)
        # Cargo sends credentials after such a header only.
        self.send_header("WWW-Authenticate", "Cargo")
        self.send_header("Content-Length", str(len(body)) if credentials and body else "0")
        self.end_headers()
        if credentials and body:
            self.wfile.write(body)

    def do_POST(self):
        # npm's audit, which CodeArtifact does not have.
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def finish(self):
        super().finish()
        self.connection.close()

    def log_message(self, *_):
        pass
