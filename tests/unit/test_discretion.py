"""Libraries say nothing in a thread that asks for a token, and what they like in all others."""

import logging
import threading

import pytest

from keyrings.codeartifact._util.log_filter import discretion


@pytest.fixture(params=["botocore.endpoint", "filelock"])
def talk(request, caplog):
    """Return a function that lets a library say something, and returns what has been heard of it so far."""
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger(request.param)

    def say(text):
        logger.debug(text)
        return caplog.messages

    return say


def test_in_this_thread(talk):
    with discretion:
        assert talk("a secret") == []
        with discretion:
            talk("another")
        assert talk("still one") == []
    assert talk("no secret") == ["no secret"]


def test_in_another_thread(talk):
    with discretion:
        thread = threading.Thread(target=talk, args=("somebody else's",))
        thread.start()
        thread.join()
        assert talk("a secret") == ["somebody else's"]


def test_others_may_talk(caplog):
    caplog.set_level(logging.DEBUG)
    with discretion:
        logging.getLogger("urllib3").debug("hello")
    assert caplog.messages == ["hello"]
