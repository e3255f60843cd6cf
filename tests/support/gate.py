"""A door to the emulator that goes wrong as it is told, down to single bytes and seconds, and else lets all through."""

import contextlib
import re
import socket
import threading
import time
from urllib.parse import urlsplit

_CHUNK = 1 << 16


class Gate:
    """A server on the loopback.  Its ``fault`` is None, or a function that returns what each client gets to see.

    That is an iterable of what to send (bytes) and how long to wait (seconds), at whose end the connection does too.
    ``asked_at`` is the moment of the first connection.
    """

    def __init__(self, url, fault=None):
        self.fault = fault
        self.connections = 0
        self.asked_at = None
        self._behind = urlsplit(url)
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closed.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                self.asked_at = self.asked_at or time.monotonic()
                threading.Thread(target=self._serve, args=(client, self.fault), daemon=True).start()

    def _serve(self, client, fault):
        # Clients hang up when they like.
        with contextlib.suppress(OSError), client:
            if fault is None:
                self._let_through(client)
                return
            _read_request(client)
            for step in fault():
                if isinstance(step, bytes):
                    client.sendall(step)
                elif self._closed.wait(step):
                    return
            # Not before the client has read all: to close on what it still sends would take that from it.
            client.shutdown(socket.SHUT_WR)
            client.settimeout(1)
            while client.recv(_CHUNK):
                pass

    def _let_through(self, client):
        with socket.create_connection((self._behind.hostname, self._behind.port)) as server:
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()


def _copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _read_request(client):
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(_CHUNK) or b"\r\n\r\n"
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
    left = int(length[1]) - len(body) if length else 0
    while left > 0 and (data := client.recv(_CHUNK)):
        left -= len(data)
