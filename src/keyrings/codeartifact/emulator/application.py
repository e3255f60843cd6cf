"""Who answers a request?  The data plane, moto's services, or the emulator itself."""

from __future__ import annotations

import io
import ipaddress
import json
import re
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from moto.core.request import Request as MotoRequest
from moto.core.routing import get_service_router
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from . import faults, registration
from .hosts import data_host, is_own
from .journal import Entry, Journal
from .pypi import PyPI

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

OWN_PATH = "/_emulator/"

_CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/[0-9]{8}/[a-z0-9-]+/(?P<service>[a-z]+)/")
_SIGNED_SERVICES = (registration.SERVICE, "sts", "iam")
# API reference of STS: these carry a token of their own in the place of a signature.
_UNSIGNED_ACTIONS = ("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")
# The parameters worth a line in the journal, none of them secret.
_PARAMS = ("domain", "domain-owner", "duration", "repository", "RoleArn", "RoleSessionName", "ExternalId")
_LARGEST_FORM = 1 << 20


class Application:
    """The WSGI application behind all of the emulator's doors."""

    def __init__(self, storage: str) -> None:
        registration.register()
        self.journal = Journal()
        self.faults = faults.Faults()
        self.pypi = PyPI(storage)
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; write it down if it was one of AWS's."""
        host = environ.get("HTTP_HOST", "").lower().partition(":")[0]
        path = environ["PATH_INFO"]
        is_tls = environ["wsgi.url_scheme"] == "https"
        # Without TLS anybody's page in a browser on this machine can come here, but not without telling its origin.
        is_welcome = is_own(host) if is_tls else _is_this_machine(host) and "HTTP_ORIGIN" not in environ
        if not path.startswith("/") or not is_welcome:
            return _refuse(421, f"{host or path} is not one of the emulator's hosts")(environ, start_response)
        if not is_tls and path.startswith(OWN_PATH):
            return self._own(environ)(environ, start_response)
        is_data = is_tls and data_host(host) is not None
        credential = _CREDENTIAL.match(environ.get("HTTP_AUTHORIZATION", ""))
        operation, params = (_data_operation(environ), {}) if is_data else _api_operation(environ, credential)
        key = credential["key"] if credential else ""
        is_temporary = "HTTP_X_AMZ_SECURITY_TOKEN" in environ
        entry = Entry(host, environ["REQUEST_METHOD"], path, operation, key, is_temporary, params)
        self.journal.add(entry)

        def start_and_note(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            entry.status = int(status[:3])
            return start_response(status, headers, exc_info)

        application = self._fault(operation) or (self.pypi if is_data else self._api(operation, credential))
        return application(environ, start_and_note)

    def _fault(self, operation: str) -> WSGIApplication | None:
        """Return the application that answers with the fault that is due, None if none is."""
        fault = self.faults.take(operation)
        if fault is None:
            return None
        time.sleep(fault.hang)
        return Response(fault.body, fault.status, fault.headers) if fault.status else None

    def _api(self, operation: str, credential: re.Match[str] | None) -> WSGIApplication:
        """Return the application that answers an API call: moto, or an error in AWS's shape."""
        if credential is None and operation not in _UNSIGNED_ACTIONS:
            return _aws_error("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
        if not operation or (credential and credential["service"] not in _SIGNED_SERVICES):
            return _aws_error("UnknownOperationException", 404, "this emulator has CodeArtifact, STS and IAM")
        return self._ask_moto

    def _ask_moto(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self._moto(environ, start_response)  # type: ignore[no-any-return] # moto does not say
        except NotImplementedError as error:
            answer = _aws_error("UnknownOperationException", 501, str(error))
        except ValueError as error:
            # What moto's parsers make of a parameter of the wrong type.
            answer = _aws_error("ValidationException", 400, str(error))
        except Exception as error:  # noqa: BLE001 - told in full on the emulator's own terminal
            # Of the emulator or of moto: a bug, but no reason for a client to suspect its proxy.
            print(f"emulator: {environ['PATH_INFO']}: {error!r}", file=sys.stderr)
            answer = _aws_error("InternalServerException", 500, f"the emulator failed: {type(error).__name__}")
        return answer(environ, start_response)

    def _own(self, environ: WSGIEnvironment) -> Response:
        """Answer for the emulator itself: its health, its journal, its faults."""
        match environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(OWN_PATH):
            case "GET", "health":
                return Response("ok\n")
            case "GET", "requests":
                entries = [asdict(entry) for entry in self.journal.entries()]
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
            self.faults.add(faults.parse(body))
        except (ValueError, RecursionError) as error:
            return _refuse(400, f"not a fault: {error}")
        return Response(status=204)


def _is_this_machine(host: str) -> bool:
    """Say whether ``host`` is an address or this machine's own name for itself: no name that others can point here."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def _data_operation(environ: WSGIEnvironment) -> str:
    if environ["REQUEST_METHOD"] == "POST":
        return "Upload"
    return "ProjectPage" if environ["PATH_INFO"].endswith("/") else "Download"


def _api_operation(environ: WSGIEnvironment, credential: re.Match[str] | None) -> tuple[str, dict[str, str]]:
    """Return the API operation that is asked for, empty if none is, and its parameters that may be told."""
    query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
    if credential and credential["service"] == registration.SERVICE:
        try:
            operation, _ = get_service_router(registration.SERVICE).match(MotoRequest(environ))
        except NotFound:
            return "", {}
        name = str(operation.name)
    elif environ["PATH_INFO"] == "/":
        query |= _form(environ)
        name = query.get("Action", "")
    else:
        return "", {}
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


def _aws_error(code: str, status: int, message: str) -> Response:
    fault = faults.aws_error("", code, status, message)
    return Response(fault.body, status, fault.headers)
