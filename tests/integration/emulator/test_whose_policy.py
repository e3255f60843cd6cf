"""Which policy counts for whom: of identities, of resources by name and by account, and under which conditions."""

import json

import pytest
from botocore.exceptions import ClientError

from support.seed import PAGE

HOME, AWAY = "121212121212", "343434343434"
HOST = f"home-{HOME}.d.codeartifact.us-east-1.amazonaws.com"
ARN = f"arn:aws:codeartifact:us-east-1:{HOME}"


def key(name):
    return f"AKIAWHOSE{name.upper():0>11}", "s", None


def arn(name, account=HOME):
    return f"arn:aws:iam::{account}:user/{name}"


def allow(action, resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, **({"Resource": resource} if resource else {}), **more}


TOKEN = [allow(["codeartifact:GetAuthorizationToken", "sts:GetServiceBearerToken"])]
READ = "codeartifact:ReadFromRepository"


def user(name, *statements, account=HOME):
    policies = [{"Statement": [statement]} for statement in statements]
    keys = {"access_key_id": key(name)[0], "secret_access_key": "s"}
    return {"name": name, "account": account, **keys, "policies": policies}


def role(name, *trusted):
    statements = [allow("sts:AssumeRole", None, Principal={"AWS": list(trusted)})]
    policies = [{"Statement": [*TOKEN, allow(READ)]}, {"Statement": [allow("sts:AssumeRole")]}]
    return {"name": name, "account": HOME, "trust": {"Statement": statements}, "policies": policies}


SEED = {
    "domains": [
        {
            "name": "home",
            "owner": HOME,
            "region": "us-east-1",
            "policy": {
                "Statement": [
                    allow(
                        ["codeartifact:GetAuthorizationToken", "codeartifact:CreateRepository"], Principal={"AWS": AWAY}
                    ),
                    allow(READ, f"{ARN}:repository/home/closed", Principal={"AWS": arn("bydomain")}),
                ]
            },
            "repositories": [
                {
                    "name": "open",
                    "packages": ["acme_tools-*.whl"],
                    "policy": {
                        "Statement": [
                            allow(READ, Principal={"AWS": [arn("named"), arn("foreign", AWAY), HOME]}),
                            allow(READ, effect="Deny", Principal={"AWS": arn("shunned")}),
                        ]
                    },
                },
                {"name": "closed", "packages": ["acme_tools-*.whl"]},
            ],
        }
    ],
    "users": [
        user("named", *TOKEN),
        user("unnamed", *TOKEN),
        user("bydomain", *TOKEN),
        user("shunned", *TOKEN, allow(READ)),
        user("foreign", *TOKEN, account=AWAY),
        user("partner", allow("*"), account=AWAY),
        user("trusted"),
        user("forbidden", allow("*"), allow("sts:AssumeRole", effect="Deny")),
        user("admin", allow("*")),
    ],
    "roles": [role("mine", arn("trusted"), arn("forbidden"), arn("foreign", AWAY)), role("chained", HOME)],
}


@pytest.fixture(scope="module")
def planted(plant):
    plant(SEED, "acme-tools")


@pytest.fixture
def guarded(planted, emulator):
    emulator.access.is_enforced = True
    return emulator


@pytest.fixture
def codeartifact(guarded, client):
    """Return a function that makes a CodeArtifact client with somebody's keys."""
    return lambda keys: client("codeartifact", keys=key(keys) if isinstance(keys, str) else keys)


@pytest.fixture
def read(codeartifact, get):
    """Return a function that reads a page of a repository as somebody, and returns the status."""

    def status(keys, repository, method="GET"):
        token = codeartifact(keys).get_authorization_token(domain="home", domainOwner=HOME)["authorizationToken"]
        return get(HOST, PAGE.replace("release", repository), token, method=method)[0]

    return status


@pytest.mark.parametrize(
    ("name", "repository", "status"),
    [
        pytest.param("named", "open", 200, id="named by the repository's policy"),
        pytest.param("named", "closed", 403, id="and by that alone"),
        pytest.param("unnamed", "open", 403, id="its account is named, which leaves it to the account's own policies"),
        pytest.param("bydomain", "closed", 200, id="named by the domain's policy"),
        pytest.param("bydomain", "open", 403, id="which is about one repository"),
        pytest.param("shunned", "open", 403, id="denied by the repository's policy"),
        pytest.param("shunned", "closed", 200, id="and by that alone"),
        pytest.param("foreign", "open", 403, id="named, but not allowed by its own account"),
        pytest.param("admin", "closed", 200, id="allowed by its own account"),
        pytest.param("partner", "closed", 403, id="allowed by its own account, which is another"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading(read, name, repository, status, method):
    assert read(name, repository, method) == status


def test_who_administers_a_repository_needs_nobody_s_permission(codeartifact, read, get):
    """A repository that an account has made in another's domain is under its own policies."""
    codeartifact("partner").create_repository(domain="home", domainOwner=HOME, repository="theirs")
    assert read("partner", "theirs") == 404
    assert read("foreign", "theirs") == 403
    assert read("admin", "theirs") == 404
    described = codeartifact("admin").describe_repository(domain="home", repository="theirs")["repository"]
    assert described["administratorAccount"] == AWAY
    codeartifact("admin").delete_repository(domain="home", repository="theirs")


def code(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"]


@pytest.fixture
def assume(guarded, client):
    def keys_of_session(name, role_name, **parameters):
        keys = key(name) if isinstance(name, str) else name
        role_arn = f"arn:aws:iam::{HOME}:role/{role_name}"
        answer = client("sts", keys=keys).assume_role(RoleArn=role_arn, RoleSessionName="me", **parameters)
        return tuple(answer["Credentials"][part] for part in ("AccessKeyId", "SecretAccessKey", "SessionToken"))

    return keys_of_session


def test_assuming(assume, read):
    assert read(assume("trusted", "mine"), "open") == 200
    assert read(assume(assume("trusted", "mine"), "chained"), "open") == 200
    # Denied by its own policy; of another account, whose own policies say nothing.
    for name in ("forbidden", "foreign"):
        assert code(lambda name=name: assume(name, "mine")) == "AccessDenied"


def test_how_long_sessions_may_be(assume, client, guarded):
    iam = client("iam", keys=key("admin"))
    for name in ("mine", "chained"):
        iam.update_role(RoleName=name, MaxSessionDuration=7200)
    session = assume("trusted", "mine", DurationSeconds=7200)
    assert code(lambda: assume("trusted", "mine", DurationSeconds=7201)) == "ValidationError"
    assert assume(session, "chained", DurationSeconds=3600)
    assert code(lambda: assume(session, "chained", DurationSeconds=3601)) == "ValidationError"


@pytest.mark.parametrize(
    ("operator", "name", "value", "holds"),
    [
        ("StringEquals", "aws:PrincipalAccount", HOME, True),
        ("StringEquals", "aws:PrincipalAccount", AWAY, False),
        ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{HOME}:user/unnamed", True),
        ("ArnNotEquals", "aws:PrincipalArn", f"arn:aws:iam::{HOME}:user/unnamed", False),
        ("StringEquals", "aws:RequestedRegion", "us-east-1", True),
        ("StringEquals", "aws:RequestedRegion", "eu-west-1", False),
        ("Bool", "aws:SecureTransport", "true", True),
        ("Bool", "aws:SecureTransport", "false", False),
    ],
)
def test_conditions(guarded, client, codeartifact, read, operator, name, value, holds):
    """Both on the way to a token and with it."""
    iam = client("iam", keys=key("admin"))
    actions = [READ, "codeartifact:DescribeDomain"]
    statement = allow(actions, Condition={operator: {name: value}})
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="unnamed", PolicyName="conditional", PolicyDocument=document)
    try:
        if holds:
            codeartifact("unnamed").describe_domain(domain="home")
        else:
            assert code(codeartifact("unnamed").describe_domain, domain="home") == "AccessDeniedException"
        assert read("unnamed", "closed") == (200 if holds else 403)
    finally:
        iam.delete_user_policy(UserName="unnamed", PolicyName="conditional")


def test_a_session_is_called_after_its_role_in_conditions(guarded, client, assume, codeartifact):
    iam = client("iam", keys=key("admin"))
    for wanted, may in ((f"arn:aws:iam::{HOME}:role/mine", True), (f"arn:aws:sts::{HOME}:assumed-role/mine/me", False)):
        statement = allow("codeartifact:DescribeDomain", Condition={"ArnEquals": {"aws:PrincipalArn": wanted}})
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName="mine", PolicyName="conditional", PolicyDocument=document)
        describe = codeartifact(assume("trusted", "mine")).describe_domain
        if may:
            assert describe(domain="home")
        else:
            assert code(describe, domain="home") == "AccessDeniedException"
    iam.delete_role_policy(RoleName="mine", PolicyName="conditional")


def test_only_a_policy_s_default_version_counts(guarded, client, codeartifact):
    iam = client("iam", keys=key("admin"))
    document = {"Version": "2012-10-17", "Statement": [allow("codeartifact:DescribeDomain")]}
    policy = iam.create_policy(PolicyName="versions", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="unnamed", PolicyArn=policy)
    assert codeartifact("unnamed").describe_domain(domain="home")
    document["Statement"] = [allow("codeartifact:ListDomains")]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(document), SetAsDefault=True)
    assert code(codeartifact("unnamed").describe_domain, domain="home") == "AccessDeniedException"
    assert codeartifact("unnamed").list_domains()["domains"]
    iam.detach_user_policy(UserName="unnamed", PolicyArn=policy)


def test_iam_and_sts_are_other_services(guarded, client):
    """An operation's permission is its own service's."""
    assert code(client("iam", keys=key("unnamed")).list_users) == "AccessDenied"


def test_a_policy_is_deleted_by_its_revision(codeartifact):
    admin = codeartifact("admin")
    admin.create_domain(domain="revised")
    document = json.dumps({"Statement": [allow("*", Principal="*")]})
    first = admin.put_domain_permissions_policy(domain="revised", policyDocument=document)["policy"]["revision"]
    other = document.replace("Allow", "Deny").replace('"*"', '"codeartifact:Describe*"', 1)
    second = admin.put_domain_permissions_policy(domain="revised", policyDocument=other)["policy"]["revision"]
    assert first != second
    assert code(admin.delete_domain_permissions_policy, domain="revised", policyRevision=first) == "ConflictException"
    assert (
        admin.delete_domain_permissions_policy(domain="revised", policyRevision=second)["policy"]["document"] == other
    )
    assert code(admin.get_domain_permissions_policy, domain="revised") == "ResourceNotFoundException"


def test_tokens_of_an_issuer_are_each_their_own(emulator):
    mint = emulator.access.issuer.mint
    arguments = ("https://gitlab.com", "project_path:acme/tools", "a")
    assert mint(*arguments) != mint(*arguments)
