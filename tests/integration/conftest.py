"""Real clients in environments and homes of their own, and a CodeArtifact for them to talk to."""

import functools
import http.client
import json
import os
import socket
import ssl
import subprocess
from base64 import b64encode
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from keyrings.codeartifact.emulator import planting
from keyrings.codeartifact.emulator.index import wheels
from keyrings.codeartifact.emulator.seed import parse
from support import github_job
from support.bundle import shared_bundle, with_identity
from support.environments import copy_environment, shared_environment
from support.forks import Forks
from support.home import Home
from support.project import PATIENCE, ROOT
from support.seed import SEED


@pytest.fixture(scope="session")
def wheel():
    """The wheel under test: the very one that is installed here."""
    origin = json.loads(distribution("keyrings.codeartifact").read_text("direct_url.json"))
    path = Path(url2pathname(urlsplit(origin["url"]).path))
    assert path.suffix == ".whl", "install a built wheel (make test), not an editable install"
    return path


@pytest.fixture(scope="session")
def shared(request, tmp_path_factory):
    """The folder of what is made once, for all workers and later runs: in pytest's cache, if there is one."""
    cache = getattr(request.config, "cache", None)
    return cache.mkdir("shared") if cache else tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session")
def environment(shared):
    """Return a function that gives an environment with these requirements, the same one to all tests that ask for them."""
    return functools.cache(functools.partial(shared_environment, shared))


@pytest.fixture(scope="session")
def tool(environment, wheel):
    """The product as a user has it: nothing but its runtime dependencies, with `keyring` in its scripts."""
    return environment(wheel)


@pytest.fixture(scope="session")
def built_bundle(shared, wheel):
    """The bundle of the wheel under test."""
    return shared_bundle(shared, wheel)


@pytest.fixture(scope="session")
def bundle(built_bundle, tmp_path_factory):
    """The same under another identity: this machine has not unpacked it anywhere."""
    return with_identity(built_bundle, tmp_path_factory.mktemp("pyz") / built_bundle.name)


@pytest.fixture(scope="session")
def action(built_bundle):
    """The action's folder, as `make action` has made it for a release."""
    folder = ROOT / "dist" / "action"
    bundles = [path.read_bytes() for path in (built_bundle, *folder.glob(built_bundle.name))]
    assert bundles[1:] == bundles[:1], "run make action"
    return folder


@pytest.fixture(scope="session")
def bare(environment):
    """A Python without any packages."""
    return environment()


@pytest.fixture(scope="session")
def cache_home(tmp_path_factory):
    """A folder that the bundle is unpacked into once, for tests that show nothing about that."""
    return tmp_path_factory.mktemp("bundle")


@pytest.fixture
def linked(nobody, bundle, bare, cache_home):
    """Return a function that gives the bundle another name; only `bare` is on PATH, and the bundle is unpacked already."""
    nobody.environ |= {"PATH": f"{bare.bin}:/usr/bin:/bin", "XDG_CACHE_HOME": str(cache_home)}

    def link(name):
        path = nobody.folder / "links" / name
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(bundle)
        return path

    return link


@pytest.fixture(scope="session")
def job_python(environment):
    """Return a function that makes a job's own Python in a folder: it has pip and nothing else."""
    made = environment("pip>=26.2")
    # Compiled once, not in each copy.
    subprocess.run([made.python, "-m", "compileall", "-q", made.bin.parent / "lib"], check=True, timeout=PATIENCE)

    return lambda path: copy_environment(made, path)


@pytest.fixture(scope="session")
def virtualenv_data(shared):
    """The variables with which environments of virtualenv have one pip, whose bytecode is kept."""
    return {"VIRTUALENV_OVERRIDE_APP_DATA": str(shared / "virtualenv"), "VIRTUALENV_SYMLINK_APP_DATA": "1"}


@pytest.fixture(scope="session")
def forks(tool):
    """What starts the product's commands as forks of one process."""
    forks = Forks(tool.python)
    yield forks
    forks.close()


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """A folder of links to this machine's programs, but for a pip: doctor takes longer to look at that than for all else."""
    folder = tmp_path_factory.mktemp("programs")
    for path in (*Path("/bin").iterdir(), *Path("/usr/bin").iterdir()):
        link = folder / path.name
        if not path.name.startswith("pip") and not link.is_symlink():
            link.symlink_to(path)
    return folder


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
        planting.plant(parse(json.dumps(seed), str(folder / "seed.yaml")), codeartifact_emulator.application)

    return add


@pytest.fixture(scope="session")
def github_accounts(plant):
    """The accounts that `github_job` is about."""
    plant(github_job.SEED, "crew-tools", "band-tools")


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
    """The emulator, with nothing in its journal; what a test sets ends with it: faults, quotas, and that IAM is enforced."""
    codeartifact_emulator.journal.clear()
    yield codeartifact_emulator
    codeartifact_emulator.faults.clear()
    codeartifact_emulator.access.is_enforced = False
    codeartifact_emulator.quotas.set({})


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


@pytest.fixture
def home(nobody, codeartifact_environment):
    """A user whose AWS default chain is an access key in the environment."""
    nobody.environ = codeartifact_environment | nobody.environ
    return nobody


@pytest.fixture
def nobody(tmp_path, tmp_path_factory, emulator, tool, forks):
    """A user without any AWS credentials.  Tokens are kept beside the home, which is searched for them."""
    return Home(tmp_path, tmp_path_factory.mktemp("cache"), emulator, tool, forks)


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
        # Few files have even this, and there are a thousand tokens to look for.
        beginning = os.path.commonprefix(tokens)  # noqa: RUF071 - no paths
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert beginning not in content or not any(token in content for token in tokens), path

    return in_folder
