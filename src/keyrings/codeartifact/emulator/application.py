"""Who answers a request?  The data plane, moto's services, or the emulator itself."""

from __future__ import annotations

import io
import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from moto.core.request import Request as MotoRequest
from moto.core.routing import get_service_router
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from . import registration
from .faults import Fault, Faults
from .hosts import data_host, is_own
from .journal import Entry, Journal
from .pypi import PyPI

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

OWN_PATH = "/_emulator/"

_CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/[0-9]{8}/[a-z0-9-]+/(?P<service>[a-z]+)/")
# The parameters worth a line in the journal, none of them secret.
_PARAMS = ("domain", "domain-owner", "duration", "repository", "RoleArn", "RoleSessionName", "ExternalId")
_LARGEST_FORM = 1 << 20
_LONGEST_HANG = 120.0


class Application:
    """The WSGI application behind all of the emulator's doors."""

    def __init__(self, storage: str) -> None:
        registration.register()
        self.journal = Journal()
        self.faults = Faults()
        self.pypi = PyPI(storage)
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, and write it down unless it was to the emulator itself."""
        host = environ.get("HTTP_HOST", "").lower().partition(":")[0]
        path = environ["PATH_INFO"]
        is_tls = environ["wsgi.url_scheme"] == "https"
        if not path.startswith("/") or (is_tls and not is_own(host)):
            return _refuse(421, f"{host or path} is not one of the emulator's hosts")(environ, start_response)
        if not is_tls and path.startswith(OWN_PATH):
            return self._own(environ)(environ, start_response)
        is_data = is_tls and data_host(host) is not None
        operation, params = _data_operation(environ) if is_data else _api_operation(environ)
        if not is_data and not operation:
            return _refuse(404, "neither an index nor an API operation of this emulator")(environ, start_response)
        application = self._fault(operation) or (self.pypi if is_data else self._moto)

        def start_and_note(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            credential = _CREDENTIAL.match(environ.get("HTTP_AUTHORIZATION", ""))
            key = credential["key"] if credential else ""
            self.journal.add(Entry(host, environ["REQUEST_METHOD"], path, operation, key, params, int(status[:3])))
            return start_response(status, headers, exc_info)

        return application(environ, start_and_note)

    def _fault(self, operation: str) -> WSGIApplication | None:
        """Return the application that answers with the fault that is due, None if none is."""
        fault = self.faults.take(operation)
        if fault is None:
            return None
        time.sleep(min(fault.hang, _LONGEST_HANG))
        return Response(fault.body, fault.status, fault.headers) if fault.status else None

    def _own(self, environ: WSGIEnvironment) -> Response:
        """Answer for the emulator itself: its health, its journal, its faults."""
        match environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(OWN_PATH):
            case "GET", "health":
                return Response("ok\n")
            case "GET", "requests":
                entries = [entry._asdict() for entry in self.journal.entries()]
                return Response(json.dumps(entries, indent=1) + "\n", mimetype="application/json")
            case "POST", "faults":
                return self._add_fault(_body(environ))
            case "DELETE", "requests":
                self.journal.clear()
            case "DELETE", "faults":
                self.faults.clear()
            case _:
                return _refuse(404, f"there are {OWN_PATH}health, {OWN_PATH}requests and {OWN_PATH}faults")
        return Response(status=204)

    def _add_fault(self, body: bytes) -> Response:
        try:
            self.faults.add(Fault(**json.loads(body)))
        except (TypeError, ValueError) as error:
            return _refuse(400, f"not a fault: {error}")
        return Response(status=204)


def _data_operation(environ: WSGIEnvironment) -> tuple[str, dict[str, str]]:
    if environ["REQUEST_METHOD"] == "POST":
        return "Upload", {}
    return ("ProjectPage" if environ["PATH_INFO"].endswith("/") else "Download"), {}


def _api_operation(environ: WSGIEnvironment) -> tuple[str, dict[str, str]]:
    """Return the API operation that is asked for, empty if none is, and its parameters that may be told."""
    query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
    credential = _CREDENTIAL.match(environ.get("HTTP_AUTHORIZATION", ""))
    if credential and credential["service"] == registration.SERVICE:
        try:
            operation, _ = get_service_router(registration.SERVICE).match(MotoRequest(environ))
        except NotFound:
            return "", {}
        name = str(operation.name)
    else:
        query |= _form(environ)
        name = query.get("Action", "")
    return name, {key: query[key] for key in _PARAMS if key in query}


def _form(environ: WSGIEnvironment) -> dict[str, str]:
    """Return the form that ``environ`` carries, leaving it there for the next reader."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return {}
    body = _body(environ)
    environ["wsgi.input"] = io.BytesIO(body)
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def _body(environ: WSGIEnvironment) -> bytes:
    length = min(int(environ.get("CONTENT_LENGTH") or 0), _LARGEST_FORM)
    return bytes(environ["wsgi.input"].read(length))


def _refuse(status: int, reason: str) -> Response:
    return Response(f"{reason}\n", status, mimetype="text/plain")
