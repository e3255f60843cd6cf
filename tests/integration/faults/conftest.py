"""Users whose homes and caches no other test shares."""

import json

import pytest

from support.home import Home
from support.project import TAMPERED
from support.vault import ACCOUNT, GITHUB, INDEX, keys


def _allow(*actions, **more):
    return {"Statement": {"Effect": "Allow", "Action": [*actions], **more}}


ALL = _allow("codeartifact:*", "sts:GetServiceBearerToken", "sts:AssumeRole", Resource="*")
PROVIDER = GITHUB.removeprefix("https://")
SEED = {
    "domains": [
        {
            "name": "vault",
            "owner": ACCOUNT,
            "region": "us-east-1",
            "repositories": [{"name": "release"}, {"name": "staging"}],
        }
    ],
    "users": [
        {
            "name": name,
            "account": ACCOUNT,
            "access_key_id": f"AKIA{name.upper()}0000000000001",
            "secret_access_key": f"MARKED-{name}",
            "policies": [ALL],
        }
        for name in ("one", "two")
    ],
    "roles": [
        {"name": "assumed", "account": ACCOUNT, "trust": _allow("sts:AssumeRole", Principal={"AWS": ACCOUNT}), "policies": [ALL]},
        {
            "name": "federated",
            "account": ACCOUNT,
            "trust": _allow(
                "sts:AssumeRoleWithWebIdentity",
                Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{PROVIDER}"},
                Condition={"StringEquals": {f"{PROVIDER}:aud": "sts.amazonaws.com"}},
            ),
            "policies": [ALL],
        },
    ],
    "identity_providers": [{"account": ACCOUNT, "issuer": GITHUB, "audiences": ["sts.amazonaws.com"]}],
}  # fmt: skip


@pytest.fixture(scope="session")
def planted(plant):
    plant(SEED)


@pytest.fixture(scope="session")
def user(planted, codeartifact_emulator, tool, forks, tmp_path_factory):
    """Return a function that makes a user with a home, a cache and a configuration of its own."""

    def make(**environ):
        home = Home(
            tmp_path_factory.mktemp("user"), tmp_path_factory.mktemp("cache"), codeartifact_emulator, tool, forks
        )
        home.environ |= keys() | environ
        return home

    return make


@pytest.fixture
def tampered(tool):
    """Return the command that asks in a process which is tampered with as told."""

    def command(index=INDEX, **told):
        return tool.python, TAMPERED, json.dumps(told), "get", index, "aws"

    return command
