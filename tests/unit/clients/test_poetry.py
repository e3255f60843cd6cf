"""The check of Poetry: a warning for each source of this domain for which Poetry queries no keyring."""

import pytest

from keyrings.codeartifact.clients import poetry
from keyrings.codeartifact.config.environment import require_index
from keyrings.codeartifact.models import Check

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
WITH_USER = URL.replace("://", "://aws@")
WARNING = Check(
    "poetry",
    "warning",
    "a source in pyproject.toml has a user name in its URL, so Poetry does not query the keyring",
    "remove aws@ from it",
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The pyproject.toml of a project; a folder of it is the working directory."""
    folder = tmp_path / "project" / "folder"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return tmp_path / "project" / "pyproject.toml"


def source(*lines):
    return "\n".join(("[[tool.poetry.source]]", 'name = "x"', *lines, ""))


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        pytest.param(source(f'url = "{URL}"'), [URL], id="one"),
        pytest.param(source(f"url='{URL}'", 'priority = "primary"'), [URL], id="literal string"),
        pytest.param(source(f'url = "{URL}"') + source('url = "https://b/"'), [URL, "https://b/"], id="two"),
        pytest.param(source() + source('url = "https://b/"'), ["https://b/"], id="one without a URL"),
        pytest.param(source() + '[project]\nurl = "https://b/"\n', [], id="a key of the next table"),
        pytest.param(source('# url = "https://b/"', 'urls = "https://b/"'), [], id="a comment and another key"),
        pytest.param('[tool.poetry]\nsource = [{url = "https://b/"}]\n', [], id="another form"),
        pytest.param('[tool.poetry.source]\nurl = "https://b/"\n', [], id="no array"),
        pytest.param("", [], id="empty"),
        pytest.param(None, [], id="no file"),
    ],
)
def test_the_sources_of_the_project(project, text, urls):
    if text is not None:
        project.write_text(text)
    assert poetry.sources() == urls


@pytest.mark.parametrize(
    ("url", "found"),
    [
        pytest.param(WITH_USER, [WARNING], id="a user name"),
        pytest.param(WITH_USER.replace("release", "other"), [WARNING], id="another repository of the domain"),
        pytest.param(URL, [], id="no user name"),
        pytest.param(WITH_USER.replace("acme", "other"), [], id="another domain"),
        pytest.param("https://aws@example.com/simple/", [], id="another host"),
        pytest.param(WITH_USER.replace("https", "http"), [], id="a URL that gets no token"),
    ],
)
def test_a_user_name_in_a_source_is_warned_of(project, url, found):
    project.write_text(source(f'url = "{url}"'))
    assert list(poetry.check("", require_index(URL, {}), {})) == found


def test_each_source_is_warned_of(project):
    project.write_text(source(f'url = "{WITH_USER}"') * 2)
    assert list(poetry.check("", require_index(URL, {}), {})) == [WARNING, WARNING]
