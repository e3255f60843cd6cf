"""How does the control plane answer?  CodeArtifact's API operations, as moto dispatches them."""

from __future__ import annotations

from moto.core.responses import ActionResult, BaseResponse

from .models import DEFAULT_DURATION, CodeArtifactBackend, Domain, ValidationError, backend_of


class CodeArtifactResponse(BaseResponse):
    """One request to ``codeartifact.REGION.amazonaws.com``; moto calls the method named like the operation."""

    def __init__(self) -> None:
        super().__init__(service_name="codeartifact")
        self.automated_parameter_parsing = True

    def get_authorization_token(self) -> ActionResult:
        """Answer GetAuthorizationToken."""
        duration = self._get_param("durationSeconds", DEFAULT_DURATION)
        token, expiration = self._owner().issue_token(self._get_param("domain"), duration)
        return ActionResult({"authorizationToken": token, "expiration": expiration})

    def get_repository_endpoint(self) -> ActionResult:
        """Answer GetRepositoryEndpoint, of format ``pypi``."""
        if (form := self._get_param("format")) != "pypi":
            raise ValidationError(f"this emulator has repositories of format pypi only, not {form}")
        domain, repository = self._domain(), self._get_param("repository")
        domain.repository(repository)
        endpoint = domain.endpoint(repository, self._get_param("endpointType", "ipv4"))
        return ActionResult({"repositoryEndpoint": endpoint})

    def create_domain(self) -> ActionResult:
        """Answer CreateDomain, in the caller's account."""
        domain = backend_of(self.current_account, self.region).create_domain(self._get_param("domain"))
        return ActionResult({"domain": {"name": domain.name, "owner": domain.owner, "status": "Active"}})

    def create_repository(self) -> ActionResult:
        """Answer CreateRepository."""
        domain = self._domain()
        repository = self._owner().create_repository(domain.name, self._get_param("repository"))
        return ActionResult(
            {
                "repository": {
                    "name": repository.name,
                    "administratorAccount": self.current_account,
                    "domainName": domain.name,
                    "domainOwner": domain.owner,
                }
            }
        )

    def _domain(self) -> Domain:
        return self._owner().domain(self._get_param("domain"))

    def _owner(self) -> CodeArtifactBackend:
        """Return the account that is asked about: ``domainOwner``, else the caller's own."""
        return backend_of(self._get_param("domainOwner", self.current_account), self.region)
