"""CodeArtifact within the process: each context and each decorated test begins without domains, and leaves none."""

import os
import unittest

import boto3
import pytest
from moto.core.base_backend import BackendDict

from keyrings.codeartifact.emulator.api.errors import NotFoundError
from keyrings.codeartifact.emulator.api.models import backend_of, codeartifact_backends
from keyrings.codeartifact.emulator.mock import mock_codeartifact

# An account that no other test uses: moto's state is global.
OWNER = "131313131313"


def names():
    """Return the names of the account's domains."""
    return list(backend_of(OWNER, "us-east-1").domains)


def create(name):
    backend_of(OWNER, "us-east-1").create_domain(name)


@pytest.fixture
def outer():
    """A domain that is there already, as that of an emulator in this process."""
    create("outer")
    yield
    del codeartifact_backends[OWNER]


def test_a_context_sets_aside_what_is_there(outer):
    backend = backend_of(OWNER, "us-east-1")
    with mock_codeartifact():
        assert names() == []
        create("inner")
        assert names() == ["inner"]
    assert names() == ["outer"]
    assert backend_of(OWNER, "us-east-1") is backend


def test_a_context_that_fails_restores_it_too(outer):
    with pytest.raises(NotFoundError), mock_codeartifact():
        backend_of(OWNER, "us-east-1").domain("outer")
    assert names() == ["outer"]


def test_contexts_leave_nothing_behind(outer):
    kept = list(BackendDict._instances)  # noqa: SLF001 - moto's list of what it resets
    for number in range(3):
        with mock_codeartifact():
            create(f"inner-{number}")
            assert names() == [f"inner-{number}"]
    assert (names(), BackendDict._instances) == (["outer"], kept)  # noqa: SLF001


def test_a_context_within_another_one_leaves_nothing_to_it():
    with mock_codeartifact():
        create("outer")
        kept = list(BackendDict._instances)  # noqa: SLF001
        for number in range(3):
            with mock_codeartifact():
                create(f"inner-{number}")
                assert names() == [f"inner-{number}"]
        assert (names(), BackendDict._instances) == (["outer"], kept)  # noqa: SLF001


def test_the_credentials_of_the_environment_are_made_up(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    with mock_codeartifact():
        assert os.environ["AWS_ACCESS_KEY_ID"] != "real"
    assert os.environ["AWS_ACCESS_KEY_ID"] == "real"


def test_moto_s_other_services_are_there(codeartifact_mock):
    assert boto3.client("sts", "us-east-1").get_caller_identity()["Account"] == "123456789012"


def test_a_decorated_function_keeps_its_name_arguments_and_result(outer):
    @mock_codeartifact
    def tested(name, *, other):
        """Create two domains."""
        create(name)
        create(other)
        return names()

    assert (tested.__name__, tested.__doc__) == ("tested", "Create two domains.")
    assert [tested("one", other="two"), tested("one", other="three")] == [["one", "two"], ["one", "three"]]
    assert names() == ["outer"]


class Base:
    def test_one(self):
        create("one")
        return names()

    def test_two(self):
        create("two")
        return names()

    def helper(self):
        return names()


def test_the_tests_of_a_class_and_of_its_bases_are_decorated(outer):
    decorated = mock_codeartifact(type("TestMore", (Base,), {"test_three": lambda _: names()}))()
    assert [decorated.test_one(), decorated.test_two(), decorated.test_three()] == [["one"], ["two"], []]
    assert decorated.helper() == ["outer"]
    assert Base().helper() == ["outer"]


@pytest.mark.parametrize("name", ["setUp", "setUpClass", "setup_method", "setup_class", "asyncSetUp"])
@pytest.mark.parametrize("bases", [(), (unittest.TestCase,)], ids=["pytest", "unittest"])
def test_a_set_up_that_would_not_be_covered(name, bases):
    tested = type("TestIt", bases, {name: lambda _: None})
    message = rf"^TestIt has {name}, which is not covered; enter mock_codeartifact\(\) in it$"
    with pytest.raises(TypeError, match=message):
        mock_codeartifact(tested)
    with pytest.raises(TypeError, match=r"^TestMore has"):
        mock_codeartifact(type("TestMore", (tested,), {}))


def test_unittest_s_own_set_up_is_none():
    tested = type("TestIt", (unittest.TestCase,), {"test_it": lambda _: names()})
    assert mock_codeartifact(tested) is tested


async def coroutine():
    pass


@pytest.mark.parametrize(
    "tested",
    [coroutine, type("TestIt", (), {"test_it": staticmethod(names)}), type("TestIt", (), {"test_it": coroutine}), 1],
    ids=["coroutine", "static method", "coroutine of a class", "number"],
)
def test_what_is_no_function(tested):
    with pytest.raises(TypeError, match=r"is not a function; enter mock_codeartifact\(\) in it$"):
        mock_codeartifact(tested)
