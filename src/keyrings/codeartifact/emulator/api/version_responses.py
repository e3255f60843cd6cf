"""The operations of CodeArtifact's API that read versions of packages, and their files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult

from keyrings.codeartifact.emulator.index import distributions

from .errors import ConflictError, NotFoundError
from .repository import PUBLIC, PUBLISHED, normalize
from .requests import FORMAT, CodeArtifactRequest

if TYPE_CHECKING:
    from email.message import Message

    from .repository import Asset, Version

_INTERNAL, _EXTERNAL = "INTERNAL", "EXTERNAL"
# Requires-Dist: a name, perhaps extras, and the rest.  PyPA specifications, "Dependency specifiers".
_REQUIREMENT = re.compile(r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?P<rest>.*)", re.DOTALL)


class VersionResponse(CodeArtifactRequest):
    """The operations that read versions."""

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
        return self._page("assets", version.assets, self._named(version), _describe_asset)

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


def _describe_asset(asset: Asset) -> dict[str, Any]:
    return {"name": asset.filename, "size": asset.size, "hashes": {"SHA-256": asset.sha256}}
