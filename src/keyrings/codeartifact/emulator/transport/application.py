"""The WSGI application: dispatch to the data plane, to moto's services, or to the emulator's own pages."""

from __future__ import annotations

import ipaddress
import json
import re
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from keyrings.codeartifact._util.log import print_error
from keyrings.codeartifact.emulator import faults
from keyrings.codeartifact.emulator.api import calls, constraints, registration
from keyrings.codeartifact.emulator.api.errors import APIError
from keyrings.codeartifact.emulator.api.models import all_backends
from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.emulator.iam.access import Access
from keyrings.codeartifact.emulator.index.pypi import CHANGED, PyPI
from keyrings.codeartifact.emulator.journal import Entry, Journal
from keyrings.codeartifact.emulator.quotas import Quotas

from . import status_page
from .dispatcher import Dispatcher
from .hosts import data_host, is_own, is_runner_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from keyrings.codeartifact.emulator.api.calls import Call
    from keyrings.codeartifact.emulator.faults import Fault
    from keyrings.codeartifact.emulator.request_log import Log

OWN_PATH = "/_emulator/"

_SERVICES = (registration.SERVICE, *calls.QUERY_SERVICES, calls.JSON_SERVICE)
# The parameters to record in the journal, none of them secret.
_PARAMS = (
    *("domain", "domain-owner", "duration", "repository"),
    *("RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds"),
    "SecretId",
)
_MAX_LIFETIME = 86400


class Application:
    """The WSGI application of both listeners; ``storage`` is the folder for the packages' files.

    ``save`` is called after each request to an AWS host, to keep what it has changed, and ``log`` with each request
    when the status of its response is known.
    """

    def __init__(self, storage: str, save: Callable[[], object] | None = None, log: Log | None = None) -> None:
        registration.register()
        self._log = log or (lambda _: None)
        self.journal = Journal()
        self.faults = faults.Faults()
        self.access = Access()
        self.quotas = Quotas()
        self.pypi = PyPI(storage, self.access)
        self.save = save or (lambda: None)
        self._removals = {
            "requests": self.journal.clear,
            "faults": self.faults.clear,
            "sessions": identities.expire_sessions,
            "tokens": _expire_tokens,
        }
        self._moto = Dispatcher()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; record it in the journal if it is for an AWS host."""
        try:
            return self._answer(environ, start_response)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug must still get a response
            return _error(500, _internal_error(environ, error).message)(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "").lower().partition(":")[0]
        path = environ["PATH_INFO"]
        is_tls = environ["wsgi.url_scheme"] == "https"
        # Without TLS, any web page in a local browser can send requests here, but its browser adds an Origin header.
        is_allowed = is_own(host) if is_tls else _is_this_machine(host) and "HTTP_ORIGIN" not in environ
        if not path.startswith("/") or not is_allowed:
            self.log_unrecorded(environ["REQUEST_METHOD"], host or path, "", 421)
            return _error(421, f"{host or path} is not one of the emulator's hosts")(environ, start_response)
        if is_tls and is_runner_host(host):
            request = Request(environ)
            is_token = (request.method, request.path) == ("GET", f"{OWN_PATH}identity-token")
            answer = self._identity_token(request) if is_token else _error(404, "only OIDC tokens are served here")
            self.log_unrecorded(request.method, host, path, answer.status_code)
            return answer(environ, start_response)
        if not is_tls and path == OWN_PATH.rstrip("/"):
            return redirect(OWN_PATH)(environ, start_response)
        if not is_tls and path.startswith(OWN_PATH):
            request = Request(environ)
            answer = status_page.respond(self, request) if path == OWN_PATH else self._own(request)
            return answer(environ, start_response)
        call = None if is_tls and data_host(host) else calls.parse(environ, host)
        operation = call.name if call else _data_operation(environ)
        entry = Entry(
            host,
            environ["REQUEST_METHOD"],
            path,
            operation,
            call.access_key_id if call else "",
            "HTTP_X_AMZ_SECURITY_TOKEN" in environ,
            "",
            {key: value for key in _PARAMS if (value := _parameter(call, key))} if call else {},
        )
        self.journal.add(entry)

        def start_and_record(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            entry.status = int(status[:3])
            entry.principal = environ.get("REMOTE_USER", "")
            if _is_change(operation, environ):
                # Before the client learns that it has succeeded.
                self._save_or_explain()
            self._log(entry)
            return start_response(status, headers, exc_info)

        application = self._fault(entry) or (self._api(call, environ) if call else self.pypi)
        return application(environ, start_and_record)

    def _save_or_explain(self) -> None:
        try:
            self.save()
        except OSError as error:
            print_error(f"emulator: the state cannot be saved ({error.strerror}): a request gets no response")
            raise

    def log_unrecorded(self, method: str, host: str, path: str, status: int) -> None:
        """Log a request that is not for an AWS host."""
        self._log(Entry(host, method, path, "", "", is_temporary=False, principal="", params={}, status=status))

    def _fault(self, entry: Entry) -> WSGIApplication | None:
        """Return the application for the next fault of the operation, None if there is none."""
        fault = self.faults.take(entry.operation)
        if fault is None:
            return None
        time.sleep(fault.hang)
        if fault.cut:
            if not fault.status:
                self._log(entry)  # no response follows
            return _cutting(fault)
        return Response(fault.body, fault.status, fault.headers) if fault.status else None

    def _api(self, call: Call, environ: WSGIEnvironment) -> WSGIApplication:
        """Return the application for an API call: moto, or an AWS error response."""
        try:
            _require_operation(call)
            constraints.check(call)
            self.access.check(call, environ)
            self.quotas.check(call, identities.account_of(call.access_key_id), time.monotonic())
        except APIError as error:
            return _api_error(error, call)

        def call_moto(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            try:
                return self._moto(call.environ(environ), start_response)  # type: ignore[no-any-return] # untyped
            except NotImplementedError as error:
                failure = APIError("UnknownOperationException", 501, str(error))
            except ValueError:
                # From moto's parsers, for a parameter of the wrong type.
                failure = constraints.invalid(call, f"a parameter of {call.name} has an invalid value")
            except Exception as error:  # noqa: BLE001 - printed on the emulator's own terminal
                # A bug in the emulator or moto must not look like a failure of the client's proxy.
                failure = _internal_error(environ, error)
            return _api_error(failure, call)(environ, start_response)

        return call_moto

    def _own(self, request: Request) -> Response:
        """Answer a request for the emulator's own pages."""
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
            case "DELETE", name if name in self._removals:
                self._removals[name]()
                return Response(status=204)
        names = ("/", "health", "requests", "faults", "identity-token", "sessions", "tokens")
        return _error(404, f"below {OWN_PATH} there are {', '.join(names)}")

    def _add_fault(self, request: Request) -> Response:
        try:
            self.faults.add(faults.parse(calls.read_body(request.environ)))
        except (ValueError, RecursionError, APIError) as error:
            return _error(400, f"invalid fault: {error}")
        return Response(status=204)

    def _identity_token(self, request: Request) -> Response:
        """Answer as GitHub's runner does, for the claims in the query.

        Source: GitHub Docs, "OpenID Connect reference", ``ACTIONS_ID_TOKEN_REQUEST_URL``.
        """
        if request.authorization is None or request.authorization.type != "bearer":
            return _error(401, "a bearer token is required; any is accepted")
        claims = request.args.to_dict()
        lifetime = claims.get("lifetime", "300")
        if (
            not claims.get("issuer", "").startswith("https://")
            or not claims.get("subject")
            or not claims.get("audience")
        ):
            return _error(400, "issuer (https://…), subject and audience are required")
        if not re.fullmatch("[0-9]{1,6}", lifetime) or int(lifetime) > _MAX_LIFETIME:
            return _error(400, f"lifetime must be 0 to {_MAX_LIFETIME} seconds")
        token = self.access.issuer.mint(claims["issuer"], claims["subject"], claims["audience"], lifetime=int(lifetime))
        return Response(json.dumps({"count": len(token), "value": token}), mimetype="application/json")


def _expire_tokens() -> None:
    for backend in all_backends():
        backend.expire_tokens()


def _is_this_machine(host: str) -> bool:
    """Return whether ``host`` is an IP address or localhost, and not a name that others can resolve to this machine."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def _parameter(call: Call, key: str) -> str:
    """Return a parameter of the query or the form, else the same of a JSON body; empty if it has neither."""
    return call.params.get(key) or call.parameter(key)


def _is_change(operation: str, environ: WSGIEnvironment) -> bool:
    """Return whether a request may have changed what is kept."""
    is_reading = operation.startswith(("Get", "List", "Describe", "Assume", "ProjectPage", "Download"))
    return not is_reading or CHANGED in environ


def _data_operation(environ: WSGIEnvironment) -> str:
    if environ["REQUEST_METHOD"] == "POST":
        return "Upload"
    return "ProjectPage" if environ["PATH_INFO"].endswith("/") else "Download"


def _cutting(fault: Fault) -> WSGIApplication:
    """Return an application that sends half of the fault's response, if it has one, and closes the connection."""

    def answer(_: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        if fault.status:
            body = fault.body.encode()
            start_response(f"{fault.status} CUT", [*fault.headers.items(), ("Content-Length", str(len(body)))])
            yield body[: len(body) // 2]
        raise ConnectionAbortedError

    return answer


def _error(status: int, reason: str) -> Response:
    return Response(f"{reason}\n", status, mimetype="text/plain")


def _api_error(error: APIError, call: Call) -> Response:
    headers, body = error.render(is_query=call.is_query)
    return Response(body, error.status, headers)


def _require_operation(call: Call) -> None:
    """Raise APIError unless ``call`` is a valid request for an operation of a supported service."""
    name = call.name
    if call.signature is None and call.error is None and name != calls.UNSIGNED:
        code = "MissingAuthenticationToken" if call.is_query else "MissingAuthenticationTokenException"
        raise APIError(code, 403, "Missing Authentication Token")
    if call.service not in _SERVICES:
        raise APIError(
            "UnknownOperationException", 404, "the emulator supports CodeArtifact, STS, IAM and Secrets Manager"
        )
    if call.error:
        raise call.error
    if not name and call.params and call.is_query:
        raise APIError("InvalidAction", 400, f"Could not find operation {call.params.get('Action', '')[:80]}")
    if not name:
        raise APIError("UnknownOperationException", 404, "unknown operation")


def _internal_error(environ: WSGIEnvironment, error: Exception) -> APIError:
    print(f"emulator: {environ['PATH_INFO']}: {error!r}", file=sys.stderr)
    return APIError("InternalServerException", 500, f"internal error of the emulator: {type(error).__name__}")
