"""The settings of each client: the file, the keys with the index's name in them, and no token in any value."""

import os
import sys

import pytest

from keyrings.codeartifact.clients import settings_files
from keyrings.codeartifact.clients.settings_files import Setting, Wanted
from keyrings.codeartifact.config.environment import MODES, require_index

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
BASE, WITH_USER = URL.removesuffix("simple/"), URL.replace("://", "://aws@")
PUBLISH_WITH_USER = WITH_USER.removesuffix("simple/")
CLIENTS = ("pip", "uv", "pypirc", "poetry", "pdm", "hatch")
PROJECTS = ("uv_project", "poetry_project", "pdm_project", "hatch_project")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home whose files no variable moves."""
    moving = ("APPDATA", "UV_CONFIG_FILE", "POETRY_CONFIG_DIR", "PDM_CONFIG_FILE", "HATCH_CONFIG", "XDG_CONFIG_HOME")
    for name in moving:
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def wanted(mode="replace", *, publish=False):
    index = require_index(URL, {"CODEARTIFACT_INDEX_NAME": "acme", "CODEARTIFACT_INDEX_MODE": mode})
    return Wanted(index, publish)


def settings(name, mode="replace", *, publish=False):
    return getattr(settings_files, name)(wanted(mode, publish=publish)).settings


def test_what_is_wanted():
    found = wanted("extra")
    assert (found.mode, found.url_with_user) == ("extra", WITH_USER)


def test_a_url_that_is_extra_for_pip_is_one_of_a_list():
    assert settings("pip", "extra") == (
        Setting(("global", "keyring-provider"), "subprocess"),
        Setting(("global", "extra-index-url"), WITH_USER, is_listed=True),
    )


def test_the_servers_of_a_pypirc_are_a_list_with_pypi():
    """A file with the index alone would make clients forget PyPI, which they know without a file."""
    assert settings("pypirc") == (
        Setting(("distutils", "index-servers"), "pypi", is_listed=True),
        Setting(("distutils", "index-servers"), "acme", is_listed=True),
        Setting(("acme", "repository"), BASE),
        Setting(("acme", "username"), "aws"),
    )


@pytest.mark.parametrize(
    ("name", "mode", "expected"),
    [
        ("poetry", "replace", {"repositories/acme/url": BASE}),
        (
            "pdm",
            "extra",
            {"repository/acme/url": BASE, "repository/acme/username": "aws", "pypi/acme/url": URL},
        ),
        (
            "uv_project",
            "credentials",
            {
                "tool/uv/keyring-provider": "subprocess",
                "tool/uv/publish-url": PUBLISH_WITH_USER,
                "tool/uv/index/name=acme/url": URL,
                "tool/uv/index/name=acme/publish-url": PUBLISH_WITH_USER,
                "tool/uv/index/name=acme/authenticate": "always",
                "tool/uv/index/name=acme/explicit": True,
            },
        ),
        (
            "poetry_project",
            "extra",
            {"tool/poetry/source/name=acme/url": URL, "tool/poetry/source/name=acme/priority": "supplemental"},
        ),
        ("pdm_project", "credentials", {"tool/pdm/source/name=acme/url": URL}),
        (
            "hatch_project",
            "replace",
            {
                "tool/hatch/publish/index/repos/acme/url": BASE,
                "tool/hatch/publish/index/repos/acme/user": "aws",
                "tool/hatch/publish/index/repo": "acme",
            },
        ),
    ],
)
def test_the_name_of_the_index_is_in_the_keys(name, mode, expected):
    assert {"/".join(setting.keys): setting.value for setting in settings(name, mode, publish=True)} == expected


@pytest.mark.parametrize("name", [*CLIENTS, *PROJECTS])
def test_no_url_has_a_password(name):
    texts = [str(setting.value) for mode in MODES for setting in settings(name, mode, publish=True)]
    assert {text for text in texts if "://" in text} <= {URL, BASE, WITH_USER, PUBLISH_WITH_USER}


@pytest.mark.parametrize("name", PROJECTS)
def test_the_file_of_a_project(name):
    assert getattr(settings_files, name)(wanted()).path == "pyproject.toml"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
@pytest.mark.parametrize("is_moved", [False, True])
def test_the_file_of_a_user(home, monkeypatch, is_moved):
    if is_moved:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "moved"))
    files = ("pip/pip.conf", "uv/uv.toml", "pypoetry/config.toml", "pdm/config.toml", "hatch/config.toml")
    expected = [str(home / ("moved" if is_moved else ".config") / file) for file in files]
    expected.insert(2, str(home / ".pypirc"))
    assert [getattr(settings_files, name)(wanted()).path for name in CLIENTS] == expected


@pytest.mark.parametrize("folder", ["Library/Application Support/pip", ".config/pip"])
def test_pip_on_macos_reads_one_of_two_files(home, monkeypatch, folder):
    monkeypatch.setattr(sys, "platform", "darwin")
    library = home / "Library" / "Application Support" / "pip"
    monkeypatch.setattr(settings_files, "user_config_dir", lambda *_, **__: str(library))
    (home / folder).mkdir(parents=True)
    file = "pip.ini" if os.name == "nt" else "pip.conf"
    assert os.path.normpath(settings_files.pip(wanted()).path) == str(home / folder / file)
