"""Requests to AWS: which responses contain a token, and their deadline."""

import threading
import time

import pytest

from keyrings.codeartifact._util.deadline import Deadline
from keyrings.codeartifact.aws.client import Client, checked_token
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import AWSError
from keyrings.codeartifact.models import Repository

ACME = Repository("acme", "111122223333", "us-east-1")


@pytest.fixture
def client():
    """A client that cannot connect, and would try again for longer than any deadline here."""
    environ = {
        "CODEARTIFACT_CONFIG": "[codeartifact]\n",
        "CODEARTIFACT_AWS_ACCESS_KEY_ID": "AKIA",
        "CODEARTIFACT_AWS_SECRET_ACCESS_KEY": "made-up",
        "CODEARTIFACT_ENDPOINT_URL": "http://127.0.0.1:9",
        "CODEARTIFACT_MAX_ATTEMPTS": "10",
        "CODEARTIFACT_DEADLINE": "0.3",
    }
    return Client(ACME, resolve(ACME, environ), environ)


def test_a_token_and_its_expiry_are_returned():
    soon = time.time() + 1
    token = checked_token("t0ken", soon)
    assert (token.value, token.expires) == ("t0ken", soon)
    assert "t0ken" not in repr(token)


def test_the_longest_token_is_usable():
    assert checked_token("x" * 16384, time.time() + 1).value == "x" * 16384


@pytest.mark.parametrize(
    "value", [None, "", "two words", "two\nlines", "line\n", "tökén", b"bytes", 7, "x" * 16385], ids=ascii
)
def test_an_unusable_token_is_an_error(value):
    with pytest.raises(AWSError, match="the response to GetAuthorizationToken contains no usable token"):
        checked_token(value, time.time() + 3600)


@pytest.mark.parametrize("age", [0, 1, 86400])
def test_an_expired_token_is_an_error(age):
    with pytest.raises(AWSError, match="the token in the response to GetAuthorizationToken has already expired"):
        checked_token("t0ken", time.time() - age)


@pytest.mark.parametrize("expires", [None, float("nan")])
def test_a_token_without_an_expiry_is_an_error(expires):
    with pytest.raises(AWSError, match="has already expired"):
        checked_token("t0ken", expires)


def test_a_request_ends_at_the_deadline_of_the_settings(client):
    began = time.monotonic()
    with pytest.raises(AWSError, match=r"\Ano response from AWS within 0\.3 s; check network") as caught:
        client.get_token()
    assert not caught.value.is_answer
    assert time.monotonic() - began < 10


def test_a_request_ends_at_a_deadline_that_has_begun(client):
    begun = Deadline(0.2)
    time.sleep(0.2)
    began = time.monotonic()
    with pytest.raises(AWSError, match=r"\Ano response from AWS within 0\.2 s; check network") as caught:
        client.get_token(begun)
    assert not caught.value.is_answer
    assert time.monotonic() - began < 10


def test_without_threads_a_request_is_an_error(client, monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(AWSError, match=r"\Acannot send a request to AWS: no more threads; raise the limit") as caught:
        client.get_token()
    assert not caught.value.is_answer
