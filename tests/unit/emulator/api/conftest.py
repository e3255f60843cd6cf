"""CodeArtifact within the test's process, as a client of boto3 sees it."""

import boto3
import pytest

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.iam.access import Access
from keyrings.codeartifact.emulator.index import wheels
from keyrings.codeartifact.emulator.index.pypi import PyPI
from keyrings.codeartifact.emulator.process import require_emulator

# That of moto's `mock_aws`.
ACCOUNT, REGION = "123456789012", "us-east-1"


@pytest.fixture(scope="session")
def api():
    """A client whose keys are made up; it takes longer to create than to use."""
    require_emulator()
    return boto3.client("codeartifact", REGION, aws_access_key_id="made-up", aws_secret_access_key="made-up")


@pytest.fixture
def client(codeartifact_mock, api):
    """A client of CodeArtifact with the domain ``acme`` and its repository ``release``."""
    api.create_domain(domain="acme")
    api.create_repository(domain="acme", repository="release")
    return api


@pytest.fixture
def release(client):
    """The repository itself."""
    return backend_of(ACCOUNT, REGION).domain("acme").repository("release")


@pytest.fixture
def publish(release, tmp_path):
    """A function that adds a wheel to the repository, with more metadata."""
    pypi = PyPI(str(tmp_path), Access())

    def publish(version="1.0", package="tools", *, metadata="", entry=""):
        path = wheels.build(tmp_path, package, version, metadata=metadata)
        with open(path, "rb") as file:
            return pypi.store(release, f"{package}-{version}-py3-none-any.whl", file, entry=entry)

    return publish
