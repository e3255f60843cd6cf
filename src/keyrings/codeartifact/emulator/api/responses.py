"""The operations of CodeArtifact's API, dispatched by moto."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

from keyrings.codeartifact import index_url
from keyrings.codeartifact.emulator.iam import identities, policies

from .errors import ConflictError, NotFoundError, ValidationError
from .models import DEFAULT_DURATION, backend_of
from .package_responses import FORMAT, PackageResponse
from .repository import PUBLIC, Repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .models import Domain

_ARN = re.compile(
    rf"arn:aws:codeartifact:(?P<region>{index_url.REGION}):(?P<owner>{index_url.DOMAIN_OWNER}):"
    rf"(?:domain/(?P<domain>{index_url.DOMAIN})"
    rf"|repository/(?P<its_domain>{index_url.DOMAIN})/(?P<repository>{index_url.REPOSITORY}))"
)


class CodeArtifactResponse(PackageResponse):
    """A request to ``codeartifact.REGION.amazonaws.com``; moto calls the method that is named like the operation."""

    def __init__(self) -> None:
        super().__init__(service_name="codeartifact")
        self.automated_parameter_parsing = True

    def get_authorization_token(self) -> ActionResult:
        """Answer GetAuthorizationToken."""
        duration = self._get_param("durationSeconds", DEFAULT_DURATION)
        principal = identities.find(self.get_access_key())
        token, expires = self._backend().issue_token(self._get_param("domain"), duration, principal)
        return ActionResult({"authorizationToken": token, "expiration": expires})

    def get_repository_endpoint(self) -> ActionResult:
        """Answer GetRepositoryEndpoint."""
        domain, repository = self._domain(), self._repository()
        endpoint = domain.endpoint(repository.name, self._get_param("endpointType", "ipv4"))
        return ActionResult({"repositoryEndpoint": endpoint})

    def create_domain(self) -> ActionResult:
        """Answer CreateDomain, in the caller's account."""
        domain = backend_of(self.current_account, self.region).create_domain(self._get_param("domain"))
        domain.tags = self._tags()
        return ActionResult({"domain": _describe_domain(domain)})

    def describe_domain(self) -> ActionResult:
        """Answer DescribeDomain."""
        return ActionResult({"domain": _describe_domain(self._domain())})

    def delete_domain(self) -> ActionResult:
        """Answer DeleteDomain."""
        return ActionResult({"domain": _describe_domain(self._backend().delete_domain(self._get_param("domain")))})

    def list_domains(self) -> ActionResult:
        """Answer ListDomains for the caller's account."""
        domains = backend_of(self.current_account, self.region).domains
        return self._page("domains", [_summarize_domain(domain) for _, domain in sorted(domains.items())])

    def put_domain_permissions_policy(self) -> ActionResult:
        """Answer PutDomainPermissionsPolicy."""
        return self._put_policy(self._domain())

    def get_domain_permissions_policy(self) -> ActionResult:
        """Answer GetDomainPermissionsPolicy."""
        return self._get_policy(self._domain())

    def delete_domain_permissions_policy(self) -> ActionResult:
        """Answer DeleteDomainPermissionsPolicy."""
        return self._delete_policy(self._domain())

    def put_repository_permissions_policy(self) -> ActionResult:
        """Answer PutRepositoryPermissionsPolicy."""
        return self._put_policy(self._repository())

    def get_repository_permissions_policy(self) -> ActionResult:
        """Answer GetRepositoryPermissionsPolicy."""
        return self._get_policy(self._repository())

    def delete_repository_permissions_policy(self) -> ActionResult:
        """Answer DeleteRepositoryPermissionsPolicy."""
        return self._delete_policy(self._repository())

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

    def tag_resource(self) -> ActionResult:
        """Answer TagResource."""
        self._tagged().tags.update(self._tags())
        return ActionResult({})

    def untag_resource(self) -> ActionResult:
        """Answer UntagResource; it ignores keys that the resource does not have."""
        tags = self._tagged().tags
        for key in self._get_param("tagKeys"):
            tags.pop(key, None)
        return ActionResult({})

    def list_tags_for_resource(self) -> ActionResult:
        """Answer ListTagsForResource."""
        return ActionResult({"tags": [{"key": key, "value": value} for key, value in self._tagged().tags.items()]})

    def _tags(self) -> dict[str, str]:
        return {tag["key"]: tag["value"] for tag in self._get_param("tags") or []}

    def _tagged(self) -> Domain | Repository:
        """Return the domain or repository with the requested ARN; raise ValidationError or NotFoundError."""
        arn = self._get_param("resourceArn")
        match = _ARN.fullmatch(arn)
        if match is None:
            raise ValidationError(f"'{arn}' is not the ARN of a domain or repository.")
        domain = backend_of(match["owner"], match["region"]).domain(match["domain"] or match["its_domain"])
        return domain.repository(match["repository"]) if match["repository"] else domain

    def _list_repositories(self, domains: Iterable[Domain]) -> ActionResult:
        prefix = self._get_param("repositoryPrefix", "")
        found = [
            _summarize_repository(domain, repository)
            for domain in domains
            for name, repository in sorted(domain.repositories.items())
            if name.startswith(prefix)
        ]
        return self._page("repositories", found)

    def _put_policy(self, holder: Domain | Repository) -> ActionResult:
        document = self._get_param("policyDocument")
        try:
            policies.parse(document, policies.Kind.RESOURCE)
        except ValueError as error:
            raise ValidationError(f"The policy document is invalid: {error}") from None
        self._check_policy_revision(holder)
        holder.policy = document
        return self._get_policy(holder)

    def _get_policy(self, holder: Domain | Repository) -> ActionResult:
        arn = self._domain().arn(*([holder.name] if isinstance(holder, Repository) else []))
        if not holder.policy:
            raise NotFoundError("resource-policy", arn)
        described = {"resourceArn": arn, "revision": _policy_revision(holder), "document": holder.policy}
        return ActionResult({"policy": described})

    def _delete_policy(self, holder: Domain | Repository) -> ActionResult:
        self._check_policy_revision(holder)
        answer = self._get_policy(holder)
        holder.policy = ""
        return answer

    def _check_policy_revision(self, holder: Domain | Repository) -> None:
        """Raise ConflictError if the parameter ``policyRevision`` is not the current revision."""
        if self._get_param("policyRevision") not in (None, _policy_revision(holder)):
            raise ConflictError("resource-policy", holder.name, "has another revision")

    def _connected_repository(self) -> Repository:
        if (name := self._get_param("externalConnection")) != PUBLIC:
            raise ValidationError(f"the emulator supports the external connection {PUBLIC} only, not {name}")
        return self._repository()


def _summarize_domain(domain: Domain) -> dict[str, Any]:
    return {
        "name": domain.name,
        "owner": domain.owner,
        "arn": domain.arn(),
        "status": "Active",
        "createdTime": domain.created,
    }


def _describe_domain(domain: Domain) -> dict[str, Any]:
    repositories = domain.repositories.values()
    size = sum(repository.size() for repository in list(repositories))
    return {**_summarize_domain(domain), "repositoryCount": len(repositories), "assetSizeBytes": size}


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


def _policy_revision(holder: Domain | Repository) -> str:
    return hashlib.sha256(holder.policy.encode()).hexdigest()[:32]
