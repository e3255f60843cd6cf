"""How is a question asked by HTTPS that is not one of AWS's API?"""

from __future__ import annotations

import os
import re
import ssl
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from keyrings.codeartifact.models import Settings

# The variables in which clients are told a CA bundle (facts of botocore, requests, pip, uv).
_CA_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE")


def is_safe(url: str) -> bool:
    """Say whether what is sent to ``url`` is seen by nobody else: it goes by HTTPS, or stays on this very machine."""
    loopback = r"http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?(?:[/?][!-~]*)?"
    return re.fullmatch(rf"https://[!-~]+|{loopback}", url) is not None


def open_url(request: urllib.request.Request, settings: Settings) -> HTTPResponse:
    """Return the answer to ``request``; raise HTTPError for another status than 200, OSError if there is none.

    Redirections are not followed: what is sent along is for that address only.  Plain HTTP is for this very machine,
    and goes past any proxy.
    """
    proxies = [] if request.type == "https" else [urllib.request.ProxyHandler({})]
    tls = urllib.request.HTTPSHandler(context=_context(settings))
    answer: HTTPResponse = urllib.request.build_opener(_Stay, *proxies, tls).open(
        request, timeout=settings.read_timeout
    )
    return answer


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


def _context(settings: Settings) -> ssl.SSLContext:
    """Return a TLS context that trusts what any client is told to trust; here nothing is left unverified."""
    context = ssl.create_default_context()
    bundles = [settings.verify if isinstance(settings.verify, str) else "", *map(os.environ.get, _CA_BUNDLES)]
    for bundle in bundles:
        if bundle and os.path.isfile(bundle):
            context.load_verify_locations(bundle)
    return context
