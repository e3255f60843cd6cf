"""Jobs whose identity comes from a CI or from AWS' own chain."""

from urllib.parse import quote

import pytest

from support.ci_identities import ACCOUNT, ASK, GITHUB, GITLAB, INDEX, OTHER, SUBJECT, role


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


@pytest.fixture(scope="session")
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
        done = job.fork_that_succeeds(tool.bin / "codeartifact-keyring", "get", index, "aws", **environ)
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
def role_keys(client, planted):
    """The keys of a session of the role `base`, as services hand them out to workloads."""
    keys = ("AKIAHOPPER0000000001", "MARKED-hopper", None)
    return client("sts", keys=keys).assume_role(RoleArn=role("base"), RoleSessionName="handed-out")["Credentials"]
