"""The emulator's listeners: an HTTPS proxy that terminates TLS itself, and a TLS port."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import ssl
import sys
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler

from werkzeug.serving import DechunkedInput

from keyrings.codeartifact.errors import CodeArtifactError

from .hosts import is_own

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedIOBase
    from wsgiref.types import WSGIEnvironment

    from .application import Application
    from .tls import Authority

# Pending connections; the kernel may allow fewer (net.core.somaxconn).
_BACKLOG = 1024
# Seconds without data from a client after which its connection is closed.
_TIMEOUT = 120.0
_CHUNK = 1 << 16
_NO_CONTENT = "204"
# Digits of a Content-Length; no file is larger.
_MAX_DIGITS = 15


class Listener(socketserver.ThreadingTCPServer):
    """A listening socket: the proxy's, or with ``is_tls`` one that expects TLS from the first byte.

    Raises CodeArtifactError if it cannot listen on ``address``; port 0 selects a free port.
    """

    # On Windows, this would let two processes listen on one port.
    allow_reuse_address = os.name != "nt"
    daemon_threads = True
    block_on_close = False
    request_queue_size = _BACKLOG

    def __init__(
        self, address: tuple[str, int], application: Application, authority: Authority, *, is_tls: bool
    ) -> None:
        self.application = application
        self.authority = authority
        self.is_tls = is_tls
        try:
            super().__init__(address, _Connection)
        except OSError as error:
            raise CodeArtifactError(
                "CA902",
                f"cannot listen on {address[0]} port {address[1]} ({error.strerror})",
                "choose another address or port; port 0 is any free one",
            ) from error
        self.port = int(self.server_address[1])
        self.base_environ = {"SERVER_NAME": "emulator", "SERVER_PORT": str(self.port), "SCRIPT_NAME": ""}

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one client, in its own thread."""
        request.settimeout(_TIMEOUT)
        # Responses are many small writes; delaying them costs 40 ms each.
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Clients may hang up, time out or reject the certificate at any time.
        with contextlib.suppress(OSError):
            if not self.is_tls:
                super().finish_request(request, client_address)
                return
            with self.authority.sni_context.wrap_socket(request, server_side=True) as tls:
                super().finish_request(tls, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's interface
        """Print the error on one line."""
        print(f"emulator: {client_address[0]}: {sys.exc_info()[1]!r}", file=sys.stderr)


class _Connection(WSGIRequestHandler):
    """A client's connection: HTTP/1.1 requests in sequence, or CONNECT followed by such requests inside TLS."""

    protocol_version = "HTTP/1.1"
    server: Listener

    def handle(self) -> None:
        """Serve requests until either side closes the connection."""
        self.close_connection = True
        self.handle_one_request()
        while not self.close_connection:
            self.handle_one_request()

    def do_CONNECT(self) -> None:  # noqa: N802 - http.server's name
        """Act as the requested host if it is one of the emulator's; refuse any other."""
        self.close_connection = True
        host, _, port = self.path.lower().rpartition(":")
        if port != "443" or not is_own(host):
            self.server.application.log_unrecorded(self.command, self.path, "", 403)
            self.send_error(403, "Not one of the emulator's hosts")
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        with self.server.authority.context(host).wrap_socket(self.connection, server_side=True) as tls:
            _Connection(tls, self.client_address, self.server)

    def answer(self) -> None:
        """Pass the current request to the application and send the response."""
        environ = self.get_environ()
        if not _is_length(environ.get("CONTENT_LENGTH", "")):
            self.close_connection = True
            self.send_error(400, "Bad Content-Length")
            return
        body = _body(self.rfile, environ)
        environ.update(
            {
                "RAW_URI": self.path,
                "wsgi.errors": sys.stderr,
                "wsgi.input": body,
                "wsgi.multiprocess": False,
                "wsgi.multithread": True,
                "wsgi.run_once": False,
                "wsgi.url_scheme": "https" if isinstance(self.connection, ssl.SSLSocket) else "http",
                "wsgi.version": (1, 0),
            }
        )
        chunks = self.server.application(environ, self.start_response)
        try:
            for chunk in chunks:
                self.wfile.write(chunk)
        finally:
            if close := getattr(chunks, "close", None):
                close()
        # The rest of the body, up to the next request.
        while body.read(_CHUNK):
            pass

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server's names

    def start_response(self, status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
        """Send status and headers (WSGI); a response without a length closes the connection."""
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        names = {name.lower() for name, _ in headers}
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        if "content-length" not in names and self.command != "HEAD" and code != _NO_CONTENT:
            self.send_header("Connection", "close")
        self.end_headers()
        return self.wfile.write

    def address_string(self) -> str:
        """Return the client's address without a DNS lookup."""
        return str(self.client_address[0])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing: the journal records requests."""


class _Limited:
    """The part of a stream that is the body of one request."""

    def __init__(self, stream: BufferedIOBase, length: int) -> None:
        self._stream = stream
        self._remaining = length

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, all remaining ones if it is negative."""
        data = self._stream.read(self._remaining if size < 0 else min(size, self._remaining))
        self._remaining -= len(data)
        return data

    def readline(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, to the end of the line at most."""
        data = self._stream.readline(self._remaining if size < 0 else min(size, self._remaining))
        self._remaining -= len(data)
        return data


def _body(stream: BufferedIOBase, environ: WSGIEnvironment) -> Any:
    """Return the body of the request that ``environ`` describes."""
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        environ["wsgi.input_terminated"] = True
        return DechunkedInput(stream)  # type: ignore[arg-type] # declared as IO; read and readline are enough
    return _Limited(stream, int(environ.get("CONTENT_LENGTH") or 0))


def _is_length(text: str) -> bool:
    return text == "" or (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS)
