"""With IAM enforced, what passes on the emulator passes on AWS: who may what, and how it is said who may not."""

import datetime as dt
import json
import re
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import botocore.auth
import pytest
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from conftest import PAGE

from keyrings.codeartifact.emulator.faults import aws_error
from keyrings.codeartifact.emulator.index import wheels
from keyrings.codeartifact.emulator.seed import parse
from keyrings.codeartifact.errors import ConfigurationError

GUARDED = "https://guarded-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi"
HOST = GUARDED.split("/")[2]
OPEN = PAGE.replace("release", "open")
CLOSED = PAGE.replace("release", "closed")
GITHUB, GITLAB = "https://token.actions.githubusercontent.com", "https://gitlab.com"
SUBJECT = "repo:acme/tools:ref:refs/heads/main"
CI = "arn:aws:iam::111122223333:role/ci"
PARTNER_ROLE = "arn:aws:iam::111122223333:role/for-partner"


def user(name, *statements, account="111122223333"):
    """A user whose key ends with their name."""
    key = f"AKIA{name.upper():0>16}"
    policies = [{"Statement": list(statements)}] if statements else []
    keys = {"access_key_id": key, "secret_access_key": f"{name}-s3cret"}
    return {"name": name, "account": account, **keys, "policies": policies}


def keys(name):
    return f"AKIA{name.upper():0>16}", f"{name}-s3cret", None


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


ARN = "arn:aws:codeartifact:us-east-1:111122223333"
TOKEN = allow("codeartifact:GetAuthorizationToken", f"{ARN}:domain/guarded")
BEARER = allow(
    "sts:GetServiceBearerToken", Condition={"StringEquals": {"sts:AWSServiceName": "codeartifact.amazonaws.com"}}
)
READ = allow("codeartifact:ReadFromRepository", f"{ARN}:repository/guarded/*")
PUBLISH = allow("codeartifact:PublishPackageVersion", f"{ARN}:package/guarded/*/pypi//acme-*")
PARTNER = {"AWS": "arn:aws:iam::444455556666:root"}

SEED = {
    "domains": [
        {
            "name": "guarded",
            "owner": "111122223333",
            "region": "us-east-1",
            "policy": {"Statement": [allow("codeartifact:GetAuthorizationToken", Principal=PARTNER)]},
            "repositories": [
                {
                    "name": "open",
                    "packages": ["acme_tools-*.whl"],
                    "policy": {
                        "Statement": [
                            allow("codeartifact:ReadFromRepository", Principal=PARTNER),
                            {
                                **allow("*", Principal={"AWS": "arn:aws:iam::111122223333:user/shunned"}),
                                "Effect": "Deny",
                            },
                        ]
                    },
                },
                {"name": "closed", "packages": ["acme_tools-*.whl"]},
            ],
        }
    ],
    "users": [
        user("reader", TOKEN, BEARER, READ),
        user("shunned", TOKEN, BEARER, READ),
        user("publisher", TOKEN, BEARER, PUBLISH),
        user("nobody"),
        user("nobearer", TOKEN, READ),
        user("wrongbearer", TOKEN, allow("sts:GetServiceBearerToken", Condition={"StringEquals": {"sts:AWSServiceName": "s3"}})),
        user("elsewhere", {**TOKEN, "Resource": f"{ARN}:domain/other"}, BEARER),
        user("denied", allow("*"), {**allow("codeartifact:*"), "Effect": "Deny"}),
        user("admin", allow("*")),
        user("partner", allow("*"), account="444455556666"),
        user("bystander", account="444455556666"),
        user("stranger", allow("*"), account="777788889999"),
        user("trusted"),
    ],
    "roles": [
        {
            "name": "ci",
            "account": "111122223333",
            "trust": {
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{GITHUB.removeprefix('https://')}"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                        "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*:ref:refs/heads/*"},
                    },
                }
            },
            "policies": [{"Statement": [TOKEN, BEARER, READ, allow("sts:AssumeRole")]}],
        },
        {
            "name": "for-partner",
            "account": "111122223333",
            "trust": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": PARTNER,
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"sts:ExternalId": "acme-1"}},
                    },
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": ["arn:aws:iam::111122223333:user/trusted", CI]},
                        "Action": "sts:AssumeRole",
                    },
                ]
            },
            "policies": [{"Statement": [TOKEN, BEARER, READ]}],
        },
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def planted(plant, github_accounts):
    """With GitHub as an identity provider, which the accounts of GitHub's jobs have already."""
    plant(SEED, "acme-tools")


@pytest.fixture
def guarded(planted, emulator):
    """The emulator with IAM enforced."""
    emulator.access.is_enforced = True
    return emulator


@pytest.fixture
def ask(guarded, client):
    """Return a function that asks for a token with these keys."""

    def get(keys, **parameters):
        parameters = {"domain": "guarded", "domainOwner": "111122223333"} | parameters
        return client("codeartifact", keys=keys).get_authorization_token(**parameters)["authorizationToken"]

    return get


def refusal(call, *arguments, **parameters):
    """Return code, status and message of the error that a call of boto3's ends with."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    said = caught.value.response
    return said["Error"]["Code"], said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Message"]


def denied(name, action, resource, why, account="111122223333"):
    who = name if name.startswith("arn:") else f"arn:aws:iam::{account}:user/{name}"
    said = f"User: {who} is not authorized to perform: {action} on resource: {resource} {why}"
    return "AccessDeniedException", 403, said


def no(kind, action):
    return f"because no {kind}-based policy allows the {action} action"


ASK, ASKED = "codeartifact:GetAuthorizationToken", f"{ARN}:domain/guarded"
BEARER_TOKEN = "sts:GetServiceBearerToken"


@pytest.mark.parametrize("name", ["reader", "publisher", "admin", "partner"])
def test_who_may_have_a_token(ask, guarded, name):
    assert ask(keys(name))
    [entry] = guarded.journal.entries("GetAuthorizationToken")
    account = "444455556666" if name == "partner" else "111122223333"
    assert entry.principal == f"arn:aws:iam::{account}:user/{name}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", denied("nobody", ASK, ASKED, no("identity", ASK))),
        ("elsewhere", denied("elsewhere", ASK, ASKED, no("identity", ASK))),
        ("nobearer", denied("nobearer", BEARER_TOKEN, "*", no("identity", BEARER_TOKEN))),
        ("wrongbearer", denied("wrongbearer", BEARER_TOKEN, "*", no("identity", BEARER_TOKEN))),
        ("denied", denied("denied", ASK, ASKED, "with an explicit deny in an identity-based policy")),
        ("bystander", denied("bystander", ASK, ASKED, no("identity", ASK), "444455556666")),
        ("stranger", denied("stranger", ASK, ASKED, no("resource", ASK), "777788889999")),
    ],
)
def test_who_may_not(ask, client, name, said):
    assert refusal(ask, keys(name)) == said
    with pytest.raises(client("codeartifact").exceptions.AccessDeniedException):
        ask(keys(name))


def test_a_domain_that_is_not_there(ask, client):
    for name in ("admin", "stranger"):
        with pytest.raises(client("codeartifact").exceptions.ResourceNotFoundException):
            ask(keys(name), domain="gone")
    assert refusal(ask, keys("nobody"), domain="gone")[0] == "AccessDeniedException"


UNKNOWN = "The security token included in the request is invalid."


@pytest.mark.parametrize(
    ("keys", "codes", "message"),
    [
        pytest.param(
            ("AKIAUNKNOWN000000001", "x", None),
            ("UnrecognizedClientException", "InvalidClientTokenId"),
            UNKNOWN,
            id="key",
        ),
        pytest.param(
            (keys("reader")[0], "wrong", None),
            ("InvalidSignatureException", "SignatureDoesNotMatch"),
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
            "Key and signing method. Consult the service documentation for details.",
            id="secret",
        ),
        pytest.param(
            (*keys("reader")[:2], "token"),
            ("UnrecognizedClientException", "InvalidClientTokenId"),
            UNKNOWN,
            id="a session token too many",
        ),
    ],
)
def test_wrong_keys(ask, client, keys, codes, message):
    assert refusal(ask, keys) == (codes[0], 403, message)
    assert refusal(client("sts", keys=keys).get_caller_identity) == (codes[1], 403, message)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_clock_that_is_wrong(ask, monkeypatch, minutes):
    now = dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: now.replace(tzinfo=None))
    code, status, message = refusal(ask, keys("reader"))
    assert (code, status) == ("InvalidSignatureException", 403)
    said = "Signature expired: " if minutes < 0 else "Signature not yet current: "
    assert message.startswith(said)


def test_a_signature_is_of_the_very_request(guarded, get):
    assert (
        get("codeartifact.us-east-1.amazonaws.com", "/v1/authorization-token?domain=guarded", method="POST")[0] == 403
    )
    scope = f"{keys('reader')[0]}/{time.strftime('%Y%m%d')}/us-east-1/codeartifact/aws4_request"
    for more in ({}, {"X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())}):
        authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
        status, headers, _ = get(
            *("codeartifact.us-east-1.amazonaws.com", "/v1/authorization-token?domain=guarded"),
            method="POST",
            headers={"Authorization": authorization, **more},
        )
        assert (status, headers["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")


def session(answer):
    credentials = answer["Credentials"]
    return credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]


@pytest.fixture
def assume(guarded, client):
    """Return a function that assumes a role with these keys and returns the session's."""

    def get(keys, role=PARTNER_ROLE, **parameters):
        return session(client("sts", keys=keys).assume_role(RoleArn=role, RoleSessionName="test", **parameters))

    return get


def test_a_role_of_another_account(assume, ask, client, guarded):
    keys_of_session = assume(keys("partner"), ExternalId="acme-1")
    arn = "arn:aws:sts::111122223333:assumed-role/for-partner/test"
    assert client("sts", keys=keys_of_session).get_caller_identity()["Arn"] == arn
    assert ask(keys_of_session)
    assert [entry.principal for entry in guarded.journal.entries("GetAuthorizationToken")] == [arn]


def test_a_trust_policy_that_names_a_user_is_enough_in_its_account(assume, ask):
    assert ask(assume(keys("trusted")))


@pytest.mark.parametrize(
    ("name", "role", "parameters"),
    [
        pytest.param("partner", PARTNER_ROLE, {}, id="no external id"),
        pytest.param("partner", PARTNER_ROLE, {"ExternalId": "acme-2"}, id="another external id"),
        pytest.param("bystander", PARTNER_ROLE, {"ExternalId": "acme-1"}, id="not allowed by its own account"),
        pytest.param("stranger", PARTNER_ROLE, {"ExternalId": "acme-1"}, id="not trusted"),
        pytest.param("admin", PARTNER_ROLE, {}, id="not trusted, though in its account"),
        pytest.param("admin", CI, {}, id="trusts a provider only"),
        pytest.param("admin", "arn:aws:iam::111122223333:role/gone", {}, id="no such role"),
        pytest.param("admin", "arn:aws:iam::999999999999:role/gone", {}, id="no such account"),
    ],
)
def test_roles_that_may_not_be_assumed(assume, name, role, parameters):
    account = {"partner": 444455556666, "bystander": 444455556666, "stranger": 777788889999}.get(name, 111122223333)
    said = f"User: arn:aws:iam::{account}:user/{name} is not authorized to perform: sts:AssumeRole on resource: {role}"
    assert refusal(assume, keys(name), role, **parameters) == ("AccessDenied", 403, said)


def test_a_session_that_is_over(assume, ask, client, guarded):
    keys_of_session = assume(keys("trusted"))
    with urlopen(Request(f"{guarded.proxy_url}/_emulator/sessions", method="DELETE")):
        pass
    message = "The security token included in the request is expired"
    assert refusal(ask, keys_of_session) == ("ExpiredTokenException", 403, message)
    assert refusal(client("sts", keys=keys_of_session).get_caller_identity) == ("ExpiredToken", 403, message)


def test_a_session_s_token_is_its_own(assume, ask):
    one, other = assume(keys("trusted")), assume(keys("trusted"))
    assert refusal(ask, (*one[:2], other[2]))[0] == "UnrecognizedClientException"
    assert refusal(ask, (*one[:2], None))[0] == "UnrecognizedClientException"


def test_sessions_are_as_long_as_the_role_has_it(assume):
    code, status, message = refusal(assume, keys("trusted"), DurationSeconds=3601)
    assert (code, status) == ("ValidationError", 400)
    assert "MaxSessionDuration" in message


def test_a_token_as_long_as_the_session(assume, client):
    codeartifact = client("codeartifact", keys=assume(keys("trusted"), DurationSeconds=900))
    where = {"domain": "guarded", "domainOwner": "111122223333"}
    for duration, seconds in ((0, 900), (1800, 1800)):
        expiration = codeartifact.get_authorization_token(**where, durationSeconds=duration)["expiration"]
        assert expiration.timestamp() - time.time() == pytest.approx(seconds, abs=30)


@pytest.fixture
def web(guarded, client):
    """Return a function that assumes a role with an OIDC token, of GitHub's by default, and returns the session's keys."""

    def get(token=None, *, role=CI, issuer=GITHUB, subject=SUBJECT, audience="sts.amazonaws.com", **more):
        token = token or guarded.access.issuer.mint(issuer, subject, audience, **more)
        sts = client("sts", keys=("unused", "unused", None))
        return session(sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="job-1", WebIdentityToken=token))

    return get


def test_a_web_identity(web, ask, guarded):
    assert ask(web())
    [entry] = guarded.journal.entries("GetAuthorizationToken")
    assert entry.principal == "arn:aws:sts::111122223333:assumed-role/ci/job-1"
    [entry] = guarded.journal.entries("AssumeRoleWithWebIdentity")
    assert (entry.params, entry.principal) == ({"RoleArn": CI, "RoleSessionName": "job-1"}, "")


def test_a_role_s_session_assumes_another_for_an_hour_at_most(web, assume, ask):
    assert ask(assume(web()))
    code, _, message = refusal(assume, web(), DurationSeconds=3601)
    assert code == "ValidationError"
    assert "DurationSeconds" in message


NOT_TRUSTED = ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        pytest.param({"audience": "nobody"}, ("InvalidIdentityToken", 400, "Incorrect token audience"), id="audience"),
        pytest.param({"audience": "other"}, NOT_TRUSTED, id="the provider's audience, not the role's"),
        pytest.param({"subject": "repo:evil/tools:ref:refs/heads/main"}, NOT_TRUSTED, id="subject"),
        pytest.param({"subject": "repo:acme/tools:pull_request"}, NOT_TRUSTED, id="pull request"),
        pytest.param({"role": "arn:aws:iam::111122223333:role/gone"}, NOT_TRUSTED, id="no such role"),
        pytest.param({"role": PARTNER_ROLE}, NOT_TRUSTED, id="a role that trusts no provider"),
        pytest.param(
            {"issuer": GITLAB},
            ("InvalidIdentityToken", 400, "No OpenIDConnect provider found in your account for https://gitlab.com"),
            id="issuer",
        ),
        pytest.param(
            {"token": "not.a.token-at-all"},
            (
                "InvalidIdentityToken",
                400,
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            ),
            id="no JWT",
        ),
    ],
)
def test_web_identities_that_are_not_believed(web, parameters, said):
    assert refusal(web, **parameters) == said


def test_an_issuer_whose_url_ends_like_a_provider_s(web):
    issuer = f"https://evil.example/{GITHUB.removeprefix('https://')}"
    assert refusal(web, issuer=issuer)[2] == f"No OpenIDConnect provider found in your account for {issuer}"


def test_a_session_by_a_web_identity_is_as_long_as_the_role_has_it(guarded, client):
    token = guarded.access.issuer.mint(GITHUB, SUBJECT, "sts.amazonaws.com")
    assume = client("sts").assume_role_with_web_identity
    parameters = {"RoleArn": CI, "RoleSessionName": "job-1", "WebIdentityToken": token}
    assert refusal(assume, **parameters, DurationSeconds=3601)[0] == "ValidationError"


def test_an_expired_web_identity(web):
    code, status, message = refusal(web, lifetime=0)
    assert (code, status) == ("ExpiredTokenException", 400)
    assert message.startswith("Token expired: current date/time ")


def test_the_signature_of_a_web_identity(web, guarded):
    header, claims, signature = guarded.access.issuer.mint(GITHUB, SUBJECT, "sts.amazonaws.com").split(".")
    _, others, _ = guarded.access.issuer.mint(GITHUB, "repo:acme/other:ref:refs/heads/main", "sts.amazonaws.com").split(
        "."
    )
    assert refusal(web, f"{header}.{others}.{signature}")[:2] == ("InvalidIdentityToken", 400)
    none = "eyJhbGciOiJub25lIn0"  # the header of a token with no signature
    assert refusal(web, f"{none}.{claims}.")[:2] == ("InvalidIdentityToken", 400)


def own_page(emulator, path, **headers):
    with urlopen(Request(f"{emulator.proxy_url}/_emulator/{path}", headers=headers)) as answer:
        return json.load(answer)


def test_the_runner_s_endpoint(web, guarded):
    path = f"identity-token?issuer={GITHUB}&subject={SUBJECT}&audience=sts.amazonaws.com"
    assert web(own_page(guarded, path, Authorization="bearer some-token")["value"])
    answer = own_page(guarded, f"{path}&lifetime=0", Authorization="bearer some-token")
    assert refusal(web, answer["value"])[0] == "ExpiredTokenException"
    assert answer["count"] == len(answer["value"])
    assert own_page(guarded, f"{path}&lifetime=86400", Authorization="bearer x")
    with pytest.raises(HTTPError) as caught:
        own_page(guarded, path, Authorization="Basic eDp5")
    with caught.value as basic:
        assert basic.code == 401
    for wrong, status in [
        (path, 401),
        (path.replace("https:", "http:"), 400),
        (path.replace("audience", "aud"), 400),
        (path.replace("subject", "sub"), 400),
        (f"{path}&lifetime=-1", 400),
        (f"{path}&lifetime=86401", 400),
    ]:
        with pytest.raises(HTTPError) as caught:
            own_page(guarded, wrong, **({} if status == 401 else {"Authorization": "bearer x"}))
        assert caught.value.code == status
        caught.value.close()


@pytest.mark.parametrize(
    ("name", "page", "status"),
    [
        ("reader", OPEN, 200),
        ("reader", CLOSED, 200),
        ("shunned", OPEN, 403),
        ("shunned", CLOSED, 200),
        ("publisher", OPEN, 403),
        ("partner", OPEN, 200),
        ("partner", CLOSED, 403),
    ],
)
def test_reading(ask, get, guarded, name, page, status):
    token = ask(keys(name))
    answered, _, body = get(HOST, page, token)
    assert answered == status
    account = "444455556666" if name == "partner" else "111122223333"
    assert guarded.journal.entries("ProjectPage")[-1].principal == f"arn:aws:iam::{account}:user/{name}"
    if status == 403:
        assert b"is not authorized to perform: codeartifact:ReadFromRepository" in body
        path = f"{page}1.0/acme_tools-1.0-py3-none-any.whl"
        assert get(HOST, path, token)[0] == 403


def test_publishing(ask, guarded, home, environment, wheel, tmp_path):
    """A policy may say which packages."""
    twine = environment(wheel, "twine>=7")
    statuses = []
    for name in ("publisher", "reader"):
        for package in ("acme-other", "other"):
            folder = tmp_path / name
            folder.mkdir(exist_ok=True)
            built = wheels.build(folder, f"{package}-{name}")
            key, secret, _ = keys(name)
            home.run(
                *(twine.python, "-m", "twine", "upload", "--repository-url", f"{GUARDED}/open/", built),
                AWS_ACCESS_KEY_ID=key,
                AWS_SECRET_ACCESS_KEY=secret,
            )
            statuses.append((name, package, guarded.journal.entries("Upload")[-1].status))
    assert statuses == [
        ("publisher", "acme-other", 200),
        ("publisher", "other", 403),
        ("reader", "acme-other", 403),
        ("reader", "other", 403),
    ]


def test_tokens_of_nobody_are_good_for_nothing(emulator, planted, client, get):
    """As those that were given out before IAM was enforced, to keys that it does not know."""
    token = client("codeartifact", keys=("AKIAUNKNOWN000000001", "x", None)).get_authorization_token(
        domain="guarded", domainOwner="111122223333"
    )["authorizationToken"]
    assert get(HOST, OPEN, token)[0] == 200
    emulator.access.is_enforced = True
    assert get(HOST, OPEN, token)[0] == 403


def test_tokens_can_be_let_expire(ask, get, guarded):
    token = ask(keys("reader"))
    assert get(HOST, OPEN, token)[0] == 200
    with urlopen(Request(f"{guarded.proxy_url}/_emulator/tokens", method="DELETE")):
        pass
    assert get(HOST, OPEN, token)[0] == 401


def test_policies_of_domains_and_repositories(guarded, client):
    codeartifact = client("codeartifact", keys=keys("admin"))
    codeartifact.create_domain(domain="shared-out")
    codeartifact.create_repository(domain="shared-out", repository="first")
    for kind in ("domain", "repository"):
        where = {"domain": "shared-out"} | ({"repository": "first"} if kind == "repository" else {})
        put, get, delete = (
            getattr(codeartifact, f"{verb}_{kind}_permissions_policy") for verb in ("put", "get", "delete")
        )
        with pytest.raises(codeartifact.exceptions.ResourceNotFoundException):
            get(**where)
        with pytest.raises(codeartifact.exceptions.ValidationException):
            put(**where, policyDocument='{"Statement": 1}')
        document = json.dumps({"Statement": [allow("codeartifact:*", Principal="*")]})
        policy = put(**where, policyDocument=document)["policy"]
        assert policy["document"] == document
        assert policy["resourceArn"] == ARN + (
            ":domain/shared-out" if kind == "domain" else ":repository/shared-out/first"
        )
        with pytest.raises(codeartifact.exceptions.ConflictException):
            put(**where, policyDocument=document, policyRevision="other")
        assert put(**where, policyDocument=document, policyRevision=policy["revision"])["policy"] == policy
        assert get(**where)["policy"] == policy
        stranger = client("codeartifact", keys=keys("stranger"))
        describe = getattr(stranger, f"describe_{kind}")
        assert describe(**where, domainOwner="111122223333")
        if kind == "repository":
            delete(**where)
            codeartifact.delete_domain_permissions_policy(domain="shared-out")
            assert refusal(describe, **where, domainOwner="111122223333")[0] == "AccessDeniedException"


def test_a_user_may_not_rewrite_a_policy(guarded, client):
    codeartifact = client("codeartifact", keys=keys("reader"))
    put = codeartifact.put_domain_permissions_policy
    action = "codeartifact:PutDomainPermissionsPolicy"
    said = refusal(put, domain="guarded", domainOwner="111122223333", policyDocument="{}")
    assert said == denied("reader", action, ASKED, no("identity", action))


def test_operations_on_packages_and_on_nothing(guarded, client):
    reader, admin = (client("codeartifact", keys=keys(name)) for name in ("reader", "admin"))
    where = {"domain": "guarded", "repository": "open", "format": "pypi", "package": "acme-tools"}
    assert admin.list_package_versions(**where)["versions"]
    action = "codeartifact:ListPackageVersions"
    resource = f"{ARN}:package/guarded/open/pypi//acme-tools"
    assert refusal(reader.list_package_versions, **where) == denied("reader", action, resource, no("identity", action))
    assert admin.list_domains()["domains"]
    action = "codeartifact:ListDomains"
    assert refusal(reader.list_domains) == denied("reader", action, "*", no("identity", action))


def test_iam_itself(guarded, client):
    client("iam", keys=keys("admin")).list_roles()
    code, status, message = refusal(client("iam", keys=keys("reader")).list_roles)
    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith(
        "is not authorized to perform: iam:ListRoles on resource: * " + no("identity", "iam:ListRoles")
    )


def test_policies_that_are_attached_and_those_of_groups(guarded, client, ask):
    iam = client("iam", keys=keys("admin"))
    assert refusal(ask, keys("nobody"))[0] == "AccessDeniedException"
    document = json.dumps({"Version": "2012-10-17", "Statement": [TOKEN]})
    arn = iam.create_policy(PolicyName="token", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="nobody", PolicyArn=arn)
    iam.create_group(GroupName="bearers")
    document = json.dumps({"Version": "2012-10-17", "Statement": [BEARER]})
    iam.put_group_policy(GroupName="bearers", PolicyName="bearer", PolicyDocument=document)
    assert BEARER_TOKEN in refusal(ask, keys("nobody"))[2]
    iam.add_user_to_group(GroupName="bearers", UserName="nobody")
    assert ask(keys("nobody"))
    iam.remove_user_from_group(GroupName="bearers", UserName="nobody")
    iam.detach_user_policy(UserName="nobody", PolicyArn=arn)
    assert refusal(ask, keys("nobody"))[0] == "AccessDeniedException"


def test_the_seed_switches_enforcement_on(emulator):
    """And a further one without a word about it does not switch it off."""
    assert not emulator.access.is_enforced
    for seed in ("enforce_iam: true", "users: []"):
        parse(seed, "seed").plant(emulator.application)
        assert emulator.access.is_enforced


def test_what_aws_would_refuse_cannot_be_planted(planted, emulator):
    again = {"roles": [{**SEED["roles"][0], "policies": []}]}
    with pytest.raises(
        ConfigurationError, match="the seed cannot be planted: role ci: Role with name ci already exists"
    ):
        parse(json.dumps(again), "seed").plant(emulator.application)


def test_messages_are_whatever_they_are(guarded, client):
    """XML's own characters among them."""
    role = "arn:aws:iam::111122223333:role/a+b=c"
    assert role in refusal(client("sts", keys=keys("admin")).assume_role, RoleArn=role, RoleSessionName="me")[2]
    guarded.faults.add(aws_error("GetCallerIdentity", "Throttling", 429, "<&>"))
    assert refusal(client("sts", keys=keys("admin")).get_caller_identity) == ("Throttling", 429, "<&>")
    guarded.faults.add(aws_error("AssumeRoleWithWebIdentity", "Throttling", 429, "<&>"))
    assume = client("sts").assume_role_with_web_identity
    assert refusal(assume, RoleArn=CI, RoleSessionName="me", WebIdentityToken="x" * 9)[0] == "Throttling"


def test_without_enforcement_everybody_may(planted, client):
    codeartifact = client("codeartifact", keys=("AKIAUNKNOWN000000001", "x", None))
    assert codeartifact.get_authorization_token(domain="guarded", domainOwner="111122223333")


# What is checked is what is done: requests that no client sends.

CODEARTIFACT, STS, IAM_HOST = "codeartifact.us-east-1.amazonaws.com", "sts.amazonaws.com", "iam.amazonaws.com"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def send(guarded, get):
    """Return a function that signs a request as it is told to, sends it, and returns status, headers and body."""

    def signed(name, host, path, *, method="POST", body="", service="", region="us-east-1", change=None, **headers):
        service = service or host.partition(".")[0]
        headers = {key.replace("_", "-"): value for key, value in headers.items()} | {"Host": host}
        key_id, secret, token = name if isinstance(name, tuple) else keys(name)
        request = AWSRequest(method, f"https://{host}{path}", headers=dict(headers), data=body.encode() or b"")
        SigV4Auth(Credentials(key_id, secret, token), service, region).add_auth(request)
        sent = dict(request.headers.items())
        if change:
            sent = change(sent)
        return get(host, path, method=method, body=body or None, headers=sent)

    return signed


def changed(**headers):
    """Return a function that changes headers after they were signed."""
    return lambda sent: {**sent, **{name.replace("_", "-"): value for name, value in headers.items()}}


def rewritten(old, new):
    return lambda sent: {**sent, "Authorization": re.sub(old, new, sent["Authorization"])}


def test_what_the_signer_sends_is_taken(send):
    assert send("reader", CODEARTIFACT, "/v1/authorization-token?domain=guarded")[0] == 200
    assert b"user/reader" in send("reader", STS, "/", body="Action=GetCallerIdentity&Version=2011-06-15", **FORM)[2]
    assert b"user/reader" in send("reader", STS, "/?Action=GetCallerIdentity&Version=2011-06-15", method="GET")[2]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(rewritten(r"/[0-9]{8}/", "/19990101/"), id="another date in the scope"),
        pytest.param(rewritten("aws4_request", "nonsense"), id="another terminator"),
        pytest.param(rewritten("us-east-1", "eu-west-1"), id="another region in the scope"),
        pytest.param(rewritten("host;", ""), id="host not signed"),
        pytest.param(rewritten(";x-amz-date", ""), id="date not signed"),
        pytest.param(changed(X_Amz_Other="x"), id="a header that is not signed"),
        pytest.param(changed(X_Amz_Content_SHA256="UNSIGNED-PAYLOAD"), id="an unsigned body"),
        pytest.param(changed(X_Amz_Date="tomorrow"), id="no date"),
        pytest.param(changed(X_Amz_Date="20269999T999999Z"), id="no such date"),
    ],
)
@pytest.mark.parametrize(("host", "body"), [(CODEARTIFACT, ""), (STS, "Action=GetCallerIdentity&Version=2011-06-15")])
def test_signatures_that_do_not_bind(send, host, body, change):
    path = "/v1/authorization-token?domain=guarded" if host == CODEARTIFACT else "/"
    status, headers, answer = send("reader", host, path, body=body, change=change, **(FORM if body else {}))
    assert status == 403
    assert (headers["x-amzn-ErrorType"] if host == CODEARTIFACT else answer.decode()).count("Signature") >= 1


def test_a_body_that_was_not_signed(send):
    def hashed(sent):
        return {**sent, "X-Amz-Content-SHA256": "0" * 64}

    body = "Action=GetCallerIdentity&Version=2011-06-15"
    assert send("reader", STS, "/", body=body, change=hashed, **FORM)[0] == 403


@pytest.mark.parametrize(
    "change",
    [
        rewritten("$", f", X={keys('admin')[0]}/"),
        rewritten("$", ", Signature=x"),
        rewritten("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        rewritten("Signature=.*", "Signature="),
    ],
    ids=["another key behind", "twice", "another algorithm", "no signature"],
)
def test_the_authorization_header_says_one_thing(send, change):
    status, headers, _ = send("reader", CODEARTIFACT, "/v1/authorization-token?domain=guarded", change=change)
    assert (status, headers["x-amzn-ErrorType"]) == (400, "IncompleteSignature")


@pytest.mark.parametrize(
    ("host", "service", "region"),
    [
        ("codeartifact.eu-west-1.amazonaws.com", "codeartifact", "us-east-1"),
        ("sts.eu-west-1.amazonaws.com", "sts", "us-east-1"),
        (STS, "codeartifact", "us-east-1"),
        (CODEARTIFACT, "sts", "us-east-1"),
        (STS, "sts", "eu-west-1"),
        (IAM_HOST, "sts", "us-east-1"),
    ],
)
def test_a_scope_is_the_host_s(send, host, service, region):
    action = "ListRoles" if host == IAM_HOST else "GetCallerIdentity"
    path, body = ("/v1/domains", "") if host.startswith("codeartifact") else ("/", f"Action={action}")
    status, _, answer = send("admin", host, path, body=body, service=service, region=region, **(FORM if body else {}))
    assert status == 403
    assert b"Credential should be scoped to a valid region and the correct service" in answer


ASSUME = f"Action=AssumeRole&Version=2011-06-15&RoleSessionName=me&RoleArn={PARTNER_ROLE}"
WEB = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=me&WebIdentityToken=x&RoleArn={}"


@pytest.mark.parametrize(
    ("host", "path", "body", "headers", "code"),
    [
        pytest.param(STS, "/", f"{ASSUME}&Action=GetCallerIdentity", FORM, "MalformedQueryString", id="two actions"),
        pytest.param(STS, "/?Action=GetCallerIdentity", ASSUME, FORM, "MalformedQueryString", id="in query and form"),
        pytest.param(STS, "/", ASSUME, {"Content-Type": "multipart/form-data; boundary=x"}, "MalformedQueryString", id="multipart"),
        pytest.param(STS, "/", ASSUME, {}, "MalformedQueryString", id="no type"),
        pytest.param(STS, "/", ASSUME, {**FORM, "Content-Encoding": "gzip"}, "MalformedQueryString", id="gzip"),
        pytest.param(STS, "/", f"{ASSUME}&x={'x' * (1 << 20)}", FORM, "RequestEntityTooLarge", id="large"),
        pytest.param(STS, "/", f"{ASSUME}&RoleArn={CI}", FORM, "MalformedQueryString", id="two roles"),
        pytest.param(IAM_HOST, "/", WEB.format(CI), FORM, "InvalidAction", id="a web identity at IAM's host"),
        pytest.param(STS, "/", "Action=assumeRole", FORM, "InvalidAction", id="another case"),
        pytest.param(STS, "/", "Action=Foo", FORM, "InvalidAction", id="no such action"),
        pytest.param(STS, "/", f"Action=AssumeRole&RoleArn={PARTNER_ROLE}", FORM, "ValidationError", id="no session name"),
        pytest.param(STS, "/", ASSUME.replace("=me", "=refs/heads/main"), FORM, "ValidationError", id="session name"),
        pytest.param(STS, "/", f"{ASSUME}&DurationSeconds=899", FORM, "ValidationError", id="too short"),
        pytest.param(STS, "/", f"{ASSUME}&DurationSeconds=43201", FORM, "ValidationError", id="too long"),
        pytest.param(STS, "/", f"{ASSUME}&DurationSeconds=abc", FORM, "ValidationError", id="no number"),
        pytest.param(STS, "/", ASSUME.replace(PARTNER_ROLE, "junk"), FORM, "ValidationError", id="no ARN"),
        pytest.param(STS, "/", f"{ASSUME}&Policy=x", FORM, "UnknownOperationException", id="a session policy"),
        pytest.param(STS, "/", f"{ASSUME}&Tags.member.1.Key=x", FORM, "UnknownOperationException", id="session tags"),
        pytest.param(STS, "/", "Action=GetSessionToken", FORM, "UnknownOperationException", id="a user's session"),
        pytest.param(STS, "/", "Action=AssumeRoleWithSAML", FORM, "UnknownOperationException", id="SAML"),
        pytest.param(CODEARTIFACT, "/v1/authorization-token?domain=guarded&domain=other", "", {}, "MalformedQueryString", id="two domains"),
        pytest.param(CODEARTIFACT, "/v1/domains", "[]", {}, "SerializationException", id="a list"),
        pytest.param(CODEARTIFACT, "/v1/domains", "{", {}, "SerializationException", id="half a JSON"),
        pytest.param(CODEARTIFACT, "/v1/domains", "[" * 100_000, {}, "SerializationException", id="nested"),
        pytest.param(CODEARTIFACT, "/v1/domains", '{"maxResults": "1"}', {}, "SerializationException", id="a text"),
        pytest.param(CODEARTIFACT, "/v1/domains", '{"maxResults": true}', {}, "SerializationException", id="true"),
        pytest.param(CODEARTIFACT, "/v1/authorization-token", "", {}, "ValidationException", id="no domain"),
        pytest.param(CODEARTIFACT, "/v1/authorization-token", '{"domain": "guarded"}', {}, "ValidationException", id="the domain in a body"),
        pytest.param(CODEARTIFACT, "/v1/package/versions/delete?domain=guarded&repository=open&format=pypi&package=x", '{"versions": [1]}', {}, "SerializationException", id="a version that is a number"),
    ],
)  # fmt: skip
def test_requests_that_could_be_read_in_two_ways(send, host, path, body, headers, code):
    status, answered, answer = send("admin", host, path, body=body, **headers)
    assert 400 <= status < 600
    assert status not in (500, 200)
    assert code in (answered.get("x-amzn-ErrorType") or answer.decode())


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/v1/domains?Action=ListRepositoriesInDomain&domain=guarded", "", {}),
        ("/v1/domains", "", {"X-Amz-Target": "a.ListRepositories"}),
        ("/v1/domains", "", {"X-Moto-Account-Id": "444455556666"}),
        ("/v1/domains", '{"domain": "guarded"}', {}),
    ],
)
def test_what_moto_would_listen_to(send, path, body, headers):
    """All of them are ListDomains, of the caller's account."""
    status, _, answer = send("admin", CODEARTIFACT, path, body=body, **headers)
    assert status == 200
    assert {domain["owner"] for domain in json.loads(answer)["domains"]} == {"111122223333"}


def test_the_domain_of_a_query_is_the_one_that_is_asked_for(send, guarded):
    """A body cannot change it."""
    status, _, _ = send("elsewhere", CODEARTIFACT, "/v1/authorization-token?domain=guarded", body='{"domain": "other"}')
    assert status == 403


def test_keys_that_are_switched_off(guarded, client, ask):
    iam = client("iam", keys=keys("admin"))
    change = {"UserName": "trusted", "AccessKeyId": keys("trusted")[0]}
    iam.update_access_key(**change, Status="Inactive")
    assert refusal(ask, keys("trusted"))[0] == "UnrecognizedClientException"
    iam.update_access_key(**change, Status="Active")
    assert refusal(ask, keys("trusted"))[0] == "AccessDeniedException"


def test_a_policy_is_not_asked_whether_it_may_be_replaced(guarded, client):
    owner, stranger = (client("codeartifact", keys=keys(name)) for name in ("admin", "stranger"))
    owner.create_domain(domain="replaced")
    owner.create_repository(domain="replaced", repository="first")
    everything = json.dumps({"Statement": [allow("codeartifact:*", Principal="*")]})
    nothing = json.dumps({"Statement": [{**allow("codeartifact:*", Principal="*"), "Effect": "Deny"}]})
    where = {"domain": "replaced", "domainOwner": "111122223333"}
    owner.put_domain_permissions_policy(**where, policyDocument=everything)
    stranger.describe_domain(**where)
    assert (
        refusal(stranger.put_domain_permissions_policy, **where, policyDocument=nothing)[0] == "AccessDeniedException"
    )
    # The domain's policy counts for what is in it.
    stranger.put_repository_permissions_policy(**where, repository="first", policyDocument=nothing)
    owner.put_repository_permissions_policy(**where, repository="first", policyDocument=everything)
    owner.put_domain_permissions_policy(**where, policyDocument=nothing)
    assert refusal(owner.describe_domain, **where)[0] == "AccessDeniedException"
    owner.put_domain_permissions_policy(**where, policyDocument=everything)
    owner.describe_domain(**where)


def test_a_policy_that_cannot_be_evaluated_is_refused_where_it_is_put(guarded, client):
    iam = client("iam", keys=keys("admin"))
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("*", Condition={"Null": {"x": "true"}})]})
    for put, parameters in [
        (iam.put_user_policy, {"UserName": "nobody", "PolicyName": "p", "PolicyDocument": document}),
        (iam.create_policy, {"PolicyName": "p", "PolicyDocument": document}),
        (iam.create_role, {"RoleName": "r", "AssumeRolePolicyDocument": document}),
        (iam.update_assume_role_policy, {"RoleName": "ci", "PolicyDocument": document}),
    ]:
        code, status, message = refusal(put, **parameters)
        assert (code, status) == ("MalformedPolicyDocument", 400)
        assert "Null is not known here" in message or "has no Resource" in message or "a Principal" in message
    code, status, _ = refusal(
        iam.put_role_permissions_boundary,
        RoleName="ci",
        PermissionsBoundary=f"arn:aws:iam::111122223333:policy/{'x' * 20}",
    )
    assert (code, status) == ("UnknownOperationException", 501)


def test_a_deny_for_everybody_is_for_web_identities_too(guarded, client, web):
    iam = client("iam", keys=keys("admin"))
    trust = iam.get_role(RoleName="ci")["Role"]["AssumeRolePolicyDocument"]
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringNotLike": {"token.actions.githubusercontent.com:sub": "repo:acme/tools:*"}},
    }
    statements = [trust["Statement"], deny]
    iam.update_assume_role_policy(RoleName="ci", PolicyDocument=json.dumps({**trust, "Statement": statements}))
    assert web()
    assert refusal(web, subject="repo:acme/other:ref:refs/heads/main") == NOT_TRUSTED
    iam.update_assume_role_policy(RoleName="ci", PolicyDocument=json.dumps(trust))


def test_a_trust_policy_may_name_the_session(guarded, client, web):
    iam = client("iam", keys=keys("admin"))
    trust = iam.get_role(RoleName="ci")["Role"]["AssumeRolePolicyDocument"]
    for name, may in (("job-1", True), ("job-2", False)):
        condition = {**trust["Statement"]["Condition"], "StringEquals": {"sts:RoleSessionName": name}}
        document = {**trust, "Statement": {**trust["Statement"], "Condition": condition}}
        iam.update_assume_role_policy(RoleName="ci", PolicyDocument=json.dumps(document))
        if may:
            assert web()
        else:
            assert refusal(web) == NOT_TRUSTED
    iam.update_assume_role_policy(RoleName="ci", PolicyDocument=json.dumps(trust))


def test_unsigned_requests_are_refused_in_the_service_s_own_way(guarded, client, get):
    sts = client("sts", signature_version=UNSIGNED)
    assert refusal(sts.get_caller_identity) == ("MissingAuthenticationToken", 403, "Missing Authentication Token")
    status, headers, _ = get(CODEARTIFACT, "/v1/domains", method="POST")
    assert (status, headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")
    assert headers["x-amzn-RequestId"]


def test_whoever_signs_wrongly_is_nobody_in_the_journal(ask, guarded):
    refusal(ask, (keys("admin")[0], "wrong", None))
    assert [entry.principal for entry in guarded.journal.entries("GetAuthorizationToken")] == [""]
    refusal(ask, keys("nobody"))
    assert guarded.journal.entries("GetAuthorizationToken")[-1].principal == "arn:aws:iam::111122223333:user/nobody"


def test_names_of_packages_are_normalised_in_arns(guarded, client):
    iam = client("iam", keys=keys("admin"))
    deny = {**allow("codeartifact:*", f"{ARN}:package/guarded/open/pypi//acme-tools"), "Effect": "Deny"}
    iam.put_user_policy(
        UserName="nobody",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("*"), deny]}),
    )
    nobody = client("codeartifact", keys=keys("nobody"))
    for name in ("acme-tools", "Acme_Tools"):
        where = {"domain": "guarded", "repository": "open", "format": "pypi", "package": name}
        assert refusal(nobody.list_package_versions, **where)[0] == "AccessDeniedException"
    iam.delete_user_policy(UserName="nobody", PolicyName="p")
