"""What of the libraries' logs may a client see?  Nothing of what they say in threads that ask for a token.

botocore tells requests and answers, credentials and all, and filelock every look at a lock; clients show that to their
users (``pip -vv``).  What they log in other threads is somebody else's.
"""

from __future__ import annotations

import logging
import threading

_TALKATIVE = ("botocore", "filelock")


class _Discretion(logging.Filter):
    """A context in which this thread's records are dropped.  It may be entered again before it is left."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - whatever it says
        return not getattr(self._depth, "value", 0)

    def __enter__(self) -> None:
        self._depth.value = getattr(self._depth, "value", 0) + 1
        # A logger's filter is not asked about its children's records.
        for name, logger in list(logging.Logger.manager.loggerDict.items()):
            if name.split(".")[0] in _TALKATIVE and isinstance(logger, logging.Logger):
                logger.addFilter(self)

    def __exit__(self, *_: object) -> None:
        self._depth.value -= 1


discretion = _Discretion()
