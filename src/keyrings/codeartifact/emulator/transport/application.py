"""Who answers a request?  The data plane, moto's services, or the emulator itself."""

from __future__ import annotations

import ipaddress
import json
import re
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Request, Response

from keyrings.codeartifact.emulator import faults
from keyrings.codeartifact.emulator.api import calls, constraints, registration
from keyrings.codeartifact.emulator.api.errors import RefusedError
from keyrings.codeartifact.emulator.api.models import all_backends
from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.emulator.iam.access import Access
from keyrings.codeartifact.emulator.index.pypi import PyPI
from keyrings.codeartifact.emulator.journal import Entry, Journal

from .hosts import data_host, is_own, is_runner_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from keyrings.codeartifact.emulator.api.calls import Call
    from keyrings.codeartifact.emulator.faults import Fault

OWN_PATH = "/_emulator/"

_SERVICES = (registration.SERVICE, *calls.QUERY_SERVICES)
# The parameters worth a line in the journal, none of them secret.
_PARAMS = (
    *("domain", "domain-owner", "duration", "repository"),
    *("RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds"),
)
_LONGEST_LIFE = 86400


class Application:
    """The WSGI application behind all of the emulator's doors; ``storage`` is the folder for the packages' files."""

    def __init__(self, storage: str) -> None:
        registration.register()
        self.journal = Journal()
        self.faults = faults.Faults()
        self.access = Access()
        self.pypi = PyPI(storage, self.access)
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; write it down if it was one of AWS's."""
        try:
            return self._answer(environ, start_response)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug, which is to be an answer all the same
            return _refuse(500, _bug(environ, error).message)(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "").lower().partition(":")[0]
        path = environ["PATH_INFO"]
        is_tls = environ["wsgi.url_scheme"] == "https"
        # Without TLS anybody's page in a browser on this machine can come here, but not without telling its origin.
        is_welcome = is_own(host) if is_tls else _is_this_machine(host) and "HTTP_ORIGIN" not in environ
        if not path.startswith("/") or not is_welcome:
            return _refuse(421, f"{host or path} is not one of the emulator's hosts")(environ, start_response)
        if is_tls and is_runner_host(host):
            request = Request(environ)
            is_known = (request.method, request.path) == ("GET", f"{OWN_PATH}identity-token")
            answer = self._identity_token(request) if is_known else _refuse(404, "here are OIDC tokens, nothing else")
            return answer(environ, start_response)
        if not is_tls and path.startswith(OWN_PATH):
            return self._own(Request(environ))(environ, start_response)
        call = None if is_tls and data_host(host) else calls.read(environ, host)
        operation = call.name if call else _data_operation(environ)
        entry = Entry(
            host,
            environ["REQUEST_METHOD"],
            path,
            operation,
            call.access_key_id if call else "",
            "HTTP_X_AMZ_SECURITY_TOKEN" in environ,
            "",
            {key: call.params[key] for key in _PARAMS if key in call.params} if call else {},
        )
        self.journal.add(entry)

        def start_and_note(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            entry.status = int(status[:3])
            entry.principal = environ.get("REMOTE_USER", "")
            return start_response(status, headers, exc_info)

        application = self._fault(operation) or (self._api(call, environ) if call else self.pypi)
        return application(environ, start_and_note)

    def _fault(self, operation: str) -> WSGIApplication | None:
        """Return the application that answers with the fault that is due, None if none is."""
        fault = self.faults.take(operation)
        if fault is None:
            return None
        time.sleep(fault.hang)
        if fault.cut:
            return _cutting(fault)
        return Response(fault.body, fault.status, fault.headers) if fault.status else None

    def _api(self, call: Call, environ: WSGIEnvironment) -> WSGIApplication:
        """Return the application that answers an API call: moto, or an error in AWS's shape."""
        try:
            _require_operation(call)
            constraints.check(call)
            self.access.check(call, environ)
        except RefusedError as refusal:
            return _refusing(refusal, call)

        def ask_moto(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            try:
                return self._moto(call.environ(environ), start_response)  # type: ignore[no-any-return] # moto does not say
            except NotImplementedError as error:
                refusal = RefusedError("UnknownOperationException", 501, str(error))
            except ValueError:
                # What moto's parsers make of a parameter of the wrong type.
                refusal = constraints.invalid(call, f"a parameter of {call.name} has a value that it cannot have")
            except Exception as error:  # noqa: BLE001 - told in full on the emulator's own terminal
                # Of the emulator or of moto: a bug, but no reason for a client to suspect its proxy.
                refusal = _bug(environ, error)
            return _refusing(refusal, call)(environ, start_response)

        return ask_moto

    def _own(self, request: Request) -> Response:
        """Answer for the emulator itself: its health, its journal, its faults, its OIDC tokens, an early end."""
        match request.method, request.path.removeprefix(OWN_PATH):
            case "GET", "health":
                return Response("ok\n")
            case "GET", "requests":
                entries = [asdict(entry) for entry in self.journal.entries()]
                return Response(json.dumps(entries, indent=1) + "\n", mimetype="application/json")
            case "GET", "identity-token":
                return self._identity_token(request)
            case "POST", "faults":
                return self._add_fault(request)
            case "DELETE", "requests":
                self.journal.clear()
            case "DELETE", "faults":
                self.faults.clear()
            case "DELETE", "sessions":
                identities.expire_sessions()
            case "DELETE", "tokens":
                for backend in all_backends():
                    backend.expire_tokens()
            case _:
                names = ("health", "requests", "faults", "identity-token", "sessions", "tokens")
                return _refuse(404, f"below {OWN_PATH} there are {', '.join(names)}")
        return Response(status=204)

    def _add_fault(self, request: Request) -> Response:
        try:
            self.faults.add(faults.parse(calls.take_body(request.environ)))
        except (ValueError, RecursionError, RefusedError) as error:
            return _refuse(400, f"not a fault: {error}")
        return Response(status=204)

    def _identity_token(self, request: Request) -> Response:
        """Answer as GitHub's runner does; what its own token says there, the address says here.

        Source: GitHub Docs, "OpenID Connect reference", ``ACTIONS_ID_TOKEN_REQUEST_URL``.
        """
        if request.authorization is None or request.authorization.type != "bearer":
            return _refuse(401, "a bearer token is needed; here any will do")
        said = request.args.to_dict()
        lifetime = said.get("lifetime", "300")
        if not said.get("issuer", "").startswith("https://") or not said.get("subject") or not said.get("audience"):
            return _refuse(400, "issuer (https://…), subject and audience are needed")
        if not re.fullmatch("[0-9]{1,6}", lifetime) or int(lifetime) > _LONGEST_LIFE:
            return _refuse(400, f"lifetime: 0 to {_LONGEST_LIFE} seconds")
        token = self.access.issuer.mint(said["issuer"], said["subject"], said["audience"], lifetime=int(lifetime))
        return Response(json.dumps({"count": len(token), "value": token}), mimetype="application/json")


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


def _cutting(fault: Fault) -> WSGIApplication:
    """Return an application that sends half of the fault's answer, if it has one, and hangs up."""

    def answer(_: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        if fault.status:
            body = fault.body.encode()
            start_response(f"{fault.status} CUT", [*fault.headers.items(), ("Content-Length", str(len(body)))])
            yield body[: len(body) // 2]
        raise ConnectionAbortedError

    return answer


def _refuse(status: int, reason: str) -> Response:
    return Response(f"{reason}\n", status, mimetype="text/plain")


def _refusing(refusal: RefusedError, call: Call) -> Response:
    headers, body = refusal.written(is_query=call.is_query)
    return Response(body, refusal.status, headers)


def _require_operation(call: Call) -> None:
    """Raise RefusedError unless ``call`` asks for something that the emulator could know."""
    name = call.name
    if call.signature is None and call.fault is None and name != calls.UNSIGNED:
        code = "MissingAuthenticationToken" if call.is_query else "MissingAuthenticationTokenException"
        raise RefusedError(code, 403, "Missing Authentication Token")
    if call.service not in _SERVICES:
        raise RefusedError("UnknownOperationException", 404, "this emulator has CodeArtifact, STS and IAM")
    if call.fault:
        raise call.fault
    if not name and call.params and call.is_query:
        raise RefusedError("InvalidAction", 400, f"Could not find operation {call.params.get('Action', '')[:80]}")
    if not name:
        raise RefusedError("UnknownOperationException", 404, "there is no such operation")


def _bug(environ: WSGIEnvironment, error: Exception) -> RefusedError:
    print(f"emulator: {environ['PATH_INFO']}: {error!r}", file=sys.stderr)
    return RefusedError("InternalServerException", 500, f"the emulator failed: {type(error).__name__}")
