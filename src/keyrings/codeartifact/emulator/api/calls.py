"""API calls: parsing of a request into operation, parameters and signature.

A request is parsed once, strictly, and rebuilt from the result for moto, which has its own rules for duplicate
parameters, headers and bodies.
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

from .errors import APIError
from .registration import SERVICE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from wsgiref.types import WSGIEnvironment

    from moto.core.model import OperationModel

# STS API reference: authenticated by its web identity token, not by a signature.
UNSIGNED = "AssumeRoleWithWebIdentity"
QUERY_SERVICES = ("sts", "iam")
# Its protocol is JSON with the operation in a header.
JSON_SERVICE = "secretsmanager"

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<date>[^/,\s]+)/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)"
    r"/(?P<terminator>[^/,\s]+),\s*SignedHeaders=(?P<headers>[a-z0-9;-]+),\s*Signature=(?P<value>[^,\s]+)"
)
_FORM = "application/x-www-form-urlencoded"
_LARGEST_BODY = 1 << 20
# Headers from which moto would also derive the operation, the caller or the body.
_MISLEADING = re.compile(r"HTTP_X_AMZ_TARGET|HTTP_X_MOTO_.*|HTTP_CONTENT_ENCODING|HTTP_TRANSFER_ENCODING")


class Signature(NamedTuple):
    """The contents of an ``Authorization`` header; ``headers`` are the names of the signed headers."""

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    headers: frozenset[str]
    value: str


class Call(NamedTuple):
    """An API call; ``service`` and ``region`` are the host's, else the signature's, else empty.

    ``operation`` is None if the service has no such operation.  ``params`` are from the query or the form, some of them
    secret, ``members`` from a JSON body.  ``error`` is set if the request cannot be parsed.
    """

    signature: Signature | None
    service: str
    region: str
    operation: OperationModel | None
    params: Mapping[str, str]
    members: Mapping[str, Any]
    body: bytes
    error: APIError | None

    @property
    def name(self) -> str:
        """The operation's name, or empty."""
        return str(self.operation.name) if self.operation else ""

    @property
    def access_key_id(self) -> str:
        """The access key ID that signed the call, or empty."""
        return self.signature.access_key_id if self.signature else ""

    @property
    def is_query(self) -> bool:
        """Whether the service uses AWS's query protocol, with errors in XML."""
        return self.service in QUERY_SERVICES

    def parameter(self, name: str) -> str:
        """Return the value of an input member, from the query, the form or the JSON body; empty if it has none."""
        shape = self.operation.input_shape if self.operation else None
        member = shape.members.get(name) if shape else None
        if member is None:
            return ""
        if self.is_query or member.serialization.get("location") == "querystring":
            return self.params.get(member.serialization.get("name", name), "")
        value = self.members.get(name, "")
        return value if isinstance(value, str) else ""

    def environ(self, environ: WSGIEnvironment) -> WSGIEnvironment:
        """Return ``environ`` for moto: rebuilt so that it contains this call only."""
        rebuilt = {key: value for key, value in environ.items() if not _MISLEADING.fullmatch(key)}
        encoded = urlencode(self.params)
        is_form = self.is_query and environ["REQUEST_METHOD"] == "POST"
        body = encoded.encode() if is_form else self.body
        rebuilt["QUERY_STRING"] = "" if is_form else encoded
        rebuilt["CONTENT_LENGTH"] = str(len(body))
        rebuilt["wsgi.input"] = io.BytesIO(body)
        if self.service == JSON_SERVICE:
            rebuilt["HTTP_X_AMZ_TARGET"] = f"{JSON_SERVICE}.{self.name}"
        if is_form:
            rebuilt["CONTENT_TYPE"] = _FORM
        return rebuilt


def parse(environ: WSGIEnvironment, host: str) -> Call:
    """Parse a request to ``host``; in the result, ``error`` is set if that is not possible."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    match = _AUTHORIZATION.fullmatch(authorization)
    signature = None
    if match:
        key, date, region, service, terminator, headers, value = match.groups()
        signature = Signature(key, date, region, service, terminator, frozenset(headers.split(";")), value)
    at = api_host(host)
    service, region = at or ((signature.service, signature.region) if signature else ("", ""))
    body = b""
    error: APIError | None = None
    operation: OperationModel | None = None
    params: dict[str, str] = {}
    members: dict[str, Any] = {}
    try:
        body = read_body(environ)
        if service == SERVICE:
            operation = _rest_operations().get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
            params, members = _read_rest(environ, body, operation)
        elif service == JSON_SERVICE:
            operation = _json_operation(environ)
            params, members = _read_rest(environ, body, operation)
        elif environ["PATH_INFO"] == "/":
            # Unsigned calls to a host that names no service: only STS has them.
            service = service or "sts"
            params = _read_query(environ, body)
            operation = _query_operation(service, params.get("Action", ""))
    except APIError as invalid:
        error = invalid
    if error is None and authorization.startswith("AWS4") and signature is None:
        error = APIError("IncompleteSignature", 400, "The Authorization header is not valid for AWS4-HMAC-SHA256")
    return Call(signature, service, region, operation, params, members, body, error)


def read_body(environ: WSGIEnvironment) -> bytes:
    """Return the body of a request; raise APIError if it is larger than 1 MiB."""
    body = bytes(environ["wsgi.input"].read(_LARGEST_BODY + 1))
    if len(body) > _LARGEST_BODY:
        raise APIError("RequestEntityTooLarge", 413, f"the body must not be larger than {_LARGEST_BODY} bytes")
    return body


def _read_rest(
    environ: WSGIEnvironment, body: bytes, operation: OperationModel | None
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the query parameters and the body members that are part of ``operation``."""
    shape = operation.input_shape if operation else None
    places = {name: member.serialization for name, member in shape.members.items()} if shape else {}
    known = {place.get("name", name) for name, place in places.items() if place.get("location") == "querystring"}
    params = {key: value for key, value in _unique(environ.get("QUERY_STRING", "")).items() if key in known}
    try:
        content = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise APIError("SerializationException", 400, "the body must be a JSON object")
    return params, {name: value for name, value in content.items() if name in places and "location" not in places[name]}


def _read_query(environ: WSGIEnvironment, body: bytes) -> dict[str, str]:
    """Return the parameters of a call in AWS's query protocol: from the form of a POST, else from the query."""
    query = environ.get("QUERY_STRING", "")
    if environ["REQUEST_METHOD"] != "POST":
        return _unique(query)
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if query or (body and kind != _FORM) or "HTTP_CONTENT_ENCODING" in environ:
        raise APIError("MalformedQueryString", 404, "a POST request must send its parameters as a form, and no others")
    try:
        return _unique(body.decode())
    except UnicodeDecodeError:
        raise APIError("MalformedQueryString", 404, "the form must be UTF-8") from None


def _unique(text: str) -> dict[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise APIError("MalformedQueryString", 404, f"the parameter {twice[0][:80]} is given twice")
    return dict(pairs)


@cache
def _rest_operations() -> dict[tuple[str, str], OperationModel]:
    """Return CodeArtifact's operations by method and path; its paths have no parameters."""
    model = get_service_model(SERVICE)
    operations = (model.operation_model(name) for name in model.operation_names)
    return {(operation.http["method"], operation.http["requestUri"]): operation for operation in operations}


def _json_operation(environ: WSGIEnvironment) -> OperationModel | None:
    """Return the operation of Secrets Manager that the header ``X-Amz-Target`` names."""
    model = get_service_model(JSON_SERVICE)
    service, _, name = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
    is_call = (environ["PATH_INFO"], service) == ("/", JSON_SERVICE) and name in model.operation_names
    return model.operation_model(name) if is_call else None


def _query_operation(service: str, name: str) -> OperationModel | None:
    if service not in QUERY_SERVICES:
        return None
    model = get_service_model(service)
    return model.operation_model(name) if name in model.operation_names else None
