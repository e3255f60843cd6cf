"""Many processes that want the same token at once: one asks AWS, the others take over its token or its failure."""

import json
import re
import signal
import stat
import subprocess
import time
from dataclasses import replace

import pytest

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from support.project import PATIENCE
from support.seed import ASK, INDEX

# Of the fast command; `keyring` takes longer to start, and a failure needs no more than some who wait for it.
CROWD, SOME = 50, 20


class Crowd:
    """Processes that ask for the same token at the same time."""

    def __init__(self, home, command, number, *, is_fork=False, **environ):
        environ = home.environ | environ
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.processes = [
            home.forks.start(command, cwd=home.folder, env=environ)
            if is_fork
            else subprocess.Popen(command, env=environ, **streams)
            for _ in range(number)
        ]

    def ends(self):
        """Return what each ended with: exit code, standard output, standard error."""
        return [
            (process.returncode, output.decode(), errors.decode())
            for process in self.processes
            for output, errors in [process.communicate(timeout=PATIENCE)]
        ]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.communicate()


@pytest.fixture
def crowd(home, tool):
    def gather(number, way="codeartifact-keyring", **options):
        return Crowd(home, [tool.bin / way, "get", INDEX, "aws"], number, **options)

    return gather


def until(condition):
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(("way", "number"), [("codeartifact-keyring", CROWD), ("keyring", SOME)])
def test_a_crowd_asks_once(crowd, calls, way, number):
    with crowd(number, way, is_fork=True) as gathered:
        ends = gathered.ends()
    assert {(code, errors) for code, _, errors in ends} == {(0, "")}
    assert len({output for _, output, _ in ends}) == 1
    assert calls() == 1


def test_a_crowd_is_refused_once(crowd, emulator, calls):
    emulator.faults.add(replace(aws_error(ASK, "AccessDeniedException", 403, "not you", times=SOME), hang=2))
    began = time.monotonic()
    with crowd(SOME, is_fork=True) as gathered:
        ends = gathered.ends()
    assert time.monotonic() - began < 20
    assert {code for code, _, _ in ends} == {1}
    [errors] = {errors for _, _, errors in ends}
    assert "AWS refused GetAuthorizationToken" in errors
    assert errors.count("\n") == 1
    assert calls() == 1


def test_a_crowd_gives_up_in_time(crowd, emulator, calls):
    emulator.faults.add(Fault(ASK, hang=30, times=SOME))
    began = time.monotonic()
    with crowd(SOME, is_fork=True, CODEARTIFACT_DEADLINE="4") as gathered:
        ends = gathered.ends()
    assert time.monotonic() - began < 20
    assert {code for code, _, _ in ends} == {1}
    line = "codeartifact-keyring: error: no response from AWS within 4 s; check .* \\[CA501\\]\n"
    assert all(re.fullmatch(f"(?:{OVERTAKING})?{line}", errors) for _, _, errors in ends)
    # After half of their deadline the others may request the token too.
    assert calls() <= SOME


OVERTAKING = r"another process has been requesting this token for [0-9]+ s; resume or end it \(`fuser \S+` .*\)\n"


def is_asked(emulator):
    return lambda: emulator.journal.entries(ASK)


def test_who_dies_makes_way(crowd, emulator, calls):
    emulator.faults.add(Fault(ASK, hang=30))
    with crowd(1) as first:
        until(is_asked(emulator))
        with crowd(5) as others:
            time.sleep(1)
            first.processes[0].kill()
            ends = others.ends()
    assert {(code, errors) for code, _, errors in ends} == {(0, "")}
    assert calls() == 2


def test_a_stopped_process_delays_the_others_by_half_of_their_deadline(crowd, emulator, calls):
    """By Ctrl-Z or `docker pause`: it keeps its lock."""
    emulator.faults.add(Fault(ASK, hang=30))
    with crowd(1, CODEARTIFACT_DEADLINE="5") as first:
        until(is_asked(emulator))
        first.processes[0].send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with crowd(5, CODEARTIFACT_DEADLINE="10") as others:
            ends = others.ends()
        assert 4.5 < time.monotonic() - began < 20
    assert {code for code, _, _ in ends} == {0}
    assert all(re.fullmatch(f"(?:{OVERTAKING})?", errors) for _, _, errors in ends)
    assert any(errors for _, _, errors in ends)
    # One of the others requests the token, and they wait for that.
    assert calls() == 2


def test_who_is_interrupted_makes_way(crowd, emulator, calls):
    emulator.faults.add(Fault(ASK, hang=5))
    with crowd(1) as first:
        until(is_asked(emulator))
        first.processes[0].send_signal(signal.SIGINT)
        [(code, output, errors)] = first.ends()
    assert (code, output, errors) == (-signal.SIGINT, "", "")
    with crowd(1) as second:
        assert second.ends()[0][0] == 0
    assert calls() == 2


def test_who_waits_does_not_load_what_asks_aws(imports, crowd, emulator, calls):
    emulator.faults.add(Fault(ASK, hang=4))
    with crowd(1) as first:
        until(is_asked(emulator))
        loaded = imports()
        assert first.ends()[0][0] == 0
    assert "filelock" in loaded
    assert "botocore" not in loaded
    assert calls() == 1


def test_a_crowd_does_not_queue_for_what_cannot_be_kept(crowd, emulator, calls):
    """Tokens that live too short, as here, or a place without room: each asks for itself, and all at once."""
    body = json.dumps({"authorizationToken": "short", "expiration": time.time() + 290})
    emulator.faults.add(Fault(ASK, 200, {"Content-Type": "application/json"}, body, hang=1, times=SOME))
    # In a queue, the last would wait beyond the deadline.
    with crowd(SOME, is_fork=True, CODEARTIFACT_DEADLINE="15") as gathered:
        ends = gathered.ends()
    assert {(code, output, errors) for code, output, errors in ends} == {(0, "short\n", "")}
    assert calls() == SOME


def test_a_token_of_an_identity_that_changes_meanwhile_is_not_kept(home, ask, crowd, emulator):
    """What it was asked for with can have been read before the change or behind it."""
    del home.environ["AWS_ACCESS_KEY_ID"], home.environ["AWS_SECRET_ACCESS_KEY"]
    path = home.folder / "home" / ".aws" / "credentials"
    path.parent.mkdir()
    first, second = (
        f"[default]\naws_access_key_id = AKIA{name}000000000001\naws_secret_access_key = s3cret\n"
        for name in ("ONE", "TWO")
    )
    path.write_text(first)
    emulator.faults.add(Fault(ASK, hang=2))
    with crowd(1) as asking:
        until(is_asked(emulator))
        path.write_text(second)
        [(code, token, _)] = asking.ends()
    assert code == 0
    path.write_text(first)
    assert ask() != token.strip()


def test_a_folder_that_is_removed_is_made_again(home, ask, crowd, emulator, calls):
    emulator.faults.add(Fault(ASK, hang=3))
    with crowd(1) as asking:
        until(is_asked(emulator))
        with crowd(1) as waiting:
            time.sleep(0.5)
            [folder] = home.cache.iterdir()
            # At once: who waits makes files in it meanwhile.
            folder.rename(home.folder / "removed")
            assert (asking.ends()[0][0], waiting.ends()[0][0]) == (0, 0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    calls()
    ask()
    assert calls() == 0


def test_who_waits_says_nothing_of_it(home, tool, crowd, emulator):
    """`pip -vv` shows what libraries log."""
    code = f"import logging\nlogging.basicConfig(level=logging.DEBUG)\nimport keyring\nassert keyring.get_password({INDEX!r}, 'aws')"
    emulator.faults.add(Fault(ASK, hang=3))
    with crowd(1) as asking:
        until(is_asked(emulator))
        said = home.succeed(tool.python, "-c", code).stderr
        assert asking.ends()[0][0] == 0
    assert "lock" not in said.lower()
