"""A seed becomes the emulator's content, and what AWS rejects of it is an error that names it."""

import json

import pytest

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.api.repository import AFTER_PUBLISHING, Origin
from keyrings.codeartifact.emulator.faults import Fault
from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.emulator.index import wheels
from keyrings.codeartifact.emulator.planting import apply_settings, plant
from keyrings.codeartifact.emulator.seed import (
    DomainSeed,
    PackageSeed,
    ProviderSeed,
    RepositorySeed,
    RoleSeed,
    Seed,
    UserSeed,
)
from keyrings.codeartifact.emulator.transport.application import Application
from keyrings.codeartifact.errors import ConfigurationError

OWNER, REGION = "111122223333", "us-east-1"
JANE = UserSeed("jane", OWNER, "AKIAUNIT000000000001", "made-up")
POLICY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
OTHER = POLICY.replace("Allow", "Deny")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Principal": "*"}})


@pytest.fixture
def application(codeartifact_mock, tmp_path):
    (tmp_path / "packages").mkdir()
    return Application(str(tmp_path / "packages"))


def domain(*repositories, **options):
    return Seed(domains=(DomainSeed("acme", OWNER, REGION, repositories, **options),))


def test_domains_with_repositories(application):
    team = RepositorySeed("team", (), upstreams=("later",), origins=(("taken", Origin(publish=False)),))
    plant(domain(team, RepositorySeed("later", (), "its policy", is_public=True), policy="policy"), application)
    planted = backend_of(OWNER, REGION).domain("acme")
    assert (planted.policy, list(planted.repositories)) == ("policy", ["team", "later"])
    team, later = planted.repositories.values()
    assert (team.upstreams, team.is_public, team.policy, team.administrator) == (("later",), False, "", OWNER)
    assert (later.upstreams, later.is_public, later.policy) == ((), True, "its policy")
    assert (team.origin("taken"), team.packages()) == (Origin(publish=False), ["taken"])


def test_packages_by_patterns(application, tmp_path):
    for version in ("1.0", "2.0", "3.0"):
        wheels.build(tmp_path, "tools", version)
    packages = PackageSeed(f"{tmp_path}/tools-[12]*.whl"), PackageSeed(f"{tmp_path}/tools-3.0-*.whl", "broken")
    plant(domain(RepositorySeed("release", packages)), application)
    release = backend_of(OWNER, REGION).domain("acme").repository("release")
    assets = release.listing("tools").assets
    assert [(asset.version, asset.yanked) for asset in assets] == [("1.0", ""), ("2.0", ""), ("3.0", "broken")]
    assert release.origin("tools") == AFTER_PUBLISHING
    assert all(asset.path.startswith(application.pypi.storage) for asset in assets)


def test_identities(application):
    seed = Seed(
        users=(JANE._replace(policies=(POLICY, OTHER)),),
        roles=(RoleSeed("ci", OWNER, TRUST, (POLICY,)),),
        identity_providers=(ProviderSeed(OWNER, "https://gitlab.example", ("a", "b")),),
    )
    plant(seed, application)
    jane = identities.find(JANE.access_key_id)
    assert (jane.arn, jane.documents()) == (f"arn:aws:iam::{OWNER}:user/jane", [POLICY, OTHER])
    role = identities.role(f"arn:aws:iam::{OWNER}:role/ci")
    assert (role.assume_role_policy_document, list(role.policies.values())) == (TRUST, [POLICY])
    [provider] = identities.iam_of(OWNER).open_id_providers.values()
    assert (provider.url, provider.client_id_list) == ("gitlab.example", ["a", "b"])


def test_settings(application, tmp_path):
    wheels.build(tmp_path, "public-tools")
    faults = (Fault("Upload", 500), Fault("Download", 404, times=2))
    quotas = (("AssumeRole", 0.5),)
    apply_settings(Seed(faults=faults, enforce_iam=True, quotas=quotas, pypi=str(tmp_path)), application)
    assert application.faults.described() == list(faults)
    assert (application.access.is_enforced, application.quotas.rates()) == (True, {"AssumeRole": 0.5})
    assert [asset.version for asset in application.pypi.public.files("public-tools")] == ["1.0"]


def test_settings_that_are_not_given_stay(application, tmp_path):
    apply_settings(Seed(enforce_iam=True, quotas=(("AssumeRole", 1),), pypi=str(tmp_path)), application)
    public = application.pypi.public
    apply_settings(Seed(), application)
    assert (application.access.is_enforced, application.quotas.rates()) == (True, {"AssumeRole": 1})
    assert application.pypi.public is public


def repositories(*upstreams_by_name):
    return domain(*(RepositorySeed(name, (), upstreams=upstreams) for name, *upstreams in upstreams_by_name))


@pytest.mark.parametrize(
    ("seed", "what"),
    [
        (Seed(users=(JANE, JANE)), "user jane: User jane already exists"),
        (Seed(users=(JANE._replace(policies=("{",)),)), "user jane: Syntax errors in policy"),
        (Seed(roles=2 * (RoleSeed("ci", OWNER, TRUST),)), "role ci: Role with name ci already exists"),
        (
            Seed(identity_providers=2 * (ProviderSeed(OWNER, "https://x.example", ("a",)),)),
            "identity provider https://x.example: Unknown",
        ),
        (Seed(domains=2 * domain().domains), "domain acme: Domain 'acme' already exists"),
        (
            Seed(domains=(DomainSeed("acme", OWNER, "mars-1", ()),)),
            "domain acme: Region not found. Region 'mars-1' does not exist",
        ),
        (
            repositories(["release"], ["release"]),
            "repository release of domain acme: Repository 'release' already exists",
        ),
        (
            repositories(["aa", "gone"]),
            "repository aa of domain acme: Repository not found. Repository 'gone' does not exist",
        ),
        (
            repositories(["aa", "bb"], ["bb", "aa"]),
            "repository bb of domain acme: Upstream repository 'aa' would form a cycle with 'bb'",
        ),
    ],
    ids=["user", "policy", "role", "provider", "domain", "region", "repository", "upstream", "cycle"],
)
def test_what_aws_rejects(application, seed, what):
    with pytest.raises(ConfigurationError) as caught:
        plant(seed, application)
    assert str(caught.value) == f"the seed cannot be planted: {what}; correct the seed file [CA903]"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone-*.whl", "no file matches {}; build it, or correct the path in the seed file"),
        ("notes.txt", "{} cannot be added: 'notes.txt' is not the file name of a wheel or source distribution; name distributions"),
        ("tools-1.0.tar.gz", "{} cannot be added: tools-1.0.tar.gz is not a valid distribution (not a gzip file); name distributions"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_added(application, tmp_path, name, message):
    path = tmp_path / name
    if "*" not in name:
        path.write_text("text")
    with pytest.raises(ConfigurationError) as caught:
        plant(domain(RepositorySeed("release", (PackageSeed(str(path)),))), application)
    assert str(caught.value) == f"{message.format(path)} [CA903]"


def test_a_file_twice(application, tmp_path):
    package = PackageSeed(wheels.build(tmp_path, "tools"))
    with pytest.raises(ConfigurationError) as caught:
        plant(domain(RepositorySeed("release", (package, package))), application)
    what = "repository release of domain acme: Asset 'tools-1.0-py3-none-any.whl' already exists"
    assert caught.value.cause == f"the seed cannot be planted: {what}"
