"""How long may a question take in all, whatever it waits for?"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

from keyrings.codeartifact.errors import AWSError

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


class Deadline:
    """The end of the time that a question may take, ``seconds`` after it was asked."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return how many seconds are left, 0 when it is over."""
        return max(0.0, self._end - time.monotonic())


def within(deadline: Deadline, ask: Callable[[], Answer]) -> Answer:
    """Return what ``ask`` returns or raise what it raises; raise AWSError if it has done neither by ``deadline``.

    The question runs in a thread of its own and is left to itself when its time is up: name resolution, a
    ``credential_process`` and the instance metadata service know no time-out that could be set from outside.
    """
    answers: list[Answer] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(ask())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that waits
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise AWSError("AWS cannot be asked: this machine starts no more threads", "raise the limit on them") from error
    thread.join(deadline.remaining())
    if failures:
        raise failures[0]
    if not answers:
        raise AWSError(
            f"no answer from AWS within {deadline.seconds:g} s",
            "check the network, proxy and VPC endpoint, or raise the option deadline",
        )
    return answers[0]
