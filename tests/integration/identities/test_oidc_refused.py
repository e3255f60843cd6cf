"""OIDC that is refused or cannot be had: an error that names the cause, and never another identity."""

import json
import re
from http.server import BaseHTTPRequestHandler

import pytest

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from support.ci_identities import (
    ACCOUNT,
    ASK,
    GITHUB,
    GITHUB_OPTIONS,
    INDEX,
    OTHER,
    PLAIN,
    SSO_CONFIG,
    SUBJECT,
    role,
    serving,
    session,
    workload,
    write_sso_token,
)
from support.commands import CODE
from support.server import running

DOMAIN = rf"CodeArtifact domain 'guild' \(owner {ACCOUNT}\) in us-east-1"


def test_oidc_that_fails_never_becomes_the_instance_s_role(job, tool, role_keys, runner, emulator):
    """A pull request from a fork must not get what the runner's machine may."""
    path = "/latest/meta-data/iam/security-credentials/"
    answers = {"/latest/api/token": "imds-token", path: "base", f"{path}base": workload(role_keys)}
    job.config.write_text(f"[codeartifact]\n{GITHUB_OPTIONS}")
    emulator.journal.clear()
    with serving(answers) as (url, asked):
        variables = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_EC2_METADATA_DISABLED": "false", **PLAIN}
        for environ in ({"GITHUB_ACTIONS": "true"}, runner("repo:evil/tools:pull_request")):
            done = job.fork(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", **variables, **environ)
            assert (done.returncode, done.stdout) == (1, "")
    assert asked == []
    assert [entry for entry in emulator.journal.entries() if entry.access_key_id] == []


def fork(tmp_path):
    event = {
        "pull_request": {"head": {"repo": {"full_name": "evil/tools"}}, "base": {"repo": {"full_name": "acme/tools"}}}
    }
    (tmp_path / "event.json").write_text(json.dumps(event))
    return {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(tmp_path / "event.json")}


WHO = r"GitHub's OIDC token for 'sts\.amazonaws\.com' \(\[codeartifact\] of .*/keyringrc\.cfg\)"
SAYS = rf"claims: iss '{GITHUB}', sub '{SUBJECT}', aud 'sts\.amazonaws\.com'"
MISTAKES = [
    pytest.param({}, {"GITHUB_ACTIONS": "", "ACTIONS_ID_TOKEN_REQUEST_URL": ""}, [], r"oidc_audience \(\[codeartifact\] of .*\) needs a job of GitHub Actions, and this is none; set oidc_token_variable for another CI; .*", id="not GitHub"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": ""}, [], r"GitHub gives this job no OIDC token: ACTIONS_ID_TOKEN_REQUEST_URL is not set; give the job `permissions: id-token: write`; .*", id="missing permission"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "", "FORK": "1"}, [], r"GitHub gives jobs for pull requests from forks no OIDC token; run the job without private packages, .*", id="fork"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://evil.example/token?x=1"}, [], r"ACTIONS_ID_TOKEN_REQUEST_URL is not an https:// URL; keep the value that GitHub's runner sets", id="an address elsewhere"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://localhost:x@evil.example/?x=1"}, [], r"ACTIONS_ID_TOKEN_REQUEST_URL is not an https:// URL; keep the value that GitHub's runner sets", id="this machine's name in the userinfo"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1@evil.example/?x=1"}, [], r"ACTIONS_ID_TOKEN_REQUEST_URL is not an https:// URL; keep the value that GitHub's runner sets", id="its address in the userinfo"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1.evil.example/?x=1"}, [], r"ACTIONS_ID_TOKEN_REQUEST_URL is not an https:// URL; keep the value that GitHub's runner sets", id="a name that begins like its address"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "file:///etc/passwd?x=1"}, [], r"ACTIONS_ID_TOKEN_REQUEST_URL is not an https:// URL; keep the value that GitHub's runner sets", id="a file"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "PROXY/_emulator/health?x=1"}, [], r"GitHub's runner sent an unexpected response to the request for an OIDC token; run the job again", id="no JSON"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "PROXY/_emulator/identity-token?x=1"}, [], r"GitHub's runner refused an OIDC token \(HTTP 400\); give the job `permissions: id-token: write`, and run it again", id="the runner refuses"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/?x=1", "CODEARTIFACT_MAX_ATTEMPTS": "2"}, [], r"GitHub's runner sent no OIDC token in 2 attempts \(ConnectionRefusedError\); check GitHub's status page, .*", id="nobody listens"),
    pytest.param({"oidc_audience": "other"}, {}, [], rf"AWS rejected GitHub's OIDC token for 'other' .* \(Incorrect token audience; claims: iss '{GITHUB}', sub '{SUBJECT}', aud 'other'\); add an IAM identity provider for that issuer and audience to account {ACCOUNT}, or request another audience", id="audience"),
    pytest.param({"role_arn": role("github").replace(ACCOUNT, OTHER)}, {}, [], rf"AWS did not let {WHO} assume the role arn:aws:iam::{OTHER}:role/github \({SAYS}\); allow sts:AssumeRoleWithWebIdentity for that issuer, audience and subject in the role's trust policy, or correct role_arn", id="another account's role"),
    pytest.param({"role_arn": role("gitlab")}, {}, [], rf"AWS did not let {WHO} assume the role {role('gitlab')} \({SAYS}\); .*", id="a role that trusts others"),
    pytest.param({}, {"SUBJECT": "repo:evil/tools:pull_request"}, [], rf"AWS did not let {WHO} assume the role {role('github')} \(claims: .*sub 'repo:evil/tools:pull_request'.*\); .*", id="subject"),
    pytest.param({}, {"LIFETIME": "0"}, [], rf"{WHO} has expired; use a token that lives as long as the job .*", id="an expired token"),
    pytest.param({"role_arn": role("powerless")}, {}, [], rf"AWS refused {ASK} on {DOMAIN} to the role {role('powerless')} \(User: {session('powerless', 'acme-tools-42')} is not authorized to perform: codeartifact:{ASK} on resource: .* because no identity-based policy allows .*\); allow that identity codeartifact:{ASK} and sts:GetServiceBearerToken, or .*", id="a role that may nothing"),
    pytest.param({"oidc_audience": "", "oidc_token_variable": "ID_TOKEN"}, {}, [], r"the variable ID_TOKEN \(oidc_token_variable of \[codeartifact\] of .*\) is not set; have the CI put its OIDC token there \(GitLab: `id_tokens:` of the job\), .*", id="no variable"),
    pytest.param({"oidc_audience": "", "oidc_token_variable": "ID_TOKEN"}, {"ID_TOKEN": "$CI_JOB_JWT"}, [], r"the variable ID_TOKEN \(.*\) contains no OIDC token; check that the CI puts one there: .*", id="a variable that was not expanded"),
    pytest.param({}, {"CODEARTIFACT_THROTTLE_TIMEOUT": "0.01"}, [aws_error("AssumeRoleWithWebIdentity", "Throttling", 400, times=99)], r"AWS throttles AssumeRoleWithWebIdentity \([0-9]+ requests? in 0 s\); .*", id="STS throttles"),
    pytest.param({}, {}, [Fault("AssumeRoleWithWebIdentity", 200, {"Content-Type": "text/html"}, "<html>MARKED</html>", times=9)], r"unexpected response, not from AWS \(KeyError\); check HTTPS_PROXY, endpoint_url and sts_endpoint_url", id="a proxy's page for STS"),
    pytest.param({}, {"CODEARTIFACT_ROLE_ARN": "", "DEFAULTS": ""}, [], r"oidc_audience \(CODEARTIFACT_OIDC_AUDIENCE\) is set without role_arn; set role_arn", id="no role"),
    pytest.param({"external_id": "guild-1"}, {}, [], r"external_id \(.*\) cannot be combined with oidc_audience \(.*\); remove one of them", id="an external id"),
    pytest.param({"oidc_token_variable": "ID_TOKEN"}, {}, [], r"oidc_token_variable and oidc_audience \(.*\) are both set; remove one of them", id="two kinds of OIDC"),
    pytest.param({"oidc_audience": "", "web_identity_token_file": "/no/such/token"}, {}, [], r"web_identity_token_file \(.*\) names /no/such/token, which is not a file; .*", id="no file"),
    pytest.param({"oidc_audience": "", "auth_token_file": "/no/such/token"}, {}, [], r"auth_token_file \(.*\) names /no/such/token, which does not exist; .*", id="no token file"),
    pytest.param({"oidc_audience": "", "role_arn": "", "profile_name": "sso"}, {}, [], r"the SSO session of profile 'sso' \(.*\) has expired or was never started; run `aws sso login --profile sso`", id="SSO"),
    pytest.param({"oidc_audience": "", "role_arn": ""}, {"CODEARTIFACT_AUTH_TOKEN": "MARKED"}, [], rf"no AWS credentials found for {DOMAIN}; .*; ignored CODEARTIFACT_AUTH_TOKEN: set CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN to say for which domain it is", id="a token for nobody knows which domain"),
    pytest.param({"oidc_audience": "", "role_arn": ""}, {"AWS_ACCESS_KEY_ID": "AKIAPLAIN00000000001", "AWS_SECRET_ACCESS_KEY": "MARKED"}, [Fault(ASK, 403, {"Content-Type": "application/json", "x-amzn-ErrorType": "InvalidSignatureException", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}, "{}")], r"this machine's clock differs from AWS' by [0-9]{5,} s; set it: .*", id="clock"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "environ", "faults", "line"), MISTAKES)
def test_mistakes(job, tool, emulator, runner, tmp_path, options, environ, faults, line):
    environ = dict(environ)
    variables = runner(environ.pop("SUBJECT", SUBJECT), lifetime=environ.pop("LIFETIME", "300"))
    if environ.pop("FORK", ""):
        variables |= fork(tmp_path)
    chosen = {"oidc_audience": "sts.amazonaws.com", "role_arn": role("github"), **options}
    if "DEFAULTS" in environ:
        del environ["DEFAULTS"]
        chosen, environ["CODEARTIFACT_OIDC_AUDIENCE"] = {}, "a"
    job.config.write_text(
        "[codeartifact]\n" + "".join(f"{name} = {value}\n" for name, value in chosen.items() if value)
    )
    (job.folder / "home" / ".aws" / "config").write_text(SSO_CONFIG)
    write_sso_token(job, "2026-01-01T00:00:00Z")
    for fault in faults:
        emulator.faults.add(fault)
    variables = {"CODEARTIFACT_MAX_ATTEMPTS": "2", **variables, **environ}
    variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = variables["ACTIONS_ID_TOKEN_REQUEST_URL"].replace(
        "PROXY", emulator.proxy_url
    )
    done = job.fork(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", **variables)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert re.fullmatch(f"codeartifact-keyring: error: {line} {CODE}\n", done.stderr), done.stderr
    assert "MARKED" not in done.stderr


def test_the_runner_s_token_stays_with_the_runner(job, tool, emulator):
    """A redirection is not followed: the runner's own token is for the runner's address alone."""
    with serving({"/stolen": {"value": "e30.e30.e30"}}) as (elsewhere, asked):

        class Redirecting(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(302)
                self.send_header("Location", f"{elsewhere}/stolen")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        with running(Redirecting) as server:
            job.config.write_text(f"[codeartifact]\n{GITHUB_OPTIONS}")
            done = job.fork(
                *(tool.bin / "codeartifact-keyring", "get", INDEX, "aws"),
                GITHUB_ACTIONS="true",
                ACTIONS_ID_TOKEN_REQUEST_URL=f"http://127.0.0.1:{server.server_port}/?x=1",
                ACTIONS_ID_TOKEN_REQUEST_TOKEN="MARKED-runner",
            )
    assert "refused an OIDC token (HTTP 302)" in done.stderr
    assert asked == []


def test_debug_tells_no_secret(job, tool, runner):
    job.config.write_text(f"[codeartifact]\n{GITHUB_OPTIONS}")
    done = job.fork(
        *(tool.bin / "codeartifact-keyring", "get", INDEX, "aws"),
        CODEARTIFACT_DEBUG="1",
        **runner("repo:evil/tools:pull_request"),
    )
    assert "MARKED" not in done.stderr
    assert "e30." not in done.stderr


def test_the_runner_s_host_has_identity_tokens_and_nothing_else(get, emulator):
    host = "runner.actions.githubusercontent.com"
    path = "/_emulator/identity-token?issuer=https://issuer.example&subject=me&audience=you"
    assert get(host, path)[0] == 401
    status, _, body = get(host, path, headers={"Authorization": "bearer any"})
    assert (status, json.loads(body)["value"].count(".")) == (200, 2)
    for method, other in (
        ("GET", "/_emulator/requests"),
        ("DELETE", "/_emulator/tokens"),
        ("POST", path),
        ("GET", "/"),
    ):
        assert get(host, other, method=method, headers={"Authorization": "bearer any"})[0] == 404
    assert emulator.journal.entries() == []
