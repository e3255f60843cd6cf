"""HTTPS requests outside AWS' API: to GitHub's OIDC provider and to the package index.

botocore's ``URLLib3Session`` does not do here: it trusts one CA bundle and not also the system's store.
"""

from __future__ import annotations

import os
import re
import ssl
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http.client import HTTPResponse

# The variables that name a CA bundle for botocore, requests, pip and uv.
_CA_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE")


def is_safe(url: str) -> bool:
    """Return whether requests to ``url`` cannot be read on the way: it is HTTPS, or plain HTTP to this machine."""
    loopback = r"http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?(?:[/?][!-~]*)?"
    return re.fullmatch(rf"https://[!-~]+|{loopback}", url) is not None


def open_url(request: urllib.request.Request, timeout: float, ca_bundle: str | None) -> HTTPResponse:
    """Return the response to ``request``; raise HTTPError for a status other than 200, OSError if there is none.

    ``timeout`` is in seconds; ``ca_bundle`` is trusted besides the system's store and the bundles that variables name.
    Redirections are not followed, as the headers are for that address only.  Plain HTTP is for this machine, and uses
    no proxy.
    """
    proxies = [] if request.type == "https" else [urllib.request.ProxyHandler({})]
    tls = urllib.request.HTTPSHandler(context=_tls_context(ca_bundle))
    response: HTTPResponse = urllib.request.build_opener(_NoRedirect, *proxies, tls).open(request, timeout=timeout)
    return response


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirection."""

    def redirect_request(self, *_: Any) -> None:
        """Return None, which makes urllib raise HTTPError."""


def _tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    """Return a context that verifies certificates even where the option ``verify`` is off for AWS' API."""
    context = ssl.create_default_context()
    for bundle in (ca_bundle, *map(os.environ.get, _CA_BUNDLES)):
        if bundle and os.path.isfile(bundle):
            context.load_verify_locations(bundle)
    return context
