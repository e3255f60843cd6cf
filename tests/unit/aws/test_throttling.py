"""When a throttled request is sent again."""

import logging
import time

import pytest

from keyrings.codeartifact.aws.throttling import Throttling


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that were made, of which none takes time."""
    made, clock = [], [0.0]

    def sleep(seconds):
        made.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    return made


def longest(low, high):
    """Stands for the random number: the longest pause."""
    assert low == 0
    return high


def test_the_longest_pauses_grow_and_then_shrink(pauses, monkeypatch):
    monkeypatch.setattr("random.uniform", longest)
    throttling = Throttling(300)
    while throttling.pause(0):
        pass
    assert pauses[:3] == [8, 32, 64]
    assert pauses[3:7] == [64, 64, 34, 17]
    # Until there is no second left.
    assert sum(pauses) == pytest.approx(299, abs=1)
    assert str(throttling) == f"{len(pauses) + 1} requests in {sum(pauses):.0f} s"


def test_pauses_are_spread_evenly(pauses):
    for _ in range(200):
        Throttling(300).pause(0)
    assert 2.5 < sum(pauses) / 200 < 5.5
    assert min(pauses) < 1
    assert 7 < max(pauses) <= 8


def test_the_wait_that_aws_asks_for_is_the_least(pauses):
    throttling = Throttling(20)
    assert throttling.pause(9)
    assert 9 <= pauses[0] <= 17
    assert not throttling.pause(20)
    assert len(pauses) == 1


def test_others_learn_of_each_pause_before_it(pauses):
    seen = []
    throttling = Throttling(300, lambda: seen.append(len(pauses)))
    assert throttling.pause(0)
    assert throttling.pause(0)
    assert not throttling.pause(300)
    assert seen == [0, 1]


def test_others_learn_that_a_long_pause_goes_on(pauses):
    seen = []
    throttling = Throttling(600, lambda: seen.append(sum(pauses)))
    assert throttling.pause(150)
    assert seen == [0, 64, 128]
    assert 150 <= sum(pauses) <= 158


@pytest.mark.parametrize(("retry_after", "lines"), [(1, 0), (11, 1)])
def test_a_person_learns_of_a_long_one(pauses, caplog, retry_after, lines):
    timeout = 4000 + retry_after  # once in a process
    throttling = Throttling(timeout)
    with caplog.at_level(logging.WARNING, "keyrings.codeartifact"):
        throttling.pause(retry_after)
    assert caplog.messages == [f"CodeArtifact throttles this account; trying again for up to {timeout} s"] * lines


def test_its_end(pauses):
    throttling = Throttling(5)
    time.sleep(7)
    # It begins with the first that is throttled.
    assert not throttling.is_over()
    time.sleep(5)
    assert throttling.is_over()
