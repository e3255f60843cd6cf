"""TLS certificates for the emulator's host names, signed by its own authority."""

from __future__ import annotations

import errno
import os
import ssl
import threading

import trustme
from cryptography.x509 import load_pem_x509_certificates
from cryptography.x509.oid import NameOID

from .hosts import is_own

_ORGANIZATION = "keyrings.codeartifact emulator"
_MAX_SIZE = 1 << 16


class Authority:
    """A certificate authority, new for each emulator, that signs for the hosts the emulator serves only."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name=_ORGANIZATION)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self.sni_context = _context()
        self.sni_context.sni_callback = self._select

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the authority's certificate, which clients must trust, to ``path``.

        Raises FileExistsError for a file that is not the certificate of an earlier emulator.
        """
        if os.path.lexists(path) and not _is_own(path):
            raise FileExistsError(errno.EEXIST, "it exists, and is not an emulator's certificate")
        self._ca.cert_pem.write_to_path(path)

    def context(self, host: str) -> ssl.SSLContext:
        """Return the TLS context with a certificate for ``host``."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = _context()
                self._ca.issue_cert(host).configure_cert(self._contexts[host])
            return self._contexts[host]

    def _select(self, connection: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> int | None:
        """Select the certificate for the host that ``connection`` names; reject other hosts."""
        if host is None or not is_own(host.lower()):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self.context(host.lower())
        return None


def _is_own(path: str | os.PathLike[str]) -> bool:
    """Return whether the file at ``path`` is the certificate of an authority of this class."""
    try:
        with open(path, "rb") as file:
            certificates = load_pem_x509_certificates(file.read(_MAX_SIZE))
    except (OSError, ValueError):
        return False
    if len(certificates) != 1:
        return False
    names = certificates[0].issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return [name.value for name in names] == [_ORGANIZATION]


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    return context
