"""When a pre-issued token expires, by its own word."""

import json
from base64 import urlsafe_b64encode

import pytest

from keyrings.codeartifact.config import preissued
from keyrings.codeartifact.emulator.api.models import CodeArtifactBackend
from keyrings.codeartifact.models import Secret, Source

HEADER = {"ver": 1, "isu": 1700000000, "enc": "A128GCM", "tag": "x", "exp": 1700043200, "alg": "A128GCMKW", "iv": "y"}


def token(header, rest=".a.b.c.d"):
    content = header if isinstance(header, bytes) else json.dumps(header).encode()
    return Secret(urlsafe_b64encode(content).decode().rstrip("=") + rest)


def expiry(value):
    return preissued.expiry(Source("auth_token", value, "CODEARTIFACT_AUTH_TOKEN"))


def test_a_token_says_when_it_expires():
    assert expiry(token(HEADER)) == 1700043200


def test_the_emulator_issues_such_tokens():
    backend = CodeArtifactBackend("us-east-1", "111122223333")
    backend.create_domain("acme")
    issued, expires = backend.issue_token("acme", 900)
    assert expiry(Secret(issued)) == int(expires)
    assert 500 < len(issued) < 2048


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(Secret("t0ken"), id="one part"),
        pytest.param(token(HEADER, ".a.b"), id="a JWT"),
        pytest.param(token(HEADER, ".a.b.c.d.e"), id="six parts"),
        pytest.param(token(HEADER, ".a..c.d"), id="an empty part"),
        pytest.param(Secret("!!!!.a.b.c.d"), id="not base64"),
        pytest.param(token(b"\xff\xfe"), id="not UTF-8"),
        pytest.param(token(b"[" * 2000), id="nested"),
        pytest.param(token([1]), id="a list"),
        pytest.param(token({"exp": 1700043200}), id="no issue time"),
        pytest.param(token({"isu": 1}), id="no expiry"),
        pytest.param(token(HEADER | {"exp": "1700043200"}), id="text"),
        pytest.param(token(HEADER | {"exp": True}), id="true"),
        pytest.param(token(HEADER | {"exp": 1.5}), id="a fraction"),
        pytest.param(token(HEADER | {"exp": -1}), id="negative"),
        pytest.param(token(HEADER | {"exp": 10**30}), id="out of range"),
        pytest.param(token(HEADER | {"ver": "x" * 4000}), id="long"),
    ],
)
def test_other_tokens_say_nothing(value):
    assert expiry(value) is None
