"""A data plane with the domain ``acme`` and its repository ``release``, without a server."""

import os

import pytest

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.iam.access import Access
from keyrings.codeartifact.emulator.index import wheels
from keyrings.codeartifact.emulator.index.pypi import PyPI

OWNER, REGION = "111122223333", "us-east-1"


@pytest.fixture
def backend(codeartifact_mock):
    backend = backend_of(OWNER, REGION)
    backend.create_domain("acme")
    backend.create_repository("acme", "release", OWNER)
    return backend


@pytest.fixture
def domain(backend):
    return backend.domain("acme")


@pytest.fixture
def token(backend):
    return backend.issue_token("acme", 900)[0]


@pytest.fixture
def access():
    return Access()


@pytest.fixture
def pypi(tmp_path, access):
    (tmp_path / "packages").mkdir()
    return PyPI(str(tmp_path / "packages"), access)


@pytest.fixture
def publish(domain, pypi, tmp_path):
    """A function that adds a wheel to a repository, and returns it."""

    def publish(version="1.0", project="tools", repository="release", **options):
        path = wheels.build(tmp_path, project, version)
        with open(path, "rb") as file:
            return pypi.store(domain.repository(repository), os.path.basename(path), file, **options)

    return publish
