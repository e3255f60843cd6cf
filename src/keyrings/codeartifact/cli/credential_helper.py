"""The command ``codeartifact-credential-helper``: tokens for Bazel and other programs that speak its protocol.

Source: EngFlow's "Credential Helper Specification", which Bazel implements: `get` reads a JSON object with ``uri``, and
prints one with ``headers`` and ``expires``.
"""

import gc
import json
import os
import sys
from binascii import b2a_base64

from keyrings.codeartifact import index_url
from keyrings.codeartifact._util.text import rfc3339
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.lookup import find_token_of
from keyrings.codeartifact.models import USERNAME

from .output import run, write

# The formats that authenticate by Basic with the user `aws`, and that Bazel downloads.
_FORMATS = ("maven", "pypi")
_PROGRAM = "codeartifact-credential-helper"
_MAX_REQUEST = 1 << 16
_EXPECTED = 'send a JSON object such as {"uri": "https://…"} on standard input'


def main() -> int:
    """Run the command; return the exit code."""
    # A garbage collection takes longer than a cached lookup, also the one when Python ends.
    gc.disable()
    try:
        return run(_PROGRAM, _get) or 0
    finally:
        gc.freeze()


def _get() -> int:
    """Print the headers for the URI on standard input, none for a host of others; return 0; raise CodeArtifactError."""
    if sys.argv[1:] != ["get"]:
        raise ConfigurationError(
            "CA810", "unknown arguments", f"run {_PROGRAM} get, as Bazel does with --credential_helper"
        )
    uri = _uri(sys.stdin.buffer.read(_MAX_REQUEST + 1) if sys.stdin else b"")
    url = index_url.parse_any_format(uri, _FORMATS)
    token = find_token_of(url, os.environ, is_command=True) if url else None
    response: dict[str, object] = {}
    if token:
        # base64 itself takes longer to import.
        credentials = b2a_base64(f"{USERNAME}:{token.value}".encode(), newline=False).decode()
        response["headers"] = {"Authorization": [f"Basic {credentials}"]}
        if token.expires is not None:
            response["expires"] = rfc3339(token.expires)
    write(json.dumps(response))
    return 0


def _uri(request: bytes) -> str:
    """Return the URI of a request; raise CodeArtifactError if it is none."""
    if len(request) > _MAX_REQUEST:
        raise CodeArtifactError("CA810", f"the request is larger than {_MAX_REQUEST >> 10} KiB", _EXPECTED)
    try:
        uri = json.loads(request.decode())["uri"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CodeArtifactError("CA810", "the request is no JSON object with a uri", _EXPECTED) from None
    if not isinstance(uri, str):
        raise CodeArtifactError("CA810", "the uri of the request is no string", _EXPECTED)
    return uri
