"""Project pages of the simple repository API, in HTML (PEP 503) and JSON (PEP 691)."""

from __future__ import annotations

import html
import json
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.exceptions import NotAcceptable
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from keyrings.codeartifact.emulator.api.repository import Asset

# PEP 691; the first is the default for clients that send no Accept header.
_HTML = ("text/html", "application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.latest+html")
_JSON = ("application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.latest+json")

# A page of 2,000 versions takes 10 ms to render.  After an upload, only the new file is rendered.
_each_once = lru_cache(maxsize=1 << 14)


class Files:
    """The files of a project, one tuple for each place that is searched, in this order.

    Equal if these are the same objects: that is quick to tell for thousands of files.
    """

    def __init__(self, *places: tuple[Asset, ...]) -> None:
        self._places = places

    def __bool__(self) -> bool:
        return any(self._places)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Files) and self._ids() == other._ids()

    def __hash__(self) -> int:
        return hash(self._ids())

    def assets(self) -> list[Asset]:
        """Return all files; of those with the same name, the first."""
        found: dict[str, Asset] = {}
        for assets in self._places:
            for asset in assets:
                found.setdefault(asset.filename, asset)
        return list(found.values())

    def _ids(self) -> tuple[int, ...]:
        return tuple(map(id, self._places))


def project_page(request: Request, name: str, files: Files) -> Response:
    """Return the page of a project by normalized ``name``; raise NotAcceptable if the client accepts neither form."""
    accepted = request.accept_mimetypes
    wanted = accepted.best_match((*_HTML, *_JSON)) if accepted else _HTML[0]
    if wanted is None:
        raise NotAcceptable(f"project pages are available as {', '.join((*_HTML, *_JSON))}")
    page = _render(name, files, is_json=wanted in _JSON)
    # The response to a request for the latest version names that version.
    return Response(page, mimetype=wanted.replace("latest", "v1"), headers={"Vary": "Accept"})


@lru_cache(maxsize=64)
def _render(name: str, files: Files, *, is_json: bool) -> bytes:
    """Return a project page."""
    assets = files.assets()
    return (_json(name, assets) if is_json else _html(name, assets)).encode()


def _json(name: str, assets: list[Asset]) -> str:
    files = ", ".join(map(_object, assets))
    return f'{{"meta": {{"api-version": "1.0"}}, "name": {json.dumps(name)}, "files": [{files}]}}'


@_each_once
def _object(asset: Asset) -> str:
    described = {
        "filename": asset.filename,
        "url": _relative_url(asset),
        "hashes": {"sha256": asset.sha256},
        "yanked": asset.yanked or False,
        **({"requires-python": asset.requires_python} if asset.requires_python else {}),
    }
    return json.dumps(described)


def _html(name: str, assets: list[Asset]) -> str:
    title = f"Links for {html.escape(name)}"
    links = "<br>\n".join(map(_anchor, assets))
    return (
        '<!DOCTYPE html>\n<html><head><meta name="pypi:repository-version" content="1.0">'
        f"<title>{title}</title></head>\n<body><h1>{title}</h1>\n{links}</body></html>\n"
    )


@_each_once
def _anchor(asset: Asset) -> str:
    attributes = {
        "href": f"{_relative_url(asset)}#sha256={asset.sha256}",
        "data-requires-python": asset.requires_python,
        "data-yanked": asset.yanked,
    }
    text = " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items() if value)
    return f"<a {text}>{html.escape(asset.filename)}</a>"


def _relative_url(asset: Asset) -> str:
    """Return the URL of a file, relative to the project page."""
    return f"{quote(asset.version, safe='')}/{quote(asset.filename, safe='')}"
