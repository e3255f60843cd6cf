"""The value of a secret with a shared token: only a token of the repository's domain that has not expired is read."""

import json
import time

import pytest

from keyrings.codeartifact.aws import shared_token
from keyrings.codeartifact.errors import AWSError, ConfigurationError
from keyrings.codeartifact.models import Repository, Secret, Token

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:codeartifact-AbCdEf"
DOMAIN = {"domain": "acme", "domain_owner": "111122223333", "region": "us-east-1"}
EXPIRES, EXPIRES_AT = 4070908800, "2099-01-01T00:00:00Z"
ROTATE = "rotate it once with this project's rotation function [CA605]"


def text(**changes):
    """Return the value of a secret, changed; None removes a key."""
    value = {**DOMAIN, "token": "t0ken", "expires": EXPIRES_AT, **changes}
    return json.dumps({name: one for name, one in value.items() if one is not None})


def error(text, kind, **options):
    """Return the line of the error, which has no cause that could hold the secret's value."""
    with pytest.raises(kind) as caught:
        shared_token.parse(text, RELEASE, SECRET, **options)
    assert type(caught.value) is kind
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    # As AWS' own: the next lookup would get the same.
    assert getattr(caught.value, "is_answer", True)
    return str(caught.value)


def test_what_is_written_names_domain_and_expiry():
    assert json.loads(shared_token.render(RELEASE, Token(Secret("t0ken"), EXPIRES + 0.9))) == json.loads(text())


def test_what_is_written_is_read():
    token = Token(Secret("t0ken"), EXPIRES)
    found = shared_token.parse(shared_token.render(RELEASE, token), RELEASE, SECRET)
    assert found == token
    assert "t0ken" not in repr(found)


def test_a_token_is_for_all_repositories_of_its_domain():
    for name in ("other", None):
        assert shared_token.parse(text(), RELEASE._replace(name=name), SECRET) == Token("t0ken", EXPIRES)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("MARKED", id="a token alone"),
        pytest.param('"MARKED"', id="a string"),
        pytest.param('["MARKED"]', id="an array"),
        pytest.param("[" * 100_000, id="deep"),
        *(pytest.param(text(**{name: None}), id=f"without {name}") for name in (*DOMAIN, "token", "expires")),
        pytest.param(text(expires=EXPIRES), id="an expiry in seconds"),
        pytest.param(text(expires="2099-01-01T00:00:00"), id="an expiry without offset"),
        pytest.param(text(expires="2099-01-01T00:00:00+00:00"), id="an expiry with another offset"),
        pytest.param(text(expires="2099-13-01T00:00:00Z"), id="an expiry that is no date"),
    ],
)
def test_other_values_are_no_shared_token(value):
    assert error(value, AWSError) == f"the secret {SECRET} contains no shared token; {ROTATE}"


@pytest.mark.parametrize(
    "token",
    ["", "two words", "t0ken\n", "tök", "x" * 70_000],
    ids=["empty", "a blank", "a line end", "a letter", "too long"],
)
def test_a_token_that_no_client_can_send(token):
    assert error(text(token=token), AWSError) == f"the token in the secret {SECRET} is unusable; {ROTATE}"


@pytest.mark.parametrize(
    ("changes", "domain"),
    [
        ({"domain": "other"}, "'other' (owner 111122223333) in us-east-1"),
        ({"domain_owner": "444455556666"}, "'acme' (owner 444455556666) in us-east-1"),
        ({"region": "eu-west-1"}, "'acme' (owner 111122223333) in eu-west-1"),
        ({"domain": "M" * 65}, "'…' (owner 111122223333) in us-east-1"),
    ],
)
def test_a_token_of_another_domain_is_refused(changes, domain):
    assert error(text(**changes), ConfigurationError) == (
        f"the secret {SECRET} holds a token of CodeArtifact domain {domain}, "
        f"not of {RELEASE}; set auth_token_secret only where the URLs are of its domain [CA606]"
    )


def in_(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


@pytest.mark.parametrize(
    ("left", "min_life_left", "words"), [(-1, 0, "expired at"), (3500, 3600, "expires too soon, at")]
)
def test_an_expired_token_is_refused(left, min_life_left, words):
    expires = in_(left)
    assert error(text(expires=expires), AWSError, min_life_left=min_life_left) == (
        f"the token in the secret {SECRET} {words} {expires}; check its rotation, and this machine's clock [CA607]"
    )


@pytest.mark.parametrize(("left", "min_life_left"), [(60, 0), (3700, 3600)])
def test_a_token_that_lives_long_enough_is_read(left, min_life_left):
    assert shared_token.parse(text(expires=in_(left)), RELEASE, SECRET, min_life_left=min_life_left).value == "t0ken"
