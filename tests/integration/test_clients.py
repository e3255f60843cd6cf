"""pip, uv and twine install from and publish to CodeArtifact, unmodified, knowing an index URL and a keyring."""

import sys

import pytest

from keyrings.codeartifact.emulator.index import wheels
from support.project import UV
from support.seed import DUAL_STACK, RELEASE, SHARED, STAGING, VPC

INDEX = f"{RELEASE}/simple/"
INDEX_WITH_USER = INDEX.replace("https://", "https://aws@")
# From 26.2 on pip asks the `keyring` command for a user name too.
PIP_BEFORE, PIP_SINCE = "pip==26.1.2", "pip>=26.2"


def statuses(emulator, operation):
    return [entry.status for entry in emulator.journal.entries(operation)]


def assert_installed(home, target):
    done = home.succeed(sys.executable, "-c", "import acme_tools; print(acme_tools.VERSION)", PYTHONPATH=str(target))
    assert done.stdout == "1.0\n"


@pytest.mark.parametrize("pip", [PIP_BEFORE, PIP_SINCE])
def test_pip_import(home, emulator, environment, wheel, signers, search, pip):
    client = environment(wheel, pip)
    target = home.folder / "target"
    home.succeed(
        *(client.python, "-m", "pip", "install", "--target", target, "--index-url", INDEX, "acme-tools"),
        PIP_KEYRING_PROVIDER="import",
    )
    assert_installed(home, target)
    assert signers() == {("111122223333", "AKIACHAIN00000000001")}
    assert statuses(emulator, "Download") == [200]
    search()


@pytest.mark.parametrize(
    ("pip", "index"),
    [
        pytest.param(PIP_BEFORE, INDEX_WITH_USER, id="before 26.2, user in the URL"),
        pytest.param(PIP_SINCE, INDEX_WITH_USER, id="since 26.2, user in the URL"),
        pytest.param(PIP_SINCE, INDEX, id="since 26.2"),
        pytest.param(PIP_SINCE, f"https://{DUAL_STACK}/pypi/release/simple/", id="dual-stack"),
        pytest.param(PIP_SINCE, f"https://{VPC}/pypi/d/acme-111122223333/release/simple/", id="VPC endpoint"),
    ],
)
def test_pip_subprocess(home, environment, signers, search, pip, index):
    client = environment(pip)
    target = home.folder / "target"
    home.succeed(
        *(client.python, "-m", "pip", "install", "--target", target, "--index-url", index, "acme-tools"),
        PIP_KEYRING_PROVIDER="subprocess",
    )
    assert_installed(home, target)
    assert signers() == {("111122223333", "AKIACHAIN00000000001")}
    search()


def test_pip_without_the_provider_is_turned_away(home, environment, signers):
    client = environment(PIP_SINCE)
    done = home.run(client.python, "-m", "pip", "download", "--index-url", INDEX, "acme-tools")
    assert done.returncode == 1
    assert signers() == set()


@pytest.mark.parametrize("keyring", ["keyring", "codeartifact-keyring"])
def test_both_commands_answer_alike(home, tool, emulator, keyring):
    def ask(*arguments):
        """Return what the command prints, with every token replaced by the word."""
        said = home.succeed(tool.bin / keyring, *arguments).stdout
        for token in emulator.issued_tokens():
            said = said.replace(token, "TOKEN")
        return said

    assert ask("get", INDEX, "aws") == "TOKEN\n"
    assert ask("--output", "json", "get", INDEX, "aws") == '{"password": "TOKEN"}\n'
    assert ask("get", INDEX, "--mode", "creds") == "aws\nTOKEN\n"
    assert ask("--mode=creds", "get", INDEX, "") == "aws\nTOKEN\n"
    assert ask("--mode=creds", "--output=json", "get", INDEX) == '{"username": "aws", "password": "TOKEN"}\n'


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        pytest.param(["--index-url", INDEX_WITH_USER], {}, id="user in the URL"),
        pytest.param(
            ["--default-index", f"private={INDEX}"], {"UV_INDEX_PRIVATE_USERNAME": "aws"}, id="user in the environment"
        ),
    ],
)
def test_uv_install(home, signers, search, options, variables):
    target = home.folder / "target"
    home.succeed(
        *(UV, "pip", "install", "--python", sys.executable, "--target", target, *options, "acme-tools"),
        UV_KEYRING_PROVIDER="subprocess",
        **variables,
    )
    assert_installed(home, target)
    assert signers() == {("111122223333", "AKIACHAIN00000000001")}
    search()


def test_uv_install_without_a_user(home, signers):
    """An index that is always to be asked for credentials needs no user in its URL."""
    config = home.folder / "uv.toml"
    config.write_text(f'[[index]]\nname = "private"\nurl = "{INDEX}"\ndefault = true\nauthenticate = "always"\n')
    target = home.folder / "target"
    del home.environ["UV_NO_CONFIG"]
    home.succeed(
        *(UV, "pip", "install", "--config-file", config, "--python", sys.executable, "--target", target, "acme-tools"),
        UV_KEYRING_PROVIDER="subprocess",
    )
    assert_installed(home, target)
    assert signers() == {("111122223333", "AKIACHAIN00000000001")}


@pytest.fixture
def package(home, request):
    """A wheel that no repository has yet, one for each test."""
    name = request.node.name.replace("_", "-").replace("[", "-").replace("]", "")
    (home.folder / "dist").mkdir()
    return wheels.build(home.folder / "dist", name)


def assert_published(home, emulator, package):
    assert statuses(emulator, "Upload")[-1] == 200
    name = package.rpartition("/")[2].partition("-")[0]
    target = home.folder / "target"
    home.succeed(
        *(UV, "pip", "install", "--python", sys.executable, "--target", target),
        *("--index-url", f"{STAGING.replace('https://', 'https://aws@')}/simple/", name),
        UV_KEYRING_PROVIDER="subprocess",
    )
    assert (target / f"{name}.py").is_file()


@pytest.mark.parametrize("user", [[], ["--username", "aws"]], ids=["no-user", "user"])
def test_twine_upload(home, emulator, environment, wheel, package, signers, search, user):
    client = environment(wheel, "twine>=7")
    home.succeed(
        *(client.python, "-m", "twine", "upload", "--non-interactive", *user),
        *("--repository-url", f"{STAGING}/", package),
    )
    assert_published(home, emulator, package)
    assert signers() == {("111122223333", "AKIACHAIN00000000001")}
    search()


def test_uv_publish(home, emulator, package, search):
    home.succeed(
        *(UV, "publish", "--username", "aws", "--publish-url", f"{STAGING}/", package),
        UV_KEYRING_PROVIDER="subprocess",
    )
    assert_published(home, emulator, package)
    search()


def test_uv_publish_with_the_user_in_the_url(home, emulator, package):
    url = f"{STAGING}/".replace("https://", "https://aws@")
    home.succeed(UV, "publish", "--publish-url", url, package, UV_KEYRING_PROVIDER="subprocess")
    assert_published(home, emulator, package)


def test_uv_publish_without_a_user_does_not_ask(home, package, signers):
    """uv's own condition, which the page describes."""
    done = home.run(UV, "publish", "--publish-url", f"{STAGING}/", package, UV_KEYRING_PROVIDER="subprocess")
    assert done.returncode == 2
    assert signers() == set()


def test_a_file_is_published_once(home, environment, wheel, package):
    client = environment(wheel, "twine>=7")
    upload = (client.python, "-m", "twine", "upload", "--non-interactive", "--repository-url", f"{STAGING}/", package)
    home.succeed(*upload)
    done = home.run(*upload)
    assert done.returncode == 1
    assert "409" in done.stdout + done.stderr


def test_two_indexes_of_two_accounts_in_one_pip_command(home, environment, wheel, signers):
    client = environment(wheel, PIP_SINCE)
    home.config.write_text(
        '[codeartifact account="444455556666"]\n'
        "aws_access_key_id = AKIAPARTNER000000001\naws_secret_access_key = partner-s3cret\n"
    )
    target = home.folder / "target"
    home.succeed(
        *(client.python, "-m", "pip", "install", "--target", target),
        *("--index-url", INDEX, "--extra-index-url", f"{SHARED}/simple/", "acme-tools"),
        PIP_KEYRING_PROVIDER="import",
    )
    assert_installed(home, target)
    assert signers() == {("111122223333", "AKIACHAIN00000000001"), ("444455556666", "AKIAPARTNER000000001")}
