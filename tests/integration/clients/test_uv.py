"""uv's recipes: projects, scripts, tools and builds."""

import pytest

from support import build_backend
from support.pages import UV
from support.seed import INDEX

PROJECT = '[project]\nname = "my-app"\nversion = "1.0"\nrequires-python = ">=3.10"\n'


def downloads(emulator):
    return {entry.path.rsplit("/", 1)[-1].split("-")[0] for entry in emulator.journal.entries("Download")}


def test_a_project(user, project, recipe, emulator):
    settings = UV.block("uv project")
    (project / "pyproject.toml").write_text(f'{PROJECT}dependencies = ["acme-tools"]\n{settings}')
    assert recipe("uv commands", UV).stdout.endswith("\n1.0\n")
    assert f'registry = "{INDEX}"' in (project / "uv.lock").read_text()
    assert "acme-tools==1.0" in (project / "requirements.txt").read_text()
    assert user.succeed(project / ".venv" / "bin" / "acme-tools").stdout == "1.0\n"
    assert downloads(emulator) == {"acme_tools", "acme_lint"}


def test_a_script(user, project):
    (project / "script.py").write_text(UV.block("uv script"))
    for command, said in ((("run", "script.py"), "1.0\n"), (("lock", "--script", "script.py"), "")):
        assert f"`uv {' '.join(command)}`" in UV.text
        assert user.succeed("uv", *command, cwd=project).stdout == said
    assert f'registry = "{INDEX}"' in (project / "script.py.lock").read_text()


def test_tools(user, recipe, emulator):
    assert recipe("uv tool", UV).stdout == "1.0\n"
    assert user.succeed(user.folder / "home" / ".local" / "bin" / "acme-tools").stdout == "1.0\n"
    assert downloads(emulator) == {"acme_tools", "acme_lint"}
    emulator.journal.clear()
    user.succeed("uv", "tool", "upgrade", "--no-cache", "acme-tools", CODEARTIFACT_CACHE="off")
    assert 200 in [entry.status for entry in emulator.journal.entries("ProjectPage")]


@pytest.mark.parametrize("settings", ["variables", "project"])
def test_build(user, project, recipe, emulator, settings):
    (project / "pyproject.toml").write_text(PROJECT + build_backend.TABLE)
    if settings == "variables":
        recipe("uv build", UV)
    else:
        with (project / "pyproject.toml").open("a") as file:
            file.write(UV.block("uv project"))
        user.succeed("uv", "build", cwd=project)
    assert {path.suffix for path in (project / "dist").iterdir()} >= {".gz", ".whl"}
    assert downloads(emulator) == {"acme_build"}
