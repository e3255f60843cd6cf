"""Requests to the data plane: the repository that they name, and the principal that their token is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from moto.core.exceptions import ServiceException
from werkzeug.exceptions import NotFound, Unauthorized
from werkzeug.wrappers import Response

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.transport.hosts import data_host

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from keyrings.codeartifact.emulator.api.models import Domain
    from keyrings.codeartifact.emulator.api.repository import Repository
    from keyrings.codeartifact.emulator.iam.identities import Principal


class Target(NamedTuple):
    """The repository that a request names, and the path below it."""

    region: str
    domain_owner: str
    domain: str
    repository: str
    path: tuple[str, ...]


class Session(NamedTuple):
    """An authenticated request: the principal that requested its token, if known, and the repository."""

    principal: Principal | None
    domain: Domain
    repository: Repository


def read_target(request: Request) -> Target:
    """Return the target of ``request``, from its host and path; raise NotFound if they name no repository."""
    host = data_host(request.host.lower().partition(":")[0])
    match (host, tuple(request.path.split("/"))):
        case ((region, None, None), ("", "pypi", "d", named, repository, *path)) if "-" in named:
            domain, _, domain_owner = named.rpartition("-")
        case ((region, str(domain), str(domain_owner)), ("", "pypi", repository, *path)):
            pass
        case _:
            raise NotFound
    return Target(region, domain_owner, domain, repository, tuple(path))


def authenticate(request: Request, target: Target) -> Session:
    """Return the session of ``request``; raise Unauthorized without a valid token, NotFound without a repository."""
    credentials = request.authorization
    try:
        backend = backend_of(target.domain_owner, target.region)
        if credentials is None or credentials.type != "basic" or credentials.username != "aws":
            raise _unauthorized("the user name aws and a token are required")
        grant = backend.grant(credentials.password or "", target.domain)
        if grant is None:
            raise _unauthorized("the token is unknown, has expired, or is for another domain")
        domain = backend.domain(target.domain)
        if grant.principal:
            request.environ["REMOTE_USER"] = grant.principal.arn
        return Session(grant.principal, domain, domain.repository(target.repository))
    except ServiceException as error:
        raise NotFound(str(error.message)) from None


def _unauthorized(reason: str) -> Unauthorized:
    challenge = Response(f"{reason}\n", 401, {"WWW-Authenticate": 'Basic realm="codeartifact"'})
    return Unauthorized(response=challenge)
