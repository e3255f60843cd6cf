"""Seed files: what they may contain, and the errors for invalid ones."""

import json

import pytest

from keyrings.codeartifact.emulator.faults import Fault
from keyrings.codeartifact.emulator.seed import (
    DomainSeed,
    PackageSeed,
    ProviderSeed,
    RepositorySeed,
    Seed,
    UserSeed,
    load,
    parse,
)
from keyrings.codeartifact.errors import ConfigurationError

USER = "{name: a, account: 111122223333, access_key_id: AKIAEXAMPLE000000001, secret_access_key: s},"
DOMAIN = """
domains:
  - name: acme
    owner: "111122223333"
    region: us-east-1
    repositories: [{name: release, packages: [dist/*.whl, {path: old.whl, yanked: broken}]}]
"""


def test_a_seed(tmp_path):
    seed = parse(DOMAIN, str(tmp_path / "seed.yaml"))
    packages = (PackageSeed(str(tmp_path / "dist/*.whl")), PackageSeed(str(tmp_path / "old.whl"), "broken"))
    release = RepositorySeed("release", packages)
    assert seed.domains == (DomainSeed("acme", "111122223333", "us-east-1", (release,)),)
    assert seed.users == ()


@pytest.mark.parametrize("text", ["", "# nothing", "{}"])
def test_an_empty_seed(text):
    assert parse(text, "seed") == Seed()


IAM = """
enforce_iam: true
users:
  - name: jane
    account: 111122223333
    access_key_id: AKIAEXAMPLE000000001
    secret_access_key: s
    policies: [{Statement: {Effect: Allow, Action: '*', Resource: '*'}}]
roles:
  - name: ci
    account: 111122223333
    trust: {Statement: {Effect: Allow, Principal: '*', Action: 'sts:AssumeRole'}}
    policies: []
identity_providers: [{account: 111122223333, issuer: 'https://gitlab.com', audiences: [a, b]}]
faults: [{operation: AssumeRole, status: 500, hang: 0.5, cut: true, times: 2, headers: {Retry-After: '1'}, body: '1'}]
quotas: {GetAuthorizationToken: 40, AssumeRole: 0.5}
domains:
  - name: acme
    owner: 111122223333
    region: us-east-1
    policy: {Statement: {Effect: Deny, Principal: '*', Action: '*', Resource: '*'}}
    repositories: [{name: release, policy: {Statement: [{Effect: Allow, Principal: {AWS: 111122223333}, Action: '*', Resource: '*'}]}}]
"""


def test_a_seed_with_all_of_iam():
    seed = parse(IAM, "seed")
    assert seed.enforce_iam
    assert json.loads(seed.users[0].policies[0]) == {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    }
    assert (seed.roles[0].name, json.loads(seed.roles[0].trust)["Statement"]["Principal"]) == ("ci", "*")
    assert seed.roles[0].policies == ()
    assert seed.identity_providers == (ProviderSeed("111122223333", "https://gitlab.com", ("a", "b")),)
    assert seed.faults == (Fault("AssumeRole", 500, {"Retry-After": "1"}, "1", 0.5, cut=True, times=2),)
    assert seed.quotas == (("GetAuthorizationToken", 40), ("AssumeRole", 0.5))
    assert json.loads(seed.domains[0].policy)["Statement"]["Effect"] == "Deny"
    assert json.loads(seed.domains[0].repositories[0].policy)["Statement"][0]["Principal"] == {"AWS": "111122223333"}


def test_account_ids_need_no_quotes():
    assert parse(f"users: [{USER}]".replace("1111", "0111"), "seed").users[0].account == "011122223333"


def test_the_built_in_seed():
    seed = load()
    assert [domain.name for domain in seed.domains] == ["demo"]
    assert [type(user) for user in seed.users] == [UserSeed]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[]", "seed is invalid; expected: a mapping of domains, users, roles, ", id="a list"),
        pytest.param("a: 2020-99-99", "seed has the unknown key 'a'", id="an invalid date"),
        pytest.param("domains: 1", "seed: domains is invalid; expected: a list", id="not a list"),
        pytest.param(
            "domians: []", "seed has the unknown key 'domians'; known keys: domains, users, roles, ", id="unknown key"
        ),
        pytest.param(
            IAM.replace("iam: true", "iam: yes"), "seed.enforce_iam is invalid; expected: true or false", id="yes"
        ),
        pytest.param(
            IAM.replace("Effect: Allow, Action: '*'", "Effect: Allow"),
            "users[0]: policies[0] is invalid; expected: an IAM policy document (a statement must have either",
            id="a policy without an action",
        ),
        pytest.param(
            IAM.replace("audiences: [a, b]", "audiences: []"),
            "identity_providers[0] has no audiences",
            id="no audience",
        ),
        pytest.param(IAM.replace("gitlab.com", "[bad"), "issuer is invalid; expected: https://HOST", id="issuer"),
        pytest.param(IAM.replace("gitlab.com", "gitlab.com/"), "issuer is invalid; expected: https://", id="slash"),
        pytest.param(IAM.replace("name: jane", "name: a b"), "users[0].name is invalid; expected: up to", id="user"),
        pytest.param(IAM.replace("name: ci", "name: a/b"), "roles[0].name is invalid; expected: up to", id="role"),
        pytest.param(
            IAM.replace("Effect: Deny, Principal: '*',", "Effect: Deny,"),
            "domains[0].policy is invalid; expected: an IAM policy document (a statement of this policy has",
            id="a policy without a principal",
        ),
        pytest.param(IAM.replace("hang: 0.5", "hang: " + "[" * 5000), "seed is not valid YAML", id="nested"),
        pytest.param(
            IAM.replace("AssumeRole, status", "AssumeRoll, status"),
            "faults[0] is not a valid fault: operation: one of CodeArt",
            id="AssumeRoll",
        ),
        pytest.param(IAM.replace("trust", "trusts"), "roles[0] has the unknown key 'trusts'", id="trusts"),
        pytest.param(
            "roles: [{name: a, account: 111122223333}]",
            "seed: roles[0].trust is invalid; expected: a",
            id="no trust",
        ),
        pytest.param(
            IAM.replace("https:", "http:"), "identity_providers[0].issuer is invalid; expected: https://", id="http"
        ),
        pytest.param(
            IAM.replace("status: 500", "status: 5000"), "faults[0] is not a valid fault: status: 0, or", id="a fault"
        ),
        pytest.param(
            IAM.replace("operation: ", "operations: "), "faults[0] has the unknown key 'operations'", id="key"
        ),
        pytest.param(
            IAM.replace("status: 500", "status: [5]"), "faults[0] is not a valid fault: status: 0", id="a list in it"
        ),
        pytest.param(
            DOMAIN.replace("packages: [", "upstreams: 1, packages: ["),
            "repositories[0]: upstreams is inv",
            id="upstreams",
        ),
        pytest.param(
            DOMAIN.replace("packages: [", "external_connections: ['public:npmjs'], packages: ["),
            "expected: public:pypi",
            id="npm",
        ),
        pytest.param(
            DOMAIN.replace("packages: [", "external_connections: ['public:pypi', 'public:pypi'], packages: ["),
            "has more than one external connection",
            id="two connections",
        ),
        pytest.param(
            DOMAIN.replace("packages: [", "origin_controls: [{package: a, publish: ALLOW}], packages: ["),
            "upstream is invalid; expected: ALLOW or BLOCK",
            id="half of the controls",
        ),
        pytest.param("quotas: [1]", "seed.quotas is invalid; expected: a mapping of operations", id="quotas"),
        pytest.param("quotas: {AssumeRoll: 1}", "seed.quotas is invalid; expected: a mapping of", id="its operation"),
        pytest.param("quotas: {AssumeRole: 0.0}", "seed.quotas.AssumeRole is invalid; expected: requests", id="zero"),
        pytest.param(
            "quotas: {AssumeRole: -1}", "seed.quotas.AssumeRole is invalid; expected: requests", id="its sign"
        ),
        pytest.param("domains: [1]", "seed: domains[0] is invalid; expected: a mapping", id="not a mapping"),
        pytest.param(DOMAIN.replace("2222", ""), "seed: domains[0].owner is invalid; expected: 12 digits", id="owner"),
        pytest.param(
            "users: [" + 2 * USER + "]",
            "seed: two users have the same access_key_id; give each user its own",
            id="a key twice",
        ),
        pytest.param(DOMAIN.replace("name: acme", "{}").replace("- {}\n   ", "-"), "domains[0].name", id="no name"),
        pytest.param("a: [", "seed is not valid YAML", id="not YAML"),
        pytest.param(
            DOMAIN.replace("yanked", "yank"),
            "packages[1] has the unknown key 'yank'; known keys: path, yanked",
            id="yank",
        ),
        pytest.param(
            "users: [{name: a, account: '111122223333', access_key_id: x}]",
            "20 capital letters and digits",
            id="key id",
        ),
    ],
)
def test_invalid_seeds(text, message):
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "seed")
    assert message in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(str(tmp_path / "gone.yaml"))
