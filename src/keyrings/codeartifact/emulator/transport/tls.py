"""How does the emulator prove to be a host that it is not?  With certificates of an authority of its own."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING

import trustme

from .hosts import is_own

if TYPE_CHECKING:
    import os


class Authority:
    """A certificate authority that lives as long as the emulator, and signs for the emulator's own hosts only."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name="keyrings.codeartifact emulator")
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self.doorman = _context()
        self.doorman.sni_callback = self._choose

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the authority's certificate, which clients have to trust, to ``path``."""
        self._ca.cert_pem.write_to_path(path)

    def context(self, host: str) -> ssl.SSLContext:
        """Return the TLS context with a certificate for ``host``."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = _context()
                self._ca.issue_cert(host).configure_cert(self._contexts[host])
            return self._contexts[host]

    def _choose(self, connection: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> int | None:
        """Give ``connection`` the certificate of the host that it names, or end it."""
        if host is None or not is_own(host.lower()):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self.context(host.lower())
        return None


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    return context
