"""The link `keyring` to our command: made only where pip and uv would run it, and where it replaces nothing."""

import os

import pytest

from keyrings.codeartifact.login.command import TARGET, find_link
from support.scripts import script

OURS = "from keyrings.codeartifact.cli.keyring import main"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="uv runs no links on Windows")


@pytest.fixture
def folder(tmp_path):
    """The folder of our commands."""
    script(tmp_path / "ours", TARGET, OURS)
    return tmp_path / "ours"


def find(*folders):
    return find_link({"PATH": os.pathsep.join(map(str, folders))})


def test_a_link(folder, tmp_path):
    assert find(folder) == str(folder / "keyring")
    assert find("/none", folder, tmp_path) == str(folder / "keyring")


def test_none_without_our_command(tmp_path):
    assert find(tmp_path) is None
    assert find_link({}) is None


def test_another_keyring_comes_later_or_earlier(folder, tmp_path):
    script(tmp_path / "other", "keyring")
    assert find(folder, tmp_path / "other") == str(folder / "keyring")
    assert find(tmp_path / "other", folder) is None


def test_another_spelling_of_a_folder_on_path(folder, tmp_path):
    script(tmp_path / "other", "keyring")
    assert find(f"{folder}/", f"{tmp_path}/other//") == f"{folder}/keyring"
    assert find(f"{tmp_path}/other//", f"{folder}/") is None


def test_ours_is_on_path_already(folder, tmp_path):
    script(tmp_path / "other", "keyring", OURS)
    assert find(folder, tmp_path / "other") is None


@pytest.mark.parametrize("kind", ["keyring's own", "a broken link"])
def test_it_replaces_nothing(folder, kind):
    if kind == "a broken link":
        (folder / "keyring").symlink_to("gone")
    else:
        script(folder, "keyring", "from keyring.cli import main")
    assert find(folder) is None


def test_a_folder_that_cannot_be_written(folder, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK or path != str(folder))
    assert find(folder) is None
