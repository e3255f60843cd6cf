"""A limit on how long a call may take, whatever it waits for."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class DeadlineExceededError(Exception):
    """A call has not returned by its deadline."""


class Deadline:
    """The moment ``seconds`` after it was made."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return how many seconds are left, 0 when it has passed."""
        return max(0.0, self._end - time.monotonic())


def run_within(deadline: Deadline, call: Callable[[], Result]) -> Result:
    """Return what ``call`` returns or raise what it raises.

    It runs in a thread of its own, which is abandoned at ``deadline``: name resolution, a ``credential_process`` and
    the instance metadata service have no time-out that a caller can set.  Raises DeadlineExceededError then, and
    RuntimeError if the system starts no more threads.
    """
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(deadline.remaining())
    if errors:
        raise errors[0]
    if not results:
        raise DeadlineExceededError
    return results[0]
