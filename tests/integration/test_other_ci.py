"""The page on other CIs: what each snippet sets and runs gets a job its token, as the identity that the CI vouches for."""

import re

import pytest
import yaml

from support.readmes import OTHERS

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
def run(nobody, planted, emulator, tool, package_index, job_python, tmp_path):
    """Return a function that runs a job's lines on an image with pip, and returns the principal that asked for its token."""
    emulator.access.is_enforced = True
    python = job_python(tmp_path / "python")

    def job(script, environ):
        script = script.replace("/tmp/codeartifact", str(tmp_path / "codeartifact"))
        # PyPI is behind the emulator's proxy.
        script = script.replace("install keyrings", f"install --no-index --find-links {package_index}/files/ keyrings")
        path = f"{tmp_path / 'bin'}:{python.bin}:{nobody.environ['PATH']}"
        # To compile all that is installed takes longer than to use a part of it.
        nobody.succeed("sh", "-ec", script, PATH=path, PIP_NO_COMPILE="1", **environ)
        nobody.succeed(python.python, "-c", "import acme_tools")
        [entry] = emulator.journal.entries(ASK)
        return entry.principal

    return job


@pytest.fixture
def token(emulator):
    """Return a function that mints the ID token of a CI."""

    def mint(ci):
        return emulator.access.issuer.mint(ISSUERS[ci], "a job", "sts.amazonaws.com")

    return mint


def is_session(principal):
    return principal.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/other-ci/")


def test_circleci(run, token):
    job = yaml.safe_load(OTHERS.block("circleci"))["jobs"]["test"]
    [step] = job["steps"]
    assert is_session(run(step["run"], {**job["environment"], "CIRCLE_OIDC_TOKEN_V2": token("circleci")}))


def test_bitbucket(run, token):
    [step] = yaml.safe_load(OTHERS.block("bitbucket"))["pipelines"]["default"]
    assert step["step"]["oidc"] is True
    assert is_session(run("\n".join(step["step"]["script"]), {"BITBUCKET_STEP_OIDC_TOKEN": token("bitbucket")}))


def test_buildkite(run, token, tmp_path):
    [step] = yaml.safe_load(OTHERS.block("buildkite"))["steps"]
    agent = tmp_path / "bin" / "buildkite-agent"
    agent.parent.mkdir()
    agent.write_text(
        f'#!/bin/sh\n[ "$*" = "oidc request-token --audience sts.amazonaws.com --lifetime 3600" ] && echo {token("buildkite")}\n'
    )
    agent.chmod(0o755)
    assert is_session(run(step["command"].replace("$$", "$"), step["env"]))


def test_jenkins(run, token):
    text = OTHERS.block("jenkins")
    assert text.count("{") == text.count("}")
    environ = dict(re.findall(r"^ +([A-Z_]+) = '(.*)'$", text, re.MULTILINE))
    [secret] = re.findall(r"^ +([A-Z_]+) = credentials\('.*'\)$", text, re.MULTILINE)
    [script] = re.findall(r"^ +sh '(.*)'$", text, re.MULTILINE)
    assert is_session(run(script, {**environ, secret: token("jenkins")}))


def test_codebuild(run):
    spec = yaml.safe_load(OTHERS.block("codebuild"))
    script = "\n".join(line for phase in ("install", "build") for line in spec["phases"][phase]["commands"])
    keys = {"AWS_ACCESS_KEY_ID": "AKIACODEBUILD0000001", "AWS_SECRET_ACCESS_KEY": "MARKED-codebuild"}
    assert run(script, {**spec["env"]["variables"], **keys}) == f"arn:aws:iam::{ACCOUNT}:user/codebuild"


def test_kubernetes(run, token, tmp_path):
    """With what IRSA puts into the container."""
    account, job = yaml.safe_load_all(OTHERS.block("kubernetes"))
    pod = job["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == account["metadata"]["name"]
    [container] = pod["containers"]
    (tmp_path / "token").write_text(token("kubernetes"))
    environ = {item["name"]: item["value"] for item in container["env"]}
    irsa = {
        "AWS_ROLE_ARN": account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"],
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
    }
    assert is_session(run(f"keyrings-codeartifact exec -- {' '.join(container['args'])}", {**environ, **irsa}))
