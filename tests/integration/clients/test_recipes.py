"""The recipes of the other clients."""

import re
import zipfile

import pytest

from support import build_backend
from support.environments import make_environment
from support.pages import CLIENTS, UV

PROJECT = f'[project]\nname = "my-app"\nversion = "1.0"\n{build_backend.TABLE}'


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_build(user, project, recipe, environment, installer):
    (project / "pyproject.toml").write_text(PROJECT)
    if installer == "pip":
        # A later one sets pip's provider itself.
        user.environ["PATH"] = f"{environment('build==1.4.0', 'pip>=26.2').bin}:{user.environ['PATH']}"
        recipe("build")
    else:
        variables = UV.exported("uv build")
        user.succeed("python", "-m", "build", "--installer", "uv", cwd=project, **variables)
    assert {path.name for path in (project / "dist").iterdir()} == {"my_app-1.0.tar.gz", "my_app-1.0-py3-none-any.whl"}


def test_pip_compile(project, recipe):
    (project / "requirements.in").write_text("acme-tools\n")
    recipe("pip-compile")
    written = (project / "requirements.txt").read_text()
    assert "acme-tools==1.0" in written
    assert "https://" not in written


def test_pipenv(user, project, recipe):
    # pipenv's own way to make one takes five times as long as all else that it does.
    environment = make_environment(project / ".venv")
    (project / "Pipfile").write_text(CLIENTS.block("Pipfile"))
    recipe("pipenv")
    assert '"acme-tools"' in (project / "Pipfile.lock").read_text()
    assert user.succeed(environment.bin / "acme-tools").stdout == "1.0\n"


def test_pex(user, project, recipe, pip_for_pex, tmp_path):
    recipe("pex")
    assert user.succeed(project / "acme-tools.pex").stdout == "1.0\n"
    # For the search.
    with zipfile.ZipFile(project / "acme-tools.pex") as file:
        file.extractall(tmp_path / "pex")


@pytest.mark.parametrize("backend", ["virtualenv", "uv"])
def test_nox(project, recipe, backend):
    (project / "noxfile.py").write_text(
        f'import nox\n\nnox.options.default_venv_backend = "{backend}"\n\n\n@nox.session\ndef tests(session):\n'
        '    session.install("acme-tools")\n    session.run("acme-tools")\n'
    )
    assert "1.0" in recipe("nox").stdout.splitlines()


def test_tox_uv(user, project):
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "tox.ini").write_text(CLIENTS.block("tox-uv"))
    assert "1.0" in user.succeed("tox", cwd=project).stdout.splitlines()


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_hatch(user, project, installer):
    text = CLIENTS.block("hatch environment")
    if installer == "pip":
        text = (
            text.replace('installer = "uv"\n', "")
            .replace("UV_KEY", "PIP_KEY")
            .replace("UV_DEFAULT_INDEX", "PIP_INDEX_URL")
        )
    (project / "pyproject.toml").write_text(f"{PROJECT}\n{text}")
    assert user.succeed("hatch", "run", "acme-tools", cwd=project).stdout == "1.0\n"


def test_pre_commit(user, project, recipe, tmp_path):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pyproject.toml").write_text(f'[project]\nname = "acme-hook"\nversion = "1.0"\n{build_backend.TABLE}')
    (hooks / "acme_hook.py").write_text("import acme_lint\n\n\ndef main():\n    print(acme_lint.VERSION)\n")
    (hooks / ".pre-commit-hooks.yaml").write_text(
        "- {id: acme-hook, name: acme-hook, entry: acme-hook, language: python, always_run: true, verbose: true}\n"
    )
    [address] = re.findall("repo: (.*)", CLIENTS.block("pre-commit configuration"))
    (user.folder / "home" / ".gitconfig").write_text(
        f'[url "{hooks}"]\ninsteadOf = {address}\n[user]\nname = A\nemail = a@acme.example\n'
    )
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "hooks"), ("tag", "v1.0")):
        user.succeed("git", *command, cwd=hooks)
    user.succeed("git", "init", "-q", cwd=project)
    (project / ".pre-commit-config.yaml").write_text(CLIENTS.block("pre-commit configuration"))
    user.succeed("git", "add", ".", cwd=project)
    assert "1.0" in recipe("pre-commit").stdout.splitlines()
