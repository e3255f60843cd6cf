"""Every identity source through the bundle, whose botocore has few services."""

import json

import pytest

from keyrings.codeartifact.models import _SOURCES
from support.ci_identities import (
    ACCOUNT,
    ASK,
    GITHUB_OPTIONS,
    GITLAB,
    INDEX,
    PLAIN,
    PROJECT,
    SSO_CONFIG,
    role,
    serving,
    serving_sso,
    session,
    workload,
)

USER = f"arn:aws:iam::{ACCOUNT}:user/plain"
AWS_CONFIG = f"""
[profile base]
role_arn = {role("base")}
role_session_name = based
source_profile = hopper
[profile hopper]
aws_access_key_id = AKIAHOPPER0000000001
aws_secret_access_key = MARKED-hopper
[profile process]
credential_process = cat FOLDER/process.json
[profile web]
role_arn = {role("gitlab")}
role_session_name = web
web_identity_token_file = FOLDER/identity
"""
GITLAB_ROLE = f"role_arn = {role('gitlab')}\nrole_session_name = me\n"
# What the sections and the environment hold, and the principal that CodeArtifact sees: by option that sets the source.
SECTIONS = {
    "oidc_token_variable": (f"oidc_token_variable = ID_TOKEN\n{GITLAB_ROLE}", session("gitlab", "me")),
    "oidc_audience": (GITHUB_OPTIONS, session("github", "acme-tools-42")),
    "web_identity_token_file": (f"web_identity_token_file = FOLDER/identity\n{GITLAB_ROLE}", session("gitlab", "me")),
    "aws_access_key_id": ("aws_access_key_id = AKIAPLAIN00000000001\naws_secret_access_key = MARKED-plain\n", USER),
    "profile_name": ("profile_name = base\n", session("base", "based")),
}
SERVICES = ["codeartifact", "secretsmanager", "signin", "sso", "sso-oidc", "sts"]
PREISSUED = ("auth_token", "auth_token_file")
CHAIN = {
    "keys": (PLAIN, USER),
    "process": ({"AWS_PROFILE": "process"}, USER),
    "assumed role": ({"AWS_PROFILE": "base"}, session("base", "based")),
    "web identity of a profile": ({"AWS_PROFILE": "web"}, session("gitlab", "web")),
    "web identity": (
        {
            "AWS_ROLE_ARN": role("gitlab"),
            "AWS_ROLE_SESSION_NAME": "env",
            "AWS_WEB_IDENTITY_TOKEN_FILE": "FOLDER/identity",
        },
        session("gitlab", "env"),
    ),
}


@pytest.fixture
def get(job, linked, emulator, runner):
    """Return a function that asks the bundle as a job, and returns the token and the principal that CodeArtifact saw."""
    link = linked("keyring")
    identity = emulator.access.issuer.mint(GITLAB, PROJECT, "sts.amazonaws.com")
    (job.folder / "identity").write_text(identity)
    process = {"AccessKeyId": PLAIN["AWS_ACCESS_KEY_ID"], "SecretAccessKey": PLAIN["AWS_SECRET_ACCESS_KEY"]}
    (job.folder / "process.json").write_text(json.dumps({"Version": 1, **process}))

    def ask(config="", aws_config=AWS_CONFIG, **environ):
        def text(value):
            return value.replace("FOLDER", str(job.folder))

        job.config.write_text(f"[codeartifact]\n{text(config)}")
        (job.folder / "home" / ".aws" / "config").write_text(text(aws_config))
        variables = {name: text(value) for name, value in environ.items()}
        emulator.journal.clear()
        done = job.succeed(link, "get", INDEX, "aws", **runner(), ID_TOKEN=identity, **variables)
        assert done.stderr == ""
        return done.stdout.strip(), [entry.principal for entry in emulator.journal.entries(ASK)]

    return ask


def test_all_are_walked():
    # A session is no option: a caller of the Python API has it.
    assert SECTIONS.keys() | set(PREISSUED) == _SOURCES.keys() - {"session"}


@pytest.mark.parametrize("option", SECTIONS)
def test_a_source_of_a_section(get, option):
    config, principal = SECTIONS[option]
    assert get(config)[1] == [principal]


def test_a_pre_issued_token(get, job, client):
    keys = (*PLAIN.values(), None)
    token = client("codeartifact", keys=keys).get_authorization_token(domain="guild")["authorizationToken"]
    (job.folder / "token").write_text(token)
    assert get("auth_token_file = FOLDER/token\n") == (token, [])
    assert get(CODEARTIFACT_AUTH_TOKEN=token, CODEARTIFACT_INDEX_URL=INDEX) == (token, [])


@pytest.mark.parametrize("name", CHAIN)
def test_the_aws_chain(get, name):
    environ, principal = CHAIN[name]
    assert get(**environ)[1] == [principal]


def test_a_role_on_top_of_the_aws_chain(get):
    config = f"role_arn = {role('reader')}\nexternal_id = guild-1\nrole_session_name = me\n"
    keys = {"AWS_ACCESS_KEY_ID": "AKIAHOPPER0000000001", "AWS_SECRET_ACCESS_KEY": "MARKED-hopper"}
    assert get(config, **keys)[1] == [session("reader", "me")]


def test_sso(get, job, role_keys):
    with serving_sso(job, role_keys) as (url, _):
        _, principals = get("profile_name = sso\n", SSO_CONFIG, AWS_ENDPOINT_URL_SSO=url)
    assert principals == [session("base", "handed-out")]


def test_a_container_s_role(get, role_keys):
    with serving({"/creds": workload(role_keys)}) as (url, _):
        assert get(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{url}/creds")[1] == [session("base", "handed-out")]


def test_an_instance_s_role(get, role_keys):
    path = "/latest/meta-data/iam/security-credentials/"
    answers = {"/latest/api/token": "imds-token", path: "base", f"{path}base": workload(role_keys)}
    with serving(answers) as (url, _):
        environ = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_EC2_METADATA_DISABLED": "false"}
        assert get(**environ)[1] == [session("base", "handed-out")]


def test_every_service_has_a_client(job, linked, bare, cache_home):
    """Those that renew the tokens of SSO and console logins, too."""
    job.succeed(linked("keyrings-codeartifact"), "--version")
    [packages] = cache_home.glob("*/*/packages")
    code = (
        f"import sys; sys.path.insert(0, {str(packages)!r}); from botocore.session import Session\n"
        f"for name in {SERVICES}: print(Session().create_client(name, 'us-east-1').meta.endpoint_url)\n"
        "print(*Session().get_available_services(), sep=',')"
    )
    *endpoints, services = job.succeed(bare.python, "-IS", "-c", code).stdout.split()
    assert services.split(",") == SERVICES
    assert all(url.startswith("https://") for url in endpoints)
