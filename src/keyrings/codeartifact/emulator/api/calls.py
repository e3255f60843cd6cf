"""Which operation of AWS's API does a request ask for, of what?

A request is read once, strictly, and what moto is given is made from that reading: it has its own ideas of which of
several parameters, headers or bodies count.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from moto.core.utils import get_service_model

from keyrings.codeartifact.emulator.transport.hosts import api_host

from .errors import RefusedError
from .registration import SERVICE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from wsgiref.types import WSGIEnvironment

    from moto.core.model import OperationModel

# Of STS's API reference: it carries a token of its own in the place of a signature.
UNSIGNED = "AssumeRoleWithWebIdentity"
QUERY_SERVICES = ("sts", "iam")

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<date>[^/,\s]+)/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)"
    r"/(?P<terminator>[^/,\s]+),\s*SignedHeaders=(?P<headers>[a-z0-9;-]+),\s*Signature=(?P<value>[^,\s]+)"
)
_FORM = "application/x-www-form-urlencoded"
_LARGEST_BODY = 1 << 20
# What else would tell moto who asks for what.
_MISLEADING = re.compile(r"HTTP_X_AMZ_TARGET|HTTP_X_MOTO_.*|HTTP_CONTENT_ENCODING|HTTP_TRANSFER_ENCODING")


class Signature(NamedTuple):
    """What the header ``Authorization`` says; ``headers`` are the names of those that are signed."""

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    headers: frozenset[str]
    value: str


class Call(NamedTuple):
    """A call of the API; ``service`` and ``region`` are the host's, else the signature's, empty where neither tells.

    ``operation`` is None where it is none of the service's.  ``params`` are those of the query or the form, some of
    them secret; ``members`` those of a JSON body.  ``fault`` is what keeps the request from being understood.
    """

    signature: Signature | None
    service: str
    region: str
    operation: OperationModel | None
    params: Mapping[str, str]
    members: Mapping[str, Any]
    body: bytes
    fault: RefusedError | None

    @property
    def name(self) -> str:
        """The operation's name, empty where there is none."""
        return str(self.operation.name) if self.operation else ""

    @property
    def access_key_id(self) -> str:
        """The key that signed it, empty where none did."""
        return self.signature.access_key_id if self.signature else ""

    @property
    def is_query(self) -> bool:
        """Whether AWS's query protocol is spoken, with its errors in XML."""
        return self.service in QUERY_SERVICES

    def parameter(self, name: str) -> str:
        """Return what is given for an operation's member in query or form, or in a JSON body; empty if nothing is."""
        shape = self.operation.input_shape if self.operation else None
        member = shape.members.get(name) if shape else None
        if member is None:
            return ""
        if self.is_query or member.serialization.get("location") == "querystring":
            return self.params.get(member.serialization.get("name", name), "")
        value = self.members.get(name, "")
        return value if isinstance(value, str) else ""

    def environ(self, environ: WSGIEnvironment) -> WSGIEnvironment:
        """Return ``environ`` as moto is to have it: this call, and nothing beside it."""
        rebuilt = {key: value for key, value in environ.items() if not _MISLEADING.fullmatch(key)}
        encoded = urlencode(self.params)
        is_form = self.is_query and environ["REQUEST_METHOD"] == "POST"
        body = encoded.encode() if is_form else self.body
        rebuilt["QUERY_STRING"] = "" if is_form else encoded
        rebuilt["CONTENT_LENGTH"] = str(len(body))
        rebuilt["wsgi.input"] = io.BytesIO(body)
        if is_form:
            rebuilt["CONTENT_TYPE"] = _FORM
        return rebuilt


def read(environ: WSGIEnvironment, host: str) -> Call:
    """Read a request to ``host``."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    match = _AUTHORIZATION.fullmatch(authorization)
    signature = None
    if match:
        key, date, region, service, terminator, headers, value = match.groups()
        signature = Signature(key, date, region, service, terminator, frozenset(headers.split(";")), value)
    at = api_host(host)
    service, region = at or ((signature.service, signature.region) if signature else ("", ""))
    body, fault = b"", None
    operation: OperationModel | None = None
    params: dict[str, str] = {}
    members: dict[str, Any] = {}
    try:
        body = take_body(environ)
        if service == SERVICE:
            operation = _rest_operations().get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
            params, members = _read_rest(environ, body, operation)
        elif environ["PATH_INFO"] == "/":
            # Without a host of its own only STS is spoken to unsigned.
            service = service or "sts"
            params = _read_query(environ, body)
            operation = _query_operation(service, params.get("Action", ""))
    except RefusedError as refusal:
        fault = refusal
    if fault is None and authorization.startswith("AWS4") and signature is None:
        fault = RefusedError(
            "IncompleteSignature", 400, "Authorization header cannot be read as one of AWS4-HMAC-SHA256"
        )
    return Call(signature, service, region, operation, params, members, body, fault)


def take_body(environ: WSGIEnvironment) -> bytes:
    """Return the body of a request, however it comes; raise RefusedError if it is larger than any that AWS is sent."""
    body = bytes(environ["wsgi.input"].read(_LARGEST_BODY + 1))
    if len(body) > _LARGEST_BODY:
        raise RefusedError("RequestEntityTooLarge", 413, f"a body has {_LARGEST_BODY} bytes at most")
    return body


def _read_rest(
    environ: WSGIEnvironment, body: bytes, operation: OperationModel | None
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the parameters of the query that ``operation`` knows, and the members of the body."""
    shape = operation.input_shape if operation else None
    places = {name: member.serialization for name, member in shape.members.items()} if shape else {}
    known = {place.get("name", name) for name, place in places.items() if place.get("location") == "querystring"}
    params = {key: value for key, value in _unique(environ.get("QUERY_STRING", "")).items() if key in known}
    try:
        said = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise RefusedError("SerializationException", 400, "the body is not a JSON object")
    return params, {name: value for name, value in said.items() if name in places and "location" not in places[name]}


def _read_query(environ: WSGIEnvironment, body: bytes) -> dict[str, str]:
    """Return the parameters of a call in AWS's query protocol: of the form, or without one of the query."""
    query = environ.get("QUERY_STRING", "")
    if environ["REQUEST_METHOD"] != "POST":
        return _unique(query)
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if query or (body and kind != _FORM) or "HTTP_CONTENT_ENCODING" in environ:
        raise RefusedError("MalformedQueryString", 404, "a POST has its parameters in a form, and nowhere else")
    try:
        return _unique(body.decode())
    except UnicodeDecodeError:
        raise RefusedError("MalformedQueryString", 404, "the form is not UTF-8") from None


def _unique(text: str) -> dict[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise RefusedError("MalformedQueryString", 404, f"the parameter {twice[0][:80]} is given twice")
    return dict(pairs)


@cache
def _rest_operations() -> dict[tuple[str, str], OperationModel]:
    """Return CodeArtifact's operations by method and path; in none of its paths is there a parameter."""
    model = get_service_model(SERVICE)
    operations = (model.operation_model(name) for name in model.operation_names)
    return {(operation.http["method"], operation.http["requestUri"]): operation for operation in operations}


def _query_operation(service: str, name: str) -> OperationModel | None:
    if service not in QUERY_SERVICES:
        return None
    model = get_service_model(service)
    return model.operation_model(name) if name in model.operation_names else None
