"""Domains, repositories, assets and tokens."""

import pytest

from keyrings.codeartifact.emulator.api.errors import ConflictError, NotFoundError, ValidationError
from keyrings.codeartifact.emulator.api.models import CodeArtifactBackend
from keyrings.codeartifact.emulator.api.repository import Asset, normalize
from keyrings.codeartifact.emulator.iam.identities import Principal

OWNER = "111122223333"


@pytest.fixture
def backend():
    backend = CodeArtifactBackend("us-east-1", OWNER)
    backend.create_domain("acme")
    return backend


def test_urls_and_arns(backend):
    domain = backend.domain("acme")
    assert domain.endpoint("release") == f"https://acme-{OWNER}.d.codeartifact.us-east-1.amazonaws.com/pypi/release/"
    assert domain.endpoint("release", "dualstack") == (
        f"https://acme-{OWNER}.codeartifact.us-east-1.on.aws/pypi/release/"
    )
    prefix = f"arn:aws:codeartifact:us-east-1:{OWNER}"
    assert (domain.arn(), domain.arn("release")) == (f"{prefix}:domain/acme", f"{prefix}:repository/acme/release")
    assert domain.package_arn("release", "a-b") == f"{prefix}:package/acme/release/pypi//a-b"


class Counted(dict):
    """A mapping that counts its lookups."""

    lookups = 0

    def __getitem__(self, key):
        self.lookups += 1
        return super().__getitem__(key)


def test_25_repositories_are_searched_level_by_level(backend):
    domain = backend.domain("acme")
    for number in range(200):
        backend.create_repository("acme", f"r{number}", OWNER).upstreams = (f"r{number * 2 + 1}", f"r{number * 2 + 2}")
    domain.repositories = Counted(domain.repositories)
    found = domain.search_order(domain.repository("r0"))
    assert [repository.name for repository in found] == [f"r{number}" for number in range(25)]
    assert domain.repositories.lookups < 30


def test_domains_and_repositories(backend):
    backend.create_repository("acme", "release", OWNER)
    with pytest.raises(ConflictError, match="Domain 'acme' already exists"):
        backend.create_domain("acme")
    with pytest.raises(ConflictError, match="Repository 'release' already exists"):
        backend.create_repository("acme", "release", OWNER)
    with pytest.raises(ConflictError, match="Domain 'acme' still has repositories"):
        backend.delete_domain("acme")
    with pytest.raises(ValidationError, match="Value 'Acme' at 'domain' failed"):
        backend.create_domain("Acme")
    assert backend.delete_repository("acme", "release").name == "release"
    backend.delete_domain("acme")
    with pytest.raises(NotFoundError, match="Domain 'acme' does not exist"):
        backend.domain("acme")


def test_assets(backend, tmp_path):
    repository = backend.create_repository("acme", "release", OWNER)
    paths = [tmp_path / name for name in ("1", "2")]
    for version, path in enumerate(paths, 1):
        path.touch()
        repository.add(Asset("My.Tools", f"{version}.0", f"my_tools-{version}.0.tar.gz", str(path), 0, ""))
    with pytest.raises(ConflictError, match=r"Asset 'my_tools-1\.0\.tar\.gz' already exists"):
        repository.add(repository.listing("my-tools").assets[0])
    assert repository.packages() == ["my-tools"]
    assert repository.remove("my_tools", "1.0")
    assert not repository.remove("my_tools", "1.0")
    assert [asset.version for asset in repository.listing("MY-TOOLS").assets] == ["2.0"]
    assert [path.exists() for path in paths] == [False, True]
    assert repository.remove("my_tools", "2.0")
    assert repository.packages() == []


def test_tokens_are_for_one_domain_and_expire(backend):
    token, _ = backend.issue_token("acme", 900)
    assert backend.grant(token, "acme").domain == "acme"
    assert backend.grant(token, "other") is backend.grant("x", "acme") is None
    backend.expire_tokens()
    assert backend.grant(token, "acme") is None
    assert backend.issued_tokens() == [token]


@pytest.mark.parametrize("duration", [899, 43201, -1])
def test_invalid_durations(backend, duration):
    with pytest.raises(ValidationError, match=rf"Value '{duration}' at 'durationSeconds'"):
        backend.issue_token("acme", duration)


def test_duration_0_lasts_as_long_as_the_session(backend):
    session = Principal("arn:aws:sts::1:assumed-role/ci/1", OWNER, "arn:aws:iam::1:role/ci", expires=4e9)
    assert backend.issue_token("acme", 0, session._replace(expires=1.0))[1] == 1
    assert backend.issue_token("acme", 0, session)[1] < 4e9


@pytest.mark.parametrize("name", ["a-b", "A_B", "a.b", "a-_.b"])
def test_normalized_names(name):
    assert normalize(name) == "a-b"
