"""Throttled requests: which ones AWS has throttled, and when to send them again.

AWS General Reference, "AWS CodeArtifact endpoints and quotas": an account may send 40 GetAuthorizationToken per second
in a region.  Of a thousand jobs that start at once, most are throttled, and have to try again at other times.
"""

from __future__ import annotations

import random
import time

from keyrings.codeartifact._util.log import debug, log_once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

CODES = frozenset(("ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException"))
# RFC 6585.
_TOO_MANY_REQUESTS = 429
# In seconds, the longest pause after the first throttled request, and after any; and how much longer each gets.
_FIRST, LONGEST, _GROWTH = 8, 64, 4
# In seconds, after how long a person should know what the lookup waits for.
_NOTICE = 10


def is_throttled(code: object, status: object) -> bool:
    """Return whether a response with this error code and HTTP status says that there are too many requests."""
    return code in CODES or status == _TOO_MANY_REQUESTS


def next_pause(requests: int, left: float, retry_after: float) -> float | None:
    """Return for how many seconds to wait after so many throttled ``requests``, None if less time is ``left``.

    The pause is random, up to a limit that grows ("full jitter" in the AWS Architecture Blog, "Exponential Backoff And
    Jitter").  As the time runs out pauses get shorter, so that none of it is lost.
    """
    longest = min(_FIRST * _GROWTH ** (requests - 1), LONGEST, max(left / 2, 1))
    pause = retry_after + random.uniform(0, longest)  # noqa: S311 - nothing secret
    return pause if pause < left else None


class Throttling:
    """The throttled requests of one lookup, which may take ``timeout`` seconds from the first one on.

    ``on_pause`` is called before each pause, and at least every ``LONGEST`` seconds.
    """

    def __init__(self, timeout: float, on_pause: Callable[[], object] = lambda: None) -> None:
        self._timeout = timeout
        self._on_pause = on_pause
        self._began: float | None = None
        self._requests = 0

    def __str__(self) -> str:
        """Return how many requests were throttled in how many seconds."""
        return f"{self._requests} request{'s'[: self._requests != 1]} in {self._elapsed():.0f} s"

    def pause(self, retry_after: float) -> bool:
        """Wait at least ``retry_after`` seconds; return False, without waiting, if there is no time for that."""
        self._requests += 1
        pause = next_pause(self._requests, self._timeout - self._elapsed(), retry_after)
        if pause is None:
            return False
        debug(f"AWS throttled the request; the next one follows in {pause:.1f} s")
        self.notify(pause)
        while pause > 0:
            self._on_pause()
            time.sleep(min(pause, LONGEST))
            pause -= LONGEST
        return True

    def notify(self, pause: float = 0) -> None:
        """Log once that AWS throttles, if the lookup has taken longer than a person expects, ``pause`` included."""
        if self._elapsed() + pause > _NOTICE:
            log_once(f"CodeArtifact throttles this account; trying again for up to {self._timeout:g} s")

    def is_over(self) -> bool:
        """Return whether the time is over."""
        return self._elapsed() >= self._timeout

    def _elapsed(self) -> float:
        """Return how many seconds ago the first throttled request was seen, which it is at the latest now."""
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        return now - self._began
