"""What an answer has to be to be handed out as a token."""

import time

import pytest

from keyrings.codeartifact.aws.tokens import admit
from keyrings.codeartifact.errors import AWSError


def test_a_token_and_its_expiration():
    soon = time.time() + 1
    token = admit("t0ken", soon)
    assert (token.value, token.expiration) == ("t0ken", soon)
    assert "t0ken" not in repr(token)


@pytest.mark.parametrize(
    "value", [None, "", "two words", "two\nlines", "line\n", "tökén", b"bytes", 7, "x" * 16385], ids=ascii
)
def test_what_is_no_token(value):
    with pytest.raises(AWSError, match="holds no usable token"):
        admit(value, time.time() + 3600)


@pytest.mark.parametrize("age", [0, 1, 86400])
def test_what_has_expired(age):
    with pytest.raises(AWSError, match="has already expired"):
        admit("t0ken", time.time() - age)


def test_what_never_expires_is_not_trusted():
    with pytest.raises(AWSError, match="has already expired"):
        admit("t0ken", None)
