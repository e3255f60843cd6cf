"""The quotas of the emulator: a bucket of tokens by operation, account and region."""

from types import SimpleNamespace

import pytest

from keyrings.codeartifact.emulator.api.errors import APIError
from keyrings.codeartifact.emulator.quotas import Quotas

ASK, ASSUME = "GetAuthorizationToken", "AssumeRole"


def answers(rate, *requests):
    """Return what each request (time, operation, account, region) is answered: None, or status and headers."""
    quotas = Quotas()
    quotas.set({ASK: rate, ASSUME: rate})
    found = []
    for now, name, account, region in requests:
        call = SimpleNamespace(name=name, region=region, is_query=name == ASSUME)
        try:
            found.append(quotas.check(call, account, now))
        except APIError as error:
            found.append((error.code, error.status, dict(error.headers)))
    return found


def asked(*times):
    return [(now, ASK, "1", "us-east-1") for now in times]


def throttled(seconds):
    return ("ThrottlingException", 429, {"Retry-After": str(seconds)})


@pytest.mark.parametrize(
    ("rate", "times", "expected"),
    [
        pytest.param(2, (0, 0, 0), [None, None, throttled(1)], id="the bucket holds a second's"),
        pytest.param(1, (0, 0.5, 1.0), [None, throttled(1), None], id="a throttled request costs nothing"),
        pytest.param(1, (0, 99, 99), [None, None, throttled(1)], id="it overflows"),
        pytest.param(0.25, (0, 1, 4), [None, throttled(3), None], id="less than one a second"),
    ],
)
def test_a_bucket(rate, times, expected):
    assert answers(rate, *asked(*times)) == expected


@pytest.mark.parametrize(
    "other", [(0, ASK, "2", "us-east-1"), (0, ASK, "1", "eu-west-1"), (0, ASSUME, "1", "us-east-1")], ids=str
)
def test_what_has_a_bucket_of_its_own(other):
    assert answers(1, *asked(0), other) == [None, None]


def test_sts_has_an_error_of_its_own():
    request = (0, ASSUME, "1", "us-east-1")
    assert answers(1, request, request) == [None, ("Throttling", 400, {})]


def test_other_operations_have_no_quota():
    assert answers(1, *[(0, "ListDomains", "1", "us-east-1")] * 9) == [None] * 9
