"""The operations of CodeArtifact's API on repositories and their external connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

from .errors import ConflictError, NotFoundError, ValidationError
from .models import backend_of
from .repository import PUBLIC
from .requests import FORMAT, CodeArtifactRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .models import Domain
    from .repository import Repository


class RepositoryResponse(CodeArtifactRequest):
    """The operations on repositories."""

    def create_repository(self) -> ActionResult:
        """Answer CreateRepository."""
        domain = self._domain()
        name, description = self._get_param("repository"), self._get_param("description", "")
        upstreams = [upstream["repositoryName"] for upstream in self._get_param("upstreams", [])]
        for upstream in upstreams:
            domain.repository(upstream)
        repository = self._backend().create_repository(domain.name, name, self.current_account, description)
        repository.tags = self._tags()
        try:
            domain.set_upstreams(name, upstreams)
        except ServiceException:
            self._backend().delete_repository(domain.name, name)
            raise
        return ActionResult({"repository": _describe_repository(domain, repository)})

    def update_repository(self) -> ActionResult:
        """Answer UpdateRepository; what is not given stays."""
        domain, repository = self._domain(), self._repository()
        if (upstreams := self._get_param("upstreams")) is not None:
            domain.set_upstreams(repository.name, [upstream["repositoryName"] for upstream in upstreams])
        repository.description = self._get_param("description", repository.description)
        return ActionResult({"repository": _describe_repository(domain, repository)})

    def associate_external_connection(self) -> ActionResult:
        """Answer AssociateExternalConnection."""
        repository = self._connected_repository()
        if repository.is_public:
            raise ConflictError("repository", repository.name, f"already has the external connection '{PUBLIC}'")
        repository.is_public = True
        return ActionResult({"repository": _describe_repository(self._domain(), repository)})

    def disassociate_external_connection(self) -> ActionResult:
        """Answer DisassociateExternalConnection."""
        repository = self._connected_repository()
        if not repository.is_public:
            raise NotFoundError("external-connection", PUBLIC)
        repository.is_public = False
        return ActionResult({"repository": _describe_repository(self._domain(), repository)})

    def describe_repository(self) -> ActionResult:
        """Answer DescribeRepository."""
        return ActionResult({"repository": _describe_repository(self._domain(), self._repository())})

    def delete_repository(self) -> ActionResult:
        """Answer DeleteRepository."""
        domain = self._domain()
        repository = self._backend().delete_repository(domain.name, self._get_param("repository"))
        return ActionResult({"repository": _describe_repository(domain, repository)})

    def list_repositories(self) -> ActionResult:
        """Answer ListRepositories for the caller's account."""
        return self._list_repositories(backend_of(self.current_account, self.region).domains.values())

    def list_repositories_in_domain(self) -> ActionResult:
        """Answer ListRepositoriesInDomain."""
        return self._list_repositories([self._domain()])

    def _list_repositories(self, domains: Iterable[Domain]) -> ActionResult:
        prefix = self._get_param("repositoryPrefix", "")
        found = [
            _summarize_repository(domain, repository)
            for domain in domains
            for name, repository in sorted(domain.repositories.items())
            if name.startswith(prefix)
        ]
        return self._page("repositories", found)

    def _connected_repository(self) -> Repository:
        if (name := self._get_param("externalConnection")) != PUBLIC:
            raise ValidationError(f"the emulator supports the external connection {PUBLIC} only, not {name}")
        return self._repository()


def _summarize_repository(domain: Domain, repository: Repository) -> dict[str, Any]:
    return {
        "name": repository.name,
        "administratorAccount": repository.administrator,
        "domainName": domain.name,
        "domainOwner": domain.owner,
        "arn": domain.arn(repository.name),
        "description": repository.description,
        "createdTime": repository.created,
    }


def _describe_repository(domain: Domain, repository: Repository) -> dict[str, Any]:
    connection = {"externalConnectionName": PUBLIC, "packageFormat": FORMAT, "status": "Available"}
    return {
        **_summarize_repository(domain, repository),
        "upstreams": [{"repositoryName": name} for name in repository.upstreams],
        "externalConnections": [connection] if repository.is_public else [],
    }
