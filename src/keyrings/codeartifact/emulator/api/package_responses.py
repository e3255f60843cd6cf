"""The operations of CodeArtifact's API on packages, their versions and files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, BaseResponse

from keyrings.codeartifact.emulator.index import distributions

from .errors import ConflictError, NotFoundError, ValidationError
from .models import backend_of
from .repository import (
    ARCHIVED,
    DISPOSED,
    PUBLIC,
    PUBLISHED,
    UNLISTED,
    Asset,
    Origin,
    Repository,
    Version,
    linked,
    normalize,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from .models import CodeArtifactBackend, Domain
    from .repository import Package

FORMAT = "pypi"
# API reference: the maximum of maxResults in most operations.
_PAGE = 1000
_RESTRICTIONS = ("ALLOW", "BLOCK")
_INTERNAL, _EXTERNAL = "INTERNAL", "EXTERNAL"
# API reference: UpdatePackageVersionsStatus, targetStatus.
_TARGETS = (PUBLISHED, UNLISTED, ARCHIVED)
# Requires-Dist: a name, perhaps extras, and the rest.  PyPA specifications, "Dependency specifiers".
_REQUIREMENT = re.compile(r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?P<rest>.*)", re.DOTALL)


class VersionError(Exception):
    """Why a change of one version has failed: a code of the API reference, PackageVersionError, and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


class PackageResponse(BaseResponse):
    """The part of the handler that is about packages; the other part is a subclass."""

    def list_packages(self) -> ActionResult:
        """Answer ListPackages."""
        prefix, repository = self._get_param("packagePrefix", ""), self._repository()
        wanted = [(name, value == _RESTRICTIONS[0]) for name in Origin._fields if (value := self._get_param(name))]
        found = [one for one in repository.described_packages() if one[0].startswith(prefix)]
        for control, is_allowed in wanted:
            found = [one for one in found if getattr(one[1].origin, control) == is_allowed]
        return self._page("packages", found, describe=lambda one: {"package": one[0], **_describe_package(one[1])})

    def describe_package(self) -> ActionResult:
        """Answer DescribePackage."""
        return ActionResult({"package": {"name": normalize(self._name()), **_describe_package(self._package())}})

    def delete_package(self) -> ActionResult:
        """Answer DeletePackage."""
        described = {"package": normalize(self._name()), **_describe_package(self._package())}
        self._repository().remove_package(self._name())
        return ActionResult({"deletedPackage": described})

    def put_package_origin_configuration(self) -> ActionResult:
        """Answer PutPackageOriginConfiguration, also for a package that does not exist yet."""
        restrictions = self._get_param("restrictions")
        origin = Origin(**{name: restrictions[name] == _RESTRICTIONS[0] for name in Origin._fields})
        self._repository().set_origin(self._name(), origin)
        return ActionResult({"originConfiguration": _describe_origin(origin)})

    def list_package_versions(self) -> ActionResult:
        """Answer ListPackageVersions."""
        self._package()
        status, origin = self._get_param("status"), self._get_param("originType")
        versions = self._repository().versions(self._name())
        listed = [
            version
            for version in versions
            if status in (None, version.status) and origin in (None, _origin_type(version))
        ]
        if self._get_param("sortBy"):  # PUBLISHED_TIME, the only one
            listed.reverse()
        published = [version.version for version in versions if version.status == PUBLISHED]
        default = {"defaultDisplayVersion": published[-1]} if published else {}
        return self._page("versions", listed, {**self._named(), **default}, _summarize)

    def describe_package_version(self) -> ActionResult:
        """Answer DescribePackageVersion."""
        version = self._version()
        metadata = _metadata(version)
        texts = {"summary": metadata.get("Summary"), "homePage": metadata.get("Home-page")} if metadata else {}
        license_ = metadata and (metadata.get("License-Expression") or metadata.get("License"))
        described = {
            "format": FORMAT,
            "packageName": normalize(self._name()),
            "displayName": str(metadata.get("Name")) if metadata else self._name(),
            **{name: str(text) for name, text in texts.items() if text},
            "publishedTime": version.created,
            "licenses": [{"name": str(license_)}] if license_ else [],
            **_summarize(version),
        }
        return ActionResult({"packageVersion": described})

    def list_package_version_assets(self) -> ActionResult:
        """Answer ListPackageVersionAssets."""
        version = self._version()

        def describe(asset: Asset) -> dict[str, Any]:
            return {"name": asset.filename, "size": asset.size, "hashes": {"SHA-256": asset.sha256}}

        return self._page("assets", version.assets, self._named(version), describe)

    def get_package_version_asset(self) -> ActionResult:
        """Answer GetPackageVersionAsset with the content of a file."""
        version, name = self._version(), self._get_param("asset")
        if self._get_param("packageVersionRevision") not in (None, version.revision):
            raise ConflictError("package-version", version.version, "has another revision")
        asset = next((asset for asset in version.assets if asset.filename == name), None)
        if asset is None:
            raise NotFoundError("asset", name)
        with open(asset.path, "rb") as file:
            described = {"packageVersion": version.version, "packageVersionRevision": version.revision}
            return ActionResult({"asset": file.read(), "assetName": name, **described})

    def get_package_version_readme(self) -> ActionResult:
        """Answer GetPackageVersionReadme with the description of the project."""
        version = self._version()
        metadata = _metadata(version)
        readme = str(metadata.get_payload() or metadata.get("Description") or "") if metadata else ""
        if not readme.strip():
            raise NotFoundError("readme", f"{normalize(self._name())} {version.version}")
        return ActionResult({"readme": readme, **self._named(version)})

    def list_package_version_dependencies(self) -> ActionResult:
        """Answer ListPackageVersionDependencies."""
        version = self._version()
        metadata = _metadata(version)
        required = metadata.get_all("Requires-Dist", []) if metadata else []
        matches = [match for text in required if (match := _REQUIREMENT.fullmatch(str(text)))]
        listed = [
            {
                "package": normalize(match["name"]),
                "dependencyType": "optional" if re.search(r"\bextra\s*==", match["rest"]) else "regular",
                "versionRequirement": match["rest"],
            }
            for match in matches
        ]
        return self._page("dependencies", listed, self._named(version))

    def update_package_versions_status(self) -> ActionResult:
        """Answer UpdatePackageVersionsStatus."""
        target = str(self._get_param("targetStatus"))
        if target not in _TARGETS:
            raise ValidationError(f"targetStatus must be one of {', '.join(_TARGETS)}.")

        def update(repository: Repository, version: Version) -> str:
            if version.status == DISPOSED:
                raise VersionError("NOT_ALLOWED", f"Version {version.version} has been disposed of.")
            repository.set_status(self._name(), version, target)
            return target

        return self._each_version(update)

    def dispose_package_versions(self) -> ActionResult:
        """Answer DisposePackageVersions."""

        def dispose(repository: Repository, version: Version) -> str:
            repository.set_status(self._name(), version, DISPOSED)
            return DISPOSED

        return self._each_version(dispose)

    def delete_package_versions(self) -> ActionResult:
        """Answer DeletePackageVersions."""
        self._package()

        def delete(repository: Repository, version: Version) -> str:
            repository.remove(self._name(), version.version)
            return "Deleted"

        return self._each_version(delete)

    def copy_package_versions(self) -> ActionResult:
        """Answer CopyPackageVersions."""
        domain = self._domain()
        source, target = (domain.repository(self._get_param(f"{name}Repository")) for name in ("source", "destination"))
        if source is target:
            raise ValidationError("The source and the destination repository must differ.")
        revisions = self._get_param("versionRevisions") or dict.fromkeys(self._get_param("versions") or [])
        searched = domain.search_order(source) if self._get_param("includeFromUpstream") else [source]
        is_overwriting = bool(self._get_param("allowOverwrite"))

        def copy(holder: Repository, version: Version) -> str:
            present = target.version(self._name(), version.version)
            if present and not is_overwriting:
                raise VersionError("ALREADY_EXISTS", f"Version {version.version} exists in {target.name}.")
            if not version.assets:
                raise VersionError("NOT_ALLOWED", f"Version {version.version} of {holder.name} has no assets.")
            copies = [linked(asset) for asset in list(version.assets)]
            if present:
                target.remove(self._name(), version.version)
            for copied in copies:
                target.add(copied, version.entry)
            if new := target.version(self._name(), version.version):
                target.set_status(self._name(), new, version.status)
            return version.status

        return self._each_version(copy, searched, revisions)

    def _each_version(
        self,
        change: Callable[[Repository, Version], str],
        searched: list[Repository] | None = None,
        revisions: dict[str, str | None] | None = None,
    ) -> ActionResult:
        """Return what became of the requested versions, to each of which ``change`` is applied.

        It gets the first of the ``searched`` repositories that has the version, and returns the new status.
        """
        wanted = revisions or dict.fromkeys(self._get_param("versions", [])) | self._get_param("versionRevisions", {})
        successful, failed = {}, {}
        for name, revision in wanted.items():
            try:
                repository, version = self._find_version(name, revision, searched or [self._repository()])
                described = {"revision": version.revision}
                successful[name] = {**described, "status": change(repository, version)}
            except VersionError as error:
                failed[name] = {"errorCode": error.code, "errorMessage": error.message}
            except ConflictError as error:
                failed[name] = {"errorCode": "ALREADY_EXISTS", "errorMessage": str(error.message)}
        return ActionResult({"successfulVersions": successful, "failedVersions": failed})

    def _find_version(self, name: str, revision: str | None, searched: list[Repository]) -> tuple[Repository, Version]:
        """Return a version and its repository; raise VersionError unless it is as the request expects."""
        found = (
            (repository, version) for repository in searched if (version := repository.version(self._name(), name))
        )
        repository, version = next(found, (None, None))
        if repository is None or version is None:
            raise VersionError("NOT_FOUND", f"Version {name} not found.")
        if self._get_param("expectedStatus") not in (None, version.status):
            raise VersionError("MISMATCHED_STATUS", f"Version {name} has the status {version.status}.")
        if revision not in (None, version.revision):
            raise VersionError("MISMATCHED_REVISION", f"Version {name} has another revision.")
        return repository, version

    def _page(
        self,
        key: str,
        items: list[Any],
        described: dict[str, Any] | None = None,
        describe: Callable[[Any], Any] = lambda item: item,
    ) -> ActionResult:
        """Return the requested page of ``items`` under ``key``, with the members in ``described``.

        Only the items of the page are passed to ``describe``, which returns their form in the response.
        """
        token, limit = self._get_param("nextToken", "0"), self._get_param("maxResults", _PAGE)
        if not re.fullmatch(r"[0-9]{1,9}", token):
            raise ValidationError("The pagination token is invalid.")
        end = int(token) + limit
        more = {"nextToken": str(end)} if end < len(items) else {}
        shown = [describe(item) for item in items[int(token) : end]]
        return ActionResult({**(described or {}), key: shown, **more})

    def _domain(self) -> Domain:
        return self._backend().domain(self._get_param("domain"))

    def _repository(self) -> Repository:
        if (form := self._get_param("format", FORMAT)) != FORMAT:
            raise ValidationError(f"the emulator supports the format {FORMAT} only, not {form}")
        return self._domain().repository(self._get_param("repository"))

    def _name(self) -> str:
        return str(self._get_param("package"))

    def _package(self) -> Package:
        """Return the requested package; raise NotFoundError if it does not exist."""
        if package := self._repository().package(self._name()):
            return package
        raise NotFoundError("package", self._name())

    def _version(self) -> Version:
        """Return the requested version; raise NotFoundError if it does not exist."""
        name = self._get_param("packageVersion")
        if version := self._package().versions.get(name):
            return version
        raise NotFoundError("package-version", name)

    def _named(self, version: Version | None = None) -> dict[str, str]:
        """Return the members that repeat the request's package and version."""
        named = {"format": FORMAT, "package": normalize(self._name())}
        return named | ({"version": version.version, "versionRevision": version.revision} if version else {})

    def _backend(self) -> CodeArtifactBackend:
        """Return the backend of the parameter ``domainOwner``, by default of the caller's account."""
        return backend_of(self._get_param("domainOwner", self.current_account), self.region)


def _describe_asset(asset: Asset) -> dict[str, Any]:
    return {"name": asset.filename, "size": asset.size, "hashes": {"SHA-256": asset.sha256}}


def _describe_package(package: Package) -> dict[str, Any]:
    return {"format": FORMAT, "originConfiguration": _describe_origin(package.origin)}


def _describe_origin(origin: Origin) -> dict[str, Any]:
    restrictions = {name: _RESTRICTIONS[not is_allowed] for name, is_allowed in origin._asdict().items()}
    return {"restrictions": restrictions}


def _origin_type(version: Version) -> str:
    return _EXTERNAL if version.entry == PUBLIC else _INTERNAL


def _summarize(version: Version) -> dict[str, Any]:
    kind = _origin_type(version)
    name = "externalConnectionName" if kind == _EXTERNAL else "repositoryName"
    origin = {"domainEntryPoint": {name: version.entry}, "originType": kind}
    described = {"version": version.version, "revision": version.revision, "status": version.status}
    return {**described, "origin": origin}


def _metadata(version: Version) -> Message | None:
    """Return the core metadata of a version, from its first file, None if it has none."""
    asset: Asset | None = next(iter(version.assets), None)
    if asset is None:
        return None
    with open(asset.path, "rb") as file:
        return distributions.read_metadata(asset.filename, file)
