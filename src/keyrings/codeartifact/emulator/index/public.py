"""Where the external connection ``public:pypi`` leads: a folder of distributions, or an index."""

from __future__ import annotations

import hashlib
import html.parser
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from keyrings.codeartifact.emulator.api.repository import Asset, normalize
from keyrings.codeartifact.errors import ConfigurationError

from . import distributions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import IO

    from requests import Session

# For pip's own index, whichever it is on this machine.
PIP = "pip"
_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
# In seconds: to connect, and between two parts of a response.
_TIMEOUT = (5, 30)
# FAT stores times in steps of 2 seconds; in nanoseconds.
_SETTLED = 3 * 10**9
_PIP_S_INDEX = (
    "from pip._internal.commands import create_command; "
    "print(create_command('download').parser.get_default_values().index_url)"
)


class PublicError(Exception):
    """The index did not answer, or with something else than a project page or a file."""


class Public(Protocol):
    """A source of public packages."""

    def files(self, name: str) -> list[Asset]:
        """Return the files of a project by normalized name, none if it does not exist; raise PublicError."""

    def open(self, asset: Asset) -> AbstractContextManager[IO[bytes]]:
        """Open a file that `files` has returned; raise PublicError."""


def find(setting: str) -> Public:
    """Return the source for a folder, the URL of an index, or ``pip``; raise ConfigurationError."""
    if os.path.isdir(setting):
        return _Folder(setting)
    url = _pip_s_index() if setting == PIP else setting
    if not re.match(r"https?://[^/]", url):
        raise ConfigurationError(
            "CA903", f"pypi: {setting!r} is neither a folder nor a URL", f"name a folder, https://…, or {PIP}"
        )
    return _Index(url)


def _pip_s_index() -> str:
    """Return the index that pip uses here, from its variables, its configuration, or by default."""
    command = [sys.executable, "-c", _PIP_S_INDEX]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - this Python
    if done.returncode:
        raise ConfigurationError("CA903", "pypi: this Python has no pip", "install pip, or name the URL of an index")
    return done.stdout.strip()


class _Folder:
    def __init__(self, path: str) -> None:
        self._path = path
        self._listed: tuple[int, dict[str, list[str]]] = (0, {})

    def files(self, name: str) -> list[Asset]:
        try:
            return [_describe(path, os.stat(path).st_mtime_ns) for path in self._by_project().get(name, ())]
        except OSError as error:
            raise PublicError(f"{self._path} cannot be read ({error.strerror})") from None

    def _by_project(self) -> dict[str, list[str]]:
        """Return the paths of all files by project; lists the folder again only if it has changed."""
        modified = os.stat(self._path).st_mtime_ns
        if modified != self._listed[0]:
            found: dict[str, list[str]] = {}
            for entry in sorted(os.scandir(self._path), key=lambda entry: entry.name):
                if entry.is_file() and (naming := distributions.read_filename(entry.name)):
                    found.setdefault(normalize(naming.name), []).append(entry.path)
            # Another change within the resolution of the file system's times would not show.
            self._listed = (modified if time.time_ns() - modified > _SETTLED else 0, found)
        return self._listed[1]

    def open(self, asset: Asset) -> AbstractContextManager[IO[bytes]]:
        try:
            return open(asset.url, "rb")
        except OSError as error:
            raise PublicError(f"{asset.filename} cannot be read ({error.strerror})") from None


@lru_cache(maxsize=10_000)
def _describe(path: str, modified: int) -> Asset:  # noqa: ARG001 - a part of the cache's key
    """Return a file of a folder, as it was when it was last ``modified``."""
    filename = os.path.basename(path)
    naming = distributions.read_filename(filename)
    with open(path, "rb") as file:
        sha256 = hashlib.sha256()
        while chunk := file.read(1 << 20):
            sha256.update(chunk)
        file.seek(0)
        try:
            requires_python = distributions.requires_python(filename, file)
        except ValueError:
            requires_python = ""
    return Asset(*(naming or ("", "")), filename, "", 0, sha256.hexdigest(), requires_python, url=path)


class _Index:
    """An index by the simple repository API (PEP 503, PEP 691)."""

    def __init__(self, url: str) -> None:
        # Imported lazily: needed only where an index is set.
        import requests
        import urllib3

        self._url = url.rstrip("/")
        self._session: Session = requests.Session()
        self._errors = (requests.RequestException, urllib3.exceptions.HTTPError)

    def files(self, name: str) -> list[Asset]:
        url = f"{self._url}/{name}/"
        try:
            with self._session.get(url, headers={"Accept": _ACCEPT}, timeout=_TIMEOUT) as response:
                if response.status_code == 404:  # noqa: PLR2004 - RFC 9110: Not Found
                    return []
                response.raise_for_status()
                is_json = response.headers.get("Content-Type", "").startswith(_JSON)
                files = response.json()["files"] if is_json else _parse_html(response.text)
                assets = [_asset(file, response.url) for file in files]
        except (*self._errors, ValueError, KeyError, TypeError) as error:
            raise PublicError(f"the public index did not answer for {name} ({type(error).__name__})") from None
        return [asset for asset in assets if asset and normalize(asset.package) == name]

    @contextmanager
    def open(self, asset: Asset) -> Iterator[IO[bytes]]:
        try:
            headers = {"Accept-Encoding": "identity"}
            with self._session.get(asset.url, stream=True, timeout=_TIMEOUT, headers=headers) as response:
                response.raise_for_status()
                yield response.raw
        # Also what reading it raises.
        except self._errors as error:
            raise PublicError(f"the public index did not send {asset.filename} ({type(error).__name__})") from None


def _asset(file: dict[str, Any], page: str) -> Asset | None:
    """Return a file of a project page at the URL ``page``, None if it is no wheel or source distribution."""
    naming = distributions.read_filename(str(file["filename"]))
    url = urljoin(page, str(file["url"]))
    if naming is None or urlsplit(url).scheme not in ("http", "https"):
        return None
    yanked = file.get("yanked")
    reason = yanked if isinstance(yanked, str) else "yanked" if yanked else ""
    sha256 = str((file.get("hashes") or {}).get("sha256", ""))
    return Asset(*naming, str(file["filename"]), "", 0, sha256, str(file.get("requires-python") or ""), reason, url)


def _parse_html(text: str) -> list[dict[str, Any]]:
    """Return the files of a project page in HTML as in JSON."""
    parser = _Anchors()
    parser.feed(text)
    return parser.files


class _Anchors(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.files: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag != "a" or not attributes.get("href"):
            return
        url, _, fragment = str(attributes["href"]).partition("#")
        self.files.append(
            {
                "filename": unquote(urlsplit(url).path.rpartition("/")[2]),
                "url": url,
                "hashes": dict([fragment.split("=", 1)] if fragment.startswith("sha256=") else []),
                "requires-python": attributes.get("data-requires-python"),
                "yanked": "data-yanked" in attributes and (attributes["data-yanked"] or True),
            }
        )
