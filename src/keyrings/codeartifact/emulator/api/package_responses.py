"""The operations of CodeArtifact's API on packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult

from .repository import Origin, normalize
from .requests import FORMAT, CodeArtifactRequest

if TYPE_CHECKING:
    from .repository import Package

_RESTRICTIONS = ("ALLOW", "BLOCK")


class PackageResponse(CodeArtifactRequest):
    """The operations on packages."""

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


def _describe_package(package: Package) -> dict[str, Any]:
    return {"format": FORMAT, "originConfiguration": _describe_origin(package.origin)}


def _describe_origin(origin: Origin) -> dict[str, Any]:
    restrictions = {name: _RESTRICTIONS[not is_allowed] for name, is_allowed in origin._asdict().items()}
    return {"restrictions": restrictions}
