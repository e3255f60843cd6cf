"""Write a new token to a Secret of Kubernetes, from a pod.

The Secret must exist in the pod's namespace, and the pod's service account must be allowed to patch it.  Pods mount it
as /run/secrets/CODEARTIFACT_AUTH_TOKEN.

Examples:
    keyrings-codeartifact kubernetes codeartifact-token
"""

import argparse
import json
import os
import re
import ssl
import urllib.request
from http.client import HTTPException
from urllib.error import HTTPError

from keyrings.codeartifact import lookup
from keyrings.codeartifact.config.environment import require_index
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError

from .output import write

# Kubernetes documentation, "Accessing the Kubernetes API from a Pod".
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
# RFC 1123, as Kubernetes requires it of names.
_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_TIMEOUT = 30
_REMEDIES = {
    401: "mount the service account's own token",
    403: "allow the service account the verb patch on that Secret",
    404: "create it, empty",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("secret", metavar="SECRET", type=_name, help="the name of the Secret")
    parser.add_argument("url", metavar="URL", nargs="?", help="index URL (default: that of CODEARTIFACT_… variables)")


def run(options: argparse.Namespace) -> int:
    """Write the token; return 0."""
    # Before a token is requested.
    url, headers, context = _api(options.secret)
    repository = require_index(options.url, os.environ).repository
    # Not a cached one, half of whose life may be over.
    settings = resolve(repository, os.environ, is_new_wanted=True)._replace(cache=False)
    token = lookup.get_token(repository, os.environ, settings)
    patch = json.dumps({"stringData": {OPTIONS["auth_token"].variable: token.value}}).encode()
    headers["Content-Type"] = "application/merge-patch+json"
    request = urllib.request.Request(url, patch, headers, method="PATCH")  # noqa: S310 - https
    # A proxy is for AWS.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        opener.open(request, timeout=_TIMEOUT).close()
    except HTTPError as error:
        error.close()
        remedy = _REMEDIES.get(error.code, "try again later")
        raise CodeArtifactError(
            "CA610", f"Kubernetes responded with HTTP {error.code} for the Secret", remedy
        ) from None
    except (OSError, HTTPException) as error:
        reason = type(getattr(error, "reason", error)).__name__
        raise CodeArtifactError(
            "CA611", f"the Kubernetes API is unreachable ({reason})", "check network policies"
        ) from None
    write(f"the Secret {options.secret} has a new token")
    return 0


def _api(secret: str) -> tuple[str, dict[str, str], ssl.SSLContext]:
    """Return the URL of a Secret, the headers and the TLS context for it; raise ConfigurationError outside of a pod."""
    try:
        host, port = (os.environ[f"KUBERNETES_SERVICE_{name}"] for name in ("HOST", "PORT"))
        token, namespace = map(_read, ("token", "namespace"))
        context = ssl.create_default_context(cafile=f"{_ACCOUNT}/ca.crt")
    except (KeyError, OSError, ValueError):
        problem = "not in a Kubernetes pod, or the pod has no service account token"
        raise ConfigurationError(
            "CA612", problem, "run the command in a pod with automountServiceAccountToken"
        ) from None
    # An IPv6 address has brackets.
    address = f"[{host}]" if ":" in host else host
    url = f"https://{address}:{port}/api/v1/namespaces/{namespace}/secrets/{secret}"
    return url, {"Authorization": f"Bearer {token}", "Accept": "application/json"}, context


def _read(name: str) -> str:
    """Return the content of a file of the service account; raise OSError, and ValueError for more than one word."""
    with open(f"{_ACCOUNT}/{name}", encoding="ascii") as file:
        text = file.read().strip()
    # In a header, http.client would refuse it with an error that shows it.
    if not re.fullmatch("[!-~]+", text):
        raise ValueError
    return text


def _name(text: str) -> str:
    if not re.fullmatch(_NAME, text):
        raise argparse.ArgumentTypeError("a Secret's name has lower-case letters, digits, - and . only")
    return text
