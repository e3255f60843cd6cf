"""Fixtures that run a CodeArtifact emulator, for ``pytest_plugins`` in a project's conftest.py.

They need the extra ``emulator``, and remove ``AWS_*`` variables from the test process's environment on first use, so
that no test reaches a real account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .emulator.process import require_emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

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
