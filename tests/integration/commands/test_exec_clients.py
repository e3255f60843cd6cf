"""Real clients below `exec`: they install and publish without any configuration."""

import json
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from keyrings.codeartifact.emulator.index import wheels
from support.commands import NAMED, line
from support.project import BY_NAME, UV
from support.seed import ASK, RELEASE, SEED, STAGING


def uploads(emulator):
    return [entry.status for entry in emulator.journal.entries("Upload")]


@pytest.fixture
def dist(home):
    """A fresh wheel."""
    folder = home.folder / "dist"
    folder.mkdir()
    return wheels.build(folder, f"wired-{uuid4().hex[:8]}")


@pytest.mark.parametrize("pip", ["pip==26.1.2", "pip>=26.2"])
def test_pip(run, home, environment, search, pip):
    client = environment(pip)
    run(
        client,
        client.python,
        "-m",
        "pip",
        "install",
        "--no-cache-dir",
        "--target",
        home.folder / "target",
        "acme-tools",
    )
    assert (home.folder / "target" / "acme_tools.py").is_file()
    search()


def test_pip_beside_the_only_keyring(home, environment, wheel, search):
    """It would not run the `keyring` command of its own environment, and asks by importing."""
    client = environment("pip>=26.2", wheel)
    pip = ("pip", "install", "--no-cache-dir", "--target", home.folder / "target", "acme-tools")
    path = f"{client.bin}:/usr/bin:/bin"
    home.succeed(client.bin / "keyrings-codeartifact", "exec", "--check", "--", *pip, **NAMED, PATH=path)
    assert (home.folder / "target" / "acme_tools.py").is_file()
    search()


def test_uv(run, home, emulator, environment, dist, search):
    run(environment(), UV, "pip", "install", "--target", home.folder / "target", "acme-tools")
    assert (home.folder / "target" / "acme_tools.py").is_file()
    run(environment(), UV, "publish", dist)
    assert uploads(emulator) == [200]
    search()


@pytest.mark.parametrize(
    ("requirements", "command"),
    [
        pytest.param(["pip>=26.2"], ["pip", "install", "--no-cache-dir"], id="pip"),
        pytest.param([], [UV, "pip", "install", "--no-cache"], id="uv"),
    ],
)
@pytest.mark.parametrize("mode", ["replace", "extra"])
def test_a_password_without_a_keyring(home, tool, environment, search, requirements, command, mode):
    client = environment(*requirements)
    exec_ = (tool.bin / "keyrings-codeartifact", "exec", "--with-password", "--index-mode", mode, "--")
    disabled = {"PIP_KEYRING_PROVIDER": "disabled", "PIP_RETRIES": "0", "UV_KEYRING_PROVIDER": "disabled"}
    path = f"{client.bin}:{home.environ['PATH']}"
    package = ("--target", home.folder / "target", "acme-tools")
    done = home.run(*exec_[:2], "--", *command, *package, **NAMED, **disabled, PATH=path)
    assert done.returncode != 0
    home.succeed(*exec_, *command, *package, **NAMED, **disabled, PATH=path)
    assert (home.folder / "target" / "acme_tools.py").is_file()
    search()


def test_poetry_with_a_password(home, tool, emulator, environment, wheel, project, search):
    client = environment(wheel, "poetry>=2.5")
    folder = project("poetry-core", "poetry.core.masonry.api")
    words = (
        "exec",
        "--publish",
        "--with-password",
        "--",
        "poetry",
        "publish",
        "--build",
        "--repository",
        "codeartifact",
    )
    home.succeed(
        *(tool.bin / "keyrings-codeartifact", *words),
        cwd=folder,
        **NAMED,
        PATH=f"{client.bin}:{home.environ['PATH']}",
        POETRY_CACHE_DIR=str(home.folder / "poetry-cache"),
        POETRY_CONFIG_DIR=str(home.folder / "poetry-config"),
        POETRY_NO_INTERACTION="1",
        PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring",
    )
    assert uploads(emulator) == [200, 200]
    search()


def test_uv_with_an_index_of_that_name(run, home, environment):
    folder = home.folder / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "named"\nversion = "1.0"\nrequires-python = ">=3.10"\ndependencies = ["acme-tools"]\n'
        f'[tool.uv]\npackage = false\n[[tool.uv.index]]\nname = "codeartifact"\nurl = "{STAGING}/simple/"\n'
        '[tool.uv.sources]\nacme-tools = {index = "codeartifact"}\n'
    )
    del home.environ["UV_NO_CONFIG"]
    run(environment(), UV, "sync", "--python", sys.executable, cwd=folder)
    assert (folder / ".venv").is_dir()


def test_twine(run, emulator, environment, wheel, dist, search):
    client = environment(wheel, "twine>=7")
    run(client, client.python, "-m", "twine", "upload", "--non-interactive", dist)
    assert uploads(emulator) == [200]
    search()


def test_poetry(run, home, emulator, environment, wheel, project, search):
    client = environment(wheel, "poetry>=2.5")
    options = {
        "POETRY_CACHE_DIR": str(home.folder / "poetry-cache"),
        "POETRY_CONFIG_DIR": str(home.folder / "poetry-config"),
        "POETRY_NO_INTERACTION": "1",
    }
    folder = project("poetry-core", "poetry.core.masonry.api")
    run(client, "poetry", "publish", "--build", "--repository", "codeartifact", cwd=folder, **options)
    assert uploads(emulator) == [200, 200]
    search()


def test_pdm(run, home, emulator, environment, project, dist, search):
    client = environment("pdm[locked]>=2.29")
    folder = project("pdm-backend", "pdm.backend")
    with (folder / "pyproject.toml").open("a") as file:
        file.write("[tool.pdm]\ndistribution = false\n")
    options = {"PDM_CHECK_UPDATE": "0", "XDG_CACHE_HOME": str(home.folder / "cache")}
    run(client, "pdm", "add", "acme-tools", cwd=folder, **options)
    home.succeed(folder / ".venv" / "bin" / "python", "-c", "import acme_tools")
    run(client, "pdm", "publish", "--no-build", "--dest", str(Path(dist).parent), cwd=folder, **options)
    assert uploads(emulator) == [200]
    search()


def test_flit(run, emulator, environment, wheel, project, search):
    client = environment(wheel, "flit>=4")
    run(client, "flit", "publish", "--no-use-vcs", cwd=project("flit_core>=3", "flit_core.buildapi"))
    assert uploads(emulator) == [200, 200]
    search()


def test_hatch(home, tool, environment, wheel, dist):
    client = environment(wheel, "hatch>=1.18")
    (home.folder / "seed.yaml").write_text(SEED.replace("packages: [acme_tools-*.whl]", ""))
    done = home.succeed(
        *("unshare", "--map-root-user", "--net", "--mount", sys.executable, BY_NAME),
        *(home.folder / "seed.yaml", urlsplit(RELEASE).hostname),
        *(tool.bin / "keyrings-codeartifact", "exec", "--publish", "--", "hatch", "publish", dist),
        PATH=f"{client.bin}:{home.environ['PATH']}",
        **NAMED,
    )
    asked = [(entry["operation"], entry["status"]) for entry in json.loads(done.stdout.splitlines()[-1])]
    assert ("Upload", 200) in asked


@pytest.mark.parametrize("backend", ["pip", "uv"])
def test_pipx(run, home, environment, job_python, search, backend):
    job_python(home.folder / "pipx" / "shared")
    (home.folder / "bin").mkdir()
    (home.folder / "bin" / "uv").symlink_to(UV)
    home.environ["PATH"] = f"{home.folder / 'bin'}:{home.environ['PATH']}"
    run(
        *(environment("pipx>=1.18"), "pipx", "install", "acme-tools"),
        PIPX_DEFAULT_BACKEND=backend,
        PIPX_DISABLE_SHARED_LIBS_AUTO_UPGRADE="1",
        PIPX_HOME=str(home.folder / "pipx"),
    )
    assert home.succeed(home.folder / "home" / ".local" / "bin" / "acme-tools").stdout == "1.0\n"
    search()


def test_whoever_starts_pip_through_us_reads_the_reason(call, home, environment, emulator):
    """pip itself shows nothing of what a keyring says."""
    client = environment("pip>=26.2")
    pip = (client.python, "-m", "pip", "install", "--target", home.folder / "target", "acme-tools")
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "not you", times=20))
    done = call("exec", "--", *pip, **NAMED)
    assert "not you" not in done.stdout + done.stderr
    line(
        call("exec", "--check", "--", *pip, **NAMED), 1, r"AWS refused GetAuthorizationToken .*\(not you\); .*", "CA405"
    )
    assert isinstance(emulator.faults.take(ASK), Fault)


def test_a_lock_file_needs_the_index_mode_credentials(home, tool):
    del home.environ["UV_NO_CONFIG"]
    project = home.folder / "locked"
    project.mkdir()
    other = f"{STAGING}/simple/"
    (project / "pyproject.toml").write_text(
        '[project]\nname = "locked"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["acme-tools"]\n'
        f'[[tool.uv.index]]\nname = "codeartifact"\nurl = "{other}"\ndefault = true\n'
    )
    exec_uv = (tool.bin / "keyrings-codeartifact", "exec", "--index-mode", "credentials", "--", UV)
    done = home.succeed(*exec_uv, "sync", "--python", sys.executable, cwd=project, **NAMED)
    assert "warning: uv.lock" not in done.stderr
    assert f'registry = "{other}"' in (project / "uv.lock").read_text()
    home.succeed(*exec_uv, "sync", "--locked", cwd=project, **NAMED)
    done = home.run(
        *(word for word in exec_uv if word not in ("--index-mode", "credentials")),
        "sync",
        "--locked",
        cwd=project,
        **NAMED,
    )
    assert done.returncode != 0
    assert f"warning: uv.lock names {other}, not {NAMED['CODEARTIFACT_INDEX_URL']}: " in done.stderr


def test_an_extra_index_is_beside_the_others(home, tool, environment):
    client = environment("pip>=26.2")
    pip = (client.python, "-m", "pip", "download", "--no-deps", "--dest", home.folder / "downloads", "acme-tools")
    environ = NAMED | {"PIP_INDEX_URL": (home.folder / "none").as_uri()}
    done = home.succeed(tool.bin / "keyrings-codeartifact", "exec", "--index-mode", "extra", "--", *pip, **environ)
    assert len(list((home.folder / "downloads").iterdir())) == 1
    assert "warning: clients also install from the public index" in done.stderr


def test_a_private_package_does_not_reach_the_public_index(home, tool, emulator):
    """Poetry publishes there if no repository is named; it is not started."""
    (home.folder / "bin").mkdir()
    (home.folder / "bin" / "poetry").write_text("#!/bin/sh\ntouch started\n")
    (home.folder / "bin" / "poetry").chmod(0o755)
    exec_poetry = (
        tool.bin / "keyrings-codeartifact",
        "exec",
        "--publish",
        "--",
        home.folder / "bin" / "poetry",
        "publish",
    )
    done = home.run(*exec_poetry, **NAMED)
    line(done, 2, "`poetry publish` without -r would publish to the public index; add -r codeartifact", "CA808")
    assert not (home.folder / "started").exists()
    home.succeed(*exec_poetry, "-r", "codeartifact", **NAMED)
    assert (home.folder / "started").exists()


def test_a_project_that_uv_adds_to_works_elsewhere(home, tool):
    """uv writes the index that `exec` sets into the project, without what makes it query the keyring."""
    del home.environ["UV_NO_CONFIG"]
    cli = tool.bin / "keyrings-codeartifact"
    for name in ("warned", "prepared"):
        project = home.folder / name
        project.mkdir()
        (project / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = []\n'
        )
        if name == "prepared":
            home.succeed(cli, "login", "--project", "--write", "--tool", "uv", cwd=project, **NAMED)
        done = home.succeed(
            cli, "exec", "--", UV, "add", "--python", sys.executable, "acme-tools", cwd=project, **NAMED
        )
        assert ("warning: `uv add` writes the index" in done.stderr) == (name == "warned")
        shutil.rmtree(project / ".venv")
        sync = (UV, "sync", "--locked", "--no-cache", "--python", sys.executable)
        elsewhere = home.run(*sync, cwd=project, UV_KEYRING_PROVIDER="subprocess")
        assert (elsewhere.returncode == 0) == (name == "prepared"), elsewhere.stderr


def test_poetry_adds_from_a_source_of_the_project(home, tool, environment, wheel):
    client = environment(wheel, "poetry>=2.5")
    cli = tool.bin / "keyrings-codeartifact"
    project = home.folder / "with-poetry"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "with-poetry"\nversion = "1"\nrequires-python = ">=3.10"\n[tool.poetry]\npackage-mode = false\n'
    )
    environ = NAMED | {
        "PATH": f"{client.bin}:{home.environ['PATH']}",
        "POETRY_CACHE_DIR": str(home.folder / "poetry-cache"),
        "POETRY_NO_INTERACTION": "1",
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
    }
    add = (cli, "exec", "--", "poetry", "add", "acme-tools")
    done = home.run(*add, cwd=project, **environ)
    assert done.returncode != 0
    assert "warning: `poetry add` does not use codeartifact: " in done.stderr
    home.succeed(cli, "login", "--project", "--write", "--tool", "poetry", cwd=project, **environ)
    done = home.succeed(*add, cwd=project, **environ)
    assert "warning" not in done.stderr
    assert list(project.glob(".venv/lib/*/site-packages/acme_tools.py"))


def test_a_build_does_not_import_keyring(home, tool, environment, wheel):
    """Its requirements are installed in an environment without one."""
    client = environment("build", "pip>=26.2", wheel)
    project = home.folder / "built"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["acme-tools"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (project / "backend.py").write_text(
        "import acme_tools\ndef build_wheel(folder, *_):\n    open(f'{folder}/a-1-py3-none-any.whl', 'w').close()\n"
        "    return 'a-1-py3-none-any.whl'\n"
    )
    build = (tool.bin / "keyrings-codeartifact", "exec", "--", client.python, "-m", "build", "--wheel")
    done = home.run(*build, cwd=project, **NAMED, PIP_KEYRING_PROVIDER="import")
    assert done.returncode != 0
    assert "warning: `build` installs into an environment of its own" in done.stderr
    done = home.succeed(*build, cwd=project, **NAMED)
    assert "warning" not in done.stderr
    assert (project / "dist" / "a-1-py3-none-any.whl").is_file()
