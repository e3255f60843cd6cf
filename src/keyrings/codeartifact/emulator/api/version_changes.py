"""The operations of CodeArtifact's API that change versions of packages, several at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core.responses import ActionResult

from .errors import ConflictError, ValidationError
from .repository import ARCHIVED, DISPOSED, PUBLISHED, UNLISTED, linked
from .requests import CodeArtifactRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .repository import Repository, Version

# API reference: UpdatePackageVersionsStatus, targetStatus.
_TARGETS = (PUBLISHED, UNLISTED, ARCHIVED)


class VersionError(Exception):
    """Why a change of one version has failed: a code of the API reference, PackageVersionError, and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


class VersionChangeResponse(CodeArtifactRequest):
    """The operations that change versions."""

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
