"""Processes that are killed, at each of their steps."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.gate import Gate
from support.vault import ASK, FAILURE_IS_OVER, answered, ask_command, body, kept, whole

ENDS = {
    "a token is kept": None,
    "a failure is kept": whole("403 Forbidden", "{}", X_Amzn_ErrorType="AccessDeniedException"),
    "a token is not kept": lambda _: whole("200 OK", body(ASK, token="short", expiration=str(time.time() + 60)))(ASK),
}


@pytest.mark.parametrize(
    ("end", "is_there"),
    [*((end, False) for end in ENDS.values()), (None, True)],
    ids=[*ENDS, "a token is kept over an old one"],
)
def test_killed_at_each_step(emulator, user, tampered, tool, end, is_there):
    """The next process has a token, a whole one, and what is left of the one that died is not much."""

    def is_killed(step):
        with Gate(emulator.proxy_url) as gate:
            home = user(CODEARTIFACT_ENDPOINT_URL=gate.url)
            if is_there:
                home.fork_that_succeeds(*ask_command(home, tool))
                [path] = home.cache.rglob("*.token")
                path.write_bytes(path.read_bytes()[:-1])
            gate.fault = end and (lambda: end(ASK))
            killed = home.fork(*tampered(folder=str(home.cache), kill=step))
            gate.fault = None
            following = tampered(clock=[FAILURE_IS_OVER]) if kept(home)[".failure"] else ask_command(home, tool)
            assert answered(home.fork(*following)) == "user/one"
            left = kept(home)
            assert left[".token"] == 1
            assert left[".new"] <= 1
            assert set(left) <= {".token", ".lock", ".new"}
            return killed.returncode == -signal.SIGKILL

    steps = 0
    with ThreadPoolExecutor(4) as pool:
        while all(batch := list(pool.map(is_killed, range(steps + 1, steps + 5)))):
            steps += len(batch)
    # It has made a folder and a lock, and written, closed, dated and renamed a file, at the least.
    assert steps + sum(batch) >= 5


def test_what_killed_processes_leave_is_swept_away(emulator, user, tampered, tool):
    home = user(CODEARTIFACT_TOKEN_DURATION="43200")
    for kill in range(5, 15):
        home.fork(*tampered(folder=str(home.cache), kill=kill))
        for path in home.cache.rglob("*.token"):
            path.unlink()
    assert 1 <= kept(home)[".new"] <= 20
    assert answered(home.fork(*tampered(clock=[3700]))) == "user/one"
    assert set(kept(home)) <= {".token", ".lock"}
