"""What the requests of CodeArtifact's API have in common: whom they name, and answers in pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, BaseResponse

from .errors import NotFoundError, ValidationError
from .models import backend_of
from .repository import normalize

if TYPE_CHECKING:
    from collections.abc import Callable

    from .models import CodeArtifactBackend, Domain
    from .repository import Package, Repository, Version

FORMAT = "pypi"
# API reference: the maximum of maxResults in most operations.
_PAGE = 1000


class CodeArtifactRequest(BaseResponse):
    """A request; subclasses have a method for each operation that moto calls."""

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

    def _backend(self) -> CodeArtifactBackend:
        """Return the backend of the parameter ``domainOwner``, by default of the caller's account."""
        return backend_of(self._get_param("domainOwner", self.current_account), self.region)

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

    def _tags(self) -> dict[str, str]:
        return {tag["key"]: tag["value"] for tag in self._get_param("tags") or []}
