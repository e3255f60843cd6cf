"""Every identity that a CI job can have gets a token, or a line that says why not; IAM is enforced.

What counts is the principal that the emulator saw.
"""

import json
import re
import subprocess
import threading
import time
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from conftest import PATIENCE

from keyrings.codeartifact.aws.client import Conversation
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.emulator.faults import Fault, aws_error
from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.index_url import parse as parse_service

ACCOUNT, OTHER = "333344445555", "666677778888"
INDEX = f"https://guild-{ACCOUNT}.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
OTHER_INDEX = f"https://clan-{OTHER}.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
THIRD_INDEX = f"https://tribe-{OTHER}.d.codeartifact.eu-west-1.amazonaws.com/pypi/release/simple/"
GITHUB, GITLAB = "https://token.actions.githubusercontent.com", "https://gitlab.com"
SUBJECT, PROJECT = "repo:acme/tools:ref:refs/heads/main", "project_path:acme/tools:ref_type:branch:ref:main"
ASK = "GetAuthorizationToken"
DOMAIN = f"CodeArtifact domain 'guild' of account {ACCOUNT} in us-east-1"


def role(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def session(name, session_name):
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session_name}"


def allow(action, **more):
    return {"Statement": {"Effect": "Allow", "Action": action, **more}}


def trusting(issuer, subject):
    name = issuer.removeprefix("https://")
    return allow(
        "sts:AssumeRoleWithWebIdentity",
        Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{name}"},
        Condition={"StringEquals": {f"{name}:aud": "sts.amazonaws.com"}, "StringLike": {f"{name}:sub": subject}},
    )


def domain(name, owner, region):
    return {
        "name": name,
        "owner": owner,
        "region": region,
        "repositories": [{"name": "release", "packages": [f"{name}_tools-*.whl"]}],
    }


ALL = allow(["codeartifact:*", "sts:GetServiceBearerToken"], Resource="*")
SEED = {
    "domains": [
        domain("guild", ACCOUNT, "us-east-1"),
        domain("clan", OTHER, "us-east-1"),
        domain("tribe", OTHER, "eu-west-1"),
    ],
    "users": [
        {"name": "plain", "account": ACCOUNT, "access_key_id": "AKIAPLAIN00000000001", "secret_access_key": "MARKED-plain", "policies": [ALL]},
        {"name": "hopper", "account": ACCOUNT, "access_key_id": "AKIAHOPPER0000000001", "secret_access_key": "MARKED-hopper", "policies": [allow("sts:AssumeRole", Resource="*")]},
        {"name": "other", "account": OTHER, "access_key_id": "AKIAOTHER00000000001", "secret_access_key": "MARKED-other", "policies": [ALL]},
    ],
    "roles": [
        {"name": "github", "account": ACCOUNT, "trust": trusting(GITHUB, "repo:acme/*"), "policies": [ALL]},
        {"name": "gitlab", "account": ACCOUNT, "trust": trusting(GITLAB, "project_path:acme/*"), "policies": [ALL]},
        {
            "name": "reader",
            "account": ACCOUNT,
            "trust": allow("sts:AssumeRole", Principal={"AWS": ACCOUNT}, Condition={"StringEquals": {"sts:ExternalId": "guild-1"}}),
            "policies": [ALL],
        },
        {"name": "base", "account": ACCOUNT, "trust": allow("sts:AssumeRole", Principal={"AWS": ACCOUNT}), "policies": [ALL]},
        {"name": "powerless", "account": ACCOUNT, "trust": trusting(GITHUB, "repo:acme/*"), "policies": []},
    ],
    "identity_providers": [
        {"account": ACCOUNT, "issuer": issuer, "audiences": ["sts.amazonaws.com"]} for issuer in (GITHUB, GITLAB)
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def planted(plant):
    plant(SEED, "guild-tools", "clan-tools", "tribe-tools")


@pytest.fixture
def job(nobody, planted, emulator):
    """A CI job without any AWS credentials, before an emulator that enforces IAM."""
    emulator.access.is_enforced = True
    (nobody.folder / "home" / ".aws").mkdir()
    return nobody


@pytest.fixture
def ask(job, tool, emulator):
    """Return a function that asks as a job, and returns the principal that CodeArtifact saw."""

    def get(config="", *, index=INDEX, aws_config="", **environ):
        job.config.write_text(config)
        (job.folder / "home" / ".aws" / "config").write_text(aws_config)
        done = job.succeed(tool.bin / "codeartifact-keyring", "get", index, "aws", **environ)
        assert done.stdout.removesuffix("\n") in emulator.issued_tokens()
        assert done.stderr == ""
        [entry] = emulator.journal.entries(ASK)
        return entry.principal

    return get


@pytest.fixture
def runner(emulator):
    """The variables that GitHub's runner gives a job."""

    def variables(subject=SUBJECT, *, issuer=GITHUB, **more):
        query = "&".join(
            f"{key}={quote(str(value))}" for key, value in {"issuer": issuer, "subject": subject, **more}.items()
        )
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "acme/tools",
            "GITHUB_RUN_ID": "42",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{emulator.proxy_url}/_emulator/identity-token?{query}",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "MARKED-runner",
        }

    return variables


@pytest.fixture
def gitlab_token(emulator):
    return emulator.access.issuer.mint(GITLAB, PROJECT, "sts.amazonaws.com")


GITHUB_OPTIONS = f"oidc_audience = sts.amazonaws.com\nrole_arn = {role('github')}\n"
PLAIN = {"AWS_ACCESS_KEY_ID": "AKIAPLAIN00000000001", "AWS_SECRET_ACCESS_KEY": "MARKED-plain"}
HOPPER = {"AWS_ACCESS_KEY_ID": "AKIAHOPPER0000000001", "AWS_SECRET_ACCESS_KEY": "MARKED-hopper"}


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
    done = job.run(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", **runner())
    assert "aud 'api://x?y=1&lifetime=0#z'" in done.stderr


def test_the_runner_is_on_this_machine_past_any_proxy(ask, runner):
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9") | {"NO_PROXY": "", "no_proxy": ""}
    assert ask(f"[codeartifact]\n{GITHUB_OPTIONS}", **runner(), **proxies) == session("github", "acme-tools-42")


@pytest.mark.parametrize("attempts", [1, 2])
def test_how_often_the_runner_is_asked(job, tool, attempts):
    with serving({}, status=503) as (url, asked):
        job.config.write_text(f"[codeartifact]\n{GITHUB_OPTIONS}max_attempts = {attempts}\n")
        done = job.run(
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


def test_keys_of_an_earlier_step(ask):
    assert ask(**PLAIN) == f"arn:aws:iam::{ACCOUNT}:user/plain"


def test_a_role_on_top_of_the_aws_chain(ask):
    config = f"[codeartifact]\nrole_arn = {role('reader')}\nexternal_id = guild-1\nrole_session_name = me\n"
    assert ask(config, **HOPPER) == session("reader", "me")


AWS_CONFIG = f"""
[profile hopper]
aws_access_key_id = AKIAHOPPER0000000001
aws_secret_access_key = MARKED-hopper
[profile base]
role_arn = {role("base")}
role_session_name = based
source_profile = hopper
[profile process]
credential_process = cat PROCESS
"""


def test_a_role_on_top_of_a_profile(ask):
    config = f"[codeartifact]\nprofile_name = hopper\nrole_arn = {role('reader')}\nexternal_id = guild-1\n"
    assert ask(config, aws_config=AWS_CONFIG) == session("reader", "keyrings-codeartifact")


def test_a_profile_with_a_role_of_its_own(ask):
    assert ask("[codeartifact]\nprofile_name = base\n", aws_config=AWS_CONFIG) == session("base", "based")


def test_a_credential_process(ask, job):
    process = {
        "Version": 1,
        "AccessKeyId": PLAIN["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": PLAIN["AWS_SECRET_ACCESS_KEY"],
    }
    (job.folder / "process.json").write_text(json.dumps(process))
    aws_config = AWS_CONFIG.replace("PROCESS", str(job.folder / "process.json"))
    assert (
        ask("[codeartifact]\nprofile_name = process\n", aws_config=aws_config) == f"arn:aws:iam::{ACCOUNT}:user/plain"
    )


@contextmanager
def serving(answers, status=404):
    """A server on the loopback that answers as AWS' own services next to a workload do: SSO's portal, ECS, EC2.

    ``status`` is for what it has no answer to.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer = answers.get(self.path.partition("?")[0])
            asked.append((self.path, dict(self.headers)))
            body = answer if isinstance(answer, str) else json.dumps(answer)
            self.send_response(status if answer is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_PUT = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_):
            pass

    asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


@pytest.fixture
def role_keys(client, planted):
    """The keys of a session of the role `base`, as services hand them out to workloads."""
    keys = ("AKIAHOPPER0000000001", "MARKED-hopper", None)
    return client("sts", keys=keys).assume_role(RoleArn=role("base"), RoleSessionName="handed-out")["Credentials"]


SSO_CONFIG = f"""
[profile sso]
sso_session = acme
sso_account_id = {ACCOUNT}
sso_role_name = base
[sso-session acme]
sso_start_url = https://acme.awsapps.example/start
sso_region = us-east-1
sso_registration_scopes = sso:account:access
"""


def write_sso_token(job, expires):
    cache = job.folder / "home" / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {
        "startUrl": "https://acme.awsapps.example/start",
        "region": "us-east-1",
        "accessToken": "MARKED-sso",
        "expiresAt": expires,
    }
    (cache / f"{sha1(b'acme').hexdigest()}.json").write_text(json.dumps(token))


def test_sso(ask, job, role_keys):
    write_sso_token(job, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 7200)))
    credentials = {
        "accessKeyId": role_keys["AccessKeyId"],
        "secretAccessKey": role_keys["SecretAccessKey"],
        "sessionToken": role_keys["SessionToken"],
        "expiration": int(role_keys["Expiration"].timestamp() * 1000),
    }
    with serving({"/federation/credentials": {"roleCredentials": credentials}}) as (url, asked):
        config = "[codeartifact]\nprofile_name = sso\n"
        principal = ask(config, aws_config=SSO_CONFIG, AWS_ENDPOINT_URL_SSO=url)
    assert principal == session("base", "handed-out")
    assert [headers["x-amz-sso_bearer_token"] for _, headers in asked] == ["MARKED-sso"]


def workload(role_keys):
    """The keys as ECS and EC2 tell them."""
    return {
        "Code": "Success",
        "Type": "AWS-HMAC",
        "AccessKeyId": role_keys["AccessKeyId"],
        "SecretAccessKey": role_keys["SecretAccessKey"],
        "Token": role_keys["SessionToken"],
        "Expiration": role_keys["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "LastUpdated": "2026-01-01T00:00:00Z",
    }


def test_a_container_s_role(ask, role_keys):
    with serving({"/creds": workload(role_keys)}) as (url, _):
        assert ask(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{url}/creds") == session("base", "handed-out")


def test_an_instance_s_role(ask, role_keys):
    path = "/latest/meta-data/iam/security-credentials/"
    answers = {"/latest/api/token": "imds-token", path: "base", f"{path}base": workload(role_keys)}
    with serving(answers) as (url, _):
        principal = ask(AWS_EC2_METADATA_SERVICE_ENDPOINT=url, AWS_EC2_METADATA_DISABLED="false")
    assert principal == session("base", "handed-out")


def test_oidc_that_fails_never_becomes_the_instance_s_role(job, tool, role_keys, runner, emulator):
    """A pull request from a fork must not get what the runner's machine may."""
    path = "/latest/meta-data/iam/security-credentials/"
    answers = {"/latest/api/token": "imds-token", path: "base", f"{path}base": workload(role_keys)}
    job.config.write_text(f"[codeartifact]\n{GITHUB_OPTIONS}")
    emulator.journal.clear()
    with serving(answers) as (url, asked):
        variables = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_EC2_METADATA_DISABLED": "false", **PLAIN}
        for environ in ({"GITHUB_ACTIONS": "true"}, runner("repo:evil/tools:pull_request")):
            done = job.run(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", **variables, **environ)
            assert (done.returncode, done.stdout) == (1, "")
    assert asked == []
    assert [entry for entry in emulator.journal.entries() if entry.access_key_id] == []


@pytest.mark.parametrize("how", ["variable", "file"])
def test_a_ready_token_needs_no_aws(job, tool, emulator, client, how):
    token = client("codeartifact", keys=(*PLAIN.values(), None)).get_authorization_token(domain="guild")[
        "authorizationToken"
    ]
    emulator.journal.clear()
    (job.folder / "token").write_text(f"{token}\n")
    given = {"CODEARTIFACT_AUTH_TOKEN_FILE": str(job.folder / "token")}
    if how == "variable":
        given = {"CODEARTIFACT_AUTH_TOKEN": token, "CODEARTIFACT_INDEX_URL": INDEX}
    code = (
        "import sys\nfrom keyrings.codeartifact.cli import keyring_get as keyring_cli\n"
        f"sys.argv[1:] = ['get', {INDEX!r}, 'aws']\ncode = keyring_cli.main()\n"
        "assert not {'boto3', 'botocore', 'keyring', 'urllib3', 'threading'} & set(sys.modules)\nsys.exit(code)"
    )
    assert job.succeed(tool.python, "-c", code, **given).stdout == f"{token}\n"
    assert emulator.journal.entries() == []


def test_a_mounted_token(job, tool):
    """In a file system of its own, which is this process' alone."""
    script = (
        f"mount -t tmpfs tmpfs /run && mkdir /run/secrets && echo MOUNTED-token > /run/secrets/CODEARTIFACT_AUTH_TOKEN && "
        f"exec {tool.bin}/codeartifact-keyring get {INDEX} aws"
    )
    done = job.succeed("unshare", "--map-root-user", "--mount", "sh", "-c", script)
    assert done.stdout == "MOUNTED-token\n"


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
    repository = parse_service(INDEX)
    conversation = Conversation(
        repository, resolve(repository, {"CODEARTIFACT_CONFIG": f"[codeartifact]\n{GITHUB_OPTIONS}"})
    )
    conversation.token()
    first = len(emulator.journal.entries("AssumeRoleWithWebIdentity"))
    conversation.token()
    assert first >= 1
    assert len(emulator.journal.entries("AssumeRoleWithWebIdentity")) > first


def fork(tmp_path):
    event = {
        "pull_request": {"head": {"repo": {"full_name": "evil/tools"}}, "base": {"repo": {"full_name": "acme/tools"}}}
    }
    (tmp_path / "event.json").write_text(json.dumps(event))
    return {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(tmp_path / "event.json")}


WHO = r"GitHub's OIDC token for 'sts\.amazonaws\.com' \(\[codeartifact\] of .*/keyringrc\.cfg\)"
SAYS = rf"the token says: iss '{GITHUB}', sub '{SUBJECT}', aud 'sts\.amazonaws\.com'"
MISTAKES = [
    pytest.param({}, {"GITHUB_ACTIONS": "", "ACTIONS_ID_TOKEN_REQUEST_URL": ""}, [], r"oidc_audience \(\[codeartifact\] of .*\) is for jobs of GitHub Actions, and this is none; set oidc_token_variable for another CI; .*", id="not GitHub"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": ""}, [], r"GitHub gives this job no OIDC token: ACTIONS_ID_TOKEN_REQUEST_URL is not set; give the job `permissions: id-token: write`; .*", id="missing permission"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "", "FORK": "1"}, [], r"GitHub gives jobs for pull requests from forks no OIDC token; let the job do without private packages, .*", id="fork"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://evil.example/token?x=1"}, [], r"ACTIONS_ID_TOKEN_REQUEST_URL is no https:// address; leave it as GitHub's runner sets it", id="an address elsewhere"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://localhost:x@evil.example/?x=1"}, [], r"ACTIONS_ID_TOKEN_REQUEST_URL is no https:// address; leave it as GitHub's runner sets it", id="this machine's name in the userinfo"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1@evil.example/?x=1"}, [], r"ACTIONS_ID_TOKEN_REQUEST_URL is no https:// address; leave it as GitHub's runner sets it", id="its address in the userinfo"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1.evil.example/?x=1"}, [], r"ACTIONS_ID_TOKEN_REQUEST_URL is no https:// address; leave it as GitHub's runner sets it", id="a name that begins like its address"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "file:///etc/passwd?x=1"}, [], r"ACTIONS_ID_TOKEN_REQUEST_URL is no https:// address; leave it as GitHub's runner sets it", id="a file"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "PROXY/_emulator/health?x=1"}, [], r"GitHub's runner answered the question for an OIDC token with something else; run the job again", id="no JSON"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "PROXY/_emulator/identity-token?x=1"}, [], r"GitHub's runner refused an OIDC token \(HTTP 400\); give the job `permissions: id-token: write`, and run it again", id="the runner refuses"),
    pytest.param({}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:9/?x=1", "CODEARTIFACT_MAX_ATTEMPTS": "2"}, [], r"GitHub's runner gave no OIDC token in 2 attempts \(ConnectionRefusedError\); see GitHub's status page, .*", id="nobody listens"),
    pytest.param({"oidc_audience": "other"}, {}, [], rf"AWS does not believe GitHub's OIDC token for 'other' .* \(Incorrect token audience; the token says: iss '{GITHUB}', sub '{SUBJECT}', aud 'other'\); let account {ACCOUNT} have an IAM identity provider for that issuer, with that audience, or ask for another audience", id="audience"),
    pytest.param({"role_arn": role("github").replace(ACCOUNT, OTHER)}, {}, [], rf"AWS refused {WHO} the role arn:aws:iam::{OTHER}:role/github \({SAYS}\); let the role's trust policy allow sts:AssumeRoleWithWebIdentity to that issuer, audience and subject, or correct role_arn", id="another account's role"),
    pytest.param({"role_arn": role("gitlab")}, {}, [], rf"AWS refused {WHO} the role {role('gitlab')} \({SAYS}\); .*", id="a role that trusts others"),
    pytest.param({}, {"SUBJECT": "repo:evil/tools:pull_request"}, [], rf"AWS refused {WHO} the role {role('github')} \(the token says: .*sub 'repo:evil/tools:pull_request'.*\); .*", id="subject"),
    pytest.param({}, {"LIFETIME": "0"}, [], rf"{WHO} has expired; ask for a token that lives as long as the job .*", id="an expired token"),
    pytest.param({"role_arn": role("powerless")}, {}, [], rf"AWS refused {ASK} on {DOMAIN} to the role {role('powerless')} \(User: {session('powerless', 'acme-tools-42')} is not authorized to perform: codeartifact:{ASK} on resource: .* because no identity-based policy allows .*\); allow that identity codeartifact:{ASK} and sts:GetServiceBearerToken, or .*", id="a role that may nothing"),
    pytest.param({"oidc_audience": "", "oidc_token_variable": "ID_TOKEN"}, {}, [], r"the variable ID_TOKEN \(oidc_token_variable of \[codeartifact\] of .*\) is not set; let the CI put its OIDC token there \(GitLab: `id_tokens:` of the job\), .*", id="no variable"),
    pytest.param({"oidc_audience": "", "oidc_token_variable": "ID_TOKEN"}, {"ID_TOKEN": "$CI_JOB_JWT"}, [], r"the variable ID_TOKEN \(.*\) holds no OIDC token; see that the CI puts one there .*", id="a variable that was not expanded"),
    pytest.param({}, {}, [aws_error("AssumeRoleWithWebIdentity", "Throttling", 400, times=2)], r"AWS throttles AssumeRoleWithWebIdentity \(2 attempts\); .*", id="STS throttles"),
    pytest.param({}, {}, [Fault("AssumeRoleWithWebIdentity", 200, {"Content-Type": "text/html"}, "<html>MARKED</html>", times=9)], r"what answers for AWS is not AWS \(KeyError\); check HTTPS_PROXY, endpoint_url and sts_endpoint_url", id="a proxy's page for STS"),
    pytest.param({}, {"CODEARTIFACT_ROLE_ARN": "", "DEFAULTS": ""}, [], r"oidc_audience \(CODEARTIFACT_OIDC_AUDIENCE\) is set, but no role to assume with that token; set role_arn", id="no role"),
    pytest.param({"external_id": "guild-1"}, {}, [], r"external_id \(.*\) goes with no OIDC token, and oidc_audience \(.*\) is one; remove either of them", id="an external id"),
    pytest.param({"oidc_token_variable": "ID_TOKEN"}, {}, [], r"oidc_token_variable and oidc_audience \(.*\) stand together; remove one of them", id="two kinds of OIDC"),
    pytest.param({"oidc_audience": "", "web_identity_token_file": "/no/such/token"}, {}, [], r"web_identity_token_file \(.*\) names /no/such/token, which is no file; .*", id="no file"),
    pytest.param({"oidc_audience": "", "auth_token_file": "/no/such/token"}, {}, [], r"auth_token_file \(.*\) names /no/such/token, which does not exist; .*", id="no token file"),
    pytest.param({"oidc_audience": "", "role_arn": "", "profile_name": "sso"}, {}, [], r"the SSO session of profile 'sso' \(.*\) has expired or was never begun; run `aws sso login --profile sso`", id="SSO"),
    pytest.param({"oidc_audience": "", "role_arn": ""}, {"CODEARTIFACT_AUTH_TOKEN": "MARKED"}, [], rf"no AWS credentials were found for {DOMAIN}; .*; CODEARTIFACT_AUTH_TOKEN was left alone: set CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN to say for which domain it is", id="a token for nobody knows which domain"),
    pytest.param({"oidc_audience": "", "role_arn": ""}, {"AWS_ACCESS_KEY_ID": "AKIAPLAIN00000000001", "AWS_SECRET_ACCESS_KEY": "MARKED"}, [Fault(ASK, 403, {"Content-Type": "application/json", "x-amzn-ErrorType": "InvalidSignatureException", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}, "{}")], r"this machine's clock is [0-9]{5,} s away from AWS's; set it: .*", id="clock"),
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
    done = job.run(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", **variables)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert re.fullmatch(f"codeartifact-keyring: error: {line}\n", done.stderr), done.stderr
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

        with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            job.config.write_text(f"[codeartifact]\n{GITHUB_OPTIONS}")
            done = job.run(
                *(tool.bin / "codeartifact-keyring", "get", INDEX, "aws"),
                GITHUB_ACTIONS="true",
                ACTIONS_ID_TOKEN_REQUEST_URL=f"http://127.0.0.1:{server.server_port}/?x=1",
                ACTIONS_ID_TOKEN_REQUEST_TOKEN="MARKED-runner",
            )
            server.shutdown()
    assert "refused an OIDC token (HTTP 302)" in done.stderr
    assert asked == []


def test_debug_tells_no_secret(job, tool, runner):
    job.config.write_text(f"[codeartifact]\n{GITHUB_OPTIONS}")
    done = job.run(
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
