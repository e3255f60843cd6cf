"""Which files are written for which client, and the section of keyring's own file."""

import os

import pytest
import tomlkit

from keyrings.codeartifact.clients import CLIENTS
from keyrings.codeartifact.clients.settings_files import Wanted
from keyrings.codeartifact.config.environment import MODES, Index
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.login import edits, settings
from keyrings.codeartifact.models import Repository

BASE = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/"
WITH_USER = BASE.replace("://", "://aws@")
ACME = Repository("acme", "111122223333", "us-east-1", "release")
INDEX = Index(ACME, f"{BASE}simple/", BASE, "codeartifact")
SECTION = 'codeartifact domain="acme" account="111122223333" region="us-east-1"'

posix = pytest.mark.skipif(os.name == "nt", reason="paths of POSIX")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home without any variable that moves a file of it."""
    for name in ("UV_CONFIG_FILE", "POETRY_CONFIG_DIR", "PDM_CONFIG_FILE", "HATCH_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def values(tool, mode="replace", *, publish=False):
    """Return the settings of the only file of ``tool``, by their dotted keys."""
    [file] = settings.of_clients([tool], Wanted(INDEX._replace(mode=mode), publish))
    return {".".join(setting.keys): setting.value for setting in file.settings}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("replace", {"global.index-url": f"{WITH_USER}simple/"}),
        ("extra", {"global.extra-index-url": f"{WITH_USER}simple/"}),
        ("credentials", {}),
    ],
)
def test_pip(mode, expected):
    assert values("pip", mode) == {"global.keyring-provider": "subprocess"} | expected


@pytest.mark.parametrize(
    ("mode", "expected"), [("replace", {"default": True}), ("extra", {}), ("credentials", {"explicit": True})]
)
def test_uv(mode, expected):
    table = {"url": f"{BASE}simple/", "publish-url": WITH_USER, "authenticate": "always"} | expected
    named = {f"index.name=codeartifact.{key}": value for key, value in table.items()}
    assert values("uv", mode) == {"keyring-provider": "subprocess"} | named
    assert values("uv", mode, publish=True) == {"keyring-provider": "subprocess", "publish-url": WITH_USER} | named


def test_twine_and_flit_share_a_file():
    files = settings.of_clients(["flit", "twine"], Wanted(INDEX._replace(mode="extra"), publish=True))
    assert len(files) == 1
    listed = [setting.value for setting in files[0].settings if setting.is_listed]
    assert listed == ["pypi", "codeartifact"]
    rest = {setting.keys: setting.value for setting in files[0].settings if not setting.is_listed}
    assert rest == {("codeartifact", "repository"): BASE, ("codeartifact", "username"): "aws"}


def test_pipx_is_set_up_as_pip_and_uv():
    wanted = Wanted(INDEX._replace(mode="replace"), publish=False)
    assert settings.of_clients(["pipx"], wanted) == settings.of_clients(["pip", "uv"], wanted)


def test_poetry():
    assert values("poetry") == {"repositories.codeartifact.url": BASE}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("replace", {"pypi.url": f"{BASE}simple/"}),
        ("extra", {"pypi.codeartifact.url": f"{BASE}simple/"}),
        ("credentials", {}),
    ],
)
def test_pdm(mode, expected):
    publishing = {"repository.codeartifact.url": BASE, "repository.codeartifact.username": "aws"}
    assert values("pdm", mode) == publishing | expected


def test_hatch():
    table = {"publish.index.repos.codeartifact.url": BASE, "publish.index.repos.codeartifact.user": "aws"}
    assert values("hatch") == table
    assert values("hatch", publish=True) == table | {"publish.index.repo": "codeartifact"}


@posix
@pytest.mark.parametrize(
    ("tool", "path"),
    [
        ("pip", "config/pip/pip.conf"),
        ("uv", "config/uv/uv.toml"),
        ("twine", ".pypirc"),
        ("flit", ".pypirc"),
        ("poetry", "config/pypoetry/config.toml"),
        ("pdm", "config/pdm/config.toml"),
        ("hatch", "config/hatch/config.toml"),
    ],
)
def test_the_file_of_each_client(home, tool, path):
    [file] = settings.of_clients([tool], Wanted(INDEX._replace(mode="replace"), publish=False))
    assert file.path.endswith(path) or "Library" in file.path
    assert file.path.startswith(str(home))


@pytest.mark.parametrize(
    ("tool", "variable"), [("uv", "UV_CONFIG_FILE"), ("pdm", "PDM_CONFIG_FILE"), ("hatch", "HATCH_CONFIG")]
)
def test_a_variable_names_another_file(monkeypatch, tool, variable):
    monkeypatch.setenv(variable, "/elsewhere.toml")
    [file] = settings.of_clients([tool], Wanted(INDEX._replace(mode="replace"), publish=False))
    assert file.path == "/elsewhere.toml"


def test_a_variable_names_another_folder_of_poetry(monkeypatch):
    monkeypatch.setenv("POETRY_CONFIG_DIR", "/elsewhere")
    [file] = settings.of_clients(["poetry"], Wanted(INDEX._replace(mode="replace"), publish=False))
    assert file.path == os.path.join("/elsewhere", "config.toml")


@pytest.mark.parametrize(
    ("tool", "mode", "expected"),
    [
        ("poetry", "replace", {"source": [{"name": "codeartifact", "url": f"{BASE}simple/", "priority": "primary"}]}),
        (
            "poetry",
            "extra",
            {"source": [{"name": "codeartifact", "url": f"{BASE}simple/", "priority": "supplemental"}]},
        ),
        (
            "poetry",
            "credentials",
            {"source": [{"name": "codeartifact", "url": f"{BASE}simple/", "priority": "explicit"}]},
        ),
        ("pdm", "replace", {"source": [{"name": "pypi", "url": f"{BASE}simple/"}]}),
        ("pdm", "extra", {"source": [{"name": "codeartifact", "url": f"{BASE}simple/"}]}),
        ("hatch", "replace", {"publish": {"index": {"repos": {"codeartifact": {"url": BASE, "user": "aws"}}}}}),
        (
            "uv",
            "replace",
            {
                "keyring-provider": "subprocess",
                "index": [
                    {
                        "name": "codeartifact",
                        "url": f"{BASE}simple/",
                        "publish-url": WITH_USER,
                        "authenticate": "always",
                        "default": True,
                    }
                ],
            },
        ),
    ],
)
def test_a_project(tool, mode, expected):
    file = settings.of_project([tool], Wanted(INDEX._replace(mode=mode), publish=False))
    assert file.path == "pyproject.toml"
    assert tomlkit.parse(edits.as_text(file)).unwrap() == {"tool": {tool: expected}}


def test_a_project_of_clients_without_project_settings():
    with pytest.raises(ConfigurationError, match=r"name one with --tool: uv, poetry, pdm, hatch"):
        settings.of_project(["pip", "twine"], Wanted(INDEX._replace(mode="replace"), publish=False))


def test_no_setting_has_a_password():
    for mode in MODES:
        for file in settings.of_clients(settings.TOOLS, Wanted(INDEX._replace(mode=mode), publish=True)):
            assert not any("password" in setting.keys for setting in file.settings)


def test_every_client_with_settings_of_its_own_is_set_up():
    assert set(settings.TOOLS) == {client.name for client in CLIENTS} - {"tox", "pyproject-build"}


def keyring_file(tmp_path, text, **options):
    path = tmp_path / "keyringrc.cfg"
    path.write_text(text)
    return settings.of_keyring(ACME, options, {"CODEARTIFACT_CONFIG_FILE": str(path)})


def test_a_new_section_for_the_domain(tmp_path):
    file = keyring_file(tmp_path, "[backend]\n", profile_name="dev", token_duration="3600")
    assert file.path == str(tmp_path / "keyringrc.cfg")
    assert {setting.keys: setting.value for setting in file.settings} == {
        (SECTION, "profile_name"): "dev",
        (SECTION, "token_duration"): "3600",
    }


@pytest.mark.parametrize(
    "name", ["codeartifact region=us-east-1, account='111122223333' domain=acme", SECTION, SECTION.replace(" d", "  d")]
)
def test_the_section_of_the_domain_in_another_spelling(tmp_path, name):
    text = f'[codeartifact domain="acme"]\n[{name}]\nrole_arn =\n'
    [setting] = keyring_file(tmp_path, text, profile_name="dev").settings
    assert setting.keys == (name, "profile_name")


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("token_duration", "5", "token_duration cannot be '5'; expected: 900 to 43200 seconds"),
        ("token_duration", "x", "token_duration cannot be 'x'; expected: 900 to 43200 seconds"),
        ("profile_name", "a\nb", "profile_name cannot be "),
    ],
)
def test_an_invalid_option(tmp_path, option, text, message):
    with pytest.raises(ConfigurationError) as caught:
        keyring_file(tmp_path, "[codeartifact]\n", **{option: text})
    assert str(caught.value).startswith(message)


def test_a_configuration_in_a_variable_cannot_be_written():
    with pytest.raises(ConfigurationError, match="CODEARTIFACT_CONFIG is set"):
        settings.of_keyring(ACME, {"profile_name": "dev"}, {"CODEARTIFACT_CONFIG": "[codeartifact]\n"})
