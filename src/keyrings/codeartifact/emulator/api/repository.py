"""A repository: its packages, their versions, and the files of these."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from .errors import ConflictError

# The name of the external connection to the public index of Python packages.
PUBLIC = "public:pypi"
# CodeArtifact User Guide, "Package version status": what a project page lists, and what can be downloaded.
PUBLISHED, UNLISTED, ARCHIVED, DISPOSED = "Published", "Unlisted", "Archived", "Disposed"
LISTED, AVAILABLE = (PUBLISHED,), (PUBLISHED, UNLISTED)


class Asset(NamedTuple):
    """A file of a package version: its ``path`` on this machine, and in ``yanked`` the reason if it is yanked."""

    package: str
    version: str
    filename: str
    path: str
    size: int
    sha256: str
    requires_python: str = ""
    yanked: str = ""
    url: str = ""  # of a public file that is not stored here yet, whose path and size are empty


class Origin(NamedTuple):
    """Origin controls of a package in a repository: whether versions may be published to it, or come from upstream."""

    publish: bool = True
    upstream: bool = True


# CodeArtifact User Guide, "Editing package origin controls": what applies after the first version of a package.
AFTER_PUBLISHING, AFTER_FETCHING = Origin(publish=True, upstream=False), Origin(publish=False, upstream=True)


@dataclass
class Version:
    """A package version: its status, when it came here (seconds since the epoch), and its files.

    ``entry`` is where it has entered the domain: the name of a repository, or ``public:pypi``.
    """

    version: str
    entry: str
    status: str = PUBLISHED
    created: float = field(default_factory=time.time)
    revision: str = ""
    assets: list[Asset] = field(default_factory=list)


class Listing(NamedTuple):
    """The files of a package's versions with some statuses, and the names of its other versions."""

    assets: tuple[Asset, ...] = ()
    hidden: frozenset[str] = frozenset()


@dataclass
class Package:
    """A package: its versions, in the order in which they came, and its origin controls.

    ``is_kept`` is set if it stays without a version, because its origin controls have been set.  ``listings`` are kept
    until a version changes, by statuses: pages of thousands of files are requested again and again.
    """

    origin: Origin
    is_kept: bool = False
    versions: dict[str, Version] = field(default_factory=dict)
    listings: dict[tuple[str, ...], Listing] = field(default_factory=dict)


@dataclass
class Repository:
    """A repository with its packages, by normalized name; ``created`` is in seconds since the epoch.

    ``policy`` is its permissions policy as JSON, or empty.  ``upstreams`` are names, in the order of priority, and
    ``is_public`` is whether it has the external connection ``public:pypi``.
    """

    name: str
    administrator: str
    description: str = ""
    policy: str = ""
    created: float = field(default_factory=time.time)
    upstreams: tuple[str, ...] = ()
    is_public: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    _packages: dict[str, Package] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, asset: Asset, entry: str = "") -> None:
        """Add a file that was published here, or entered the domain at ``entry``.

        Raises ConflictError if the version has this file already, which CodeArtifact never replaces, or is disposed.
        """
        origin = AFTER_FETCHING if entry else AFTER_PUBLISHING
        with self._lock:
            package = self._packages.setdefault(normalize(asset.package), Package(origin))
            if not package.versions and not package.is_kept:
                package.origin = origin
            version = package.versions.setdefault(asset.version, Version(asset.version, entry or self.name))
            if version.status == DISPOSED:
                raise ConflictError("package-version", asset.version, "has been disposed of")
            if asset.filename in (present.filename for present in version.assets):
                raise ConflictError("asset", asset.filename)
            version.assets.append(asset)
            version.revision = _revision(version.assets)
            package.listings.clear()

    def packages(self) -> list[str]:
        """Return the normalized names of all packages, sorted."""
        return [name for name, _ in self.described_packages()]

    def described_packages(self) -> list[tuple[str, Package]]:
        """Return all packages with their normalized names, sorted by these."""
        with self._lock:
            found = list(self._packages.items())
        return sorted(found, key=itemgetter(0))

    def size(self) -> int:
        """Return the size of all files, in bytes."""
        with self._lock:
            versions = [version for package in self._packages.values() for version in package.versions.values()]
            return sum(asset.size for version in versions for asset in version.assets)

    def package(self, name: str) -> Package | None:
        """Return a package, None if it does not exist."""
        return self._packages.get(normalize(name))

    def versions(self, package: str) -> list[Version]:
        """Return the versions of ``package``, none if it does not exist."""
        found = self.package(package)
        with self._lock:
            return list(found.versions.values()) if found else []

    def version(self, package: str, version: str) -> Version | None:
        """Return a version of ``package``, None if it does not exist."""
        found = self.package(package)
        return found.versions.get(version) if found else None

    def listing(self, package: str, statuses: tuple[str, ...] = AVAILABLE) -> Listing:
        """Return the files of all versions of ``package`` with these ``statuses``, the same until they change."""
        found = self.package(package)
        if found is None:
            return Listing()
        with self._lock:
            if statuses not in found.listings:
                versions = found.versions.values()
                found.listings[statuses] = Listing(
                    tuple([asset for version in versions if version.status in statuses for asset in version.assets]),
                    frozenset([version.version for version in versions if version.status not in statuses]),
                )
            return found.listings[statuses]

    def set_status(self, package: str, version: Version, status: str) -> None:
        """Set the status of a version; with ``DISPOSED`` its files are deleted, and only the record stays."""
        with self._lock:
            version.status = status
            if found := self._packages.get(normalize(package)):
                found.listings.clear()
            removed, version.assets = version.assets, [] if status == DISPOSED else version.assets
        if status == DISPOSED:
            _delete_files(removed)

    def origin(self, package: str) -> Origin:
        """Return the origin controls of ``package``: none restricts one that does not exist."""
        found = self.package(package)
        return found.origin if found else Origin()

    def set_origin(self, package: str, origin: Origin) -> None:
        """Set the origin controls of ``package``, which is created if it does not exist."""
        with self._lock:
            found = self._packages.setdefault(normalize(package), Package(origin))
            found.origin, found.is_kept = origin, True

    def remove(self, package: str, version: str) -> Version | None:
        """Remove a version with its files, and with the last one the package; return it, None if it did not exist."""
        with self._lock:
            found = self._packages.get(normalize(package))
            removed = found.versions.pop(version, None) if found else None
            if found:
                found.listings.clear()
            if found and not found.versions and not found.is_kept:
                del self._packages[normalize(package)]
        if removed:
            _delete_files(removed.assets)
        return removed

    def remove_package(self, name: str) -> Package | None:
        """Remove a package with all its versions; return it, None if it did not exist."""
        with self._lock:
            removed = self._packages.pop(normalize(name), None)
        for version in removed.versions.values() if removed else ():
            _delete_files(version.assets)
        return removed

    def remove_asset(self, asset: Asset) -> None:
        """Remove one file, and with the last one the version."""
        version = self.version(asset.package, asset.version)
        if version and version.assets == [asset]:
            self.remove(asset.package, asset.version)
        elif version and asset in version.assets:
            with self._lock:
                version.assets.remove(asset)
                self._packages[normalize(asset.package)].listings.clear()
            os.unlink(asset.path)


def normalize(name: str) -> str:
    """Return a project's normalized name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def linked(asset: Asset) -> Asset:
    """Return ``asset`` with a file of its own, which has the same content; raise FileNotFoundError if it is deleted."""
    path = os.path.join(os.path.dirname(asset.path), secrets.token_hex(16))
    os.link(asset.path, path)
    return asset._replace(path=path)


def _delete_files(assets: list[Asset]) -> None:
    for asset in assets:
        with suppress(FileNotFoundError):
            os.unlink(asset.path)


def _revision(assets: list[Asset]) -> str:
    """Return the revision of a version: a text that changes with its files."""
    return hashlib.sha256("".join(sorted(asset.sha256 for asset in assets)).encode()).hexdigest()[:32]
