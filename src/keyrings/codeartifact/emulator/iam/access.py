"""Who asks, and may they?  What IAM has to say to each request, where the emulator is told to ask it."""

from __future__ import annotations

import hashlib
import re
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from moto.core.exceptions import InvalidClientTokenIdError, ServiceException, SignatureDoesNotMatchError
from moto.iam.access_control import IAMRequest
from werkzeug.datastructures import EnvironHeaders

from keyrings.codeartifact.emulator.api.calls import UNSIGNED
from keyrings.codeartifact.emulator.api.errors import RefusedError
from keyrings.codeartifact.emulator.api.models import Domain, Repository, backend_of, normalize
from keyrings.codeartifact.emulator.api.registration import SERVICE

from . import identities
from .policies import Kind, Request, evaluate
from .web_identity import Issuer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import WSGIEnvironment

    from keyrings.codeartifact.emulator.api.calls import Call

    from .identities import Principal
    from .policies import Verdict

# IAM User Guide, "Create a signed AWS API request": how old a signature may be.
_OLDEST = timedelta(minutes=5)
# STS API reference, AssumeRole: a role assumed by a role's session, in seconds.
_LONGEST_CHAINED = 3600
_DEFAULT_SESSION = 3600
# Nobody needs a permission to ask that.
_FREE = "sts:GetCallerIdentity"
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
        """Raise RefusedError unless ``call`` is who it says it is, and may do what it asks for.

        Who that is stands in ``environ`` as REMOTE_USER then, as far as it is known.
        """
        if not self.is_enforced:
            principal = identities.find(call.access_key_id)
            environ["REMOTE_USER"] = principal.arn if principal else ""
            return
        is_tls = environ["wsgi.url_scheme"] == "https"
        if call.name == UNSIGNED:
            self._check_web_identity(call, is_tls=is_tls)
            return
        principal = _authenticate(call, environ)
        environ["REMOTE_USER"] = principal.arn
        context = _context(principal, call.region, is_tls=is_tls)
        action = f"{call.service}:{call.name}"
        if action == "sts:AssumeRole":
            _check_assuming(principal, call, context)
        elif action != _FREE:
            resource = _resource(call, principal) if call.service == SERVICE else _anything(principal)
            _require(principal, action, resource, context, is_query=call.is_query)
        if call.name == "GetAuthorizationToken":
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

    def _check_web_identity(self, call: Call, *, is_tls: bool) -> None:
        arn = call.params["RoleArn"]
        role = identities.role(arn)
        refusal = RefusedError("AccessDenied", 403, f"Not authorized to perform sts:{UNSIGNED}")
        if role is None:
            raise refusal
        identity = self.issuer.examine(call.params["WebIdentityToken"], role.account_id)
        url = identity.provider_url.lower()
        context = {
            f"{url}:aud": identity.audience,
            f"{url}:sub": identity.subject,
            "aws:requestedregion": call.region,
            "aws:securetransport": str(is_tls).lower(),
            "sts:rolesessionname": call.params["RoleSessionName"],
        }
        names = frozenset({("Federated", identity.provider_arn), ("AWS", "*")})
        said = _evaluate(
            [role.assume_role_policy_document], Kind.TRUST, Request(names, f"sts:{UNSIGNED}", arn, context)
        )
        if said.denies or not said.allows:
            raise refusal
        _check_duration(role.max_session_duration, call)


def _authenticate(call: Call, environ: WSGIEnvironment) -> Principal:
    """Return who has signed ``call``; raise RefusedError if nobody has whom IAM knows."""
    principal = identities.find(call.access_key_id)
    unknown = _refusal(_UNKNOWN_KEY, "The security token included in the request is invalid.", is_query=call.is_query)
    if principal is None:
        raise unknown
    headers = EnvironHeaders(environ)
    if wrong := _wrong_scope(call, headers):
        raise _refusal(_WRONG_SIGNATURE, wrong, is_query=call.is_query)
    try:
        request = IAMRequest(
            account_id=principal.account,
            method=environ["REQUEST_METHOD"],
            path=environ["RAW_URI"],
            # As empty as the body of a request without one: of an empty dict moto signs something else.
            data=b"",  # type: ignore[arg-type]
            body=call.body,
            headers=dict(headers),
            action=call.name,
        )
        request.check_signature()
    except InvalidClientTokenIdError:
        raise unknown from None
    except SignatureDoesNotMatchError:
        said = (
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )
        raise _refusal(_WRONG_SIGNATURE, said, is_query=call.is_query) from None
    if stale := _wrong_time(headers["X-Amz-Date"]):
        raise _refusal(_WRONG_SIGNATURE, stale, is_query=call.is_query)
    if principal.expiration <= time.time():
        raise _refusal(_EXPIRED, "The security token included in the request is expired", is_query=call.is_query)
    return principal


def _wrong_scope(call: Call, headers: EnvironHeaders) -> str:
    """Return what is wrong with what the signature says it is of, empty if nothing is.

    Source: IAM User Guide, "Create a signed AWS API request"; moto looks at none of it.
    """
    signature = call.signature
    date = headers.get("X-Amz-Date", "")
    if signature is None or not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", date, re.ASCII):
        return "Date must be in ISO-8601 'basic format'."
    if (signature.service, signature.region) != (call.service, call.region):
        return f"Credential should be scoped to a valid region and the correct service: '{call.service}'."
    if signature.date != date[:8] or signature.terminator != "aws4_request":
        return "Date in Credential scope does not match YYYYMMDD from the request's date, or it has no aws4_request."
    needed = {"host"} | {name.lower() for name, _ in headers if name.lower().startswith("x-amz-")}
    if missing := needed - signature.headers:
        return f"'{min(missing)}' must be a 'SignedHeader' in the AWS Authorization."
    digest = hashlib.sha256(call.body).hexdigest()
    if headers.get("X-Amz-Content-Sha256", digest) != digest:
        return "The provided 'x-amz-content-sha256' header does not match what was computed."
    return ""


def _wrong_time(date: str) -> str:
    """Return what is wrong with the time of a signature, empty if nothing is."""
    form = "%Y%m%dT%H%M%SZ"
    try:
        signed_at = datetime.strptime(date, form).replace(tzinfo=timezone.utc)
    except ValueError:
        return "Date must be in ISO-8601 'basic format'."
    now = datetime.now(timezone.utc)
    if signed_at < now - _OLDEST:
        return f"Signature expired: {date} is now earlier than {now - _OLDEST:{form}} ({now:{form}} - 5 min.)"
    if signed_at > now + _OLDEST:
        return f"Signature not yet current: {date} is still later than {now + _OLDEST:{form}} ({now:{form}} + 5 min.)"
    return ""


def _check_assuming(principal: Principal, call: Call, context: Mapping[str, str]) -> None:
    """Raise RefusedError unless ``principal`` may assume the role, and its trust policy trusts it to."""
    arn = call.params["RoleArn"]
    role = identities.role(arn)
    keys = {"ExternalId": "sts:externalid", "RoleSessionName": "sts:rolesessionname"}
    context = {**context, **{key: call.params[name] for name, key in keys.items() if name in call.params}}
    trust = (role.assume_role_policy_document,) if role else ()
    said = _Said(principal, "sts:AssumeRole", Resource(arn, trust), Kind.TRUST, context)
    is_home = role is not None and role.account_id == principal.account
    if said.is_denied or not ((said.own.allows and said.others.allows) or (is_home and said.by_name.allows)):
        refused = f"User: {principal.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise _refusal(_DENIED, refused, is_query=True)
    if role:
        _check_duration(role.max_session_duration, call)
    if principal.role_arn and int(call.params.get("DurationSeconds", _DEFAULT_SESSION)) > _LONGEST_CHAINED:
        raise RefusedError(
            "ValidationError",
            400,
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )


def _check_duration(longest: str | None, call: Call) -> None:
    if int(call.params.get("DurationSeconds", _DEFAULT_SESSION)) > int(longest or _DEFAULT_SESSION):
        raise RefusedError(
            "ValidationError", 400, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


class _Said:
    """What all policies say that bear on a request: the principal's ``own``, and the ``others``, on the resource.

    ``by_name`` are those of the others' statements that mean the very principal, not its account as a whole.
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
        """Whether any of them denies it."""
        return self.own.denies or self.others.denies


def _evaluate(documents: Iterable[str], kind: Kind, request: Request) -> Verdict:
    """Return what policies say; raise RefusedError for one that came by another way than those that look at it."""
    try:
        return evaluate(documents, kind, request)
    except ValueError as error:
        raise RefusedError("InternalFailure", 501, f"this emulator cannot evaluate a policy: {error}") from None


def _require(
    principal: Principal, action: str, resource: Resource, context: Mapping[str, str], *, is_query: bool = False
) -> None:
    """Raise RefusedError unless ``principal`` may do ``action``.

    Source: CodeArtifact User Guide, "Repository policies", on how they and domain policies work together.
    """
    said = _Said(principal, action, resource, Kind.RESOURCE, context)
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
    name, owner = call.parameter("domain"), call.parameter("domainOwner") or principal.account
    if not name:
        return _anything(principal)
    try:
        domain = backend_of(owner, call.region).domain(name)
    except ServiceException:
        # There is no such domain, as who may ask for one will be told.
        domain, accounts = Domain(name, owner, call.region), frozenset({principal.account})
    else:
        accounts = frozenset({owner})
    # API reference: a policy is not asked whether it may be replaced.
    domain_policy = "" if call.name == "PutDomainPermissionsPolicy" else domain.policy
    repository = call.parameter("repository")
    if not repository:
        return Resource(domain.arn(), _present(domain_policy), accounts)
    found = domain.repositories.get(repository) or Repository(repository, owner)
    resource = _of(domain, found, call.parameter("package"))
    if call.name == "PutRepositoryPermissionsPolicy":
        resource = resource._replace(policies=_present(domain_policy))
    return resource._replace(accounts=resource.accounts | accounts)


def _of(domain: Domain, repository: Repository, package: str) -> Resource:
    """Return a repository, or a package in it, as what is done something to."""
    return Resource(
        domain.package_arn(repository.name, normalize(package)) if package else domain.arn(repository.name),
        _present(domain.policy, repository.policy),
        frozenset({domain.owner, repository.administrator}),
    )


def _present(*policies: str) -> tuple[str, ...]:
    return tuple(policy for policy in policies if policy)
