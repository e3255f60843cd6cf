"""Fixtures that run a CodeArtifact emulator, for ``pytest_plugins`` in a project's conftest.py.

They need the extra ``emulator``, and remove ``AWS_*`` variables from the test process's environment on first use, so
that no test reaches a real account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .emulator.process import require_emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3

    from .emulator import Emulator, Seed


@pytest.fixture(scope="session")
def codeartifact_seed() -> Seed:
    """The emulator's initial content; override it with ``keyrings.codeartifact.emulator.load(path)``."""
    _, load = require_emulator()
    return load(None)


@pytest.fixture(scope="session")
def codeartifact_emulator(codeartifact_seed: Seed) -> Iterator[Emulator]:
    """The emulator, running for the test session; its ``journal`` records the requests."""
    emulator_type, _ = require_emulator()
    with emulator_type(codeartifact_seed) as emulator:
        yield emulator


@pytest.fixture
def codeartifact_index_url(codeartifact_emulator: Emulator) -> str:
    """The index URL of the first repository in the seed."""
    return codeartifact_emulator.index_urls()[0]


@pytest.fixture
def codeartifact_ca(codeartifact_emulator: Emulator) -> str:
    """The path of the CA certificate that clients must trust."""
    return codeartifact_emulator.ca_path


@pytest.fixture
def codeartifact_environment(codeartifact_emulator: Emulator) -> dict[str, str]:
    """The variables that direct a client to the emulator, with the credentials of the first user in the seed."""
    return codeartifact_emulator.environment() | codeartifact_emulator.credentials()


@pytest.fixture
def codeartifact_session(codeartifact_emulator: Emulator) -> boto3.Session:
    """A boto3 session of the seed's first user, in the region of its first domain; its clients use the emulator."""
    import boto3
    import botocore.session
    from botocore.config import Config

    core = botocore.session.Session()
    core.set_config_variable("ca_bundle", codeartifact_emulator.ca_path)
    core.set_default_client_config(Config(proxies={"https": codeartifact_emulator.proxy_url}))
    keys = {name.lower(): value for name, value in codeartifact_emulator.credentials().items()}
    region = codeartifact_emulator.seed.domains[0].region
    return boto3.Session(botocore_session=core, region_name=region, **keys)


@pytest.fixture
def codeartifact_client(codeartifact_session: boto3.Session) -> Any:
    """That session's client of CodeArtifact."""
    return codeartifact_session.client("codeartifact")


@pytest.fixture
def codeartifact_mock() -> Iterator[None]:
    """CodeArtifact and all that moto has, for boto3 within the test's process: no server, no package index, no IAM."""
    require_emulator()
    from .emulator import mock_codeartifact

    with mock_codeartifact():
        yield
