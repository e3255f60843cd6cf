"""Real clients in environments and homes of their own, and a CodeArtifact for them to talk to."""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import sysconfig
from base64 import b64encode
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import uuid4

import boto3
import github_job
import pytest
from botocore.config import Config

from keyrings.codeartifact.emulator.index import wheels
from keyrings.codeartifact.emulator.seed import parse

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
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
# Whatever holds one of these is a key's secret, a session's token or the like.
SECRETS = ("MARKED", "s3cret")
ACME = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi"
PARTNER = "https://partner-444455556666.d.codeartifact.eu-west-1.amazonaws.com/pypi"
HOST = ACME.split("/")[2]
DUAL_STACK = "acme-111122223333.codeartifact.us-east-1.on.aws"
VPC = "vpce-0f1e2d3c.d.codeartifact.us-east-1.vpce.amazonaws.com"
PAGE = "/pypi/release/simple/acme-tools/"
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
def codeartifact_seed(tmp_path_factory):
    """One package in every repository."""
    folder = tmp_path_factory.mktemp("seed")
    wheels.build(folder, "acme-tools")
    return parse(SEED, str(folder / "seed.yaml"))


@pytest.fixture(scope="session")
def plant(codeartifact_emulator, tmp_path_factory):
    """Return a function that adds a seed, given as an object, and builds the packages that it names."""

    def add(seed, *packages):
        folder = tmp_path_factory.mktemp("plant")
        for package in packages:
            wheels.build(folder, package)
        parse(json.dumps(seed), str(folder / "seed.yaml")).plant(codeartifact_emulator.application)

    return add


@pytest.fixture(scope="session")
def github_accounts(plant):
    """The accounts that `github_job` is about."""
    plant(github_job.SEED, "crew-tools", "band-tools")


@pytest.fixture(scope="session")
def package_index(tmp_path_factory, wheel):
    """An index of all that a job installs of the product: where its proxy is the emulator's, there is no other."""
    folder = tmp_path_factory.mktemp("index")
    pins = ROOT / "github-actions" / "requirements.txt"
    download = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--only-binary",
        ":all:",
        "--dest",
        folder / "files",
    ]
    subprocess.run([*download, "--no-deps", "--require-hashes", "--requirement", pins], check=True, timeout=PATIENCE)
    subprocess.run([*download, "pip>=26.2", "twine>=7", "uv>=0.13", wheel], check=True, timeout=PATIENCE)
    for path in (folder / "files").iterdir():
        page = folder / re.sub("[-_.]+", "-", path.name.split("-")[0]).lower() / "index.html"
        page.parent.mkdir(exist_ok=True)
        with page.open("a") as file:
            file.write(f'<a href="{path.as_uri()}">{path.name}</a>\n')
    return folder.as_uri()


@pytest.fixture
def project(home):
    """Return a function that makes an empty project of this build backend, with an empty folder dist."""

    def make(requirement, backend):
        folder = home.folder / "project"
        (folder / "dist").mkdir(parents=True)
        name = f"project-{uuid4().hex[:8]}"
        (folder / f"{name.replace('-', '_')}.py").write_text('"""A project."""\n')
        (folder / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\nversion = "1.0"\nrequires-python = ">=3.10"\ndescription = "A project."\n'
            'authors = [{name = "A", email = "a@acme.example"}]\ndependencies = []\n'
            f'[build-system]\nrequires = ["{requirement}"]\nbuild-backend = "{backend}"\n'
        )
        return folder

    return make


@pytest.fixture
def emulator(codeartifact_emulator):
    """The emulator, with nothing in its journal and no fault to come; what a test has it enforce ends with the test."""
    codeartifact_emulator.journal.clear()
    codeartifact_emulator.faults.clear()
    yield codeartifact_emulator
    codeartifact_emulator.access.is_enforced = False


@pytest.fixture
def client(emulator):
    """Return a function that makes a boto3 client which comes to the emulator by way of its proxy."""

    def make(service, region="us-east-1", keys=("AKIACHAIN00000000001", "chain-s3cret", None), **options):
        key_id, secret, session_token = keys
        return boto3.client(
            service,
            region_name=region,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            aws_session_token=session_token,
            verify=emulator.ca_path,
            config=Config(proxies={"https": emulator.proxy_url}, retries={"total_max_attempts": 1}, **options),
        )

    return make


@pytest.fixture
def token(client):
    return client("codeartifact").get_authorization_token(domain="acme", domainOwner="111122223333")[
        "authorizationToken"
    ]


@pytest.fixture(params=["proxy", "tls"])
def get(request, emulator):
    """Return a function that asks a host for a path, through either door, and returns status, headers and body."""

    def ask(host, path, token=None, *, method="GET", body=None, headers=None):
        context = ssl.create_default_context(cafile=emulator.ca_path)
        if request.param == "proxy":
            connection = http.client.HTTPSConnection(
                "127.0.0.1", int(emulator.proxy_url.rpartition(":")[2]), context=context
            )
            connection.set_tunnel(host, 443)
        else:
            connection = http.client.HTTPSConnection(host, context=context)
            connection.sock = context.wrap_socket(
                socket.create_connection(("127.0.0.1", emulator.tls_port)), server_hostname=host
            )
        authorization = {"Authorization": f"Basic {b64encode(f'aws:{token}'.encode()).decode()}"} if token else {}
        try:
            connection.request(method, path, body, {**authorization, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()

    return ask


class Command:
    """A running `keyrings-codeartifact emulator`."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [SCRIPTS / "keyrings-codeartifact", "emulator", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def lines(self):
        """Return what it prints when it is ready."""
        lines = []
        while not lines or "/simple/" not in lines[-1]:
            lines.append(self.process.stdout.readline())
            assert lines[-1], self.process.stderr.read()
        return lines

    def exports(self):
        """Return the variables that it tells a shell to set."""
        return dict(re.findall(r"^export (\w+)=(.*)$", "".join(self.lines()), re.MULTILINE))


class Home:
    """A user: a home, a configuration and an environment, with nothing of this machine's own in them."""

    def __init__(self, folder, cache, emulator, keyring):
        self.folder = folder
        self.cache = cache
        self.emulator = emulator
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
            "CODEARTIFACT_CACHE_DIR": str(cache),
        }

    def run(self, *command, cwd=None, stdin=None, **environ):
        """Run a command and return how it ended; whatever it is, it must have told no secret."""
        done = subprocess.run(
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
        # A token may be the answer that was asked for, on standard output, and nothing else may be a secret anywhere.
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr, command
        for token in self.emulator.issued_tokens():
            assert token not in done.stderr, command
        return done

    def succeed(self, *command, **options):
        """Run a command that has to succeed and return how it ended."""
        done = self.run(*command, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done


@pytest.fixture
def home(nobody, codeartifact_environment):
    """A user whose AWS default chain is an access key in the environment."""
    nobody.environ = codeartifact_environment | nobody.environ
    return nobody


@pytest.fixture
def nobody(tmp_path, tmp_path_factory, emulator, tool):
    """A user without any AWS credentials.  Tokens are kept beside the home, which is searched for them."""
    return Home(tmp_path, tmp_path_factory.mktemp("cache"), emulator, tool)


@pytest.fixture
def calls(emulator):
    """Return a function that tells how often AWS was asked for a token, and forgets it."""

    def count():
        found = len(emulator.journal.entries("GetAuthorizationToken"))
        emulator.journal.clear()
        return found

    return count


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
