"""AWS' quotas: how many requests of an operation an account may send per second in a region."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

from .api.errors import APIError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .api.calls import Call


class Quotas:
    """Requests per second by operation, none at first.

    Each account has, in each region, a bucket of tokens that is filled at that rate and holds the tokens of a second.
    """

    def __init__(self) -> None:
        self._rates: Mapping[str, float] = {}
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def set(self, rates: Mapping[str, float]) -> None:
        """Replace all quotas, and fill their buckets."""
        with self._lock:
            self._rates = dict(rates)
            self._buckets = {}

    def rates(self) -> dict[str, float]:
        """Return the requests per second by operation."""
        return dict(self._rates)

    def check(self, call: Call, account: str, now: float) -> None:
        """Raise APIError if ``account`` has no request of the operation left ``now`` (seconds of any clock)."""
        rate = self._rates.get(call.name)
        if rate is None:
            return
        most = max(rate, 1)
        place = (call.name, account, call.region)
        with self._lock:
            tokens, since = self._buckets.get(place, (most, now))
            tokens = min(tokens + (now - since) * rate, most)
            is_allowed = tokens >= 1
            self._buckets[place] = (tokens - is_allowed, now)
        if not is_allowed:
            raise _throttled((1 - tokens) / rate, is_query=call.is_query)


def _throttled(seconds: float, *, is_query: bool) -> APIError:
    """Return the error for a request that could be served in so many ``seconds``.

    CodeArtifact API reference, ThrottlingException; STS API reference, Common Errors.
    """
    if is_query:
        return APIError("Throttling", 400, "Rate exceeded")
    return APIError("ThrottlingException", 429, "Rate exceeded", {"Retry-After": str(math.ceil(seconds))})
