"""The page on other CIs: what each snippet sets and runs gets a job its token, as the identity that the CI vouches for."""

import hashlib
import re
import subprocess

import pytest
import yaml

from keyrings.codeartifact.emulator.index import wheels
from support.pages import OTHER_CI
from support.project import SCRIPTS

URL = "https://github.com/OWNER/keyrings.codeartifact/releases/download/v3.0.0/keyrings-codeartifact.pyz"
LINES = [
    f"curl -fsSLo keyrings-codeartifact.pyz {URL}",
    'echo "SHA256  keyrings-codeartifact.pyz" | sha256sum -c -',
    "python3 keyrings-codeartifact.pyz exec --check -- pip install acme-tools",
]
ASK = "GetAuthorizationToken"
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/other-ci"
ISSUERS = {
    "circleci": "https://oidc.circleci.com/org/1234",
    "bitbucket": "https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
    "buildkite": "https://agent.buildkite.com",
    "jenkins": "https://jenkins.example/oidc",
    "kubernetes": "https://oidc.eks.us-east-1.amazonaws.com/id/1234",
}
SEED = {
    "domains": [],
    "roles": [
        {
            "name": "other-ci",
            "account": ACCOUNT,
            "trust": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {
                            "Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer.removeprefix('https://')}"
                        },
                        "Action": "sts:AssumeRoleWithWebIdentity",
                    }
                    for issuer in ISSUERS.values()
                ]
            },
            "policies": [
                {
                    "Statement": {
                        "Effect": "Allow",
                        "Action": ["codeartifact:*", "sts:GetServiceBearerToken"],
                        "Resource": "*",
                    }
                }
            ],
        }
    ],
    "users": [
        {
            "name": "codebuild",
            "account": ACCOUNT,
            "access_key_id": "AKIACODEBUILD0000001",
            "secret_access_key": "MARKED-codebuild",
            "policies": [
                {
                    "Statement": {
                        "Effect": "Allow",
                        "Action": ["codeartifact:*", "sts:GetServiceBearerToken"],
                        "Resource": "*",
                    }
                }
            ],
        }
    ],
    "identity_providers": [
        {"account": ACCOUNT, "issuer": issuer, "audiences": ["sts.amazonaws.com"]} for issuer in ISSUERS.values()
    ],
}


@pytest.fixture(scope="module")
def planted(plant):
    plant(SEED)


@pytest.fixture
def job(nobody, planted, emulator, bundle, cache_home, job_python, tmp_path):
    """Return a function that runs a job's lines on an image with pip: GitHub's files are behind the emulator's proxy."""
    emulator.access.is_enforced = True
    python = job_python(tmp_path / "python")
    # Unpacked once, and nothing is compiled that is used once.
    common = {"XDG_CACHE_HOME": str(cache_home), "PIP_NO_COMPILE": "1", "PIP_NO_CACHE_DIR": "1"}
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()

    def run(script, environ, sha256=digest):
        script = script.replace(URL, bundle.as_uri()).replace("SHA256", sha256)
        path = f"{tmp_path / 'bin'}:{python.bin}:/usr/bin:/bin"
        return nobody.run("sh", "-ec", script, **{"PATH": path, **common, **environ})

    return run


@pytest.fixture
def run(job, emulator):
    """Return a function that runs a job with the three lines, and returns the principal that asked for its token."""

    def principal(script, environ):
        assert [line.strip() for line in script.splitlines() if "keyrings-codeartifact" in line] == LINES
        done = job(f"{script}\npython3 -c 'import acme_tools'", environ)
        assert done.returncode == 0, done.stderr
        [entry] = emulator.journal.entries(ASK)
        return entry.principal

    return principal


@pytest.fixture
def id_token(emulator):
    """Return a function that mints the ID token of a CI."""

    def mint(ci):
        return emulator.access.issuer.mint(ISSUERS[ci], "a job", "sts.amazonaws.com")

    return mint


KEYS = {"AWS_ACCESS_KEY_ID": "AKIACODEBUILD0000001", "AWS_SECRET_ACCESS_KEY": "MARKED-codebuild"}
INDEX = f"https://acme-{ACCOUNT}.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"


def is_session(principal):
    return principal.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/other-ci/")


def test_circleci(run, id_token):
    job = yaml.safe_load(OTHER_CI.block("circleci"))["jobs"]["test"]
    [step] = job["steps"]
    assert is_session(run(step["run"], {**job["environment"], "CIRCLE_OIDC_TOKEN_V2": id_token("circleci")}))


def test_any_ci(run, id_token):
    assert is_session(run(OTHER_CI.block("any CI"), {"CI_OIDC_TOKEN": id_token("buildkite")}))


def test_bitbucket(run, id_token):
    [step] = yaml.safe_load(OTHER_CI.block("bitbucket"))["pipelines"]["default"]
    assert step["step"]["oidc"] is True
    assert is_session(run("\n".join(step["step"]["script"]), {"BITBUCKET_STEP_OIDC_TOKEN": id_token("bitbucket")}))


def test_buildkite(run, id_token, tmp_path):
    [step] = yaml.safe_load(OTHER_CI.block("buildkite"))["steps"]
    agent = tmp_path / "bin" / "buildkite-agent"
    agent.parent.mkdir()
    agent.write_text(
        f'#!/bin/sh\n[ "$*" = "oidc request-token --audience sts.amazonaws.com --lifetime 3600" ] && echo {id_token("buildkite")}\n'
    )
    agent.chmod(0o755)
    assert is_session(run(step["command"].replace("$$", "$"), step["env"]))


def test_jenkins(run, id_token):
    text = OTHER_CI.block("jenkins")
    assert text.count("{") == text.count("}")
    environ = dict(re.findall(r"^ +([A-Z_]+) = '(.*)'$", text, re.MULTILINE))
    [secret] = re.findall(r"^ +([A-Z_]+) = credentials\('.*'\)$", text, re.MULTILINE)
    [script] = re.findall(r"^ +sh '''\n(.*)^ +'''$", text, re.MULTILINE | re.DOTALL)
    assert is_session(run(script, {**environ, secret: id_token("jenkins")}))


def test_codebuild(run):
    spec = yaml.safe_load(OTHER_CI.block("codebuild"))
    script = "\n".join(spec["phases"]["build"]["commands"])
    assert run(script, {**spec["env"]["variables"], **KEYS}) == f"arn:aws:iam::{ACCOUNT}:user/codebuild"


def test_several_commands(job, emulator):
    """In this shell: there is no `keyring` but the bundle's."""
    environ = {**KEYS, "CODEARTIFACT_INDEX_URL": INDEX}
    script = "\n".join([*LINES[:2], OTHER_CI.block("several commands"), "python3 -c 'import acme_tools'"])
    done = job(script, environ)
    assert done.returncode == 0, done.stderr
    assert len(emulator.journal.entries(ASK)) == 1
    plain = job(f"{LINES[0]}\npython3 keyrings-codeartifact.pyz env --format dotenv", environ)
    assert "PATH=" not in plain.stdout


def test_another_file_is_not_run(job, emulator):
    done = job("\n".join(LINES), {}, sha256="0" * 64)
    assert (done.returncode, done.stdout) == (1, "keyrings-codeartifact.pyz: FAILED\n")
    assert emulator.journal.entries() == []


def test_kubernetes(job, emulator, tool, id_token, tmp_path):
    """With what IRSA puts into the container, on this project's image."""
    account, manifest = yaml.safe_load_all(OTHER_CI.block("kubernetes"))
    pod = manifest["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == account["metadata"]["name"]
    [container] = pod["containers"]
    (tmp_path / "token").write_text(id_token("kubernetes"))
    environ = {item["name"]: item["value"] for item in container["env"]}
    irsa = {
        "AWS_ROLE_ARN": account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"],
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
    }
    done = job(f"{tool.bin}/keyrings-codeartifact exec -- {' '.join(container['args'])}", {**environ, **irsa})
    assert done.returncode == 0, done.stderr
    [entry] = emulator.journal.entries(ASK)
    assert is_session(entry.principal)


def test_dockerfile(token, job, emulator, tmp_path):
    """Its command, with the token of the secret; the emulator does not know who that token is for."""
    emulator.access.is_enforced = False
    emulator.journal.clear()
    text = OTHER_CI.block("dockerfile")
    (tmp_path / "Dockerfile").write_text(text)
    # It fixes no version of the package, and needs no --no-cache-dir, as the cache is not in the image.
    rules = ["--ignore", "DL3013", "--ignore", "DL3042"]
    subprocess.run([SCRIPTS / "hadolint", *rules, tmp_path / "Dockerfile"], check=True)
    assert f"ADD --checksum=sha256:SHA256 {URL} /\n" in text
    command = text.split("target=/root/.cache \\\n")[1].replace("/codeartifact/", "")
    done = job("\n".join([*LINES[:2], command]), {"CODEARTIFACT_AUTH_TOKEN": token})
    assert done.returncode == 0, done.stderr
    assert emulator.journal.entries(ASK) == []
    assert [entry.status for entry in emulator.journal.entries("Download")] == [200]


def test_a_token_for_a_build(job, emulator, tmp_path):
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text('#!/bin/sh\necho "$CODEARTIFACT_AUTH_TOKEN"\n')
    docker.chmod(0o755)
    done = job("\n".join([*LINES[:2], OTHER_CI.block("build")]), {**KEYS, "CODEARTIFACT_INDEX_URL": INDEX})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] in emulator.issued_tokens()


def test_twine(job, emulator, environment, tmp_path):
    """One without the backend."""
    (tmp_path / "dist").mkdir()
    wheels.build(tmp_path / "dist", "other-ci")
    path = f"{environment('twine>=7').bin}:/usr/bin:/bin"
    done = job(
        "\n".join([*LINES[:2], OTHER_CI.block("twine")]), {**KEYS, "CODEARTIFACT_INDEX_URL": INDEX, "PATH": path}
    )
    assert done.returncode == 0, done.stderr
    assert [entry.status for entry in emulator.journal.entries("Upload")] == [200]
