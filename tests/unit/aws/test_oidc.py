"""OIDC tokens of CI jobs: their claims, and where they are read from."""

import json
from base64 import urlsafe_b64encode

import pytest

from keyrings.codeartifact.aws import oidc
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import CodeArtifactError
from keyrings.codeartifact.models import Repository

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")


def jwt(claims):
    return f"e30.{urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.MARKED"


@pytest.mark.parametrize(
    ("token", "claims"),
    [
        (jwt({"iss": "https://x", "sub": "repo:a/b", "aud": "c"}), "iss 'https://x', sub 'repo:a/b', aud 'c'"),
        (
            jwt({"iss": "https://x", "sub": "repo:a/b", "aud": ["c", "d"]}),
            "iss 'https://x', sub 'repo:a/b', aud 'c, d'",
        ),
        (jwt({"sub": "x" * 500}), "iss '', sub '…', aud ''"),
        (jwt({"sub": "a b" * 500}), f"iss '', sub '{('a b' * 500)[:200].strip()}', aud ''"),
        (jwt({"sub": "\x1b[2J\n"}), "iss '', sub '?[2J', aud ''"),
        (jwt([]), "iss '', sub '', aud ''"),
        ("MARKED", "iss '', sub '', aud ''"),
        (f"e30.{urlsafe_b64encode(b'[' * 100_000).decode()}.MARKED", "iss '', sub '', aud ''"),
        ("a.MARKED.b", "iss '', sub '', aud ''"),
        ("a.ÄÖ.b", "iss '', sub '', aud ''"),
    ],
)
def test_claims(token, claims):
    assert str(oidc.claims(token)) == claims


def settings(**options):
    environ = {f"CODEARTIFACT_{name.upper()}": value for name, value in options.items()}
    return resolve(
        RELEASE, {"CODEARTIFACT_CONFIG": "#", "CODEARTIFACT_ROLE_ARN": "arn:aws:iam::111122223333:role/a", **environ}
    )


@pytest.mark.parametrize("value", [f"{jwt({})}\n", f" {jwt({})}"])
def test_a_token_in_a_variable(value):
    token = oidc.load(settings(oidc_token_variable="CI_TOKEN"), {"CI_TOKEN": value})
    assert token == jwt({})
    assert "MARKED" not in repr(token)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            None,
            "the variable CI_TOKEN (oidc_token_variable of CODEARTIFACT_OIDC_TOKEN_VARIABLE) is not set; have the CI put its OIDC token there",
        ),
        ("", "is not set"),
        ("$CI_JOB_JWT", "contains no OIDC token; check that the CI puts one there"),
        ("MARKED", "contains no OIDC token; check that the CI puts one there"),
        ("a.b.c\nMARKED", "contains no OIDC token; check that the CI puts one there"),
    ],
)
def test_a_variable_without_a_token(value, message):
    environ = {} if value is None else {"CI_TOKEN": value}
    with pytest.raises(CodeArtifactError) as caught:
        oidc.load(settings(oidc_token_variable="CI_TOKEN"), environ)
    assert message in str(caught.value)
    assert "MARKED" not in str(caught.value)


def test_a_token_in_a_file(tmp_path):
    path = tmp_path / "token"
    path.write_text(f"{jwt({})}\n")
    loaded = settings(web_identity_token_file=str(path))
    assert oidc.load(loaded, {}) == jwt({})
    path.write_bytes(b"\xff")
    with pytest.raises(CodeArtifactError, match=r"cannot be read \(not UTF-8\); make it readable for this user"):
        oidc.load(loaded, {})
    path.unlink()
    with pytest.raises(CodeArtifactError, match=r"cannot be read \(No such file or directory\); make it readable"):
        oidc.load(loaded, {})
