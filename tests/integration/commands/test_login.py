"""`login` sets clients up for good and without a token; `logout` takes that back."""

import os
import pty
import subprocess
import sys
from uuid import uuid4

import pytest

from keyrings.codeartifact.emulator.faults import aws_error
from keyrings.codeartifact.emulator.index import wheels
from support.commands import split_error
from support.project import PATIENCE, UV
from support.seed import RELEASE

PARTS = ("--domain", "acme", "--domain-owner", "111122223333", "--repository", "release", "--region", "us-east-1")
INDEX = f"{RELEASE}/simple/"


@pytest.fixture
def home(home):
    """A user whose clients read their settings files."""
    del home.environ["PIP_CONFIG_FILE"], home.environ["UV_NO_CONFIG"], home.environ["NETRC"]
    home.environ["XDG_STATE_HOME"] = str(home.folder / "state")
    (home.folder / "bin").mkdir()
    (home.folder / "bin" / "uv").symlink_to(UV)
    home.environ["PATH"] = f"{home.folder / 'bin'}:{home.environ['PATH']}"
    return home


@pytest.fixture
def files(home):
    """Return a function that returns the content of all settings files of the user."""

    def read():
        folders = (home.folder / "config", home.folder / "home", home.folder / "state")
        return {
            path: path.read_bytes()
            for folder in folders
            for path in folder.rglob("*")
            if path.is_file() and path.suffix != ".lock"
        }

    return read


@pytest.fixture
def clients(home, environment, wheel):
    """Put clients on PATH, with the backend in their environment."""

    def install(*requirements):
        client = environment(wheel, *requirements)
        home.environ["PATH"] = f"{client.bin}:{home.environ['PATH']}"
        return client

    return install


def new_project(home, name, text=""):
    folder = home.folder / name
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "{name}"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = []\n{text}'
    )
    return folder


def test_pip_uv_and_twine_work_in_a_new_shell(home, call, clients, environment, emulator, files, search):
    clients("twine>=7")
    before = files()
    done = call("login", *PARTS, "--tool", "pip", "--tool", "uv", "--tool", "twine")
    assert (done.returncode, done.stderr) == (0, "")
    assert "got a token: expires at 20" in done.stdout
    pip = environment("pip>=26.2").python
    home.succeed(pip, "-m", "pip", "install", "--no-cache-dir", "--target", home.folder / "by-pip", "acme-tools")
    home.succeed("uv", "pip", "install", "--target", home.folder / "by-uv", "acme-tools")
    project = new_project(home, "synced")
    home.succeed("uv", "add", "--python", sys.executable, "acme-tools", cwd=project)
    home.succeed("uv", "sync", "--locked", cwd=project)
    for folder in (home.folder / "by-pip", home.folder / "by-uv"):
        assert (folder / "acme_tools.py").is_file()
    assert f'registry = "{INDEX}"' in (project / "uv.lock").read_text()
    for publish in (("twine", "upload", "-r", "codeartifact"), ("uv", "publish", "--index", "codeartifact")):
        package = wheels.build(home.folder, f"wheel-{uuid4().hex[:8]}")
        home.succeed(*publish, package)
    assert [entry.status for entry in emulator.journal.entries("Upload")] == [200, 200]
    search()
    done = call("logout")
    assert (done.returncode, done.stderr, done.stdout.count(": restored\n")) == (0, "", 3)
    assert files() == before


def test_poetry_and_pdm_work_in_a_new_shell(home, call, clients, emulator, files, search):
    clients("poetry>=2.5", "pdm[locked]>=2.29")
    home.environ |= {
        "PDM_CHECK_UPDATE": "0",
        "POETRY_CACHE_DIR": str(home.folder / "poetry-cache"),
        "POETRY_NO_INTERACTION": "1",
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "XDG_CACHE_HOME": str(home.folder / "cache"),
    }
    before = files()
    done = call("login", INDEX, "--tool", "poetry", "--tool", "pdm")
    assert (done.returncode, done.stderr) == (0, "")
    project = new_project(home, "with-poetry", "[tool.poetry]\npackage-mode = false\n")
    home.succeed("poetry", "source", "add", "--priority=primary", "codeartifact", INDEX, cwd=project)
    home.succeed("poetry", "add", "acme-tools", cwd=project)
    assert list(project.glob(".venv/lib/*/site-packages/acme_tools.py"))
    project = new_project(home, "with-pdm", "[tool.pdm]\ndistribution = false\n")
    home.succeed("pdm", "add", "acme-tools", cwd=project)
    assert list(project.glob(".venv/lib/*/site-packages/acme_tools.py"))
    for publish in (
        ("poetry", "publish", "-r", "codeartifact"),
        ("pdm", "publish", "--no-build", "-r", "codeartifact"),
    ):
        folder = new_project(home, f"project-{uuid4().hex[:8]}")
        (folder / "dist").mkdir()
        wheels.build(folder / "dist", folder.name)
        home.succeed(*publish, cwd=folder)
    assert [entry.status for entry in emulator.journal.entries("Upload")] == [200, 200]
    search()
    assert call("logout").returncode == 0
    assert files() == before


@pytest.fixture
def aws(home, tool, environment):
    """Return a function that logs in with the AWS CLI; our keyring precedes the one that twine has beside it."""
    client = environment("awscli", "pip>=26.2", "twine>=7")
    ours = tool.bin.parent / "share" / "keyrings-codeartifact" / "bin"
    home.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "PATH": f"{ours}:{client.bin}:{home.environ['PATH']}"}
    return lambda name: home.succeed("aws", "codeartifact", "login", "--tool", name, *PARTS)


def test_what_the_aws_cli_has_written_is_cleaned_up(home, call, aws, files, search):
    aws("pip")
    aws("twine")
    with pytest.raises(AssertionError):
        search()
    done = call("login", *PARTS, "--tool", "pip", "--tool", "twine")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("# besides, the token in ") == 2
    search()
    home.succeed("pip", "install", "--no-cache-dir", "--target", home.folder / "by-pip", "acme-tools")
    assert call("logout").returncode == 0
    search()
    assert not any(b"keyring-provider" in content for content in files().values())


def test_pip_and_uv_get_the_fast_keyring(home, tool, files, emulator):
    """As `uv tool install` leaves it: links to the two commands in a folder on PATH, and no `keyring` there."""
    folder = home.folder / "commands"
    folder.mkdir()
    for name in ("codeartifact-keyring", "keyrings-codeartifact"):
        (folder / name).symlink_to(tool.bin / name)
    home.environ["PATH"] = f"{folder}:/usr/bin:/bin"
    before = files()
    login = ("keyrings-codeartifact", "login", INDEX, "--tool", "uv")
    link = f"{folder}/keyring: a link to codeartifact-keyring, for pip and uv\n"
    assert link in home.succeed(*login, "--dry-run").stdout
    assert not (folder / "keyring").exists()
    done = home.succeed(*login)
    assert link in done.stdout
    assert done.stderr == ""
    assert home.succeed("keyring", "get", INDEX, "aws").stdout.strip() in emulator.issued_tokens()
    assert "link" not in home.succeed(*login).stdout
    assert (
        f"✓ keyring        {folder}/keyring\n"
        in home.succeed("keyrings-codeartifact", "doctor", INDEX, PATH=f"{folder}:{UV.parent}:/bin").stdout
    )
    assert f"{folder}/keyring: restored\n" in home.succeed("keyrings-codeartifact", "logout").stdout
    assert sorted(os.listdir(folder)) == ["codeartifact-keyring", "keyrings-codeartifact"]
    assert files() == before


def test_a_second_login_changes_nothing(call, files):
    assert call("login", INDEX, "--tool", "pip", "--tool", "uv").returncode == 0
    before = files()
    done = call("login", INDEX, "--tool", "pip", "--tool", "uv")
    assert [line for line in done.stdout.splitlines() if line.endswith(": unchanged")] == done.stdout.splitlines()[:2]
    assert files() == before


@pytest.mark.parametrize("command", ["token", "explain", "doctor"])
def test_commands_without_a_url_are_about_the_index_of_login(call, emulator, command):
    login = ("login", INDEX, "--tool", "pip", "--no-check")
    assert call(*login, "--dry-run").returncode == 0
    refused = call(command)
    assert (refused.returncode, split_error(refused.stderr)[1]) == (2, "CA101")
    assert call(*login).returncode == 0
    done = call(command)
    assert (done.returncode, done.stderr) == (0, "")
    assert {
        "token": done.stdout.strip() in emulator.issued_tokens(),
        "explain": "repository    release\n" in done.stdout,
        "doctor": f"{RELEASE}/" in done.stdout,
    }[command]
    other = call(command, CODEARTIFACT_INDEX_URL="https://other.example/simple/")
    assert (other.returncode, split_error(other.stderr)[1]) == (2, "CA102")
    assert call("logout").returncode == 0
    assert split_error(call(command).stderr)[1] == "CA101"


def test_a_dry_run_writes_nothing(call, files, calls):
    before = files()
    done = call("login", INDEX, "--tool", "pip", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "+keyring-provider = subprocess\n" in done.stdout
    assert files() == before
    assert calls() == 0


def test_a_project(home, call, clients, files):
    clients("poetry>=2.5")
    before = files()
    project = new_project(home, "with-poetry", "# mine\n[tool.poetry]\npackage-mode = false\n")
    done = home.succeed("keyrings-codeartifact", "login", INDEX, "--tool", "poetry", "--project", cwd=project)
    assert done.stdout.startswith("[[tool.poetry.source]]\n")
    assert "source" not in (project / "pyproject.toml").read_text()
    home.succeed("keyrings-codeartifact", "login", INDEX, "--tool", "poetry", "--project", "--write", cwd=project)
    assert "# mine\n" in (project / "pyproject.toml").read_text()
    home.succeed("poetry", "check", cwd=project)
    assert home.succeed("poetry", "source", "show", cwd=project).stdout.count(INDEX) == 1
    assert files() == before


def test_a_refusal_names_the_permission_and_the_files_stay(call, emulator, files):
    emulator.faults.add(aws_error("GetAuthorizationToken", "AccessDeniedException", 403))
    done = call("login", INDEX, "--tool", "pip")
    assert done.returncode == 1
    message, code = split_error(done.stderr)
    assert "allow that identity codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken" in message
    assert code == "CA405"
    assert done.stdout.endswith("\nwritten; `keyrings-codeartifact logout` restores the files\n")
    assert any(path.name == "pip.conf" for path in files())
    assert call("login", INDEX, "--tool", "pip", "--no-check").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["https://other.example/simple/"], "the URL is not a CodeArtifact index URL"),
        (["--domain", "acme"], "incomplete settings"),
        ([INDEX, "--write"], "--write is set without --project"),
        ([INDEX, "--duration-seconds", "5"], "token_duration cannot be '5'"),
        ([INDEX, "--tool", "npm"], "argument --tool: invalid choice: 'npm'"),
        ([INDEX, "--index-mode", "both"], "argument --index-mode: invalid choice: 'both'"),
    ],
)
def test_bad_input_writes_nothing(call, files, arguments, message):
    before = files()
    done = call("login", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert files() == before


def test_a_file_that_cannot_be_parsed_is_left_as_it_is(home, call, files):
    path = home.folder / "config" / "pip" / "pip.conf"
    path.parent.mkdir()
    path.write_text("[global\n")
    done = call("login", INDEX, "--tool", "pip", "--tool", "uv")
    assert done.returncode == 1
    assert (
        f"error: {path} is left as it is: it cannot be parsed [CA803]; correct it, or add:\n[global]\n" in done.stderr
    )
    assert path.read_text() == "[global\n"
    assert any(found.name == "uv.toml" for found in files())


def test_a_profile_and_a_duration_become_a_section(home, call, emulator):
    home.config.write_text("# mine\n[codeartifact]\ntoken_duration = 1800\n")
    (home.folder / "home" / ".aws").mkdir()
    (home.folder / "home" / ".aws" / "credentials").write_text(
        "[dev]\naws_access_key_id = AKIACHAIN00000000001\naws_secret_access_key = chain-s3cret\n"
    )
    done = call("login", INDEX, "--tool", "pip", "--profile", "dev", "--duration-seconds", "900")
    assert (done.returncode, done.stderr) == (0, "")
    assert home.config.read_text() == (
        "# mine\n[codeartifact]\ntoken_duration = 1800\n\n"
        '[codeartifact domain="acme" account="111122223333" region="us-east-1"]\n'
        "profile_name = dev\ntoken_duration = 900\n"
    )
    [entry] = emulator.journal.entries("GetAuthorizationToken")
    assert entry.params["duration"] == "900"


def test_the_domain_owner_is_by_default_the_account_of_the_identity(home, call, emulator):
    done = call("login", *PARTS[:2], *PARTS[4:], "--tool", "pip", "--no-check")
    assert (done.returncode, done.stderr) == (0, "")
    [entry] = emulator.journal.entries("GetCallerIdentity")
    assert entry.status == 200
    assert "https://aws@acme-" in (home.folder / "config" / "pip" / "pip.conf").read_text()


@pytest.mark.parametrize(("answer", "is_written"), [(b"\n", True), (b"y\n", True), (b"n\n", False), (b"\x04", True)])
def test_a_person_is_asked_once(home, tool, files, answer, is_written):
    ours, theirs = pty.openpty()
    command = [tool.bin / "keyrings-codeartifact", "login", INDEX, "--tool", "pip", "--tool", "uv", "--no-check"]
    with subprocess.Popen(
        command, env=home.environ, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        os.write(ours, answer)
        said, errors = process.communicate(timeout=PATIENCE)
    os.close(ours)
    os.close(theirs)
    assert said.count(b"Write these changes? [Y/n]") == 1
    assert any(path.name == "pip.conf" for path in files()) == is_written
    assert process.returncode == (0 if is_written else 1)
    assert (errors == b"") == is_written
