"""Real clients in environments and homes of their own, and a CodeArtifact for them to talk to."""

import json
import os
import re
import subprocess
import sysconfig
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from keyrings.codeartifact.emulator import Emulator, wheels
from keyrings.codeartifact.emulator.seed import parse

README = (Path(__file__).parents[2] / "README.md").read_text()
PATIENCE = 120
SCRIPTS = Path(sysconfig.get_path("scripts"))
UV = SCRIPTS / "uv"

SEED = """
domains:
  - name: acme
    owner: "111122223333"
    region: us-east-1
    repositories: [{name: release, packages: [acme_tools-*.whl]}, {name: staging, packages: [acme_tools-*.whl]}]
  - name: partner
    owner: "444455556666"
    region: eu-west-1
    repositories: [{name: shared, packages: [acme_tools-*.whl]}]
users:
  - {name: chain, account: "111122223333", access_key_id: AKIACHAIN00000000001, secret_access_key: chain-s3cret}
"""
ACME = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi"
PARTNER = "https://partner-444455556666.d.codeartifact.eu-west-1.amazonaws.com/pypi"
RELEASE = f"{ACME}/release"
STAGING = f"{ACME}/staging"
SHARED = f"{PARTNER}/shared"


def block(name):
    """Return the block that the README marks for a test."""
    [text] = re.findall(rf"<!-- test: {re.escape(name)} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    return text


@pytest.fixture(scope="session")
def wheel():
    """The wheel under test: the very one that is installed here."""
    origin = json.loads(distribution("keyrings.codeartifact").read_text("direct_url.json"))
    path = Path(url2pathname(urlsplit(origin["url"]).path))
    assert path.suffix == ".whl", "install a built wheel (make test), not an editable install"
    return path


class Environment:
    """A virtual environment with some clients in it."""

    def __init__(self, path):
        self.bin = path / "bin"
        self.python = self.bin / "python"


def make_environment(path, *requirements):
    """Make an environment with these requirements; a client that is not to be had fails the tests."""
    subprocess.run([UV, "venv", "--quiet", "--clear", path], check=True, timeout=PATIENCE)
    made = Environment(path)
    if requirements:
        install = [UV, "pip", "install", "--quiet", "--python", made.python, *map(str, requirements)]
        subprocess.run(install, check=True, timeout=PATIENCE)
    return made


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """Return a function that makes an environment with these requirements, once for all tests that ask for them."""
    made = {}

    def make(*requirements):
        if requirements not in made:
            made[requirements] = make_environment(tmp_path_factory.mktemp("environment"), *requirements)
        return made[requirements]

    return make


@pytest.fixture(scope="session")
def tool(environment, wheel):
    """The product as a user has it: nothing but its runtime dependencies, with `keyring` in its scripts."""
    return environment(wheel)


@pytest.fixture(scope="session")
def emulator_of_the_session(tmp_path_factory):
    """The emulator, with one package in every repository."""
    folder = tmp_path_factory.mktemp("seed")
    wheels.build(folder, "acme-tools")
    with Emulator(parse(SEED, str(folder / "seed.yaml"))) as emulator:
        yield emulator


@pytest.fixture
def emulator(emulator_of_the_session):
    """The emulator, with nothing in its journal and no fault to come."""
    emulator_of_the_session.journal.clear()
    emulator_of_the_session.faults.clear()
    return emulator_of_the_session


class Home:
    """A user: a home, a configuration and an environment, with nothing of this machine's own in them."""

    def __init__(self, folder, emulator, keyring):
        self.folder = folder
        self.config = folder / "config" / "python_keyring" / "keyringrc.cfg"
        self.config.parent.mkdir(parents=True)
        (folder / "home").mkdir()
        self.environ = {
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(folder / "home"),
            "NETRC": os.devnull,
            "PATH": os.pathsep.join((str(keyring.bin), "/usr/bin", "/bin")),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "TMPDIR": str(folder),
            "UV_CACHE_DIR": str(folder / "uv-cache"),
            "UV_NO_CONFIG": "1",
            "XDG_CONFIG_HOME": str(folder / "config"),
            **emulator.environment(),
        }

    def run(self, *command, cwd=None, stdin=None, **environ):
        """Run a command and return how it ended."""
        return subprocess.run(
            [str(word) for word in command],
            cwd=cwd or self.folder,
            env=self.environ | environ,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def succeed(self, *command, **options):
        """Run a command that has to succeed and return how it ended."""
        done = self.run(*command, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done


@pytest.fixture
def home(tmp_path, emulator, tool):
    """A user whose AWS default chain is an access key in the environment."""
    home = Home(tmp_path, emulator, tool)
    home.environ |= {"AWS_ACCESS_KEY_ID": "AKIACHAIN00000000001", "AWS_SECRET_ACCESS_KEY": "chain-s3cret"}
    return home


@pytest.fixture
def nobody(tmp_path, emulator, tool):
    """A user without any AWS credentials."""
    return Home(tmp_path, emulator, tool)


@pytest.fixture
def signers(emulator):
    """Return a function that tells who asked for tokens, by domain owner."""

    def ask():
        return {
            (entry.params["domain-owner"], entry.access_key_id)
            for entry in emulator.journal.entries("GetAuthorizationToken")
        }

    return ask


@pytest.fixture
def search(emulator, tmp_path):
    """Return a function that fails if a token is in any file below a folder."""

    def in_folder(folder=tmp_path):
        tokens = [token.encode() for token in emulator.issued_tokens()]
        assert tokens
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert not any(token in content for token in tokens), path

    return in_folder
