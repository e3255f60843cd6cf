"""Commands in this process, with a home of their own and nothing of this machine's configuration."""

import os

import pytest

from keyrings.codeartifact._util import log
from keyrings.codeartifact.cli.main import parser_of
from keyrings.codeartifact.login import record

FOREIGN = ("AWS_", "CODEARTIFACT_", "HATCH_", "PDM_", "PIP_", "POETRY_", "PYTHON_KEYRING_", "TWINE_", "UV_", "XDG_")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The home of a user who has set nothing, with an empty folder on PATH; the working directory is a project."""
    home, project = tmp_path / "home", tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    for name in os.environ:
        if name.startswith(FOREIGN) or name in ("NO_COLOR", "FORCE_COLOR", "CARGO_REGISTRY_INDEX_URL"):
            monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("CODEARTIFACT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(home / "bin"))
    monkeypatch.setattr(record, "_path", lambda: str(home / "login.json"))
    monkeypatch.setattr(log, "_logged", set())
    (home / "bin").mkdir(parents=True)
    return home


@pytest.fixture
def run(home):
    """A function that runs a command of `keyrings-codeartifact` and returns its exit code; it raises its error."""

    def run(*arguments):
        options = parser_of(arguments).parse_args(arguments)
        return options.run(options)

    return run
