"""Who asks, and may they?  What IAM has to say to each request, where the emulator is told to ask it."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

from moto.core.exceptions import InvalidClientTokenIdError, ServiceException, SignatureDoesNotMatchError
from moto.iam.access_control import IAMRequest
from werkzeug.datastructures import EnvironHeaders

from . import identities
from .calls import UNSIGNED
from .errors import RefusedError
from .models import Domain, Repository, backend_of
from .policies import Request, evaluate
from .registration import SERVICE
from .web_identity import Issuer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from wsgiref.types import WSGIEnvironment

    from .calls import Call
    from .identities import Principal

# AWS General Reference, "Signing AWS API requests": a request's age, in seconds.
_OLDEST = 300
# STS API reference, AssumeRole: a role assumed by a role's session, in seconds.
_LONGEST_CHAINED = 3600
_DEFAULT_SESSION = 3600
# Nobody needs a permission to ask these.
_FREE = ("sts:GetCallerIdentity", "sts:GetSessionToken")
# The codes of the two protocols: CodeArtifact's, and that of STS and IAM.
_UNKNOWN_KEY = ("UnrecognizedClientException", "InvalidClientTokenId")
_WRONG_SIGNATURE = ("InvalidSignatureException", "SignatureDoesNotMatch")
_EXPIRED = ("ExpiredTokenException", "ExpiredToken")
_DENIED = ("AccessDeniedException", "AccessDenied")


class Resource(NamedTuple):
    """What is done something to: its ARN, the policies on it, and the accounts whose own policies are enough for it."""

    arn: str
    policies: tuple[str, ...] = ()
    accounts: frozenset[str] = frozenset()


class Access:
    """IAM, asked only while it ``is_enforced``; ``issuer`` makes the OIDC tokens that it believes."""

    def __init__(self) -> None:
        self.is_enforced = False
        self.issuer = Issuer()

    def check(self, call: Call, environ: WSGIEnvironment) -> None:
        """Raise RefusedError unless ``call`` is who it says it is, and may do what it asks for."""
        if not self.is_enforced:
            return
        if call.operation == UNSIGNED:
            self._check_web_identity(call.params)
            return
        principal = _authenticate(call, environ)
        context = _context(principal, call.region, is_tls=environ["wsgi.url_scheme"] == "https")
        action = f"{call.service}:{call.operation}"
        if action == "sts:AssumeRole":
            _check_assuming(principal, call.params, context)
        elif action not in _FREE:
            resource = _resource(call, principal) if call.service == SERVICE else _anything(principal)
            _require(principal, action, resource, context, is_query=call.is_query)
        if call.operation == "GetAuthorizationToken":
            # CodeArtifact User Guide, "AWS CodeArtifact authentication and tokens".
            context |= {"sts:awsservicename": "codeartifact.amazonaws.com"}
            _require(principal, "sts:GetServiceBearerToken", _anything(principal), context)

    def check_bearer(
        self, principal: Principal | None, operation: str, domain: Domain, repository: Repository, package: str = ""
    ) -> None:
        """Raise RefusedError unless who has asked for a token may do ``operation`` with it."""
        if not self.is_enforced:
            return
        if principal is None:
            raise _refusal(_DENIED, "IAM knows nobody who has asked for this token")
        resource = _of(domain, repository, package)
        _require(principal, f"{SERVICE}:{operation}", resource, _context(principal, domain.region, is_tls=True))

    def _check_web_identity(self, params: Mapping[str, str]) -> None:
        arn = params.get("RoleArn", "")
        role = identities.role(arn)
        refusal = RefusedError("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        if role is None:
            raise refusal
        identity = self.issuer.examine(params.get("WebIdentityToken", ""), role.account_id)
        url = identity.provider_url.lower()
        context = {f"{url}:aud": identity.audience, f"{url}:sub": identity.subject}
        names = frozenset({("Federated", identity.provider_arn)})
        said = evaluate(
            [role.assume_role_policy_document], Request(names, "sts:AssumeRoleWithWebIdentity", arn, context)
        )
        if said.denies or not said.allows:
            raise refusal
        _check_duration(role.max_session_duration, params)


def _authenticate(call: Call, environ: WSGIEnvironment) -> Principal:
    """Return who has signed ``call``; raise RefusedError if nobody has whom IAM knows."""
    principal = identities.find(call.access_key_id)
    unknown = _refusal(_UNKNOWN_KEY, "The security token included in the request is invalid.", is_query=call.is_query)
    if principal is None:
        raise unknown
    headers = EnvironHeaders(environ)
    signed_at = headers.get("X-Amz-Date", "")
    try:
        age = time.time() - datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
        request = IAMRequest(
            account_id=principal.account,
            method=environ["REQUEST_METHOD"],
            path=environ["RAW_URI"],
            # As empty as the body of a request without one: of an empty dict moto signs something else.
            data=b"",  # type: ignore[arg-type]
            body=call.body,
            headers=dict(headers),
            action=call.operation,
        )
        request.check_signature()
    except InvalidClientTokenIdError:
        raise unknown from None
    except (SignatureDoesNotMatchError, ValueError):
        said = (
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )
        raise _refusal(_WRONG_SIGNATURE, said, is_query=call.is_query) from None
    if abs(age) > _OLDEST:
        said = f"Signature expired: {signed_at} is {age:.0f} s from this service's time, more than {_OLDEST} s"
        raise _refusal(_WRONG_SIGNATURE, said, is_query=call.is_query)
    if principal.expiration <= time.time():
        raise _refusal(_EXPIRED, "The security token included in the request is expired", is_query=call.is_query)
    return principal


def _check_assuming(principal: Principal, params: Mapping[str, str], context: Mapping[str, str]) -> None:
    """Raise RefusedError unless ``principal`` may assume the role, and its trust policy trusts it to."""
    arn = params.get("RoleArn", "")
    role = identities.role(arn)
    keys = {"ExternalId": "sts:externalid", "RoleSessionName": "sts:rolesessionname"}
    context = {**context, **{key: params[name] for name, key in keys.items() if name in params}}
    said = _Said(principal, "sts:AssumeRole", arn, (role.assume_role_policy_document,) if role else (), context)
    is_home = role is not None and role.account_id == principal.account
    if said.is_denied or not ((said.own.allows and said.others.allows) or (is_home and said.by_name.allows)):
        raise RefusedError(
            "AccessDenied",
            403,
            f"User: {principal.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}",
        )
    if role:
        _check_duration(role.max_session_duration, params)
    if principal.role_arn and int(params.get("DurationSeconds", _DEFAULT_SESSION)) > _LONGEST_CHAINED:
        raise RefusedError(
            "ValidationError",
            400,
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )


def _check_duration(longest: str | None, params: Mapping[str, str]) -> None:
    if int(params.get("DurationSeconds", _DEFAULT_SESSION)) > int(longest or _DEFAULT_SESSION):
        raise RefusedError(
            "ValidationError", 400, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


class _Said:
    """What all policies say that bear on a request: the principal's ``own``, and the ``others``, on the resource.

    ``by_name`` are those of the others' statements that mean the very principal, not its account as a whole.
    """

    def __init__(
        self, principal: Principal, action: str, resource: str, policies: tuple[str, ...], context: Mapping[str, str]
    ) -> None:
        request = Request(principal.names, action, resource, context)
        self.own = evaluate(principal.documents(), request)
        self.by_name = evaluate(policies, request)
        self.others = evaluate(policies, request._replace(names=principal.names | {principal.account_name}))

    @property
    def is_denied(self) -> bool:
        """Whether any of them denies it."""
        return self.own.denies or self.others.denies


def _require(
    principal: Principal, action: str, resource: Resource, context: Mapping[str, str], *, is_query: bool = False
) -> None:
    """Raise RefusedError unless ``principal`` may do ``action``.

    Source: CodeArtifact User Guide, "Repository policies", on how they and domain policies work together.
    """
    said = _Said(principal, action, resource.arn, resource.policies, context)
    is_home = principal.account in resource.accounts
    if said.is_denied:
        kind = "an identity" if said.own.denies else "a resource"
        why = f"with an explicit deny in {kind}-based policy"
    elif (said.own.allows and (is_home or said.others.allows)) or (is_home and said.by_name.allows):
        return
    else:
        kind = "resource" if said.own.allows else "identity"
        why = f"because no {kind}-based policy allows the {action} action"
    said_no = f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource.arn} {why}"
    raise _refusal(_DENIED, said_no, is_query=is_query)


def _refusal(codes: tuple[str, str], message: str, *, is_query: bool = False) -> RefusedError:
    return RefusedError(codes[is_query], 403, message)


def _context(principal: Principal, region: str, *, is_tls: bool) -> dict[str, str]:
    """Return the values of the conditions' keys that every request has."""
    return {
        "aws:principalaccount": principal.account,
        "aws:principalarn": principal.role_arn or principal.arn,
        "aws:requestedregion": region,
        "aws:securetransport": str(is_tls).lower(),
    }


def _anything(principal: Principal) -> Resource:
    """Return all resources of the principal's account, for operations that are about none."""
    return Resource("*", accounts=frozenset({principal.account}))


def _resource(call: Call, principal: Principal) -> Resource:
    """Return what ``call``, one of CodeArtifact's, is about."""
    params = call.params
    name, owner = params.get("domain", ""), params.get("domain-owner", principal.account)
    if not name:
        return _anything(principal)
    try:
        domain = backend_of(owner, call.region).domain(name)
    except ServiceException:
        # There is no such domain, as who may ask for one will be told.
        domain, accounts = Domain(name, owner, call.region), frozenset({principal.account})
    else:
        accounts = frozenset({owner})
    repository = params.get("repository", "")
    if not repository:
        return Resource(domain.arn(), (domain.policy,) if domain.policy else (), accounts)
    found = domain.repositories.get(repository) or Repository(repository, owner)
    resource = _of(domain, found, params.get("package", ""))
    return resource._replace(accounts=resource.accounts | accounts)


def _of(domain: Domain, repository: Repository, package: str) -> Resource:
    """Return a repository, or a package in it, as what is done something to."""
    return Resource(
        domain.package_arn(repository.name, package) if package else domain.arn(repository.name),
        tuple(policy for policy in (domain.policy, repository.policy) if policy),
        frozenset({domain.owner, repository.administrator}),
    )
