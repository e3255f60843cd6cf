"""How does the data plane answer?  Project pages, downloads and uploads of a repository, for who has a token."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from moto.core.exceptions import ServiceException
from werkzeug.exceptions import BadRequest, Conflict, Forbidden, HTTPException, MethodNotAllowed, NotFound, Unauthorized
from werkzeug.utils import redirect, send_file
from werkzeug.wrappers import Request, Response

from keyrings.codeartifact.emulator.api.errors import RefusedError
from keyrings.codeartifact.emulator.api.models import Asset, ConflictError, backend_of, normalize
from keyrings.codeartifact.emulator.transport.hosts import data_host

from . import distributions
from .pages import project_page

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO
    from wsgiref.types import StartResponse, WSGIEnvironment

    from keyrings.codeartifact.emulator.api.models import Domain, Repository
    from keyrings.codeartifact.emulator.iam.access import Access
    from keyrings.codeartifact.emulator.iam.identities import Principal

_CHUNK = 1 << 20


class _Target(NamedTuple):
    """What a request is about: a repository of a domain, and the path below the repository."""

    region: str
    owner: str
    domain: str
    repository: str
    path: tuple[str, ...]


class _Visitor(NamedTuple):
    """Who has come with a good token, as far as IAM knows them, and where to."""

    principal: Principal | None
    domain: Domain
    repository: Repository


class _Request(Request):
    """A request whose form may hold a long description."""

    max_form_memory_size = 1 << 25


class PyPI:
    """The WSGI application behind the data plane's hosts; ``storage`` is the folder for the packages' files."""

    def __init__(self, storage: str, access: Access) -> None:
        self.storage = storage
        self._access = access

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        with _Request(environ) as request:  # so that an upload's temporary files are closed
            try:
                response = self._answer(request)
            except HTTPException as error:
                response = error.get_response(environ)
        return response(environ, start_response)

    def take_in(self, repository: Repository, filename: str, content: IO[bytes], *, yanked: str = "") -> Asset:
        """Store a file and add it to ``repository``.

        Raises ConflictError if it is there already, ValueError if it is no package or not what its name says.
        """
        naming = distributions.read_filename(filename)
        if naming is None:
            raise ValueError(f"{filename!r} is no file name of a wheel or a source distribution")
        path = os.path.join(self.storage, secrets.token_hex(16))
        try:
            with open(path, "w+b") as file:
                shutil.copyfileobj(content, file, _CHUNK)
                file.seek(0)
                sha256 = hashlib.sha256()
                while chunk := file.read(_CHUNK):
                    sha256.update(chunk)
                file.seek(0)
                needed = distributions.requires_python(filename, file)
            asset = Asset(
                naming.name, naming.version, filename, path, os.path.getsize(path), sha256.hexdigest(), needed, yanked
            )
            repository.add(asset)
        except BaseException:
            os.unlink(path)
            raise
        return asset

    def _answer(self, request: Request) -> Response:
        target = _target(request)
        visitor = _admit(request, target)
        repository = visitor.repository
        if request.method in ("GET", "HEAD"):
            self._require(visitor, "ReadFromRepository")
        match (request.method, target.path):
            case ("POST", () | ("",)):
                return self._upload(request, visitor)
            case ("GET" | "HEAD", ("simple", name)) if name:
                return redirect(f"{quote(name)}/", 301)
            case ("GET" | "HEAD", ("simple", name, "")):
                if assets := repository.assets(name):
                    return project_page(request, normalize(name), assets)
                raise NotFound
            case ("GET" | "HEAD", ("simple", name, version, filename)):
                return _file(request, repository, name, version, filename)
            case ("GET" | "HEAD", _):
                raise NotFound
        raise MethodNotAllowed

    def _require(self, visitor: _Visitor, operation: str, package: str = "") -> None:
        """Raise Forbidden if IAM has something against it."""
        try:
            self._access.check_bearer(visitor.principal, operation, visitor.domain, visitor.repository, package)
        except RefusedError as refusal:
            raise Forbidden(refusal.message) from None

    def _upload(self, request: Request, visitor: _Visitor) -> Response:
        name, version = request.form.get("name", ""), request.form.get("version", "")
        content = request.files.get("content")
        if request.form.get(":action") != "file_upload" or not name or not version or content is None:
            raise BadRequest("not an upload: the fields :action=file_upload, name, version and content are needed")
        filename = content.filename or ""
        naming = distributions.read_filename(filename)
        if naming and (normalize(name), _plain(version)) != (normalize(naming.name), _plain(naming.version)):
            raise BadRequest(f"{filename} is not {name} {version}")
        self._require(visitor, "PublishPackageVersion", name)
        try:
            self.take_in(visitor.repository, filename, content.stream)
        except ConflictError as error:
            raise Conflict(error.message) from None
        except ValueError as error:
            raise BadRequest(str(error)) from None
        return Response(status=200)


def _plain(version: str) -> str:
    """Return a version in a spelling that file names and metadata have in common."""
    return re.sub(r"[^a-z0-9]+", ".", version.lower())


def _target(request: Request) -> _Target:
    """Read host and path of ``request``; raise NotFound if they name no repository."""
    host = data_host(request.host.lower().partition(":")[0])
    match (host, tuple(request.path.split("/"))):
        case ((region, None, None), ("", "pypi", "d", named, repository, *path)) if "-" in named:
            domain, _, owner = named.rpartition("-")
        case ((region, str(domain), str(owner)), ("", "pypi", repository, *path)):
            pass
        case _:
            raise NotFound
    return _Target(region, owner, domain, repository, tuple(path))


def _admit(request: Request, target: _Target) -> _Visitor:
    """Return who comes; raise Unauthorized without a good token for the domain, NotFound if there is no repository."""
    credentials = request.authorization
    try:
        backend = backend_of(target.owner, target.region)
        if credentials is None or credentials.type != "basic" or credentials.username != "aws":
            raise _unauthorized("user name aws and a token are needed")
        grant = backend.grant(credentials.password or "", target.domain)
        if grant is None:
            raise _unauthorized("the token is unknown, has expired, or is another domain's")
        domain = backend.domain(target.domain)
        if grant.principal:
            request.environ["REMOTE_USER"] = grant.principal.arn
        return _Visitor(grant.principal, domain, domain.repository(target.repository))
    except ServiceException as error:
        raise NotFound(str(error.message)) from None


def _unauthorized(reason: str) -> Unauthorized:
    challenge = Response(f"{reason}\n", 401, {"WWW-Authenticate": 'Basic realm="codeartifact"'})
    return Unauthorized(response=challenge)


def _file(request: Request, repository: Repository, name: str, version: str, filename: str) -> Response:
    found = [asset for asset in repository.assets(name) if (asset.version, asset.filename) == (version, filename)]
    if not found:
        raise NotFound
    try:
        return send_file(found[0].path, request.environ, mimetype="application/octet-stream", etag=found[0].sha256)
    except FileNotFoundError:  # deleted in this very moment
        raise NotFound from None
