"""The log filter: libraries log nothing in a thread that requests a token, and everything in all others."""

import logging
import threading

import pytest

from keyrings.codeartifact._util.log_filter import log_filter


@pytest.fixture(params=["botocore.endpoint", "filelock"])
def log(request, caplog):
    """Return a function that logs as a library does, and returns all messages so far."""
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger(request.param)

    def debug(text):
        logger.debug(text)
        return caplog.messages

    return debug


def test_this_thread_logs_nothing_until_the_outermost_filter_ends(log):
    with log_filter:
        assert log("a secret") == []
        with log_filter:
            log("another")
        assert log("still one") == []
    assert log("no secret") == ["no secret"]


def test_another_thread_logs_everything(log):
    with log_filter:
        thread = threading.Thread(target=log, args=("another thread's",))
        thread.start()
        thread.join()
        assert log("a secret") == ["another thread's"]


def test_other_libraries_log_everything(caplog):
    caplog.set_level(logging.DEBUG)
    with log_filter:
        logging.getLogger("urllib3").debug("hello")
    assert caplog.messages == ["hello"]


def test_the_filter_ends_with_an_exception(log):
    with pytest.raises(ValueError, match="failed"), log_filter:
        raise ValueError("failed")
    assert log("no secret") == ["no secret"]
