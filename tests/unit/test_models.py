"""The values that modules exchange: their texts, and no secret in a repr."""

import pytest

from keyrings.codeartifact.models import Repository, Role, Secret, Settings, Source, Token

# Longer than a name: looks like a token.
PASTED = "MARKED" * 20
SOURCES = [
    (
        Source("auth_token", Secret("MARKED"), "V"),
        "a pre-issued token (V)",
        {"auth_token": "…"},
    ),
    (
        Source("auth_token_file", Secret("MARKED"), "the mounted secret"),
        "a pre-issued token (the mounted secret)",
        {"auth_token_file": "…"},
    ),
    (Source("oidc_audience", "a", "V"), "GitHub's OIDC token for 'a' (V)", {"oidc_audience": "a"}),
    (Source("oidc_token_variable", "X", "V"), "the OIDC token in X (V)", {"oidc_token_variable": "X"}),
    (Source("web_identity_token_file", "/x", "V"), "the OIDC token in /x (V)", {"web_identity_token_file": "/x"}),
    (
        Source("aws_access_key_id", "AKIAMARKED0001", "V", Secret("MARKED")),
        "access key …0001 (V)",
        {"aws_access_key_id": "…0001", "aws_secret_access_key": "…"},
    ),
    (
        Source("aws_access_key_id", "ASIAMARKED0001", "V", Secret("MARKED"), Secret("MARKED")),
        "access key …0001 (V)",
        {"aws_access_key_id": "…0001", "aws_secret_access_key": "…", "aws_session_token": "…"},
    ),
    (Source("profile_name", "p", "V"), "profile 'p' (V)", {"profile_name": "p"}),
    (Source(), "the AWS default chain", {}),
    # A token that was pasted as a name.
    (Source("oidc_audience", PASTED, "V"), "GitHub's OIDC token for '…' (V)", {"oidc_audience": "…"}),
    (Source("oidc_token_variable", PASTED, "V"), "the OIDC token in … (V)", {"oidc_token_variable": "…"}),
    (Source("web_identity_token_file", PASTED, "V"), "the OIDC token in … (V)", {"web_identity_token_file": "…"}),
    (Source("profile_name", PASTED, "V"), "profile '…' (V)", {"profile_name": "…"}),
]


@pytest.mark.parametrize(("source", "text", "options"), SOURCES)
def test_sources(source, text, options):
    assert str(source) == text
    assert source.options() == options


@pytest.mark.parametrize("source", [source for source, *_ in SOURCES if not {PASTED} & set(source)])
def test_a_repr_of_a_source_shows_no_secret(source):
    assert "'MARKED'" not in repr(source)
    assert "'MARKED'" not in repr(settings(source))


def test_a_repr_of_a_token_shows_no_secret():
    assert repr(Secret("MARKED")) == "'…'"
    assert repr(Token(Secret("MARKED"), 1.0)) == "Token(value='…', expires=1.0)"
    assert f"{Secret('MARKED')}" == "MARKED"


def settings(source, role=None):
    return Settings(source, role, *[None] * (len(Settings._fields) - 2))


def test_identities():
    profile = Source("profile_name", "p", "V")
    assert settings(profile).identity == "profile 'p' (V)"
    role = Role("arn:aws:iam::111122223333:role/x", "me", None)
    assert settings(profile, role).identity == "role arn:aws:iam::111122223333:role/x, assumed with profile 'p' (V)"


def test_repositories():
    release = Repository("acme", "111122223333", "us-east-1", "release")
    assert str(release) == "CodeArtifact domain 'acme' (owner 111122223333) in us-east-1"
    assert release.whole_domain() == Repository("acme", "111122223333", "us-east-1", None)
    assert release.whole_domain() == Repository("acme", "111122223333", "us-east-1")
