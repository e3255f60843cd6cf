"""Identities by a CI's OIDC token: GitHub's runner, GitLab's variable, a file, and long jobs."""

import os
import subprocess
import threading
import time

import pytest

from keyrings.codeartifact.aws.client import Client
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.emulator.faults import Fault
from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.index_url import parse_repository
from support.ci_identities import (
    ACCOUNT,
    ASK,
    GITHUB_OPTIONS,
    GITLAB,
    INDEX,
    OTHER,
    PLAIN,
    PROJECT,
    role,
    serving,
    session,
)
from support.project import PATIENCE

OTHER_INDEX = f"https://clan-{OTHER}.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
THIRD_INDEX = f"https://tribe-{OTHER}.d.codeartifact.eu-west-1.amazonaws.com/pypi/release/simple/"


@pytest.fixture
def gitlab_token(emulator):
    return emulator.access.issuer.mint(GITLAB, PROJECT, "sts.amazonaws.com")


def test_github(ask, runner):
    assert ask(f"[codeartifact]\n{GITHUB_OPTIONS}", **runner()) == session("github", "acme-tools-42")


def test_a_session_is_as_long_as_botocore_needs_it(ask, runner, emulator):
    """A shorter one would be renewed all the time."""
    ask(f"[codeartifact]\n{GITHUB_OPTIONS}", **runner())
    [entry] = emulator.journal.entries("AssumeRoleWithWebIdentity")
    assert entry.params["DurationSeconds"] == "3600"


def test_an_audience_of_any_characters(job, tool, runner):
    """It reaches the runner as it is; AWS knows no such audience."""
    job.config.write_text(f"[codeartifact]\nrole_arn = {role('github')}\noidc_audience = api://x?y=1&lifetime=0#z\n")
    done = job.fork(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", **runner())
    assert "aud 'api://x?y=1&lifetime=0#z'" in done.stderr


def test_the_runner_is_on_this_machine_past_any_proxy(ask, runner):
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9") | {"NO_PROXY": "", "no_proxy": ""}
    assert ask(f"[codeartifact]\n{GITHUB_OPTIONS}", **runner(), **proxies) == session("github", "acme-tools-42")


@pytest.mark.parametrize("attempts", [1, 2])
def test_how_often_the_runner_is_asked(job, tool, attempts):
    with serving({}, status=503) as (url, asked):
        job.config.write_text(f"[codeartifact]\n{GITHUB_OPTIONS}max_attempts = {attempts}\n")
        done = job.fork(
            *(tool.bin / "codeartifact-keyring", "get", INDEX, "aws"),
            GITHUB_ACTIONS="true",
            ACTIONS_ID_TOKEN_REQUEST_URL=f"{url}/?x=1",
            ACTIONS_ID_TOKEN_REQUEST_TOKEN="MARKED-runner",
        )
    assert f"no OIDC token in {attempts} attempts (HTTP 503)" in done.stderr
    assert [path for path, _ in asked] == ["/?x=1&audience=sts.amazonaws.com"] * attempts
    assert {headers["Authorization"] for _, headers in asked} == {"bearer MARKED-runner"}


def test_github_by_the_environment_alone(ask, runner):
    variables = {"CODEARTIFACT_OIDC_AUDIENCE": "sts.amazonaws.com", "CODEARTIFACT_ROLE_ARN": role("github")}
    assert ask(**variables, **runner()) == session("github", "acme-tools-42")


def test_github_is_not_mistaken_for_keys_that_lie_about(ask, runner, emulator):
    """Nor are they asked for anything."""
    config = f"[codeartifact]\n{GITHUB_OPTIONS}role_session_name = named\n"
    assert ask(config, **runner(), **PLAIN) == session("github", "named")
    assert {entry.access_key_id[:4] for entry in emulator.journal.entries()} == {"", "ASIA"}


def test_gitlab(ask, gitlab_token):
    config = f"[codeartifact]\noidc_token_variable = CODEARTIFACT_ID_TOKEN\nrole_arn = {role('gitlab')}\n"
    variables = {"CODEARTIFACT_ID_TOKEN": gitlab_token, "CI_PROJECT_PATH": "acme/tools", "CI_PIPELINE_ID": "7"}
    assert ask(config, **variables) == session("gitlab", "acme-tools-7")


def test_a_token_in_a_file(ask, job, gitlab_token):
    (job.folder / "token").write_text(gitlab_token)
    config = f"[codeartifact]\nweb_identity_token_file = {job.folder}/token\nrole_arn = {role('gitlab')}\n"
    assert ask(config) == session("gitlab", "keyrings-codeartifact")


def test_a_token_in_a_file_as_the_aws_chain_has_it(ask, job, gitlab_token):
    (job.folder / "token").write_text(gitlab_token)
    variables = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(job.folder / "token"), "AWS_ROLE_ARN": role("gitlab")}
    assert ask(**variables, AWS_ROLE_SESSION_NAME="irsa") == session("gitlab", "irsa")


def test_three_accounts_in_one_command(job, environment, tool, emulator, runner):
    """A role by OIDC, a profile, and static keys; each index gets its own."""
    job.config.write_text(
        f'[codeartifact account="{ACCOUNT}"]\n{GITHUB_OPTIONS}'
        f'[codeartifact domain="clan"]\nprofile_name = other\n'
        '[codeartifact domain="tribe"]\naws_access_key_id = AKIAOTHER00000000001\naws_secret_access_key = MARKED-other\n'
    )
    (job.folder / "home" / ".aws" / "credentials").write_text(
        "[other]\naws_access_key_id = AKIAOTHER00000000001\naws_secret_access_key = MARKED-other\n"
    )
    pip = environment("pip>=26.2")
    done = job.succeed(
        *(pip.python, "-m", "pip", "install", "--target", job.folder / "target", "--no-cache-dir"),
        *("--index-url", INDEX, "--extra-index-url", OTHER_INDEX, "--extra-index-url", THIRD_INDEX),
        *("guild-tools", "clan-tools", "tribe-tools"),
        PIP_KEYRING_PROVIDER="subprocess",
        **runner(),
    )
    assert sorted(path.name for path in (job.folder / "target").glob("*_tools.py")) == [
        *("clan_tools.py", "guild_tools.py", "tribe_tools.py"),
    ]
    assert {(entry.params["domain"], entry.principal) for entry in emulator.journal.entries(ASK)} == {
        ("guild", session("github", "acme-tools-42")),
        ("clan", f"arn:aws:iam::{OTHER}:user/other"),
        ("tribe", f"arn:aws:iam::{OTHER}:user/other"),
    }
    assert "MARKED" not in done.stdout + done.stderr


def test_a_long_job(job, tool, emulator, runner):
    """A client that lives longer than its session asks GitHub for a new token, and STS for a new session."""
    job.config.write_text(f"[codeartifact]\n{GITHUB_OPTIONS}")
    code = (
        f"import sys, keyring\nfor line in sys.stdin:\n    print(keyring.get_password({INDEX!r}, 'aws'), flush=True)\n"
    )
    process = subprocess.Popen(
        [tool.python, "-c", code],
        env=job.environ | runner() | {"CODEARTIFACT_CACHE": "off"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        timer = threading.Timer(PATIENCE, process.kill)
        timer.start()
        answers = []
        for _ in range(2):
            process.stdin.write("\n")
            process.stdin.flush()
            answers.append(process.stdout.readline().strip())
            identities.expire_sessions()
        process.stdin.close()
        timer.cancel()
    assert len(set(answers) & set(emulator.issued_tokens())) == 2
    assert len(emulator.journal.entries("AssumeRoleWithWebIdentity")) == 2


def test_a_session_is_renewed_before_it_ends(emulator, planted, codeartifact_environment, runner, monkeypatch):
    """Within one conversation: the session that STS gives is over in a minute, so each question gets a new one."""
    for name, value in {**codeartifact_environment, **runner()}.items():
        monkeypatch.setenv(name, value)
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    answer = (
        '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAEXAMPLE000000001</AccessKeyId>"
        f"<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{soon}</Expiration></Credentials>"
        "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    )
    emulator.faults.add(Fault("AssumeRoleWithWebIdentity", 200, {"Content-Type": "text/xml"}, answer, times=10))
    repository = parse_repository(INDEX)
    settings = resolve(repository, {"CODEARTIFACT_CONFIG": f"[codeartifact]\n{GITHUB_OPTIONS}"})
    client = Client(repository, settings, os.environ)
    client.get_token()
    first = len(emulator.journal.entries("AssumeRoleWithWebIdentity"))
    client.get_token()
    assert first >= 1
    assert len(emulator.journal.entries("AssumeRoleWithWebIdentity")) > first
