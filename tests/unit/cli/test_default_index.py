"""The repository of a command without a URL: the environment's, else that of the last login."""

import pytest

from keyrings.codeartifact.cli.default_index import require_index, require_repository
from keyrings.codeartifact.clients.settings_files import Setting, SettingsFile
from keyrings.codeartifact.config import environment
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.login import edits, record

HOST = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
URL, OTHER, LOGIN = (f"{HOST}/pypi/{name}/simple/" for name in ("release", "other", "login"))
NAMES_NONE = "no URL is given, and the environment names no repository"


@pytest.fixture
def login(home):
    """A login to a repository, which has set up a client."""
    record.write([edits.plan(SettingsFile(str(home / "pip.conf"), (Setting(("global", "timeout"), "5"),)))])
    named = {"CODEARTIFACT_INDEX_URL": LOGIN, "CODEARTIFACT_INDEX_NAME": "mine", "CODEARTIFACT_INDEX_MODE": "extra"}
    record.write_index(environment.find_index(named))
    return home


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        pytest.param(URL, {}, URL, id="the URL"),
        pytest.param(URL, {"CODEARTIFACT_INDEX_URL": OTHER}, URL, id="the URL first"),
        pytest.param(None, {"CODEARTIFACT_INDEX_URL": OTHER}, OTHER, id="the environment second"),
        pytest.param(None, {}, LOGIN, id="the login last"),
        pytest.param(None, {"CODEARTIFACT_INDEX_URL": ""}, LOGIN, id="an empty variable"),
    ],
)
def test_the_order(login, monkeypatch, url, environ, expected):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert require_index(url).url == expected
    assert require_repository(url) == require_index(url).repository


def test_the_index_of_a_login_keeps_its_name_and_mode(login):
    index = require_index(None)
    assert (index.url, index.name, index.mode) == (LOGIN, "mine", "extra")


def test_a_variable_changes_the_mode_of_the_login(login, monkeypatch):
    monkeypatch.setenv("CODEARTIFACT_INDEX_MODE", "credentials")
    assert require_index(None).mode == "credentials"


def test_the_registry_of_cargo_precedes_the_login(login, monkeypatch):
    monkeypatch.setenv("CARGO_REGISTRY_INDEX_URL", f"sparse+{HOST}/cargo/crates/")
    assert require_repository(None).name == "crates"


@pytest.mark.parametrize("require", [require_index, require_repository])
def test_none(home, require):
    with pytest.raises(ConfigurationError) as caught:
        require(None)
    assert (caught.value.code, caught.value.cause) == ("CA101", NAMES_NONE)


@pytest.mark.parametrize("require", [require_index, require_repository])
def test_an_empty_url_is_no_missing_one(login, require):
    """A script with an unset variable would get the token of another repository."""
    with pytest.raises(ConfigurationError, match=r"^the URL is not a CodeArtifact "):
        require("")


def test_a_part_of_a_repository_is_not_completed_by_the_login(login, monkeypatch):
    monkeypatch.setenv("CODEARTIFACT_REPOSITORY", "other")
    with pytest.raises(ConfigurationError, match=r"^incomplete settings: .* are missing; "):
        require_index(None)


def test_a_damaged_record_is_an_error_only_where_it_is_needed(home, monkeypatch):
    (home / "login.json").write_text("{")
    with pytest.raises(CodeArtifactError, match=r"login\.json cannot be parsed; remove it"):
        require_index(None)
    assert require_index(URL).url == URL
    monkeypatch.setenv("CODEARTIFACT_INDEX_URL", OTHER)
    assert require_repository(None).name == "other"
