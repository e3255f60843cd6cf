"""The page on IAM: its policies are those that doctor suggests, and enough before an emulator that enforces IAM."""

import json
import re

import pytest

from keyrings.codeartifact.doctor import policy
from keyrings.codeartifact.emulator.iam.policies import Kind, Request, evaluate, parse
from keyrings.codeartifact.index_url import parse_repository
from support.pages import Page
from support.seed import INDEX
from support.templates import resources

PAGE = Page("docs/how-to/iam.md")
KINDS = {
    **dict.fromkeys(("reading", "publishing", "assume", "secret"), Kind.IDENTITY),
    **dict.fromkeys(("github", "gitlab", "assumed"), Kind.TRUST),
    **dict.fromkeys(("domain", "repository"), Kind.RESOURCE),
}
ARN = "arn:aws:codeartifact:us-east-1:111122223333"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:codeartifact/acme-A1b2C3"
PROVIDERS = {"github": "token.actions.githubusercontent.com", "gitlab": "gitlab.com"}
BRANCHES = {
    "github": "repo:acme/tools:ref:refs/heads/main",
    "gitlab": "project_path:acme/tools:ref_type:branch:ref:main",
}
# In the emulator, the page's accounts are these.
ACCOUNTS = {"111122223333": "565656565656", "444455556666": "787878787878"}


def here(text):
    return re.sub("|".join(ACCOUNTS), lambda match: ACCOUNTS[match[0]], text)


def test_every_policy_is_tested():
    assert sorted(PAGE.marked()) == sorted(KINDS)
    assert PAGE.text.count("```json") == len(KINDS)


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_a_policy_is_sound(name, kind):
    assert json.loads(PAGE.block(name))["Version"] == "2012-10-17"
    assert parse(PAGE.block(name), kind)


def test_the_policies_are_those_that_doctor_suggests():
    assert json.loads(PAGE.block("reading")) == json.loads(policy.identity_policy(parse_repository(INDEX)))
    secret = json.loads(PAGE.block("secret"))
    assert secret == json.loads(policy.secret_policy(SECRET))
    reader = resources(Secret=SECRET)["ReaderPolicy"]["PolicyDocument"]
    assert secret["Statement"][:1] == reader["Statement"]


@pytest.mark.parametrize(
    ("action", "resource", "names"),
    [
        ("GetAuthorizationToken", "domain/acme", {"reading"}),
        ("GetAuthorizationToken", "domain/other", set()),
        ("ReadFromRepository", "repository/acme/release", {"reading"}),
        ("ReadFromRepository", "repository/acme/staging", set()),
        ("PublishPackageVersion", "package/acme/release/pypi//acme-tools", {"publishing"}),
        ("PublishPackageVersion", "package/acme/release/npm//acme-tools", set()),
        ("PublishPackageVersion", "package/acme/staging/pypi//acme-tools", set()),
        ("DeletePackageVersions", "package/acme/release/pypi//acme-tools", set()),
    ],
)
def test_a_policy_allows_what_it_is_for(action, resource, names):
    request = Request(frozenset(), f"codeartifact:{action}", f"{ARN}:{resource}", {})
    allowed = {
        name for name in ("reading", "publishing") if evaluate([PAGE.block(name)], Kind.IDENTITY, request).allows
    }
    assert allowed == names


def test_a_narrower_resource():
    [resource] = re.findall(r"`(arn:\S+pypi//acme-\*)`", PAGE.text)
    narrow = PAGE.block("publishing").replace(f"{ARN}:package/acme/release/pypi/*", resource)
    for package, is_allowed in (("acme-tools", True), ("requests", False)):
        arn = f"{ARN}:package/acme/release/pypi//{package}"
        request = Request(frozenset(), "codeartifact:PublishPackageVersion", arn, {})
        assert evaluate([narrow], Kind.IDENTITY, request).allows == is_allowed


@pytest.mark.parametrize(
    ("ci", "subject", "is_trusted"),
    [
        ("github", BRANCHES["github"], True),
        ("github", "repo:acme@123/tools@456:ref:refs/heads/main", True),
        ("github", "repo:acme/tools:pull_request", False),
        ("github", "repo:acme/tools:ref:refs/heads/mainly", False),
        ("github", "repo:evil/tools:ref:refs/heads/main", False),
        ("github", "repo:acme-evil@123/tools@456:ref:refs/heads/main", False),
        ("github", "repo:acme@123/tools-evil@456:ref:refs/heads/main", False),
        ("gitlab", BRANCHES["gitlab"], True),
        ("gitlab", "project_path:acme/tools:ref_type:branch:ref:other", False),
        ("gitlab", "project_path:acme/tools:ref_type:tag:ref:main", False),
        ("gitlab", "project_path:evil/tools:ref_type:branch:ref:main", False),
    ],
)
def test_a_trust_policy(ci, subject, is_trusted):
    provider = PROVIDERS[ci]
    names = frozenset({("Federated", f"arn:aws:iam::111122223333:oidc-provider/{provider}")})
    context = {f"{provider}:aud": "sts.amazonaws.com", f"{provider}:sub": subject}
    request = Request(names, "sts:AssumeRoleWithWebIdentity", "*", context)
    assert evaluate([PAGE.block(ci)], Kind.TRUST, request).allows == is_trusted
    other = request._replace(context=context | {f"{provider}:aud": "other"})
    assert not evaluate([PAGE.block(ci)], Kind.TRUST, other).allows


def user(name, account, *blocks):
    keys = {"access_key_id": f"AKIAIAM{name.upper():0>13}", "secret_access_key": f"{name}-s3cret"}
    policies = [json.loads(here(PAGE.block(block))) for block in blocks]
    return {"name": name, "account": account, **keys, "policies": policies}


@pytest.fixture(scope="module")
def planted(plant):
    """The page's accounts, with its policies.  What assumes the role is a user here."""
    blocks = {name: json.loads(here(PAGE.block(name)).replace(":role/builder", ":user/builder")) for name in KINDS}
    account, partner = ACCOUNTS.values()
    trusts = {"github": "github", "gitlab": "gitlab", "installer": "assumed"}
    repository = {"name": "release", "packages": ["acme_tools-*.whl"], "policy": blocks["repository"]}
    plant(
        {
            "domains": [
                {
                    "name": "acme",
                    "owner": account,
                    "region": "us-east-1",
                    "policy": blocks["domain"],
                    "repositories": [repository],
                }
            ],
            "users": [
                user("reader", account, "reading"),
                user("nobody", account),
                user("partner", partner, "reading"),
                user("builder", partner, "assume"),
            ],
            "roles": [
                {"name": name, "account": account, "trust": blocks[trust], "policies": [blocks["reading"]]}
                for name, trust in trusts.items()
            ],
            "identity_providers": [
                {"account": account, "issuer": f"https://{provider}", "audiences": ["sts.amazonaws.com"]}
                for provider in PROVIDERS.values()
            ],
        },
        "acme-tools",
    )


@pytest.fixture
def checks(planted, home, tool, emulator):
    """Return a function that tells how doctor's checks of token and index end, before an emulator that enforces IAM."""

    def run(**environ):
        emulator.access.is_enforced = True
        done = home.fork(tool.bin / "keyrings-codeartifact", "doctor", here(INDEX), "--json", **environ)
        found = {check["check"]: check for check in json.loads(done.stdout)["checks"]}
        return found["token"]["status"], found.get("index", {"status": "none"})["status"]

    return run


def keys(name):
    found = user(name, "")
    return {"AWS_ACCESS_KEY_ID": found["access_key_id"], "AWS_SECRET_ACCESS_KEY": found["secret_access_key"]}


def role(name):
    return here(f"arn:aws:iam::111122223333:role/{name}")


@pytest.mark.parametrize(
    ("environ", "ends"),
    [
        pytest.param(keys("reader"), ("ok", "ok"), id="the account's own"),
        pytest.param(keys("nobody"), ("failed", "none"), id="without a policy"),
        pytest.param(keys("partner"), ("ok", "ok"), id="another account's"),
        pytest.param(
            keys("builder") | {"CODEARTIFACT_ROLE_ARN": role("installer"), "CODEARTIFACT_EXTERNAL_ID": "acme-1"},
            ("ok", "ok"),
            id="a role",
        ),
        pytest.param(
            keys("builder") | {"CODEARTIFACT_ROLE_ARN": role("installer")}, ("failed", "none"), id="no external ID"
        ),
    ],
)
def test_who_can_install(checks, environ, ends):
    assert checks(**environ) == ends


@pytest.mark.parametrize(
    ("ci", "subject", "ends"),
    [(ci, subject, ("ok", "ok")) for ci, subject in BRANCHES.items()]
    + [(ci, subject.replace("main", "other"), ("failed", "none")) for ci, subject in BRANCHES.items()],
)
def test_which_jobs_can_install(checks, emulator, ci, subject, ends):
    token = emulator.access.issuer.mint(f"https://{PROVIDERS[ci]}", subject, "sts.amazonaws.com")
    environ = {"CODEARTIFACT_ROLE_ARN": role(ci), "CODEARTIFACT_OIDC_TOKEN_VARIABLE": "JOB_TOKEN", "JOB_TOKEN": token}
    assert checks(**environ) == ends
