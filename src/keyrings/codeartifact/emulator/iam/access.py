"""Access control: whether IAM's policies allow a request, if the emulator enforces them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from moto.core.exceptions import ServiceException
from moto.secretsmanager.models import secretsmanager_backends

from keyrings.codeartifact.emulator.api.calls import JSON_SERVICE, UNSIGNED
from keyrings.codeartifact.emulator.api.errors import APIError, forbidden
from keyrings.codeartifact.emulator.api.models import Domain, backend_of
from keyrings.codeartifact.emulator.api.registration import SERVICE
from keyrings.codeartifact.emulator.api.repository import Repository, normalize

from . import identities
from .policies import Kind, Request, evaluate
from .signatures import authenticate
from .web_identity import Issuer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import WSGIEnvironment

    from keyrings.codeartifact.emulator.api.calls import Call

    from .identities import Principal
    from .policies import Verdict

# STS API reference, AssumeRole: the longest session of a role assumed by a role's session, in seconds.
_LONGEST_CHAINED = 3600
_DEFAULT_SESSION = 3600
# Needs no permission.
_FREE = "sts:GetCallerIdentity"
# Error codes of the two protocols: CodeArtifact's, and that of STS and IAM.
_DENIED = ("AccessDeniedException", "AccessDenied")


class Resource(NamedTuple):
    """A resource: its ARN, its policies, and the accounts whose identity-based policies suffice to allow access."""

    arn: str
    policies: tuple[str, ...] = ()
    accounts: frozenset[str] = frozenset()


class Access:
    """IAM's decisions, which apply while ``is_enforced`` is True; ``issuer`` issues the OIDC tokens STS accepts."""

    def __init__(self) -> None:
        self.is_enforced = False
        self.issuer = Issuer()

    def check(self, call: Call, environ: WSGIEnvironment) -> None:
        """Raise APIError unless ``call`` is authenticated and allowed.

        Sets REMOTE_USER in ``environ`` to the ARN of the principal, if it is known.
        """
        if not self.is_enforced:
            principal = identities.find(call.access_key_id)
            environ["REMOTE_USER"] = principal.arn if principal else ""
            return
        is_tls = environ["wsgi.url_scheme"] == "https"
        if call.name == UNSIGNED:
            self._check_web_identity(call, is_tls=is_tls)
            return
        principal = authenticate(call, environ)
        environ["REMOTE_USER"] = principal.arn
        context = _context(principal, call.region, is_tls=is_tls)
        action = f"{call.service}:{call.name}"
        if action == "sts:AssumeRole":
            _check_assume_role(principal, call, context)
        elif action != _FREE:
            resource = _resource(call, principal)
            _require(principal, action, resource, context, is_query=call.is_query)
        # CodeArtifact User Guide, "Working with upstream repositories in CodeArtifact".
        for upstream in call.members.get("upstreams", []):
            resource = _requested_resource(call, principal, upstream["repositoryName"])
            _require(principal, f"{SERVICE}:AssociateWithDownstreamRepository", resource, context)
        if call.name == "GetAuthorizationToken":
            # CodeArtifact User Guide, "AWS CodeArtifact authentication and tokens".
            context |= {"sts:awsservicename": "codeartifact.amazonaws.com"}
            _require(principal, "sts:GetServiceBearerToken", _any_resource(principal), context)

    def check_bearer(
        self, principal: Principal | None, operation: str, domain: Domain, repository: Repository, package: str = ""
    ) -> None:
        """Raise APIError unless the principal that requested a token may perform ``operation``."""
        if not self.is_enforced:
            return
        if principal is None:
            raise forbidden(_DENIED, "the token was requested by an unknown principal")
        resource = _repository_resource(domain, repository, package)
        _require(principal, f"{SERVICE}:{operation}", resource, _context(principal, domain.region, is_tls=True))

    def _check_web_identity(self, call: Call, *, is_tls: bool) -> None:
        arn = call.params["RoleArn"]
        role = identities.role(arn)
        denial = APIError("AccessDenied", 403, f"Not authorized to perform sts:{UNSIGNED}")
        if role is None:
            raise denial
        identity = self.issuer.verify(call.params["WebIdentityToken"], role.account_id)
        url = identity.provider_url.lower()
        context = {
            f"{url}:aud": identity.audience,
            f"{url}:sub": identity.subject,
            "aws:requestedregion": call.region,
            "aws:securetransport": str(is_tls).lower(),
            "sts:rolesessionname": call.params["RoleSessionName"],
        }
        names = frozenset({("Federated", identity.provider_arn), ("AWS", "*")})
        verdict = _evaluate(
            [role.assume_role_policy_document], Kind.TRUST, Request(names, f"sts:{UNSIGNED}", arn, context)
        )
        if verdict.denies or not verdict.allows:
            raise denial
        _check_duration(role.max_session_duration, call)


def _check_assume_role(principal: Principal, call: Call, context: Mapping[str, str]) -> None:
    """Raise APIError unless the policies of ``principal`` and the role's trust policy allow it to assume the role."""
    arn = call.params["RoleArn"]
    role = identities.role(arn)
    keys = {"ExternalId": "sts:externalid", "RoleSessionName": "sts:rolesessionname"}
    context = {**context, **{key: call.params[name] for name, key in keys.items() if name in call.params}}
    trust = (role.assume_role_policy_document,) if role else ()
    decision = _Decision(principal, "sts:AssumeRole", Resource(arn, trust), Kind.TRUST, context)
    is_home = role is not None and role.account_id == principal.account
    is_allowed = (decision.own.allows and decision.others.allows) or (is_home and decision.by_name.allows)
    if decision.is_denied or not is_allowed:
        message = f"User: {principal.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise forbidden(_DENIED, message, is_query=True)
    if role:
        _check_duration(role.max_session_duration, call)
    if principal.role_arn and int(call.params.get("DurationSeconds", _DEFAULT_SESSION)) > _LONGEST_CHAINED:
        raise APIError(
            "ValidationError",
            400,
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )


def _check_duration(longest: str | None, call: Call) -> None:
    if int(call.params.get("DurationSeconds", _DEFAULT_SESSION)) > int(longest or _DEFAULT_SESSION):
        raise APIError(
            "ValidationError", 400, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


class _Decision:
    """The verdicts of all policies on a request: the principal's ``own``, and the ``others``, on the resource.

    ``by_name`` is the verdict of the resource's statements that name the principal itself, not its whole account.
    """

    def __init__(
        self, principal: Principal, action: str, resource: Resource, kind: Kind, context: Mapping[str, str]
    ) -> None:
        request = Request(principal.names, action, resource.arn, context)
        of_account = request._replace(names=principal.names | {principal.account_name})
        self.own = _evaluate(principal.documents(), Kind.IDENTITY, request)
        self.by_name = _evaluate(resource.policies, kind, request)
        self.others = _evaluate(resource.policies, kind, of_account)

    @property
    def is_denied(self) -> bool:
        """Whether any policy denies the request."""
        return self.own.denies or self.others.denies


def _evaluate(documents: Iterable[str], kind: Kind, request: Request) -> Verdict:
    """Return the verdict of policies; raise APIError for one that was stored unchecked and is not supported."""
    try:
        return evaluate(documents, kind, request)
    except ValueError as error:
        raise APIError("InternalFailure", 501, f"the emulator cannot evaluate a policy: {error}") from None


def _require(
    principal: Principal, action: str, resource: Resource, context: Mapping[str, str], *, is_query: bool = False
) -> None:
    """Raise APIError unless ``principal`` may perform ``action`` on ``resource``.

    Source: CodeArtifact User Guide, "Repository policies", for how these and domain policies combine.
    """
    decision = _Decision(principal, action, resource, Kind.RESOURCE, context)
    is_home = principal.account in resource.accounts
    if decision.is_denied:
        kind = "an identity" if decision.own.denies else "a resource"
        reason = f"with an explicit deny in {kind}-based policy"
    elif (decision.own.allows and (is_home or decision.others.allows)) or (is_home and decision.by_name.allows):
        return
    else:
        kind = "resource" if decision.own.allows else "identity"
        reason = f"because no {kind}-based policy allows the {action} action"
    message = f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource.arn} {reason}"
    raise forbidden(_DENIED, message, is_query=is_query)


def _context(principal: Principal, region: str, *, is_tls: bool) -> dict[str, str]:
    """Return the condition keys that every request has, with their values."""
    return {
        "aws:principalaccount": principal.account,
        "aws:principalarn": principal.role_arn or principal.arn,
        "aws:requestedregion": region,
        "aws:securetransport": str(is_tls).lower(),
    }


def _any_resource(principal: Principal) -> Resource:
    """Return all resources of the principal's account, for operations without a resource."""
    return Resource("*", accounts=frozenset({principal.account}))


def _resource(call: Call, principal: Principal) -> Resource:
    """Return the resource of ``call``; those of STS and IAM have none that is checked here."""
    if call.service == SERVICE:
        return _requested_resource(call, principal)
    return _requested_secret(call, principal) if call.service == JSON_SERVICE else _any_resource(principal)


def _requested_secret(call: Call, principal: Principal) -> Resource:
    """Return the secret of ``call``, which names it by its ARN or its name; secrets have no policies here."""
    name = call.parameter("SecretId") or call.parameter("Name")
    if name.startswith("arn:"):
        return Resource(name, accounts=frozenset(name.split(":")[4:5]))
    found = secretsmanager_backends[principal.account][call.region].secrets.get(name)
    # A new secret's ARN ends in six random characters.
    arn = found.arn if found else f"arn:aws:secretsmanager:{call.region}:{principal.account}:secret:{name}-??????"
    return Resource(arn, accounts=frozenset({principal.account}))


def _requested_resource(call: Call, principal: Principal, repository: str = "") -> Resource:
    """Return the resource of ``call``, one of CodeArtifact's operations, or another ``repository`` of its domain."""
    name, domain_owner = call.parameter("domain"), call.parameter("domainOwner") or principal.account
    if not name:
        return _any_resource(principal)
    try:
        domain = backend_of(domain_owner, call.region).domain(name)
    except ServiceException:
        # The domain does not exist; a caller that is allowed to access it gets that error from moto.
        domain, accounts = Domain(name, domain_owner, call.region), frozenset({principal.account})
    else:
        accounts = frozenset({domain_owner})
    # API reference: the policy to be replaced does not apply.
    domain_policy = "" if call.name == "PutDomainPermissionsPolicy" else domain.policy
    repository = repository or call.parameter("repository")
    if not repository:
        return Resource(domain.arn(), _present(domain_policy), accounts)
    found = domain.repositories.get(repository) or Repository(repository, domain_owner)
    resource = _repository_resource(domain, found, call.parameter("package"))
    if call.name == "PutRepositoryPermissionsPolicy":
        resource = resource._replace(policies=_present(domain_policy))
    return resource._replace(accounts=resource.accounts | accounts)


def _repository_resource(domain: Domain, repository: Repository, package: str) -> Resource:
    """Return a repository, or a package in it, as a resource."""
    return Resource(
        domain.package_arn(repository.name, normalize(package)) if package else domain.arn(repository.name),
        _present(domain.policy, repository.policy),
        frozenset({domain.owner, repository.administrator}),
    )


def _present(*policies: str) -> tuple[str, ...]:
    return tuple(policy for policy in policies if policy)
