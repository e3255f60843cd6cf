"""CodeArtifact within the process: for boto3, and for what asks through it."""

import unittest

import boto3
import pytest
from botocore.exceptions import ClientError

from keyrings.codeartifact import get_token
from keyrings.codeartifact.emulator import mock_codeartifact

URL = "https://acme-123456789012.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"


def domains():
    client = boto3.client("codeartifact", "us-east-1")
    client.create_domain(domain="acme")
    return [domain["name"] for domain in client.list_domains()["domains"]]


@pytest.mark.parametrize("number", [1, 2])
def test_a_context_that_begins_empty(number):
    with mock_codeartifact():
        assert domains() == ["acme"]


@mock_codeartifact
def test_a_decorator_of_a_function():
    assert domains() == ["acme"]


@mock_codeartifact
class TestAClass:
    def test_one(self):
        assert domains() == ["acme"]

    def test_another(self, tmp_path):
        assert domains() == ["acme"]
        assert tmp_path.is_dir()


def test_the_tests_of_a_base_class():
    decorated = mock_codeartifact(type("TestMore", (Base,), {}))
    decorated().test_base()


class Base:
    def test_base(self):
        assert domains() == ["acme"]


async def coroutine():
    domains()


@pytest.mark.parametrize(
    "tested",
    [
        pytest.param(type("Test", (), {"setup_method": lambda _: None}), id="pytest's set-up"),
        pytest.param(type("Test", (unittest.TestCase,), {"setUp": lambda _: None}), id="unittest's set-up"),
        pytest.param(type("Test", (), {"test_it": staticmethod(domains)}), id="static method"),
        pytest.param(coroutine, id="coroutine"),
    ],
)
def test_what_would_reach_aws_is_refused(tested):
    with pytest.raises(TypeError, match=r"enter mock_codeartifact\(\) in it$"):
        mock_codeartifact(tested)


def test_an_emulator_in_this_process_keeps_its_state(codeartifact_client):
    before = codeartifact_client.list_domains()["domains"]
    with mock_codeartifact():
        assert domains() == ["acme"]
        with mock_codeartifact():
            assert domains() == ["acme"]
        assert [one["name"] for one in boto3.client("codeartifact", "us-east-1").list_domains()["domains"]] == ["acme"]
    assert codeartifact_client.list_domains()["domains"] == before != []


def test_the_fixture(codeartifact_mock):
    assert domains() == ["acme"]
    # Beside moto's own.
    assert boto3.client("sts", "us-east-1").get_caller_identity()["Account"] == "123456789012"


@mock_codeartifact
def test_a_token_for_a_program(monkeypatch):
    monkeypatch.setenv("CODEARTIFACT_CACHE", "off")
    domains()
    token = get_token(URL, session=boto3.Session())
    assert token.repository.name == "release"


@mock_codeartifact
def test_errors_are_those_of_aws():
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        boto3.client("codeartifact", "us-east-1").describe_domain(domain="acme")


def test_other_names_are_none():
    from keyrings.codeartifact import emulator

    assert not hasattr(emulator, "mock_other")
    assert {name for name in emulator.__all__ if callable(getattr(emulator, name))} == set(emulator.__all__)
