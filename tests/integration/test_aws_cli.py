"""The AWS CLI works against the emulator, and who has used it until now can move on to the keyring."""

import json
import re

import pytest

from keyrings.codeartifact.emulator.index import wheels
from support.forks import Forks
from support.operations import OPERATIONS, arguments, scene
from support.pages import FROM_LOGIN
from support.seed import RELEASE

ACME = ("--domain", "acme", "--domain-owner", "111122223333")


@pytest.fixture(scope="module")
def client(environment):
    return environment("awscli", "pip>=26.2")


@pytest.fixture(scope="module")
def aws_forks(client):
    """What starts the AWS CLI as forks of one process: it takes half a second to start."""
    forks = Forks(client.python, "awscli.clidriver", "awscli.handlers")
    yield forks
    forks.close()


@pytest.fixture
def aws(home, client, aws_forks):
    """Return a function that calls `aws codeartifact` and returns what it prints; only `login` in a process of its own."""
    home.forks = aws_forks
    home.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "PATH": f"{client.bin}:{home.environ['PATH']}"}
    # There pip would not look at the configuration that `aws codeartifact login` writes.
    del home.environ["PIP_CONFIG_FILE"]

    def call(*arguments):
        words = ("codeartifact", *arguments, "--output", "json")
        if arguments[0] == "login":
            return home.succeed(client.bin / "aws", *words).stdout
        # The CLI itself sets this when it is imported.
        [data] = client.bin.parent.glob("lib/*/site-packages/awscli/data")
        said = home.fork_that_succeeds(client.python, "-m", "awscli", *words, AWS_DATA_PATH=str(data)).stdout
        return json.loads(said) if said.startswith("{") else said

    return call


@pytest.fixture
def login(aws):
    """A pip.conf as `aws codeartifact login` leaves it."""
    return aws("login", "--tool", "pip", *ACME, "--repository", "release")


def assert_installs(home, number):
    target = home.folder / f"target-{number}"
    home.succeed("pip", "install", "--no-cache-dir", "--target", target, "acme-tools")
    assert (target / "acme_tools.py").is_file()


def test_login_and_after_it_the_keyring(home, login, emulator, search):
    assert "Successfully configured pip" in login
    with pytest.raises(AssertionError, match=r"pip\.conf"):
        search()
    assert_installs(home, 1)
    asked = len(emulator.journal.entries("GetAuthorizationToken"))
    home.succeed("bash", "-euc", FROM_LOGIN.block("migration"))
    search()
    assert_installs(home, 2)
    assert len(emulator.journal.entries("GetAuthorizationToken")) > asked
    search()


def test_login_for_twine(home, aws, environment):
    home.environ["PATH"] = f"{environment('twine>=7').bin}:{home.environ['PATH']}"
    assert "Successfully configured twine" in aws("login", "--tool", "twine", *ACME, "--repository", "staging")


def test_a_domain_and_its_repositories(aws):
    domain = aws("describe-domain", *ACME)["domain"]
    assert domain["arn"] == "arn:aws:codeartifact:us-east-1:111122223333:domain/acme"
    assert (domain["repositoryCount"], domain["status"]) == (2, "Active")
    assert domain["assetSizeBytes"] > 0
    assert "acme" in [domain["name"] for domain in aws("list-domains")["domains"]]
    repository = aws("describe-repository", *ACME, "--repository", "release")["repository"]
    assert repository["arn"] == "arn:aws:codeartifact:us-east-1:111122223333:repository/acme/release"
    assert repository["administratorAccount"] == "111122223333"
    named = ["release", "staging"]
    assert [item["name"] for item in aws("list-repositories-in-domain", *ACME)["repositories"]] == named
    assert set(named) <= {item["name"] for item in aws("list-repositories")["repositories"]}
    assert (
        aws("list-repositories-in-domain", *ACME, "--repository-prefix", "st")["repositories"][0]["name"] == "staging"
    )
    assert aws("get-repository-endpoint", *ACME, "--repository", "release", "--format", "pypi") == {
        "repositoryEndpoint": f"{RELEASE}/"
    }


def test_from_making_a_domain_to_deleting_it(home, aws, environment, wheel):
    where = ("--domain", "passing", "--repository", "first")
    assert aws("create-domain", "--domain", "passing")["domain"]["repositoryCount"] == 0
    assert aws("create-repository", *where, "--description", "for now")["repository"]["description"] == "for now"
    twine = environment(wheel, "twine>=7")
    url = RELEASE.replace("acme-", "passing-").replace("release", "first")
    for version in ("1.0", "1.1", "2.0"):
        package = wheels.build(home.folder, "passing-tools", version)
        home.succeed(twine.python, "-m", "twine", "upload", "--non-interactive", "--repository-url", f"{url}/", package)
    controls = {"restrictions": {"publish": "ALLOW", "upstream": "BLOCK"}}
    package = {"format": "pypi", "package": "passing-tools", "originConfiguration": controls}
    assert aws("list-packages", *where) == {"packages": [package]}
    assert aws("list-packages", *where, "--package-prefix", "other") == {"packages": []}
    which = (*where, "--format", "pypi", "--package", "passing-tools")
    versions = aws("list-package-versions", *which)
    assert versions["defaultDisplayVersion"] == "2.0"
    assert [(item["version"], item["status"]) for item in versions["versions"]] == [
        (version, "Published") for version in ("1.0", "1.1", "2.0")
    ]
    [asset] = aws("list-package-version-assets", *which, "--package-version", "1.0")["assets"]
    assert (asset["name"], len(asset["hashes"]["SHA-256"])) == ("passing_tools-1.0-py3-none-any.whl", 64)
    deleted = aws("delete-package-versions", *which, "--versions", "1.0", "9.9")
    assert [*deleted["successfulVersions"], *deleted["failedVersions"]] == ["1.0", "9.9"]
    assert [item["version"] for item in aws("list-package-versions", *which)["versions"]] == ["1.1", "2.0"]
    with pytest.raises(AssertionError, match="ConflictException"):
        aws("delete-domain", "--domain", "passing")
    aws("delete-package-versions", *which, "--versions", "1.1", "2.0")
    with pytest.raises(AssertionError, match="ResourceNotFoundException"):
        aws("list-package-versions", *which)
    assert aws("delete-repository", *where)["repository"]["name"] == "first"
    assert aws("delete-domain", "--domain", "passing")["domain"]["name"] == "passing"
    with pytest.raises(AssertionError, match="ResourceNotFoundException"):
        aws("describe-domain", "--domain", "passing")


def test_lists_come_in_pages(aws):
    first = aws("list-repositories-in-domain", *ACME, "--max-items", "1", "--page-size", "1")
    assert [item["name"] for item in first["repositories"]] == ["release"]
    rest = aws("list-repositories-in-domain", *ACME, "--starting-token", first["NextToken"], "--page-size", "1")
    assert [item["name"] for item in rest["repositories"]] == ["staging"]


def _kebab(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_that_is_built(aws, emulator, tmp_path, operation):
    """As the CLI sends it, which reads its input from JSON, and its output as its own model declares it."""
    given = arguments(operation, scene(emulator.application, tmp_path))
    options = ["--cli-input-json", json.dumps(given)]
    if operation == "GetPackageVersionAsset":  # which also wants a file to write to, and then no JSON
        options = [word for name, value in given.items() for word in (f"--{_kebab(name)}", value)]
        options.append(str(tmp_path / "asset"))
    said = aws(_kebab(operation), *options)
    assert isinstance(said, dict) or (said, operation) in (("", "TagResource"), ("", "UntagResource"))
