"""A container turns environment or file into working clients, whoever runs it and however it is started."""

import json
import os
import re
import signal
import time
from uuid import uuid4

import pytest

from keyrings.codeartifact.emulator.index import wheels
from support.commands import split_error
from support.containers import (
    COMPOSE,
    IMAGE,
    KEYS,
    PARTNER,
    PUBLISHED,
    RELEASE,
    SECRETS,
    SHARED,
    STAGING,
    block,
    docker,
    shell,
)
from support.pages import DOCKER

INDEX = f"{RELEASE}/simple/"
RESTRICTED = ("--cap-drop=ALL", "--security-opt=no-new-privileges")
TMP = ("--tmpfs", "/tmp:exec,mode=1777")
USERS = [
    pytest.param((), id="its own"),
    pytest.param(("--user=12345",), id="any"),
    pytest.param(("--user=12345:12345", *RESTRICTED), id="any, restricted as on Kubernetes"),
    pytest.param(("--user=0",), id="root"),
]
PIP = "pip install --quiet acme-tools && python3 -c 'import acme_tools'"
UV = "uv venv --quiet /tmp/venv && uv pip install --quiet --python /tmp/venv acme-tools && /tmp/venv/bin/python -c 'import acme_tools'"
KEYRINGRC = f"""
[codeartifact account="111122223333"]
aws_access_key_id = {KEYS["AWS_ACCESS_KEY_ID"]}
aws_secret_access_key = {SECRETS[0]}
[codeartifact account="444455556666"]
aws_access_key_id = {PARTNER["AWS_ACCESS_KEY_ID"]}
aws_secret_access_key = {SECRETS[1]}
"""


@pytest.fixture
def run(network):
    """Return a function that runs a shell's script with the index of the developer; it has to succeed."""

    def shell(script, *options, **environ):
        environ = {"CODEARTIFACT_INDEX_URL": INDEX, **KEYS, **environ}
        return network.succeed("sh", "-c", script, options=options, **environ)

    return shell


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("script", [PIP, UV], ids=["pip", "uv"])
def test_installing(run, calls, user, script):
    run(script, *user)
    assert calls() == 1


@pytest.mark.parametrize("user", USERS)
def test_installing_on_a_read_only_file_system(run, calls, user):
    """Where a temporary folder is all that there is; the token's place is in memory."""
    target = "pip install --quiet --no-cache-dir --target /tmp/target acme-tools && PYTHONPATH=/tmp/target python3 -c 'import acme_tools'"
    run(target, "--read-only", *TMP, *user)
    run(UV, "--read-only", *TMP, *user, UV_NO_CACHE="1")
    assert calls() == 2


@pytest.mark.parametrize("home", ["", "/nowhere"])
def test_without_a_home(run, home):
    run(f'test -n "$(keyring get {INDEX} aws)"', "--user=12345", HOME=home)


@pytest.mark.parametrize("user", USERS)
def test_publishing(network, user, tmp_path):
    name = f"published-{uuid4().hex[:8]}"
    tmp_path.chmod(0o755)
    for client, version in (("twine", "1.0"), ("uv", "2.0")):
        path = wheels.build(tmp_path, name, version).rpartition("/")[2]
        command = ("twine", "upload", "--non-interactive") if client == "twine" else ("uv", "publish")
        network.succeed(
            *("keyrings-codeartifact", "exec", "--publish", "--", *command, f"/dist/{path}"),
            options=(*user, "--volume", f"{tmp_path}:/dist:ro"),
            CODEARTIFACT_INDEX_URL=INDEX,
            **KEYS,
        )
    assert [entry["status"] for entry in network.requests() if entry["operation"] == "Upload"][-2:] == [200, 200]


@pytest.mark.parametrize("way", ["mounted", "mounted elsewhere", "text"])
def test_two_accounts(network, calls, tmp_path, way):
    path = tmp_path / "keyringrc.cfg"
    path.write_text(KEYRINGRC)
    path.chmod(0o644)
    place = "/home/user/.config/python_keyring/keyringrc.cfg" if way == "mounted" else "/run/codeartifact.cfg"
    options = () if way == "text" else ("--volume", f"{path}:{place}:ro")
    environ = {
        "text": {"CODEARTIFACT_CONFIG": KEYRINGRC},
        "mounted elsewhere": {"CODEARTIFACT_CONFIG_FILE": place},
    }.get(way, {})
    indexes = [url.replace("https://", "https://aws@") + "/simple/" for url in (RELEASE, SHARED)]
    network.succeed(
        "pip",
        "install",
        "--quiet",
        "--target=/tmp/t",
        "--index-url",
        indexes[0],
        "--extra-index-url",
        indexes[1],
        "acme-tools",
        options=options,
        **environ,
    )
    signers = {entry["access_key_id"] for entry in network.requests() if entry["operation"] == "GetAuthorizationToken"}
    assert signers == {KEYS["AWS_ACCESS_KEY_ID"], PARTNER["AWS_ACCESS_KEY_ID"]}


def test_a_role_by_github_s_token(network, calls):
    subject = "repo:acme/tools:ref:refs/heads/main"
    url = f"https://runner.actions.githubusercontent.com/_emulator/identity-token?issuer=https://token.actions.githubusercontent.com&subject={subject}"
    network.succeed(
        *("pip", "install", "--quiet", "acme-tools"), CODEARTIFACT_INDEX_URL=INDEX,
        CODEARTIFACT_ROLE_ARN="arn:aws:iam::111122223333:role/ci", CODEARTIFACT_OIDC_AUDIENCE="sts.amazonaws.com",
        GITHUB_ACTIONS="true", ACTIONS_ID_TOKEN_REQUEST_URL=url, ACTIONS_ID_TOKEN_REQUEST_TOKEN="any",
    )  # fmt: skip
    principals = [entry["principal"] for entry in network.requests() if entry["operation"] == "GetAuthorizationToken"]
    assert principals == ["arn:aws:sts::111122223333:assumed-role/ci/keyrings-codeartifact"]


def test_the_readme_s_run(network, calls):
    options = " ".join(network.options(**KEYS))
    script = block("run").replace("--rm", f"--rm {options}").replace(PUBLISHED, IMAGE)
    # As a CI job has them; the session token is not there.
    assert "Successfully installed acme-tools" in shell(script, environ=os.environ | KEYS)
    assert calls() == 1


def test_the_readme_s_compose():
    """In a project of its own, from the clone's folder."""
    project = {"COMPOSE_PROJECT_NAME": f"test-{uuid4().hex[:8]}", "EMULATOR_PORT": "0"}
    said = shell(block("compose"), environ=os.environ | project)
    assert "✓ index          accepts the token" in said
    assert re.search(r"^✓ twine .*, with keyrings.codeartifact in its environment$", said, re.MULTILINE)


def test_every_marked_block_is_run():
    assert DOCKER.marked() == ["run", "from", "secret", "stage", "compose", "build"]


@pytest.fixture
def closed_network(network):
    """The emulator in a network that leads nowhere else."""
    name = f"test-{uuid4().hex[:8]}"
    project = ("compose", "--file", COMPOSE, "--project-name", network.project)
    emulator = docker(*project, "ps", "--quiet", "emulator").stdout.strip()
    [found] = json.loads(docker("inspect", emulator).stdout)
    aliases = (f"--alias={alias}" for alias in found["NetworkSettings"]["Networks"][network.name]["Aliases"])
    docker("network", "create", "--internal", name)
    docker("network", "connect", *aliases, name, emulator)
    yield network.named(name)
    docker("network", "disconnect", name, emulator)
    docker("network", "rm", name)


@pytest.mark.parametrize("script", [PIP, UV], ids=["pip", "uv"])
def test_a_job_that_reaches_no_other_index(closed_network, calls, script):
    closed_network.succeed("sh", "-c", script, CODEARTIFACT_INDEX_URL=INDEX, **KEYS)
    assert calls() == 1


def test_slim(network, slim, calls):
    """pip works as in the whole image; uv and twine are commands that do not exist."""
    network.succeed("sh", "-c", PIP, image=slim, CODEARTIFACT_INDEX_URL=INDEX, **KEYS)
    assert calls() == 1
    for client in ("uv", "uvx", "twine"):
        done = network.run(client, "--version", image=slim)
        message, code = split_error(done.stderr)
        assert (done.returncode, code) == (127, "CA806")
        assert message.startswith(f"cannot run '{client}' (")


def test_a_token_as_a_secret(network, calls, tmp_path):
    token = network.succeed("keyrings-codeartifact", "token", CODEARTIFACT_INDEX_URL=INDEX, **KEYS)
    (tmp_path / "token").write_text(token)
    (tmp_path / "token").chmod(0o644)
    assert calls() == 1
    network.succeed(
        *("pip", "install", "--quiet", "acme-tools"), CODEARTIFACT_INDEX_URL=INDEX,
        options=("--volume", f"{tmp_path / 'token'}:/run/secrets/CODEARTIFACT_AUTH_TOKEN:ro"),
    )  # fmt: skip
    assert calls() == 0


class Started:
    """A container that runs beside the test."""

    def __init__(self, network, *command, options=(), **environ):
        self.name = f"test-{uuid4().hex}"
        docker("run", "--detach", "--name", self.name, *network.options(**environ), *options, IMAGE, *command)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        docker("rm", "--force", self.name)

    def execute(self, *command):
        return docker("exec", self.name, *command)

    def state(self):
        return json.loads(docker("inspect", self.name).stdout)[0]["State"]

    def logs(self):
        done = docker("logs", self.name)
        return done.stdout + done.stderr


def test_where_the_entrypoint_is_not_asked(network, calls):
    """`docker exec`, and CI systems that run their own shell in the container."""
    with Started(network, "sleep", "60", CODEARTIFACT_INDEX_URL=INDEX, **KEYS) as started:
        pip = ("pip", "install", "--quiet", "--index-url", INDEX.replace("https://", "https://aws@"), "acme-tools")
        started.execute(*pip)
        started.execute("uv", "pip", "install", "--quiet", "--target=/tmp/target", "--index-url", pip[4], "acme-tools")
    assert calls() == 1
    network.succeed("-c", f'test -n "$(keyring get {INDEX} aws)"', options=("--entrypoint", "sh"), **KEYS)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param(("true",), 0, id="done"),
        pytest.param(("sh", "-c", "exit 42"), 42, id="its own code"),
        pytest.param(("no-such-command",), 127, id="not there"),
        pytest.param(("/etc/passwd",), 126, id="no program"),
    ],
)
@pytest.mark.parametrize("environ", [{}, {"CODEARTIFACT_INDEX_URL": INDEX}], ids=["not configured", "configured"])
def test_exit_codes(network, command, code, environ):
    done = network.run(*command, **environ)
    assert done.returncode == code
    if code in (126, 127):
        assert split_error(done.stderr)[1] == "CA806"
    else:
        assert done.stderr == ""


def test_the_command_is_process_1(network):
    assert network.succeed("sh", "-c", "echo $$").strip() == "1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_are_the_command_s_own(network, number):
    code = f"import signal, sys; signal.signal({int(number)}, lambda *_: sys.exit(7)); print('ready', flush=True); signal.pause()"
    with Started(network, "python3", "-c", code) as started:
        end = time.monotonic() + 60
        while "ready" not in started.logs():
            assert time.monotonic() < end
            time.sleep(0.05)
        docker("kill", "--signal", str(int(number)), started.name)
        docker("wait", started.name)
        assert started.state()["ExitCode"] == 7


@pytest.mark.parametrize(
    ("environ", "line", "code"),
    [
        pytest.param({"CODEARTIFACT_TOKEN_DURATION": "5"}, "CODEARTIFACT_TOKEN_DURATION cannot be '5'; expected: 900 to", "CA205", id="a value"),
        pytest.param({"CODEARTIFACT_CONFIG": "[codeartifact"}, "CODEARTIFACT_CONFIG cannot be parsed: line 1", "CA204", id="a text"),
        pytest.param({"CODEARTIFACT_CONFIG_FILE": "/nowhere"}, "CODEARTIFACT_CONFIG_FILE names /nowhere, which does not exist", "CA202", id="a file"),
        pytest.param({"CODEARTIFACT_INDEX_URL": "https://index.example/"}, "CODEARTIFACT_INDEX_URL is not a CodeArtifact index URL", "CA102", id="a URL"),
    ],
)  # fmt: skip
def test_a_wrong_configuration_ends_before_the_command(network, environ, line, code):
    done = network.run("echo", "started", **{"CODEARTIFACT_INDEX_URL": INDEX, **KEYS, **environ})
    assert (done.returncode, done.stdout) == (2, "")
    message, its_code = split_error(done.stderr)
    assert message.startswith(line)
    assert its_code == code


def test_no_configuration_is_no_reason_to_fail(network):
    assert network.succeed("echo", "started") == "started\n"


def test_an_unreachable_aws_ends_in_time():
    """With the check; without it, the command is none of its business."""
    words = (
        "run",
        "--rm",
        "--network=none",
        *(word for name, value in KEYS.items() for word in ("--env", f"{name}={value}")),
    )
    configured = ("--env", f"CODEARTIFACT_INDEX_URL={INDEX}", "--env", "CODEARTIFACT_DEADLINE=5")
    began = time.monotonic()
    done = docker(*words, *configured, "--env", "CODEARTIFACT_CHECK=1", IMAGE, "echo", "started", check=False)
    assert time.monotonic() - began < 40
    assert (done.returncode, done.stdout) == (1, "")
    split_error(done.stderr)
    assert SECRETS[0] not in done.stderr
    assert docker(*words, *configured, IMAGE, "echo", "started").stdout == "started\n"


def test_what_the_user_installs_breaks_nothing(run, tmp_path):
    """Neither other versions of what the tool needs, nor modules with the names of Python's own."""
    for name in ("re", "keyring", "botocore"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not this one')\n")
    tmp_path.chmod(0o755)
    volume = ("--volume", f"{tmp_path}:/modules:ro")
    run(
        f'test -n "$(keyring get {INDEX} aws)" && cd /modules && test -n "$(keyrings-codeartifact token)" && twine --version',
        *volume,
        PYTHONPATH="/modules",
    )


def test_the_log_tells_decisions_and_no_secret(network, calls):
    done = network.run(
        "pip",
        "install",
        "--quiet",
        "acme-tools",
        CODEARTIFACT_INDEX_URL=STAGING + "/",
        CODEARTIFACT_CHECK="1",
        CODEARTIFACT_DEBUG="1",
        **KEYS,
    )
    assert done.returncode == 0
    assert "codeartifact: lookup for repository staging of CodeArtifact domain 'acme'" in done.stderr
