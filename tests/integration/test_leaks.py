"""Secrets stay where they belong: no command, client or failure tells one to anybody but who asked for a token.

Every case is a process in a home of its own, with secrets wherever one can be, at its most talkative: with
CODEARTIFACT_DEBUG, every logger at the lowest level, Python's development mode.  Where another case shows how the command
starts, the process is a fork of one that has imported what it needs.  Then every secret is searched for in
what it printed, in every file, and in arguments and environment of every process that was started.
"""

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.leaks.attempt import Attempt, Ground
from support.leaks.made_up import SESSION
from support.leaks.situations import IDENTITIES, IN_MEMORY, INTERRUPTED, OUTPUTS, REFUSALS, Situation
from support.leaks.slips import SLIPS
from support.project import PATIENCE

SITUATIONS = [*IDENTITIES, *REFUSALS, INTERRUPTED, *OUTPUTS, *SLIPS]
CASES = [
    pytest.param((situation, command), id=f"{situation.name}, {command}".removesuffix(", slip"))
    for situation in SITUATIONS
    for command in situation.commands
]


@pytest.fixture(scope="module")
def ground(codeartifact_emulator, tmp_path_factory, environment, wheel):
    made = environment(wheel, "pip>=26.2", "twine>=7")
    ground = Ground(codeartifact_emulator, tmp_path_factory.mktemp("leaks"), made)
    yield ground
    ground.forks.close()
    codeartifact_emulator.access.issuer.mint = ground.mint


@pytest.fixture(scope="module")
def attempts(ground, request):
    """What became of the cases that are to be looked at: all were made at once, but for those of different faults."""
    calls = [
        item.callspec.params
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec")
    ]
    cases = [params["case"] for params in calls if "case" in params]
    made = {id(case): ground.attempt(*case) for case in cases}
    groups = {}
    for attempt in made.values():
        groups.setdefault((repr(attempt.situation.faults), attempt.situation.is_interrupted), []).append(attempt)
    faults = ground.emulator.faults
    with ThreadPoolExecutor(6) as pool:
        for (_, is_interrupted), group in groups.items():
            faults.clear()
            for fault in group[0].situation.faults:
                faults.add(fault)
            _interrupt(group, faults) if is_interrupted else list(pool.map(Attempt.run, group))
    faults.clear()
    ground.learn()
    return made


def _interrupt(group, faults):
    """Start them all, and press Ctrl-C when all have asked AWS."""
    before = faults.pending()
    for attempt in group:
        attempt.start()
    end = time.monotonic() + PATIENCE / 4
    while faults.pending() > before - len(group) and time.monotonic() < end:
        time.sleep(0.05)
    assert faults.pending() <= before - len(group)
    for attempt in group:
        os.killpg(attempt.process.pid, signal.SIGINT)
    for attempt in group:
        attempt.end()


# What some commands say whatever the situation.
SAID = {"raising handler": "BrokenPipeError", "emulator": "HTTPS_PROXY=", "demo": "acme"}


@pytest.mark.parametrize("case", CASES)
def test_no_secret_is_told(attempts, case):
    attempt = attempts[id(case)]
    said = (attempt.stdout + attempt.stderr).decode()
    assert attempt.leaks() == []
    assert attempt.processes()
    # Each has come where it was to come; a handler that raises says nothing else.
    assert re.search(SAID.get(attempt.command, attempt.situation.said), said), said
    if attempt.situation is IN_MEMORY:
        assert list((attempt.folder.parent / "shm").glob("keyrings-codeartifact-*/*.token"))
    if attempt.situation.name.startswith("by "):
        # The index takes no token that was made up.
        is_made_up = attempt.command == "doctor" and attempt.situation.name.startswith("by a token's")
        assert attempt.process.returncode == is_made_up, said


# Ways to leak, each of which is to be found.
PLANTS = {
    "nowhere": "print(len(secret))",
    "stdout": "print(secret)",
    "stderr": "print(secret, file=sys.stderr)",
    "half of it": "print(secret[len(secret) // 2:], file=sys.stderr)",
    "24 characters": "print(secret[7:31], file=sys.stderr)",
    "small letters": "print(secret.lower(), file=sys.stderr)",
    "quoted for a URL": "print(urllib.parse.quote(secret, safe=''), file=sys.stderr)",
    "Basic": "print(base64.b64encode(b'aws:' + secret.encode()).decode(), file=sys.stderr)",
    "a log": "import logging; logging.getLogger('botocore.parsers').debug('%s', secret)",
    "a traceback": "raise ValueError(secret)",
    "a traceback's locals": "f = lambda kept: 1 / 0\ntry: f(secret)\nexcept Exception: print(*traceback.TracebackException(*sys.exc_info(), capture_locals=True).format())",
    "home": "open(os.path.expanduser('~/x'), 'w').write(secret)",
    "the working folder": "open('x', 'w').write(secret)",
    "TMPDIR": "open(tempfile.mkstemp()[1], 'w').write(secret)",
    "XDG_CONFIG_HOME": "open(os.environ['XDG_CONFIG_HOME'] + '/x', 'w').write(secret)",
    "a file's name": "open('x' + secret[:24].replace('/', ''), 'w')",
    "GITHUB_ENV": "open('github-ENV', 'a').write('X=' + secret)",
    "the summary": "open('github-STEP_SUMMARY', 'a').write(secret)",
    "the cache, for all to read": "os.makedirs(cache, 0o700); open(cache + '/x.token', 'w').write(secret); os.chmod(cache + '/x.token', 0o644)",
    "an open cache": "os.makedirs(cache, 0o755); os.close(os.open(cache + '/x.token', os.O_CREAT, 0o600)); open(cache + '/x.token', 'w').write(secret)",
    "beside the cache": "os.makedirs(cache, 0o700); os.close(os.open(cache + '/x', os.O_CREAT, 0o600)); open(cache + '/x', 'w').write(secret)",
    "a process' arguments": "subprocess.run(['true', secret])",
    "a shell's arguments": "os.system('true ' + secret)",
    "a process' environment": "subprocess.run(['true'], env={'X': secret})",
    "what it becomes": "os.execve(sys.executable, [sys.executable, '-c', ''], {**os.environ, 'X': secret})",
    "its arguments then": "os.execv(sys.executable, [sys.executable, '-c', '', secret])",
}  # fmt: skip


@pytest.mark.parametrize("is_fork", [False, True], ids=["process", "fork"])
@pytest.mark.parametrize("place", PLANTS)
def test_a_leak_would_be_found(ground, place, is_fork):
    assert_found(ground, place, SESSION, is_fork=is_fork)


def test_a_leak_of_what_was_issued_would_be_found(ground):
    token = ground.attempt(Situation("asked for"), "token").run().stdout.decode().strip()
    assert token in ground.emulator.issued_tokens()
    ground.learn()
    assert_found(ground, "half of it", token)


def assert_found(ground, place, secret, *, is_fork=False):
    situation = Situation("planted", ("exec",), environ={"PLANT": secret})
    attempt = ground.attempt(situation, "exec")
    attempt.is_fork = is_fork
    (attempt.folder / "plant.py").write_text(
        "import base64, os, subprocess, sys, tempfile, traceback, urllib.parse\n"
        f"secret, cache = os.environ.pop('PLANT'), {str(attempt.folder.parent / 'cache' / 'keyrings-codeartifact-0')!r}\n"
        f"{PLANTS[place]}\n"
    )
    attempt.arguments = [str(attempt.python), str(attempt.folder / "plant.py")]
    assert bool(attempt.run().leaks()) == (place != "nowhere"), (attempt.leaks(), attempt.stdout, attempt.stderr)
