"""Which operation of AWS's API does a request ask for?"""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

from .registration import SERVICE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from wsgiref.types import WSGIEnvironment

# Of STS's API reference: it carries a token of its own in the place of a signature.
UNSIGNED = "AssumeRoleWithWebIdentity"
QUERY_SERVICES = ("sts", "iam")

_CREDENTIAL = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/[0-9]{8}/(?P<region>[a-z0-9-]+)/(?P<service>[a-z]+)/"
)
_LARGEST_BODY = 1 << 20


class Call(NamedTuple):
    """A call of the API; ``service`` and ``region`` are those of its signature, empty where there is none.

    ``operation`` is empty where it is none that the emulator could know.  ``params`` are those of the query and the
    form, some of them secret.
    """

    access_key_id: str
    region: str
    service: str
    operation: str
    params: Mapping[str, str]
    body: bytes

    @property
    def is_query(self) -> bool:
        """Whether AWS's query protocol is spoken, with its errors in XML."""
        return self.service in QUERY_SERVICES or self.operation == UNSIGNED


def read(environ: WSGIEnvironment) -> Call:
    """Read a request, leaving its body there for the next reader."""
    credential = _CREDENTIAL.match(environ.get("HTTP_AUTHORIZATION", ""))
    key, region, service = credential.group("key", "region", "service") if credential else ("", "", "")
    params = dict(parse_qsl(environ.get("QUERY_STRING", "")))
    body = take_body(environ)
    operation = ""
    if service == SERVICE:
        operation = _operation(environ)
        params |= _domain(body)
    elif environ["PATH_INFO"] == "/":
        if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            params |= dict(parse_qsl(body.decode("utf-8", "replace")))
        operation = params.get("Action", "")
    return Call(key, region, service, operation, params, body)


def take_body(environ: WSGIEnvironment) -> bytes:
    """Return the body of a request and leave it there, empty if it is larger than any that AWS is sent."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > _LARGEST_BODY:
        return b""
    body = bytes(environ["wsgi.input"].read(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _operation(environ: WSGIEnvironment) -> str:
    try:
        operation, _ = get_service_router(SERVICE).match(Request(environ))
    except NotFound:
        return ""
    return str(operation.name)


def _domain(body: bytes) -> dict[str, str]:
    """Return which domain a body names, where the query does not (PutDomainPermissionsPolicy)."""
    try:
        members = json.loads(body)
    except ValueError:
        return {}
    names = {"domain": "domain", "domainOwner": "domain-owner"}
    if not isinstance(members, dict):
        return {}
    return {names[key]: value for key, value in members.items() if key in names and isinstance(value, str)}
