"""The data plane: project pages, downloads and uploads, for clients with a token."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.exceptions import (
    BadGateway,
    BadRequest,
    Conflict,
    Forbidden,
    HTTPException,
    MethodNotAllowed,
    NotFound,
)
from werkzeug.utils import redirect, send_file
from werkzeug.wrappers import Request, Response

from keyrings.codeartifact.emulator.api.errors import APIError, ConflictError
from keyrings.codeartifact.emulator.api.repository import AVAILABLE, LISTED, PUBLIC, Asset, Listing, linked, normalize

from . import distributions
from .pages import Files, project_page
from .public import PublicError
from .sessions import authenticate, read_target

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO
    from wsgiref.types import StartResponse, WSGIEnvironment

    from keyrings.codeartifact.emulator.api.repository import Repository
    from keyrings.codeartifact.emulator.iam.access import Access

    from .public import Public
    from .sessions import Session

_CHUNK = 1 << 20
# Set in the environment of a download that has stored a file.
CHANGED = "emulator.changed"


class _Request(Request):
    """A request whose form may contain a long description."""

    max_form_memory_size = 1 << 25


class PyPI:
    """The WSGI application of the data plane; ``storage`` is the folder for the packages' files.

    ``public`` is where external connections lead, None for nowhere.
    """

    def __init__(self, storage: str, access: Access) -> None:
        self.storage = storage
        self.public: Public | None = None
        self._access = access
        # By version and name of a file.
        self._fetching: dict[tuple[str, str], threading.Lock] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        with _Request(environ) as request:  # closes an upload's temporary files
            try:
                response = self._answer(request)
            except HTTPException as error:
                response = error.get_response(environ)
        return response(environ, start_response)

    def store(
        self, repository: Repository, filename: str, content: IO[bytes], *, yanked: str = "", entry: str = ""
    ) -> Asset:
        """Store a file and add it to ``repository``; ``entry`` as in `Repository.add`.

        Raises ConflictError if the file exists already, ValueError if it is not a valid wheel or source distribution.
        """
        naming = distributions.read_filename(filename)
        if naming is None:
            raise ValueError(f"{filename!r} is not the file name of a wheel or source distribution")
        path = os.path.join(self.storage, secrets.token_hex(16))
        try:
            with open(path, "w+b") as file:
                sha256 = hashlib.sha256()
                while chunk := content.read(_CHUNK):
                    file.write(chunk)
                    sha256.update(chunk)
                file.seek(0)
                requires_python = distributions.requires_python(filename, file)
            size, digest = os.path.getsize(path), sha256.hexdigest()
            asset = Asset(*naming, filename, path, size, digest, requires_python, yanked)
            repository.add(asset, entry)
        except BaseException:
            os.unlink(path)
            raise
        return asset

    def _answer(self, request: Request) -> Response:
        target = read_target(request)
        session = authenticate(request, target)
        if request.method in ("GET", "HEAD"):
            self._require(session, "ReadFromRepository")
        match (request.method, target.path):
            case ("POST", () | ("",)):
                return self._upload(request, session)
            case ("GET" | "HEAD", ("simple", name)) if name:
                return redirect(f"{quote(name)}/", 301)
            case ("GET" | "HEAD", ("simple", name, "")):
                return self._page(request, session, name)
            case ("GET" | "HEAD", ("simple", name, version, filename)):
                return self._file(request, session, name, (version, filename))
            case ("GET" | "HEAD", _):
                raise NotFound
        raise MethodNotAllowed

    def _page(self, request: Request, session: Session, name: str) -> Response:
        """Return the page of a project; raise BadGateway, or NotFound if it has no files."""
        searched = _searched(session, name)
        _, public = self._public_files(searched, name)
        places, hidden = [], frozenset[str]()
        # A version that is unlisted, archived or disposed of hides those of the places behind.
        for listing in (*(one.listing(name, LISTED) for one in searched), Listing(public)):
            shown = (
                tuple(asset for asset in listing.assets if asset.version not in hidden) if hidden else listing.assets
            )
            places.append(shown)
            hidden |= listing.hidden
        files = Files(*places)
        if not files:
            raise NotFound
        return project_page(request, normalize(name), files)

    def _public_files(self, searched: list[Repository], name: str) -> tuple[Repository | None, tuple[Asset, ...]]:
        """Return the repository with an external connection for a project, and its public files; raise BadGateway."""
        connected = next((one for one in searched if one.is_public and one.origin(name).upstream), None)
        if connected is None or self.public is None:
            return None, ()
        try:
            return connected, tuple(self.public.files(normalize(name)))
        except PublicError as error:
            raise BadGateway(str(error)) from None

    def _find(self, session: Session, name: str, wanted: tuple[str, str]) -> tuple[Asset, Repository]:
        """Return the file with the ``wanted`` version and name, and the repository that has it or its connection.

        Of files with the same name, the first in the order of search is returned.  Raises NotFound or BadGateway.
        """
        version, filename = wanted
        searched = _searched(session, name)
        for one in searched:
            if asset := _present(one, name, wanted):
                return asset, one
            if version in one.listing(name).hidden:
                raise NotFound
        connected, public = self._public_files(searched, name)
        for asset in public:
            if connected and (asset.version, asset.filename) == (version, filename):
                return asset, connected
        raise NotFound

    def _file(self, request: Request, session: Session, name: str, wanted: tuple[str, str]) -> Response:
        """Return the file with the ``wanted`` version and name, and keep it in the repository."""
        asset, holder = self._find(session, name, wanted)
        if request.method == "GET" and (asset.url or holder is not session.repository):
            # One at a time: two requests for a file fetch it once.
            request.environ[CHANGED] = True
            with self._fetching.setdefault(wanted, threading.Lock()):
                if asset.url:
                    asset = _present(holder, name, wanted) or self._fetch(asset, holder)
                if holder is not session.repository:
                    asset = _present(session.repository, name, wanted) or _retain(asset, holder, session.repository)
        if asset.url:
            return Response(mimetype="application/octet-stream")
        try:
            return send_file(asset.path, request.environ, mimetype="application/octet-stream", etag=asset.sha256)
        except FileNotFoundError:  # deleted since
            raise NotFound from None

    def _fetch(self, asset: Asset, holder: Repository) -> Asset:
        """Return a public file, stored in the repository that has the connection; raise BadGateway."""
        if self.public is None:
            raise NotFound
        try:
            with self.public.open(asset) as content:
                stored = self.store(holder, asset.filename, content, yanked=asset.yanked, entry=PUBLIC)
        except (PublicError, ValueError, OSError) as error:
            raise BadGateway(f"{asset.filename}: {error}") from None
        if asset.sha256 not in ("", stored.sha256):
            holder.remove_asset(stored)
            raise BadGateway(f"{asset.filename} has another SHA-256 than on its project page")
        return stored

    def _require(self, session: Session, operation: str, package: str = "") -> None:
        """Raise Forbidden unless IAM allows ``operation``."""
        try:
            self._access.check_bearer(session.principal, operation, session.domain, session.repository, package)
        except APIError as error:
            raise Forbidden(error.message) from None

    def _upload(self, request: Request, session: Session) -> Response:
        name, version = request.form.get("name", ""), request.form.get("version", "")
        content = request.files.get("content")
        if request.form.get(":action") != "file_upload" or not name or not version or content is None:
            raise BadRequest("not an upload; required fields: :action=file_upload, name, version and content")
        filename = content.filename or ""
        naming = distributions.read_filename(filename)
        if naming and (normalize(name), _plain(version)) != (normalize(naming.name), _plain(naming.version)):
            raise BadRequest(f"the file name {filename} does not match {name} {version}")
        self._require(session, "PublishPackageVersion", name)
        if not session.repository.origin(name).publish:
            raise Forbidden(f"the origin controls of {normalize(name)} block publishing to {session.repository.name}")
        try:
            self.store(session.repository, filename, content.stream)
        except ConflictError as error:
            raise Conflict(error.message) from None
        except ValueError as error:
            raise BadRequest(str(error)) from None
        return Response(status=200)


def _plain(version: str) -> str:
    """Return a version in a spelling that is the same for file names and metadata."""
    return re.sub(r"[^a-z0-9]+", ".", version.lower())


def _searched(session: Session, name: str) -> list[Repository]:
    """Return the repositories that a project is looked up in, in order."""
    return session.domain.search_order(session.repository, name)


def _present(repository: Repository, name: str, wanted: tuple[str, str]) -> Asset | None:
    """Return the file with this version and name in ``repository``, None if it has none that can be downloaded."""
    version, filename = wanted
    found = repository.version(name, version)
    if found is None or found.status not in AVAILABLE:
        return None
    return next((one for one in list(found.assets) if one.filename == filename), None)


def _retain(asset: Asset, holder: Repository, repository: Repository) -> Asset:
    """Return a file of the upstream ``holder``, in ``repository`` too: nothing that happens upstream affects it."""
    version = holder.version(asset.package, asset.version)
    try:
        retained = linked(asset)
    except FileNotFoundError:  # deleted since
        raise NotFound from None
    repository.add(retained, version.entry if version else holder.name)
    return retained
