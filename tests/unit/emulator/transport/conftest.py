"""The emulator's application with the domain ``acme`` and its repository ``release``, without a server."""

import pytest

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.transport.application import Application

OWNER, REGION = "111122223333", "us-east-1"


@pytest.fixture
def domain(codeartifact_mock):
    backend = backend_of(OWNER, REGION)
    backend.create_domain("acme")
    backend.create_repository("acme", "release", OWNER)
    return backend.domain("acme")


@pytest.fixture
def application(domain, tmp_path):
    return Application(str(tmp_path))
