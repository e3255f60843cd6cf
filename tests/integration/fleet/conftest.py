"""A shared token, and users who read it."""

import http.client
import os
import ssl
from base64 import b64encode
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from support.bundle import build_function
from support.fleet import ACCOUNT, KEYS, READ, REGION, SharedSecret
from support.seed import ASK, INDEX


@pytest.fixture(scope="session")
def archive(built_bundle, tmp_path_factory):
    """The rotation function's ZIP file."""
    return build_function(built_bundle, tmp_path_factory.mktemp("function") / "function.zip")


@pytest.fixture(scope="session")
def writer(plant):
    """The identity of the rotation function, with what it needs and no more."""
    policies = [
        allow("secretsmanager:*", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:codeartifact/*"),
        allow("codeartifact:GetAuthorizationToken", f"arn:aws:codeartifact:us-east-1:{ACCOUNT}:domain/acme"),
        allow("codeartifact:ReadFromRepository", f"arn:aws:codeartifact:us-east-1:{ACCOUNT}:repository/acme/release"),
        allow("sts:GetServiceBearerToken", "*"),
    ]
    key_id, secret = KEYS.values()
    user = {"name": "writer", "account": ACCOUNT, "access_key_id": key_id, "secret_access_key": secret}
    plant({"users": [user | {"policies": policies}]})


def allow(action, resource):
    return {"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}


@pytest.fixture
def secret(emulator, client, writer, monkeypatch):
    """A secret; this process has the environment of its rotation function."""
    for name in os.environ.keys() - {"PATH"}:
        monkeypatch.delenv(name)
    made = SharedSecret(emulator, client)
    for name, text in made.environ.items():
        monkeypatch.setenv(name, text)
    emulator.journal.clear()
    return made


@pytest.fixture
def is_accepted(emulator):
    """Return a function that tells whether the index accepts a token."""

    def check(token):
        path = urlsplit(f"{INDEX}acme-tools/")
        connection = http.client.HTTPSConnection(
            "127.0.0.1", urlsplit(emulator.proxy_url).port, context=ssl.create_default_context(cafile=emulator.ca_path)
        )
        connection.set_tunnel(path.hostname, 443)
        authorization = f"Basic {b64encode(f'aws:{token}'.encode()).decode()}"
        connection.request("GET", path.path, headers={"Authorization": authorization})
        with closing(connection):
            return connection.getresponse().status == 200

    return check


@pytest.fixture
def ask(home, tool, secret):
    """Return a function that asks for a token with the shared secret, and returns how that ended."""

    def get(url=INDEX, command="codeartifact-keyring", **environ):
        environ = {"CODEARTIFACT_AUTH_TOKEN_SECRET": secret.arn} | environ
        return home.fork(tool.bin / command, "get", url, "aws", **environ)

    return get


@pytest.fixture
def requests(emulator):
    """Return a function that tells how many tokens were requested and how many secrets read, and forgets it."""

    def count():
        found = tuple(len(emulator.journal.entries(operation)) for operation in (ASK, READ))
        emulator.journal.clear()
        return found

    return count
