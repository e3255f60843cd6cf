"""A clock that is wrong or jumps, and tokens whose expiry is."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from keyrings.codeartifact.emulator.faults import Fault
from support.commands import CODE
from support.vault import ASK, MARGIN, answered, ask_command, body, kept


@pytest.mark.parametrize("duration", [3600, 0])
def test_a_token_for_ever_is_not_kept_for_ever(emulator, user, tool, duration):
    """No token of AWS' lives longer than 12 hours, whatever the answer says; half of that it is handed out."""
    home = user(CODEARTIFACT_TOKEN_DURATION=str(duration))
    text = body(ASK, expiration="253402300799")
    emulator.faults.add(Fault(ASK, 200, {"Content-Type": "application/json"}, text.replace("MARKED", "for-ever")))
    assert home.fork_that_succeeds(*ask_command(home, tool)).stdout == "for-ever\n"
    [path] = home.cache.rglob("*.token")
    assert path.stat().st_mtime < time.time() + 6 * 3600 + 60


DAY = 86400
# By how much each process' clock is ahead of AWS's, and how often AWS is asked.
CLOCKS = {
    "a day slow, then right": ([-DAY, 0, 0], [1, 1, 0]),
    "right, then a day slow, then right": ([0, -DAY, 0, 0], [1, 1, 1, 0]),
    "a little fast, then right": ([1000, 0, 0], [1, 1, 0]),
    "right, then a little fast": ([0, 1000, 0], [1, 0, 0]),
    "right, then past the half of its life": ([0, 1900], [1, 1]),
    "at the epoch": ([-1.7e9, 0], [1, 1]),
}


@pytest.mark.parametrize(("clocks", "asked"), CLOCKS.values(), ids=CLOCKS)
def test_a_clock_that_jumps_between_questions(user, tampered, calls, clocks, asked):
    home = user()
    for clock, number in zip(clocks, asked, strict=True):
        assert answered(home.fork(*tampered(clock=[clock]))) == "user/one"
        assert calls() == number, clock


def test_a_clock_that_is_far_ahead_is_named_and_does_no_harm(user, tampered, calls):
    home = user()
    done = home.fork(*tampered(clock=[DAY]))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("has already expired; set this machine's clock [CA426]\n")
    assert kept(home)[".token"] == 0
    assert answered(home.fork(*tampered(clock=[0]))) == "user/one"
    assert calls() == 2


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_a_clock_that_jumps_within_a_question(emulator, user, tampered, jump):
    """At whichever look at it: a token or a line, and nothing that would be handed out for too long."""

    def play(look):
        home = user()
        return home.fork(*tampered(clock=[0, jump], jumps=[look])), list(home.cache.rglob("*.token"))

    with ThreadPoolExecutor(4) as pool:
        for done, tokens in pool.map(play, range(1, 9)):
            assert (done.returncode, done.stdout.count("\n")) in ((0, 1), (1, 0))
            assert re.fullmatch(rf"([^\n]+; [^\n]+ {CODE}\n)?", done.stderr)
            assert all(path.stat().st_mtime < time.time() + 1800 for path in tokens)


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_a_clock_that_jumps_changes_no_deadline(emulator, user, tampered, jump):
    emulator.faults.add(Fault(ASK, hang=60))
    began = time.monotonic()
    done = user().fork(*tampered(clock=[0, jump], jumps=[4]), CODEARTIFACT_DEADLINE="2")
    assert 2 < time.monotonic() - began < 2 + MARGIN
    assert "no response from AWS within 2 s" in done.stderr
