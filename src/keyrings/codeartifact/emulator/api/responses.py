"""All operations of CodeArtifact's API, dispatched by moto; here those on domains, tokens, endpoints and tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult

from keyrings.codeartifact import index_url
from keyrings.codeartifact.emulator.iam import identities

from .errors import ValidationError
from .models import DEFAULT_DURATION, backend_of
from .package_responses import PackageResponse
from .policy_responses import PolicyResponse
from .repository_responses import RepositoryResponse
from .version_changes import VersionChangeResponse
from .version_responses import VersionResponse

if TYPE_CHECKING:
    from .models import Domain
    from .repository import Repository

_ARN = re.compile(
    rf"arn:aws:codeartifact:(?P<region>{index_url.REGION}):(?P<owner>{index_url.DOMAIN_OWNER}):"
    rf"(?:domain/(?P<domain>{index_url.DOMAIN})"
    rf"|repository/(?P<its_domain>{index_url.DOMAIN})/(?P<repository>{index_url.REPOSITORY}))"
)


class CodeArtifactResponse(RepositoryResponse, PolicyResponse, PackageResponse, VersionResponse, VersionChangeResponse):
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

    def _tagged(self) -> Domain | Repository:
        """Return the domain or repository with the requested ARN; raise ValidationError or NotFoundError."""
        arn = self._get_param("resourceArn")
        match = _ARN.fullmatch(arn)
        if match is None:
            raise ValidationError(f"'{arn}' is not the ARN of a domain or repository.")
        domain = backend_of(match["owner"], match["region"]).domain(match["domain"] or match["its_domain"])
        return domain.repository(match["repository"]) if match["repository"] else domain


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
