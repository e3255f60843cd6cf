"""The operations of CodeArtifact's API on the permissions policies of domains and repositories."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from moto.core.responses import ActionResult

from keyrings.codeartifact.emulator.iam import policies

from .errors import ConflictError, NotFoundError, ValidationError
from .repository import Repository
from .requests import CodeArtifactRequest

if TYPE_CHECKING:
    from .models import Domain


class PolicyResponse(CodeArtifactRequest):
    """The operations on permissions policies."""

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


def _policy_revision(holder: Domain | Repository) -> str:
    return hashlib.sha256(holder.policy.encode()).hexdigest()[:32]
