"""The operations of CodeArtifact's API, dispatched by moto."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse

from keyrings.codeartifact.emulator.iam import identities, policies

from .models import (
    DEFAULT_DURATION,
    PUBLIC,
    ConflictError,
    NotFoundError,
    Origin,
    Repository,
    ValidationError,
    backend_of,
    normalize,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .models import Asset, CodeArtifactBackend, Domain

FORMAT = "pypi"
_RESTRICTIONS = ("ALLOW", "BLOCK")
_PUBLISHED = "Published"
# API reference: PutDomainPermissionsPolicy, policyDocument.
_LONGEST_POLICY = 7168
# API reference: the maximum of maxResults in most operations.
_PAGE = 1000


class CodeArtifactResponse(BaseResponse):
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

    def put_package_origin_configuration(self) -> ActionResult:
        """Answer PutPackageOriginConfiguration, also for a package that does not exist yet."""
        restrictions = self._get_param("restrictions")
        repository, package = self._repository(), self._get_param("package")
        values = {name: restrictions.get(name) for name in Origin._fields}
        if not set(values.values()) <= set(_RESTRICTIONS):
            raise ValidationError(f"restrictions must have publish and upstream, each {' or '.join(_RESTRICTIONS)}.")
        repository.set_origin(package, Origin(**{name: value == _RESTRICTIONS[0] for name, value in values.items()}))
        return ActionResult({"originConfiguration": _describe_origin(repository.origin(package))})

    def describe_package(self) -> ActionResult:
        """Answer DescribePackage."""
        repository, name = self._repository(), self._get_param("package")
        if not repository.has(name):
            raise NotFoundError("package", name)
        origin = _describe_origin(repository.origin(name))
        return ActionResult({"package": {"format": FORMAT, "name": normalize(name), "originConfiguration": origin}})

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

    def list_packages(self) -> ActionResult:
        """Answer ListPackages."""
        prefix = self._get_param("packagePrefix", "")
        repository = self._repository()
        names = [name for name in repository.packages() if name.startswith(prefix)]
        packages = [
            {"format": FORMAT, "package": name, "originConfiguration": _describe_origin(repository.origin(name))}
            for name in names
        ]
        return self._page("packages", packages)

    def list_package_versions(self) -> ActionResult:
        """Answer ListPackageVersions."""
        assets = self._assets()
        versions = [
            {"version": version, "revision": _revision(version, assets), "status": _PUBLISHED}
            for version in dict.fromkeys(asset.version for asset in assets)
        ]
        described = {"format": FORMAT, "package": assets[0].package, "defaultDisplayVersion": versions[-1]["version"]}
        return self._page("versions", versions, described)

    def list_package_version_assets(self) -> ActionResult:
        """Answer ListPackageVersionAssets."""
        version, assets = self._get_param("packageVersion"), self._assets()
        listed = [
            {"name": asset.filename, "size": asset.size, "hashes": {"SHA-256": asset.sha256}}
            for asset in assets
            if asset.version == version
        ]
        if not listed:
            raise NotFoundError("package-version", version)
        described = {"version": version, "versionRevision": _revision(version, assets)}
        return self._page("assets", listed, {"format": FORMAT, "package": assets[0].package, **described})

    def delete_package_versions(self) -> ActionResult:
        """Answer DeletePackageVersions with the versions deleted, and those not found."""
        repository, assets = self._repository(), self._assets()
        successful, failed = {}, {}
        for version in self._get_param("versions", []):
            if repository.remove(assets[0].package, version):
                successful[version] = {"revision": _revision(version, assets), "status": "Deleted"}
            else:
                failed[version] = {"errorCode": "NOT_FOUND", "errorMessage": f"Version {version} not found."}
        return ActionResult({"successfulVersions": successful, "failedVersions": failed})

    def _list_repositories(self, domains: Iterable[Domain]) -> ActionResult:
        prefix = self._get_param("repositoryPrefix", "")
        found = [
            _summarize_repository(domain, repository)
            for domain in domains
            for name, repository in sorted(domain.repositories.items())
            if name.startswith(prefix)
        ]
        return self._page("repositories", found)

    def _page(self, key: str, items: list[Any], described: dict[str, Any] | None = None) -> ActionResult:
        """Return the requested page of ``items`` under ``key``, with the members in ``described``."""
        token, limit = self._get_param("nextToken", "0"), self._get_param("maxResults", _PAGE)
        if not 1 <= limit <= _PAGE:
            raise ValidationError(f"Value '{limit}' at 'maxResults' must be between 1 and {_PAGE}.")
        if not re.fullmatch(r"[0-9]{1,9}", token):
            raise ValidationError("The pagination token is invalid.")
        end = int(token) + limit
        more = {"nextToken": str(end)} if end < len(items) else {}
        return ActionResult({**(described or {}), key: items[int(token) : end], **more})

    def _put_policy(self, holder: Domain | Repository) -> ActionResult:
        document = self._get_param("policyDocument")
        if len(document) > _LONGEST_POLICY:
            raise ValidationError(f"The policy document must not be longer than {_LONGEST_POLICY} characters.")
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

    def _domain(self) -> Domain:
        return self._backend().domain(self._get_param("domain"))

    def _repository(self) -> Repository:
        if (form := self._get_param("format", FORMAT)) != FORMAT:
            raise ValidationError(f"the emulator supports the format {FORMAT} only, not {form}")
        return self._domain().repository(self._get_param("repository"))

    def _assets(self) -> list[Asset]:
        """Return the files of the requested package; raise NotFoundError if it does not exist."""
        name = self._get_param("package")
        assets = self._repository().assets(name)
        if not assets:
            raise NotFoundError("package", name)
        return assets

    def _backend(self) -> CodeArtifactBackend:
        """Return the backend of the parameter ``domainOwner``, by default of the caller's account."""
        return backend_of(self._get_param("domainOwner", self.current_account), self.region)


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
    sizes = [
        asset.size for repository in repositories for name in repository.packages() for asset in repository.assets(name)
    ]
    return {**_summarize_domain(domain), "repositoryCount": len(repositories), "assetSizeBytes": sum(sizes)}


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


def _describe_origin(origin: Origin) -> dict[str, Any]:
    restrictions = {name: _RESTRICTIONS[not is_allowed] for name, is_allowed in origin._asdict().items()}
    return {"restrictions": restrictions}


def _policy_revision(holder: Domain | Repository) -> str:
    return hashlib.sha256(holder.policy.encode()).hexdigest()[:32]


def _revision(version: str, assets: list[Asset]) -> str:
    """Return the revision of a package version: a text that changes with its files."""
    digests = sorted(asset.sha256 for asset in assets if asset.version == version)
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:32]
