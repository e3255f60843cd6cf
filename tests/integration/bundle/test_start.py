"""The bundle is each of the product's commands, whatever the job has on its Python path."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from keyrings.codeartifact.models import USERNAME
from support.bundle import VERSION
from support.commands import error_text, split_error
from support.project import PATIENCE
from support.scripts import script
from support.seed import INDEX, RELEASE


@pytest.mark.parametrize("name", ["keyring", "codeartifact-keyring"])
def test_a_link_that_is_the_keyring(home, linked, emulator, name):
    done = home.succeed(linked(name), "--mode=creds", "--output=json", "get", INDEX)
    credential = json.loads(done.stdout)
    assert credential["username"] == USERNAME
    assert credential["password"] in emulator.issued_tokens()


def test_the_file_and_a_link_with_another_name(home, bare, bundle, linked, emulator):
    assert home.succeed(linked("keyrings-codeartifact"), "--version").stdout == VERSION
    assert home.succeed(bare.python, bundle, "--version").stdout == VERSION
    assert home.succeed(bare.python, bundle, "token", INDEX).stdout.strip() in emulator.issued_tokens()


def test_the_keyring_itself_and_its_backends(home, linked):
    done = home.succeed(linked("keyring"), "--list-backends")
    assert "keyrings.codeartifact.backend.CodeArtifactBackend (priority: 9.9)" in done.stdout.splitlines()
    assert not home.succeed(linked("codeartifact-keyring"), "--help").stderr


@pytest.mark.parametrize("command", ["emulator", "demo"])
def test_what_is_not_inside(home, linked, command):
    done = home.run(linked("keyrings-codeartifact"), command)
    assert (done.returncode, done.stdout) == (2, "")
    message, code = split_error(done.stderr)
    assert message.startswith("the emulator is not installed (")
    assert message.endswith("); pip install 'keyrings.codeartifact[emulator]'")
    assert code == "CA901"


def test_a_python_that_is_too_old(home, bundle):
    """Made out of this one, as there may be no other here."""
    code = f"import sys; sys.argv = [{str(bundle)!r}]; sys.version_info = (3, 9, 18); sys.version = '3.9.18 (main)'"
    run = f"{code}; import runpy; runpy.run_path({str(bundle)!r}, run_name='__main__')"
    done = home.run(sys.executable, "-c", run)
    expected = f"keyrings-codeartifact: error: needs Python 3.10 or newer, but {sys.executable} is 3.9.18\n"
    assert (done.returncode, done.stderr) == (1, expected)


HOSTILE = "open({mark!r}, 'w').close()\nraise SystemExit('the job is imported')\n"


@pytest.fixture
def crowded(home, bare, tmp_path):
    """A job's Python with packages, a hook at its start, and a Python path, all of them named like ours."""
    mark = tmp_path / "imported"
    python = home.folder / "crowded"
    shutil.copytree(bare.bin.parent, python, symlinks=True)
    [site] = (python / "lib").glob("python*/site-packages")
    folders = (site, home.folder / "path", home.folder / "work")
    for folder in folders:
        folder.mkdir(exist_ok=True)
        for name in ("botocore", "filelock", "create", "keyring", "tomlkit"):
            (folder / f"{name}.py").write_text(HOSTILE.format(mark=str(mark)))
        package = folder / "keyrings" / "codeartifact"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(HOSTILE.format(mark=str(mark)))
    started = tmp_path / "started"
    # As an editable installation and a namespace package have them: code at the start of Python.
    (site / "hook.py").write_text(
        f"open({str(started)!r}, 'w').close()\n"
        "import sys, types\n"
        "class Finder:\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('keyrings', 'botocore'):\n"
        f"            open({str(mark)!r}, 'w').close()\n"
        "sys.meta_path.insert(0, Finder)\n"
        "import urllib3\n"
        "keyrings = sys.modules['keyrings'] = types.ModuleType('keyrings')\n"
        "keyrings.__path__ = []\n"
    )
    (site / "urllib3.py").write_text("'''The job's, loaded already.'''\n")
    (site / "hook.pth").write_text("import hook\n")
    return python / "bin" / "python", {"PYTHONPATH": str(folders[1]), "cwd": folders[2]}, mark, started


@pytest.mark.parametrize("way", ["file", "link"])
def test_the_job_s_packages_are_not_seen(home, bundle, linked, emulator, crowded, way):
    python, options, mark, started = crowded
    link = linked("keyring")
    if way == "file":
        done = home.succeed(python, bundle, "token", "--json", INDEX, **options)
        token = json.loads(done.stdout)["token"]
    else:
        path = f"{python.parent}:{home.environ['PATH']}"
        token = home.succeed(link, "get", INDEX, "aws", PATH=path, **options).stdout.strip()
    assert token in emulator.issued_tokens()
    assert not mark.exists()
    # A link runs nothing of the job's at all.
    assert started.exists() == (way == "file")


def test_ours_are_not_seen_by_the_job(home, bare, bundle, linked):
    linked("keyring")
    code = "import importlib.util as u, json, os, sys; print(json.dumps([bool(u.find_spec('botocore')), sorted(os.environ)]))"
    alone = json.loads(home.succeed(bare.python, "-c", code).stdout)
    below = json.loads(home.succeed(bare.python, bundle, "exec", "--", bare.python, "-c", code).stdout)
    assert not below[0]
    new = set(below[1]) - set(alone[1])
    assert not {name for name in new if name.startswith(("PYTHON", "LD_", "VIRTUAL_ENV"))}


@pytest.mark.parametrize("pip", ["pip==26.1.2", "pip>=26.2"])
def test_exec_gives_pip_a_keyring(home, bare, bundle, linked, environment, search, pip):
    linked("keyring")
    client = environment(pip)
    install = (client.python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--target", home.folder / "target")
    named = {"CODEARTIFACT_INDEX_URL": f"{RELEASE}/simple/"}
    home.succeed(bare.python, bundle, "exec", "--check", "--", *install, "acme-tools", **named)
    assert (home.folder / "target" / "acme_tools.py").is_file()
    search()


def test_exec_puts_its_commands_before_a_foreign_keyring(home, bare, bundle, linked, emulator):
    linked("keyring")
    script(home.folder / "foreign", "keyring", "exit 9")
    path = f"{home.folder / 'foreign'}:{home.environ['PATH']}"
    script(
        home.folder,
        "job",
        f"keyring get {INDEX} aws",
        "codeartifact-keyring --help >&2",
        "keyrings-codeartifact --version",
    )
    done = home.succeed(bare.python, bundle, "exec", "--", home.folder / "job", PATH=path)
    token, version = done.stdout.splitlines(keepends=True)
    assert token.strip() in emulator.issued_tokens()
    assert version == VERSION
    assert "usage: " in done.stderr


@pytest.mark.parametrize(
    ("before", "rest"), [("PATH='/a b:/c'", "/a b:/c"), ("unset PATH", os.defpath), ("PATH=", os.defpath)]
)
def test_env_puts_its_commands_first_on_path(home, bare, bundle, linked, cache_home, before, rest):
    """And not the working directory, which an empty part stands for."""
    linked("keyring")
    environ = {"PYTHON": str(bare.python), "BUNDLE": str(bundle)}
    code = f'{before}; eval "$("$PYTHON" "$BUNDLE" env)"; echo "$PATH"'
    path = home.succeed("/bin/sh", "-euc", code, **environ).stdout.removesuffix("\n")
    [folder] = {path.parent for path in cache_home.glob("*/*/commands-*/keyring")}
    assert path == f"{folder}:{rest}"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_env_in_a_folder_with_a_hostile_name(home, bare, bundle, shell):
    if not shutil.which(shell) and os.environ.get("REQUIRE_TOOLS") != "1":
        pytest.skip(f"needs {shell}; with REQUIRE_TOOLS=1 its lack is a failure")
    hostile = home.folder / "'$(touch ran)`touch ran`\"%PATH%;touch ran;!\\ ‘’"
    environ = {"PYTHON": str(bare.python), "BUNDLE": str(bundle), "XDG_CACHE_HOME": str(hostile)}
    # fish decodes its environment.
    environ["LC_ALL"] = "C.UTF-8"
    env = '"$PYTHON" "$BUNDLE" env'
    code = f"{env} --format fish | source" if shell == "fish" else f'eval "$({env})"'
    done = home.succeed(shell, "-c", f"{code}; command -v keyring", **environ)
    [path] = hostile.glob("*/*/commands-*/keyring")
    assert done.stdout == f"{path}\n"
    assert not (home.folder / "ran").exists()


def test_env_for_cmd_in_a_folder_that_it_cannot_hold(home, bare, bundle):
    """Nothing is printed, not even the lines before."""
    environ = {"XDG_CACHE_HOME": str(home.folder / "a!b"), "CODEARTIFACT_INDEX_URL": INDEX}
    done = home.run(bare.python, bundle, "env", "--format", "cmd", **environ)
    assert (done.returncode, done.stdout) == (2, "")
    message = "a value has '!', which a batch file cannot hold; use --format powershell"
    assert done.stderr == error_text(message, "CA809")


def test_completion(home, bare, bundle, tool):
    """The bundle has the scripts, and completes the commands that say that they are not inside too."""
    said = home.succeed(bare.python, bundle, "completion", "bash").stdout
    assert said == home.succeed(tool.bin / "keyrings-codeartifact", "completion", "bash").stdout


def test_the_commands_of_exec_run_the_same_python(home, bare, bundle, linked, cache_home):
    """Without a Python on PATH, and past the job's Python path."""
    linked("keyring")
    home.succeed(bare.python, bundle, "exec", "--", "true")
    [command] = cache_home.glob("*/*/commands-*/keyrings-codeartifact")
    (home.folder / "keyrings.py").write_text("raise SystemExit('the job is imported')\n")
    link = home.folder / "link"
    link.symlink_to(command)
    options = {"PATH": "", "PYTHONPATH": str(home.folder)}
    assert home.succeed(link, "--version", **options).stdout == VERSION


def test_a_warm_lookup_compiles_nothing(home, linked, cache_home):
    """Though the job wants no compiled modules, or all of them elsewhere."""
    link = linked("keyring")
    home.succeed(link, "get", INDEX, "aws")
    options = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(home.folder / "compiled")}
    home.succeed(link, "get", INDEX, "aws", **options)
    done = subprocess.run(
        [sys.executable, link, "get", INDEX, "aws"],
        env=home.environ | options | {"XDG_CACHE_HOME": str(home.folder / "new")},
        check=True, capture_output=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.stderr == b""
    assert not (home.folder / "compiled").exists()
    [package] = (home.folder / "new").glob("*/*/packages/keyrings/codeartifact")
    assert os.listdir(package / "__pycache__")
