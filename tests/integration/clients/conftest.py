"""A user who follows a recipe: with the clients and a `keyring` on PATH, and no settings besides."""

import os
import subprocess

import pytest

from keyrings.codeartifact.emulator.index import wheels
from support import build_backend
from support.pages import CLIENTS
from support.project import PATIENCE, ROOT, SCRIPTS, UV
from support.seed import RELEASE
from support.shared_folder import digest, shared_folder

PROGRAMS = ("hatch", "nox", "pex", "pip", "pip-compile", "pipenv", "pre-commit", "tox", "uv", "uvx")
# What a `Home` sets against the settings of this machine; the user of a recipe has a home and nothing in it.  PIP_NO_INPUT
# stays, as CIs set it: with it pip does not query a keyring unless the recipe says so.
SETTINGS = ("NETRC", "PIP_CONFIG_FILE", "PIP_DISABLE_PIP_VERSION_CHECK", "UV_CACHE_DIR", "UV_NO_CONFIG")


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """A folder of the clients alone, without what is installed beside them: a keyring with this backend, for one."""
    folder = tmp_path_factory.mktemp("clients")
    for name in PROGRAMS:
        (folder / name).symlink_to(SCRIPTS / name)
    # A link to a virtual environment's Python does not find its packages.
    (folder / "python").write_text(f'#!/bin/sh\nexec {SCRIPTS}/python "$@"\n')
    (folder / "python").chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def publish(codeartifact_emulator, tool, tmp_path_factory):
    """Return a function that publishes files to the repository of the recipes."""
    environ = {
        **codeartifact_emulator.environment(),
        **codeartifact_emulator.credentials(),
        "CODEARTIFACT_CACHE": "off",
        "PATH": str(tool.bin),
        "UV_KEYRING_PROVIDER": "subprocess",
    }

    def upload(*paths):
        command = [UV, "publish", "--quiet", "--no-config", "--username", "aws", "--publish-url", f"{RELEASE}/", *paths]
        subprocess.run(command, env=environ, check=True, timeout=PATIENCE)

    return upload


@pytest.fixture(scope="session")
def packages(publish, tmp_path_factory):
    """The packages that the recipes name, besides acme-tools."""
    folder = tmp_path_factory.mktemp("packages")
    publish(wheels.build(folder, "acme-lint"), build_backend.build(folder))


@pytest.fixture(scope="session")
def pip_for_pex(publish, shared):
    """The pip that pex is to use, and what it needs: real ones, as an upstream of the repository provides them."""
    pins = ROOT / "tests" / "integration" / "clients" / "requirements-pex.txt"

    def download(folder):
        command = [SCRIPTS / "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--requirement", pins]
        subprocess.run([*command, "--dest", folder], check=True, timeout=PATIENCE)

    publish(*shared_folder(shared / "pip-for-pex", digest(pins), download).glob("*.whl"))


@pytest.fixture
def user(home, programs, packages, virtualenv_data):
    """The user, in the folder of a project."""
    for name in SETTINGS:
        del home.environ[name]
    home.environ["PATH"] = os.pathsep.join((str(programs), home.environ["PATH"]))
    (home.folder / "project").mkdir()
    home.environ |= virtualenv_data
    return home


@pytest.fixture
def project(user):
    """The folder of the project."""
    return user.folder / "project"


@pytest.fixture
def recipe(user, project):
    """Return a function that runs a block of a page as a user's shell, exactly as the page shows it."""

    def run(name, page=CLIENTS):
        return user.succeed("bash", "-euo", "pipefail", "-c", page.block(name), cwd=project)

    return run


@pytest.fixture(autouse=True)
def no_token_in_a_file(emulator, search, signers):
    """After each recipe: AWS issued a token for the user, which no file has."""
    yield
    assert signers() == {("111122223333", "AKIACHAIN00000000001")}
    search()
