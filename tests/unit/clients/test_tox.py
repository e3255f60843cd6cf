"""The check of tox: whether it passes the variables that configure the keyring to its environments."""

import pytest

from keyrings.codeartifact.clients import tox
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.models import Check, Repository

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
INDEX = Index(RELEASE, "", "", "codeartifact")
INI = "[testenv]\npass_env =\n    {}\ncommands = pytest\n"


@pytest.mark.parametrize(
    ("files", "name", "is_passed"),
    [
        pytest.param({"tox.ini": INI.format("AWS_*")}, "tox.ini", True, id="AWS_*"),
        pytest.param({"tox.ini": INI.format("LANG\n    CODEARTIFACT_*")}, "tox.ini", True, id="CODEARTIFACT_*"),
        pytest.param({"tox.ini": INI.format("*")}, "tox.ini", True, id="all"),
        pytest.param({"tox.ini": "[testenv]\npassenv = AWS_PROFILE"}, "tox.ini", True, id="older spelling"),
        pytest.param({"tox.ini": INI.format("LANG")}, "tox.ini", False, id="another"),
        pytest.param({"tox.ini": "[testenv]\npass_env = LANG\nset_env = AWS_X=1\n"}, "tox.ini", False, id="set_env"),
        pytest.param({"tox.ini": ""}, "tox.ini", False, id="empty"),
        pytest.param({"tox.toml": '[env_run_base]\npass_env = ["AWS_*"]\n'}, "tox.toml", True, id="TOML"),
        pytest.param(
            {"tox.ini": "[testenv]\nskip_install = true\npass_env = AWS_*\n", "pyproject.toml": "[project]\n"},
            "tox.ini",
            True,
            id="a project that is not installed",
        ),
        pytest.param(
            {"tox.ini": INI.format("AWS_*") + "[pkgenv]\npass_env = AWS_*\n", "setup.py": ""},
            "tox.ini",
            True,
            id="a project that is built",
        ),
        pytest.param({"pyproject.toml": '[tool.tox]\npass_env = ["X"]\n'}, "pyproject.toml", False, id="pyproject"),
        pytest.param(
            {"pyproject.toml": "[project]\n", "setup.cfg": "[tox:tox]\nskipsdist = true\npass_env = AWS_*\n"},
            "setup.cfg",
            True,
            id="cfg",
        ),
        pytest.param(
            {"tox.ini": INI.format("LANG"), "tox.toml": 'pass_env = ["AWS_*"]\n'}, "tox.ini", False, id="the first"
        ),
        pytest.param({"pyproject.toml": "[project]\n"}, "", False, id="no settings of tox"),
        pytest.param({}, "", False, id="no files"),
    ],
)
def test_pass_env(tmp_path, monkeypatch, files, name, is_passed):
    monkeypatch.chdir(tmp_path)
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    ok = Check("tox", "ok", f"{name} passes variables that configure the keyring")
    message = f"{name} passes no variable that configures the keyring"
    warning = Check("tox", "warning", message, "pass_env = AWS_*, CODEARTIFACT_*, XDG_CONFIG_HOME")
    assert list(tox.check("", INDEX, {})) == ([ok if is_passed else warning] if name else [])


@pytest.mark.parametrize("project", ["pyproject.toml", "setup.py"])
def test_the_environment_that_builds_the_project(tmp_path, monkeypatch, project):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tox.ini").write_text(INI.format("AWS_*"))
    (tmp_path / project).write_text("")
    [found] = tox.check("", INDEX, {})
    assert (found.status, found.message) == (
        "warning",
        "tox.ini passes variables to its environments, but not to the one that builds the project",
    )
    (tmp_path / "tox.toml").write_text('[env_run_base]\npass_env = ["AWS_*"]\n[env_pkg_base]\npass_env = ["AWS_*"]\n')
    (tmp_path / "tox.ini").unlink()
    assert [one.status for one in tox.check("", INDEX, {})] == ["ok"]
