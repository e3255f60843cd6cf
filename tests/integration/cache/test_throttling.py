"""Requests that AWS throttles: they are sent again, once per host."""

import re
import subprocess

import pytest

from keyrings.codeartifact.emulator.faults import Fault
from support.project import PATIENCE
from support.seed import ASK, INDEX

NOTICE = "CodeArtifact throttles this account; trying again for up to 60 s\n"


def throttled(retry_after, times=1):
    headers = {"x-amzn-ErrorType": "ThrottlingException", "Retry-After": str(retry_after)}
    return Fault(ASK, 429, headers, "{}", times=times)


@pytest.fixture
def started():
    """The processes of a test; what is left of them ends with it."""
    processes = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def start(home, tool, started):
    """Return a function that starts a lookup."""

    def start(**environ):
        command = [tool.bin / "codeartifact-keyring", "get", INDEX, "aws"]
        started.append(home.forks.start(command, cwd=home.folder, env=home.environ | environ))
        return started[-1]

    return start


def ends(processes):
    """Return exit code and standard error of each."""
    return [
        (process.returncode, errors.decode()) for process in processes for _, errors in [process.communicate(PATIENCE)]
    ]


def test_hosts_with_a_cache_of_their_own_all_get_a_token(start, emulator, tmp_path):
    emulator.quotas.set({ASK: 1})
    lookups = [start(CODEARTIFACT_CACHE_DIR=str(tmp_path / str(number))) for number in range(4)]
    assert {code for code, _ in ends(lookups)} == {0}
    statuses = [entry.status for entry in emulator.journal.entries(ASK)]
    assert statuses.count(200) == 4
    assert set(statuses) == {200, 429}


def test_one_host_waits_together(start, emulator, calls):
    """Also for longer than half of a deadline, after which a process would overtake a stopped one."""
    emulator.faults.add(throttled(3))
    assert (
        ends([start(CODEARTIFACT_DEADLINE="4", CODEARTIFACT_THROTTLE_TIMEOUT="6") for _ in range(6)]) == [(0, "")] * 6
    )
    assert calls() == 2


def test_the_time_of_one_that_waits_can_be_over_before(start, started, home, tool, emulator, calls):
    emulator.faults.add(throttled(30))
    environ = home.environ | {"CODEARTIFACT_THROTTLE_TIMEOUT": "60"}
    command = [tool.bin / "codeartifact-keyring", "get", INDEX, "aws"]
    first = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    started.append(first)
    # Its pause has begun.
    assert first.stderr.read(len(NOTICE)) == NOTICE
    [(code, errors)] = ends([start(CODEARTIFACT_DEADLINE="2", CODEARTIFACT_THROTTLE_TIMEOUT="1")])
    problem = "AWS throttles the request of another process for this token; try again later, or raise throttle_timeout"
    assert (code, errors) == (1, f"codeartifact-keyring: error: {problem} [CA408]\n")
    assert calls() == 1


def test_botocore_does_not_send_it_again(start, emulator, calls):
    emulator.faults.add(throttled(1, times=9))
    [(code, errors)] = ends([start(CODEARTIFACT_THROTTLE_TIMEOUT="1")])
    assert code == 1
    assert re.fullmatch(
        rf"codeartifact-keyring: error: AWS throttles {ASK} \(1 request in 0 s\); start fewer .* \[CA408\]\n", errors
    )
    assert calls() == 1


def test_a_role_is_assumed_again(start, emulator):
    role = "arn:aws:iam::111122223333:role/reader"
    emulator.faults.add(
        Fault(
            "AssumeRole",
            400,
            {"Content-Type": "text/xml"},
            "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
        )
    )
    emulator.quotas.set({"AssumeRole": 9})
    [(code, errors)] = ends([start(CODEARTIFACT_ROLE_ARN=role, CODEARTIFACT_THROTTLE_TIMEOUT="2")])
    assert (code, errors) == (0, "")
    assert [entry.operation for entry in emulator.journal.entries()] == ["AssumeRole", "AssumeRole", ASK]


def test_the_bare_host_that_pip_looks_up_next_is_not_requested_again(home, tool, emulator, calls):
    """By a process of its own, and within the same time."""
    emulator.faults.add(throttled(1, times=9))
    get = f"{tool.bin}/codeartifact-keyring get"
    script = f"{get} {INDEX} aws; {get} {INDEX.split('/')[2]} aws"
    done = home.run("/bin/sh", "-c", script, CODEARTIFACT_THROTTLE_TIMEOUT="1")
    assert done.stderr.count("AWS throttles") == 2
    assert calls() == 1
