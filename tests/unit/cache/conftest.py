"""A cache of its own for each test."""

import pytest

from keyrings.codeartifact.cache.store import Store


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir(0o700)
    return Store(str(folder))
