"""The commands: what they print, what they run, how they end."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from conftest import PATIENCE, RELEASE, SEED, STAGING, UV, make_environment

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from keyrings.codeartifact.emulator.index import wheels

INDEX = f"{RELEASE}/simple/"
NAMED = {"CODEARTIFACT_INDEX_URL": INDEX}
ASK = "GetAuthorizationToken"


@pytest.fixture
def call(home, tool):
    """Return a function that runs `keyrings-codeartifact` and returns how it ended."""

    def run(*arguments, **environ):
        return home.run(tool.bin / "keyrings-codeartifact", *arguments, **environ)

    return run


def line(done, code, pattern):
    """Assert that a command ended with this code and this one line."""
    assert (done.returncode, done.stdout) == (code, ""), done
    assert re.fullmatch(f"keyrings-codeartifact: error: {pattern}\n", done.stderr), done.stderr


# token


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        ([INDEX], {}),
        ([f"{RELEASE}/"], {"CODEARTIFACT_INDEX_URL": "https://example.com/"}),
        ([], NAMED),
        ([urlsplit(RELEASE).hostname], {}),
    ],
)
def test_token(call, emulator, arguments, environ):
    done = call("token", *arguments, **environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.removesuffix("\n") in emulator.issued_tokens()


def test_token_as_json(call, emulator):
    answer = json.loads(call("token", "--json", INDEX, CODEARTIFACT_TOKEN_DURATION="900").stdout)
    assert list(answer) == ["token", "expiration"]
    assert answer["token"] in emulator.issued_tokens()
    expiration = datetime.strptime(answer["expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    assert expiration.timestamp() - time.time() == pytest.approx(900, abs=30)


def test_a_ready_token_has_no_expiration(call):
    done = call("token", "--json", **NAMED, CODEARTIFACT_AUTH_TOKEN="t0ken")
    assert json.loads(done.stdout) == {"token": "t0ken", "expiration": None}


def test_token_ends_with_1_without_a_credential(call, emulator):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "no"))
    line(call("token", INDEX), 1, f"AWS refused {ASK} on .*; allow that identity .*")


@pytest.mark.parametrize("command", ["token", "explain", "doctor"])
@pytest.mark.parametrize(
    ("arguments", "environ", "pattern"),
    [
        (
            [],
            {},
            r"no URL is given, and the environment names no repository; give a URL, or set CODEARTIFACT_INDEX_URL, .*",
        ),
        (
            ["https://example.com/simple/"],
            {},
            r"the URL is not that of a CodeArtifact repository; accepted: https://.*",
        ),
        ([INDEX.replace("https", "http")], {}, r"the URL is never answered: the scheme is http, and .*; accepted: .*"),
        ([""], {}, r"the URL is not that of a CodeArtifact repository; .*"),
        ([], {"CODEARTIFACT_DOMAIN": "acme"}, r"half of a repository is named: .* not set; set what is missing, .*"),
    ],
)
def test_urls_that_are_none(call, command, arguments, environ, pattern):
    line(call(command, *arguments, **environ), 2, pattern)


def test_a_configuration_that_cannot_be_used(call):
    pattern = r"CODEARTIFACT_TOKEN_DURATION cannot be '5'; accepted: .*"
    for command in (["token", INDEX], ["explain", INDEX], ["exec", "--", "true"]):
        line(call(*command, **NAMED, CODEARTIFACT_TOKEN_DURATION="5"), 2, pattern)


# env


def test_env_for_a_shell(call, home, tool):
    done = call("env", "--publish", **NAMED, CODEARTIFACT_INDEX_NAME="private")
    assert done.returncode == 0
    assert "export PIP_KEYRING_PROVIDER=subprocess\n" in done.stdout
    assert f"export UV_DEFAULT_INDEX=private={INDEX}\n" in done.stdout
    script = f'eval "$({tool.bin}/keyrings-codeartifact env)"; echo $PIP_INDEX_URL'
    said = home.succeed("bash", "-euc", script, **NAMED).stdout
    assert said == INDEX.replace("//", "//aws@") + "\n"


@pytest.mark.parametrize("form", ["dotenv", "github"])
def test_env_for_files(call, form):
    lines = call("env", "--format", form, **NAMED).stdout.splitlines()
    assert f"PDM_PYPI_URL={INDEX}" in lines
    assert all(re.fullmatch(r"[A-Z_]+=\S+", text) for text in lines)


def test_env_as_json(call):
    variables = json.loads(call("env", "--format", "json").stdout)
    assert variables == {"PIP_KEYRING_PROVIDER": "subprocess", "UV_KEYRING_PROVIDER": "subprocess"}


def test_env_leaves_out_what_is_set(call):
    variables = json.loads(call("env", "--format", "json", **NAMED, PIP_INDEX_URL="mine").stdout)
    assert "PIP_INDEX_URL" not in variables
    assert "UV_DEFAULT_INDEX" in variables


def test_env_asks_nobody(call, emulator):
    call("env", "--publish", **NAMED)
    assert emulator.journal.entries() == []


@pytest.mark.parametrize("command", ["env", "explain", "token"])
def test_who_has_read_enough_is_told_no_more(home, tool, command):
    process = subprocess.Popen(
        [tool.bin / "keyrings-codeartifact", command],
        env=home.environ | NAMED,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(timeout=PATIENCE) == 1


# exec


def test_exec_becomes_the_command(call):
    done = call("exec", "--", "sh", "-c", "echo $$ $PPID; exit 7")
    assert (done.returncode, done.stderr) == (7, "")
    process, parent = done.stdout.split()
    assert process != parent
    done = call("exec", sys.executable, "-c", "import os, sys; print(os.getppid()); sys.exit(3)")
    assert done.returncode == 3
    assert int(done.stdout) == os.getpid()


def test_exec_keeps_arguments_as_they_are(call):
    done = call("exec", "--check", "--", "printf", "[%s]", "--check", "a b", "", "$HOME", "--", **NAMED)
    assert (done.returncode, done.stdout) == (0, "[--check][a b][][$HOME][--]")


def test_exec_sets_the_clients_variables_and_no_secret(call, emulator):
    show = ("sh", "-c", "env | grep -v ^AWS_")
    done = call("exec", "--check", "--", *show, **NAMED)
    assert f"PIP_INDEX_URL={INDEX.replace('//', '//aws@')}\n" in done.stdout
    assert "TWINE_REPOSITORY_URL" not in done.stdout
    assert not any(token in done.stdout for token in emulator.issued_tokens())
    done = call("exec", "--with-token", "--publish", "--", *show, **NAMED)
    [token] = re.findall(r"^CODEARTIFACT_AUTH_TOKEN=(.*)$", done.stdout, re.MULTILINE)
    assert token in emulator.issued_tokens()
    assert f"TWINE_REPOSITORY_URL={RELEASE}/\n" in done.stdout


def test_a_token_that_is_handed_on_is_taken(call, emulator, tool):
    done = call("exec", "--with-token", "--", tool.bin / "codeartifact-keyring", "get", INDEX, "aws", **NAMED)
    assert done.stdout.removesuffix("\n") in emulator.issued_tokens()
    assert len(emulator.journal.entries(ASK)) == 1


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["--check"], {}),
        ([], {"CODEARTIFACT_CHECK": "1"}),
        ([], {"CODEARTIFACT_CHECK": "True"}),
        (["--with-token"], {}),
    ],
)
def test_exec_ends_before_the_command_where_no_token_can_be_had(call, emulator, home, arguments, environ):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "no"))
    line(
        call("exec", *arguments, "--", "touch", home.folder / "ran", **NAMED, **environ), 1, f"AWS refused {ASK} on .*"
    )
    assert not (home.folder / "ran").exists()


def test_a_check_that_is_neither_wanted_nor_not(call, home):
    line(
        call("exec", "--", "touch", home.folder / "ran", **NAMED, CODEARTIFACT_CHECK="maybe"),
        *(2, r"CODEARTIFACT_CHECK cannot be 'maybe'; accepted: 1 or 0"),
    )
    assert not (home.folder / "ran").exists()


@pytest.mark.parametrize("check", ["", "0"])
def test_without_a_check_the_command_runs_and_nobody_is_asked(call, emulator, check):
    assert call("exec", "echo", "ran", **NAMED, CODEARTIFACT_CHECK=check).stdout == "ran\n"
    assert emulator.journal.entries() == []


def test_without_any_configuration_the_command_runs(nobody, tool):
    done = nobody.succeed(tool.bin / "keyrings-codeartifact", "exec", "--", "env")
    assert "PIP_KEYRING_PROVIDER=subprocess\n" in done.stdout
    assert "PIP_INDEX_URL" not in done.stdout


@pytest.mark.parametrize(
    ("config", "pattern"),
    [
        (
            {"CODEARTIFACT_CONFIG": "token_duration = 5"},
            r"CODEARTIFACT_CONFIG cannot be parsed: line 1 stands before .*",
        ),
        (
            {"CODEARTIFACT_CONFIG_FILE": "[codeartifact]\naws_secret_access_key = MARKED"},
            r"CODEARTIFACT_CONFIG_FILE holds a text, not a path; put the text of a file into CODEARTIFACT_CONFIG",
        ),
        (
            {"CODEARTIFACT_CONFIG_FILE": "/no/such/file"},
            r"CODEARTIFACT_CONFIG_FILE names /no/such/file, which does not .*",
        ),
    ],
)
def test_a_file_that_cannot_be_used_ends_it_too(call, home, config, pattern):
    line(call("exec", "--", "touch", home.folder / "ran", **config), 2, pattern)
    assert not (home.folder / "ran").exists()


def test_commands_that_cannot_be_run(call, home):
    (home.folder / "script").write_text("no shebang")
    line(
        call("exec", "--", "no-such-command"),
        127,
        r"cannot run 'no-such-command' \(No such file or directory\); install .*",
    )
    line(call("exec", "--", home.folder / "script"), 126, r"cannot run '.*/script' \(Permission denied\); .*")
    line(call("exec", "--", home.folder), 126, r"cannot run '.*' \(Permission denied\); .*")
    (home.folder / "script").chmod(0o755)
    line(call("exec", "--", home.folder / "script"), 126, r"cannot run '.*/script' \(Exec format error\); .*")
    for nothing in ([], ["--"], ["--check"], ["--", ""]):
        line(call("exec", *nothing), 2, r"no command is given; keyrings-codeartifact exec -- CMD …")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGPIPE])
def test_signals_are_the_command_s_own(home, tool, number):
    process = subprocess.Popen(
        [tool.bin / "keyrings-codeartifact", "exec", "--", "sh", "-c", "echo ready; exec sleep 60"],
        env=home.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(timeout=PATIENCE) == -number


def test_exec_warns_where_no_keyring_is_on_path(call):
    done = call("exec", "--", "/usr/bin/true", PATH="/usr/bin:/bin")
    assert done.returncode == 0
    assert done.stderr == (
        "keyrings-codeartifact: warning: no `keyring` command is on PATH, and pip and uv will ask for one; "
        "uv tool install keyring --with keyrings.codeartifact\n"
    )
    done = call(
        "exec", "--", "/usr/bin/true", PATH="/bin", PIP_KEYRING_PROVIDER="import", UV_KEYRING_PROVIDER="disabled"
    )
    assert done.stderr == ""


# exec, with the clients themselves


@pytest.fixture
def run(home, tool):
    """Return a function that runs a client in an environment of these requirements, through `exec --check --publish`."""

    def through(client, command, *arguments, cwd=None, **environ):
        path = f"{client.bin}:{home.environ['PATH']}"
        words = (tool.bin / "keyrings-codeartifact", "exec", "--check", "--publish", "--", command, *arguments)
        return home.succeed(*words, cwd=cwd, **NAMED, **environ, PATH=path)

    return through


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
        *("unshare", "--map-root-user", "--net", "--mount", sys.executable, Path(__file__).with_name("by_name.py")),
        *(home.folder / "seed.yaml", urlsplit(RELEASE).hostname),
        *(tool.bin / "keyrings-codeartifact", "exec", "--publish", "--", "hatch", "publish", dist),
        PATH=f"{client.bin}:{home.environ['PATH']}",
        **NAMED,
    )
    asked = [(entry["operation"], entry["status"]) for entry in json.loads(done.stdout.splitlines()[-1])]
    assert ("Upload", 200) in asked


@pytest.mark.parametrize("backend", ["pip", "uv"])
def test_pipx(run, home, environment, search, backend):
    make_environment(home.folder / "pipx" / "shared", "pip>=26.2")
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
    line(call("exec", "--check", "--", *pip, **NAMED), 1, r"AWS refused GetAuthorizationToken .*\(not you\); .*")
    assert isinstance(emulator.faults.take(ASK), Fault)
