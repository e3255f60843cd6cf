"""HTTP servers of a test, on the loopback."""

import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer


@contextmanager
def running(handler):
    """Run a server whose requests ``handler`` answers; give it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        # The end of a test waits for the poll.
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()
