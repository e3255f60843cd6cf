"""What does a test need that installs from CodeArtifact?  Fixtures, for ``pytest_plugins`` in a project's conftest.py.

Needs the extra ``emulator``.  Where a fixture is first asked for, the process' own ``AWS_*`` variables are dropped: no
test is to reach a real account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .cli.emulator import require_emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .emulator import Emulator, Seed


@pytest.fixture(scope="session")
def codeartifact_seed() -> Seed:
    """What the emulator holds; to be overridden with ``keyrings.codeartifact.emulator.load(path)``."""
    _, load = require_emulator()
    return load(None)


@pytest.fixture(scope="session")
def codeartifact_emulator(codeartifact_seed: Seed) -> Iterator[Emulator]:
    """The emulator, running as long as the tests do; its ``journal`` tells what it was asked."""
    emulator_type, _ = require_emulator()
    with emulator_type(codeartifact_seed) as emulator:
        yield emulator


@pytest.fixture
def codeartifact_index_url(codeartifact_emulator: Emulator) -> str:
    """The index URL of the first repository in the seed."""
    return codeartifact_emulator.index_urls()[0]


@pytest.fixture
def codeartifact_ca(codeartifact_emulator: Emulator) -> str:
    """The path of the certificate that clients have to trust."""
    return codeartifact_emulator.ca_path


@pytest.fixture
def codeartifact_environment(codeartifact_emulator: Emulator) -> dict[str, str]:
    """The variables that bring a client to the emulator, as the first user in the seed."""
    return codeartifact_emulator.environment() | codeartifact_emulator.credentials()
