"""A log filter for this thread: drops what botocore and filelock log while a token is requested.

botocore logs requests and responses including credentials, and filelock each attempt at a lock; clients show both to
their users (``pip -vv``).  What other threads log is unaffected.
"""

import logging
import threading

_LOGGERS = ("botocore", "filelock")


class _ThreadFilter(threading.local):
    """A reentrant context in which this thread's records are dropped."""

    _depth = 0

    def filter(self, _: logging.LogRecord) -> bool:
        return not self._depth

    def __enter__(self) -> None:
        self._depth += 1
        # A logger's filter does not apply to the records of its children.
        for name, logger in list(logging.Logger.manager.loggerDict.items()):
            if name.split(".")[0] in _LOGGERS and isinstance(logger, logging.Logger):
                logger.addFilter(self)

    def __exit__(self, *_: object) -> None:
        self._depth -= 1


log_filter = _ThreadFilter()
