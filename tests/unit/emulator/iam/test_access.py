"""IAM's decisions: which policies allow a request or deny it, for which principal, and the error that says why not."""

import json

import pytest
from moto.sts.models import sts_backends
from werkzeug.test import create_environ

from keyrings.codeartifact.emulator.api import calls
from keyrings.codeartifact.emulator.api.errors import APIError
from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.emulator.iam.access import Access

HOME, AWAY = "111122223333", "444455556666"
KEYS = {HOME: ("AKIAUNIT000000000001", "made-up"), AWAY: ("AKIAUNIT000000000002", "made-up")}
JANE = f"arn:aws:iam::{HOME}:user/jane"
ARN = f"arn:aws:codeartifact:us-east-1:{HOME}"
RELEASE = f"{ARN}:repository/acme/release"
READ, TOKEN = "codeartifact:ReadFromRepository", "codeartifact:GetAuthorizationToken"
BEARER = "sts:GetServiceBearerToken"
CI = f"arn:aws:iam::{HOME}:role/ci"
CODEARTIFACT, STS = "codeartifact.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"
FORM = "application/x-www-form-urlencoded"
AUTHORIZATION = f"/v1/authorization-token?domain=acme&domain-owner={HOME}"


def statement(action="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, **more}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def own(action="*", effect="Allow", resource="*"):
    return policy(statement(action, effect, Resource=resource))


def shared(principal, action=READ, effect="Allow"):
    return policy(statement(action, effect, Principal={"AWS": principal}, Resource="*"))


def because(kind, action=READ):
    return f"because no {kind}-based policy allows the {action} action"


@pytest.fixture
def domain(codeartifact_mock):
    backend = backend_of(HOME, "us-east-1")
    backend.create_domain("acme")
    backend.create_repository("acme", "release", HOME)
    return backend.domain("acme")


@pytest.fixture
def access():
    access = Access()
    access.is_enforced = True
    return access


@pytest.fixture
def user(domain):
    """A function that creates the user jane of an account with a policy, and returns the principal."""

    def user(document="", account=HOME):
        key, secret = KEYS[account]
        identities.create_user(account, "jane", {key: (secret, "Active")}, {"own": document} if document else {})
        return identities.find(key)

    return user


@pytest.fixture
def check(access, signed):
    """A function that checks a call, and returns its environment."""

    def check(host, path="/", *, account=HOME, keys=None, **options):
        call, environ = signed(keys or KEYS[account], host, path, **options)
        access.check(call, environ)
        return environ

    return check


def error(function, *arguments, **options):
    """Return code, status and message of the error that a check ends with."""
    with pytest.raises(APIError) as caught:
        function(*arguments, **options)
    return caught.value.code, caught.value.status, caught.value.message


def denied(action, resource, reason, who=JANE):
    message = f"User: {who} is not authorized to perform: {action} on resource: {resource} {reason}"
    return "AccessDeniedException", 403, message


DENY = "with an explicit deny in {}-based policy"


@pytest.mark.parametrize(
    ("account", "own_policy", "domain_policy", "release_policy", "reason"),
    [
        pytest.param(HOME, own(READ), "", "", None, id="own"),
        pytest.param(HOME, own(READ, resource=RELEASE), "", "", None, id="own, on this repository"),
        pytest.param(HOME, own(READ, resource=f"{RELEASE}x"), "", "", because("identity"), id="own, on another"),
        pytest.param(HOME, "", "", "", because("identity"), id="none"),
        pytest.param(HOME, "", "", shared(JANE), None, id="repository names the user"),
        pytest.param(HOME, "", shared(JANE), "", None, id="domain names the user"),
        pytest.param(HOME, "", "", shared(HOME), because("identity"), id="repository names the account"),
        pytest.param(HOME, "", "", shared("*"), None, id="repository names everybody"),
        pytest.param(HOME, own(READ), "", shared(JANE, effect="Deny"), DENY.format("a resource"), id="repository denies"),
        pytest.param(HOME, own(READ), shared("*", effect="Deny"), "", DENY.format("a resource"), id="domain denies"),
        pytest.param(HOME, own(effect="Deny"), "", shared(JANE), DENY.format("an identity"), id="own denies"),
        pytest.param(AWAY, own(READ), "", "", because("resource"), id="away, own"),
        pytest.param(AWAY, "", "", shared(AWAY), because("identity"), id="away, account"),
        pytest.param(AWAY, "", "", shared(JANE.replace(HOME, AWAY)), because("identity"), id="away, user"),
        pytest.param(AWAY, own(READ), "", shared(AWAY), None, id="away, own and account"),
        pytest.param(AWAY, own(READ), shared(AWAY), "", None, id="away, own and domain"),
    ],
)  # fmt: skip
def test_which_policies_allow_to_read(access, user, domain, account, own_policy, domain_policy, release_policy, reason):
    repository = domain.repository("release")
    domain.policy, repository.policy = domain_policy, release_policy
    request = user(own_policy, account), "ReadFromRepository", domain, repository
    if reason is None:
        access.check_bearer(*request)
    else:
        assert error(access.check_bearer, *request) == denied(READ, RELEASE, reason, JANE.replace(HOME, account))


def test_the_resource_of_an_upload_is_the_package(access, user, domain):
    jane = user(own("codeartifact:PublishPackageVersion", resource=f"{ARN}:package/acme/release/pypi//my-*"))
    release = domain.repository("release")
    access.check_bearer(jane, "PublishPackageVersion", domain, release, "My_Tools")
    package = f"{ARN}:package/acme/release/pypi//other-tools"
    found = error(access.check_bearer, jane, "PublishPackageVersion", domain, release, "Other.Tools")
    assert found == denied(
        "codeartifact:PublishPackageVersion", package, because("identity", "codeartifact:PublishPackageVersion")
    )


def test_a_token_of_an_unknown_principal(access, domain):
    request = None, "ReadFromRepository", domain, domain.repository("release")
    message = "the token was requested by an unknown principal"
    assert error(access.check_bearer, *request) == ("AccessDeniedException", 403, message)
    access.is_enforced = False
    access.check_bearer(*request)


def test_without_enforcement_no_signature_and_no_policy_counts(access, user, check):
    access.is_enforced = False
    assert check(CODEARTIFACT, AUTHORIZATION)["REMOTE_USER"] == ""
    user(own(effect="Deny"))
    wrong = (KEYS[HOME][0], "other")
    assert check(CODEARTIFACT, AUTHORIZATION, keys=wrong)["REMOTE_USER"] == JANE


def test_the_caller_s_identity_needs_a_signature_and_no_permission(user, check):
    user(own(effect="Deny"))
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    assert check(STS, body=body)["REMOTE_USER"] == JANE
    assert error(check, STS, body=body, keys=(KEYS[HOME][0], "other"))[0] == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("document", "refused"),
    [
        (own([TOKEN, BEARER]), None),
        (own(TOKEN), (BEARER, "*")),
        (own(BEARER), (TOKEN, f"{ARN}:domain/acme")),
        (own([TOKEN, BEARER], resource=f"{ARN}:domain/acme"), (BEARER, "*")),
    ],
    ids=["both", "no bearer token", "no authorization token", "bearer token of a domain"],
)
def test_a_token_needs_two_permissions(user, check, document, refused):
    user(document)
    if refused is None:
        assert check(CODEARTIFACT, AUTHORIZATION)["REMOTE_USER"] == JANE
    else:
        action, resource = refused
        assert error(check, CODEARTIFACT, AUTHORIZATION) == denied(action, resource, because("identity", action))


def test_a_domain_that_does_not_exist_is_the_caller_s_to_ask_for(user, check):
    user(own([TOKEN, BEARER], resource="*"))
    check(CODEARTIFACT, AUTHORIZATION.replace("acme", "gone"))
    user(own(), AWAY)
    check(CODEARTIFACT, AUTHORIZATION.replace("acme", "gone"), account=AWAY)
    found = error(check, CODEARTIFACT, AUTHORIZATION, account=AWAY)
    assert found == denied(TOKEN, f"{ARN}:domain/acme", because("resource", TOKEN), JANE.replace(HOME, AWAY))


def test_an_upstream_needs_a_permission_of_its_own(user, check, domain):
    create = {
        "path": "/v1/repository?domain=acme&repository=team",
        "body": b'{"upstreams": [{"repositoryName": "release"}]}',
    }
    associate = "codeartifact:AssociateWithDownstreamRepository"
    user(own("codeartifact:CreateRepository"))
    assert error(check, CODEARTIFACT, **create) == denied(associate, RELEASE, because("identity", associate))
    domain.repository("release").policy = shared(JANE, associate)
    check(CODEARTIFACT, **create)


@pytest.mark.parametrize(
    ("kind", "query", "arn"),
    [("Domain", "domain=acme", f"{ARN}:domain/acme"), ("Repository", "domain=acme&repository=release", RELEASE)],
)
def test_a_policy_does_not_apply_to_its_own_replacement(user, check, domain, kind, query, arn):
    """Whoever has locked everybody out can replace it."""
    holder = domain if kind == "Domain" else domain.repository("release")
    holder.policy = shared("*", "*", "Deny")
    user(own())
    path = f"/v1/{kind.lower()}/permissions/policy?{query}"
    # A domain is named in the body of this operation.
    check(CODEARTIFACT, path, method="PUT", body=b'{"domain": "acme", "policyDocument": "{}"}')
    found = error(check, CODEARTIFACT, path, method="GET")
    assert found == denied(f"codeartifact:Get{kind}PermissionsPolicy", arn, DENY.format("a resource"))


def test_a_policy_that_was_stored_unchecked_is_an_error_of_the_emulator(user, check):
    user(own())
    odd = policy(statement(Resource="*", Condition={"Odd": {"a": "b"}}))
    identities.iam_of(HOME).users["jane"].policies["odd"] = odd
    code, status, message = error(check, CODEARTIFACT, AUTHORIZATION)
    assert (code, status) == ("InternalFailure", 501)
    assert message.startswith("the emulator cannot evaluate a policy: ")


SECRET = f"arn:aws:secretsmanager:us-east-1:{HOME}:secret"


@pytest.mark.parametrize(
    ("name", "arn"),
    [("token", f"{SECRET}:token-??????"), (f"{SECRET}:token-AbCdEf", f"{SECRET}:token-AbCdEf")],
    ids=["name", "ARN"],
)
def test_the_resource_of_a_secret_is_its_arn(user, check, name, arn):
    action, host = "secretsmanager:GetSecretValue", "secretsmanager.us-east-1.amazonaws.com"
    request = {"body": json.dumps({"SecretId": name}).encode(), "headers": {"X-Amz-Target": action.replace(":", ".")}}
    user(own(action, resource=f"{SECRET}:other-*"))
    assert error(check, host, **request) == denied(action, arn, because("identity", action))
    user(own(action, resource=f"{SECRET}:token-*"), AWAY)
    if name == arn:
        reason, who = because("resource", action), JANE.replace(HOME, AWAY)
        assert error(check, host, account=AWAY, **request) == denied(action, arn, reason, who)


def assume_role(**parameters):
    pairs = {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": CI, "RoleSessionName": "job", **parameters}
    return "&".join(f"{name}={value}" for name, value in pairs.items()).encode()


def trust(principal, **more):
    return policy(statement("sts:AssumeRole", Principal={"AWS": principal}, **more))


EXTERNAL = {"Condition": {"StringEquals": {"sts:ExternalId": "acme-1"}}}
NOT_AUTHORIZED = (
    "AccessDenied",
    403,
    f"User: {JANE} is not authorized to perform: sts:AssumeRole on resource: {CI}",
)
TOO_LONG = (
    "ValidationError",
    400,
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
)


@pytest.mark.parametrize(
    ("own_policy", "trust_policy", "parameters", "refused"),
    [
        pytest.param("", trust(JANE), {}, None, id="named"),
        pytest.param("", trust(HOME), {}, NOT_AUTHORIZED, id="the account only"),
        pytest.param(own(), trust(HOME), {}, None, id="the account, and own"),
        pytest.param(own(), trust(AWAY), {}, NOT_AUTHORIZED, id="own only"),
        pytest.param(own(effect="Deny"), trust(JANE), {}, NOT_AUTHORIZED, id="own denies"),
        pytest.param("", trust(JANE, **EXTERNAL), {"ExternalId": "acme-1"}, None, id="external ID"),
        pytest.param("", trust(JANE, **EXTERNAL), {}, NOT_AUTHORIZED, id="no external ID"),
        pytest.param(own(), trust(JANE), {"RoleArn": f"{CI}x"}, None, id="no such role"),
        pytest.param("", trust(JANE), {"DurationSeconds": "7200"}, None, id="the longest"),
        pytest.param("", trust(JANE), {"DurationSeconds": "7201"}, TOO_LONG, id="too long"),
    ],
)
def test_a_role_is_assumed_by_its_trust_policy(user, check, own_policy, trust_policy, parameters, refused):
    user(own_policy)
    identities.create_role(HOME, "ci", trust_policy, {}, max_session_duration="7200")
    if "RoleArn" in parameters:
        refused = (*NOT_AUTHORIZED[:2], NOT_AUTHORIZED[2].replace(CI, parameters["RoleArn"]))
    if refused is None:
        assert check(STS, body=assume_role(**parameters))["REMOTE_USER"] == JANE
    else:
        assert error(check, STS, body=assume_role(**parameters)) == refused


def test_a_session_assumes_a_role_for_an_hour(domain, check):
    identities.create_role(HOME, "ci", trust(CI), {}, max_session_duration="43200")
    session = sts_backends[HOME]["aws"].assume_role("us-east-1", "one", CI, None, 900, "")
    keys = session.access_key_id, session.secret_access_key, session.session_token
    check(STS, keys=keys, body=assume_role(DurationSeconds="3600"))
    message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    found = error(check, STS, keys=keys, body=assume_role(DurationSeconds="3601"))
    assert found == ("ValidationError", 400, message)


ISSUER, SUBJECT, AUDIENCE = "https://gitlab.example", "project:1", "sts.amazonaws.com"
PROVIDER = f"arn:aws:iam::{HOME}:oidc-provider/gitlab.example"
DENIED = ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity")


@pytest.mark.parametrize(
    ("trusted", "arn", "refused"),
    [
        pytest.param({"Principal": {"Federated": PROVIDER}}, CI, None, id="provider"),
        pytest.param({"Principal": {"Federated": f"{PROVIDER}x"}}, CI, DENIED, id="another provider"),
        pytest.param({"Principal": {"Federated": PROVIDER}}, f"{CI}x", DENIED, id="no such role"),
        pytest.param(
            {
                "Principal": {"Federated": PROVIDER},
                "Condition": {"StringEquals": {"gitlab.example:sub": SUBJECT, "gitlab.example:aud": AUDIENCE}},
            },
            CI,
            None,
            id="subject and audience",
        ),
        pytest.param(
            {"Principal": {"Federated": PROVIDER}, "Condition": {"StringEquals": {"gitlab.example:sub": "project:2"}}},
            CI,
            DENIED,
            id="another subject",
        ),
    ],
)
def test_a_role_is_assumed_with_a_web_identity(domain, access, trusted, arn, refused):
    identities.create_provider(HOME, ISSUER, [AUDIENCE])
    identities.create_role(HOME, "ci", policy(statement("sts:AssumeRoleWithWebIdentity", **trusted)), {})
    token = access.issuer.mint(ISSUER, SUBJECT, AUDIENCE)
    body = assume_role(Action="AssumeRoleWithWebIdentity", RoleArn=arn, WebIdentityToken=token)
    environ = create_environ("/", f"https://{STS}", method="POST", data=body, content_type=FORM)
    call = calls.parse(environ, STS)
    if refused is None:
        access.check(call, environ)
    else:
        assert error(access.check, call, environ) == refused
