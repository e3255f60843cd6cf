"""HTTPS requests outside AWS' API: to GitHub's OIDC provider and to the package index.

botocore's ``URLLib3Session`` does not do here: it trusts one CA bundle and not also the system's store.
"""

import os
import re
import ssl
import urllib.request
from collections.abc import Mapping
from http.client import HTTPResponse

from keyrings.codeartifact.models import Settings

# The variables that name a CA bundle for botocore, requests, pip and uv.
_CA_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE")


def is_safe(url: str) -> bool:
    """Return whether requests to ``url`` cannot be read on the way: it is HTTPS, or plain HTTP to this machine."""
    loopback = r"http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?(?:[/?][!-~]*)?"
    return re.fullmatch(rf"https://[!-~]+|{loopback}", url) is not None


def open_url(request: urllib.request.Request, settings: Settings, environ: Mapping[str, str]) -> HTTPResponse:
    """Return the response to ``request``, whatever its status; raise OSError or HTTPException if there is none.

    Redirections are not followed, as the headers are for that address only.  Plain HTTP is for this machine, and uses
    no proxy.
    """
    proxies = [] if request.type == "https" else [urllib.request.ProxyHandler({})]
    tls = urllib.request.HTTPSHandler(context=_tls_context(settings, environ))
    opener = urllib.request.build_opener(_AnyStatus, *proxies, tls)
    response: HTTPResponse = opener.open(request, timeout=settings.read_timeout)
    return response


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Leaves redirections and errors to the caller."""

    def http_response(self, request: urllib.request.Request, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002
        """Return ``response``, which urllib's own would follow or raise."""
        return response

    https_response = http_response


def _tls_context(settings: Settings, environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return a context that verifies certificates even with ``verify`` off, by the system's store and all bundles."""
    context = ssl.create_default_context()
    for bundle in (settings.verify, *map(environ.get, _CA_BUNDLES)):
        if isinstance(bundle, str) and os.path.isfile(bundle):
            context.load_verify_locations(bundle)
    return context
