"""Commands that `exec` warns of: they fail, or use another index, although their client is configured."""

import pytest

from keyrings.codeartifact.clients import build, command_warnings, poetry
from keyrings.codeartifact.config.environment import require_index
from support.scripts import script

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
INDEX = require_index(URL, {})
SOURCE = f'[[tool.poetry.source]]\nname = "codeartifact"\nurl = "{URL}"\n'
NO_INDEX = "`poetry add` does not use codeartifact: pyproject.toml has no such source; run `keyrings-codeartifact login --project --write --tool poetry` in the project first"
NO_AUTHENTICATE = "`uv add` writes the index to pyproject.toml without `authenticate`: elsewhere, uv gets a 401 from it; run `keyrings-codeartifact login --project --write --tool uv` in the project first"
FLAG = "pip does not apply --keyring-provider to the installation of build requirements; remove the option: PIP_KEYRING_PROVIDER is set, and applies to all"
IMPORT = "`build` installs into an environment of its own, where pip's provider import finds no keyring; set PIP_KEYRING_PROVIDER=subprocess, with a `keyring` command on PATH"


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """The pyproject.toml of the project that the working directory is in."""
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path / "folder")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return tmp_path / "pyproject.toml"


def warnings(command, **environ):
    mode = {"CODEARTIFACT_INDEX_MODE": environ.pop("mode", "replace")}
    return list(command_warnings(require_index(URL, mode), command.split(), {"PATH": "/none", **environ}))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("poetry add acme-tools", [NO_INDEX]),
        ("/opt/bin/poetry -n add acme-tools", [NO_INDEX]),
        ("python -m poetry add acme-tools", [NO_INDEX]),
        ("poetry add --source codeartifact acme-tools", []),
        ("poetry add --source=codeartifact acme-tools", []),
        ("poetry install", []),
        ("uv add acme-tools", [NO_AUTHENTICATE]),
        ("uv sync", []),
        ("uv pip install add", []),
        ("pip install --keyring-provider subprocess acme-tools", [FLAG]),
        ("python3 -m pip install --keyring-provider=import acme-tools", [FLAG]),
        ("pip install acme-tools", []),
        ("other add", []),
    ],
)
def test_commands(command, expected):
    assert warnings(command) == expected


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("poetry add acme-tools", SOURCE),
        ("poetry add acme-tools", f'[[tool.poetry.source]]\nurl = "https://else.example/"\n\n{SOURCE}\n[other]\n'),
        ("uv add acme-tools", f'[[tool.uv.index]]\nurl = "{URL}"\nauthenticate = "always"\n'),
        ("uv add acme-tools", f'[[tool.uv.index]]\nurl = "{URL.rstrip("/")}"\nauthenticate = "always"\n'),
    ],
)
def test_a_project_that_names_the_index(project, command, text):
    project.write_text(text)
    assert warnings(command) == []


@pytest.mark.parametrize("text", [SOURCE.replace("release", "other"), SOURCE.replace("tool.poetry.source", "other")])
def test_a_project_that_names_another_index(project, text):
    project.write_text(text)
    assert warnings("poetry add acme-tools") == [NO_INDEX]


@pytest.mark.parametrize("mode", ["extra", "credentials"])
def test_uv_writes_the_index_only_where_it_replaces_the_public_one(mode):
    assert warnings("uv add acme-tools", mode=mode) == []


@pytest.mark.parametrize("command", ["python -m build", "pyproject-build --wheel", "python -m build ."])
def test_a_build(command):
    assert warnings(command, PIP_KEYRING_PROVIDER="import") == [IMPORT]
    assert warnings(command, PIP_KEYRING_PROVIDER="subprocess") == []
    for option in ("-n", "--no-isolation", "--installer=uv", "--installer uv"):
        assert warnings(f"{command} {option}", PIP_KEYRING_PROVIDER="import") == []


def test_a_build_in_doctor():
    [found] = build.check("", INDEX, {"PIP_KEYRING_PROVIDER": "import"})
    assert (found.name, found.status) == ("build", "warning")
    assert list(build.check("", INDEX, {})) == []


@pytest.mark.parametrize("name", ["twine", "poetry", "hatch", "flit"])
def test_a_client_without_the_backend_in_its_environment(tmp_path, name):
    python = script(tmp_path, "python3", "echo False")
    script(tmp_path, name, interpreter=python)
    [warning] = warnings(f"{name} publish", PATH=f"{tmp_path}:/bin")
    assert warning.startswith(f"{name}, without keyrings.codeartifact in its environment; run `pipx inject {name} ")
    assert warnings(f"{name} publish", PATH="/none") == []


@pytest.mark.parametrize(
    ("url", "is_warned_of"),
    [
        (URL, False),
        (URL.replace("://", "://aws@"), True),
        (URL.replace("://", "://aws@").replace("acme", "other"), False),
        ("https://aws@mirror.example/simple/", False),
    ],
)
def test_poetry_queries_no_keyring_for_a_source_with_a_user_name(project, url, is_warned_of):
    project.write_text(f"[tool.poetry]\n[[tool.poetry.source]]\nname = 'codeartifact'\nurl = '{url}'\n")
    found = [(check.name, check.status, check.remedy) for check in poetry.check("", INDEX, {})]
    assert found == ([("poetry", "warning", "remove aws@ from it")] if is_warned_of else [])
