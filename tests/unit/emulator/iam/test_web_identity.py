"""OIDC tokens: issued under any issuer's name, and verified against an account's identity providers."""

import pytest

from keyrings.codeartifact.emulator.api.errors import APIError
from keyrings.codeartifact.emulator.iam.identities import iam_of
from keyrings.codeartifact.emulator.iam.web_identity import Issuer

# An account that no other test uses: moto's state is global.
ISSUER, SUBJECT, AUDIENCE, ACCOUNT = "https://gitlab.example", "project:1", "sts.amazonaws.com", "555566667777"
# In seconds; the tokens of parameters are minted when tests are collected.
DAY = 24 * 3600
issuer = Issuer()


@pytest.fixture(autouse=True)
def provider():
    iam = iam_of(ACCOUNT)
    iam.create_open_id_connect_provider(ISSUER, ["0" * 40], [AUDIENCE], [])
    yield
    iam.reset()


def test_a_valid_token():
    identity = issuer.verify(issuer.mint(ISSUER, SUBJECT, AUDIENCE), ACCOUNT)
    assert identity == (f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.example", "gitlab.example", AUDIENCE, SUBJECT)


@pytest.mark.parametrize(
    ("token", "code", "message"),
    [
        pytest.param("x", "InvalidIdentityToken", "not a valid JWT", id="not a JWT"),
        pytest.param(Issuer().mint(ISSUER, SUBJECT, AUDIENCE, lifetime=DAY), "InvalidIdentityToken", "does not match its issuer's key", id="key"),
        pytest.param(issuer.mint("https://other.example", SUBJECT, AUDIENCE, lifetime=DAY), "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://other.example", id="issuer"),
        pytest.param(issuer.mint(ISSUER, SUBJECT, "other", lifetime=DAY), "InvalidIdentityToken", "Incorrect token audience", id="audience"),
        pytest.param(issuer.mint(ISSUER, SUBJECT, AUDIENCE, lifetime=0), "ExpiredTokenException", "Token expired: current date/time ", id="expired"),
    ],
)  # fmt: skip
def test_invalid_tokens(token, code, message):
    with pytest.raises(APIError) as caught:
        issuer.verify(token, ACCOUNT)
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert message in caught.value.message
