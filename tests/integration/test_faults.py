"""Whatever goes wrong on the way to a token, in its cache or around it: bounded time, one line, and nothing mixed up."""

import gzip
import itertools
import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
from conftest import PATIENCE, Home
from gate import Gate

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.faults import Fault, aws_error

ACCOUNT = "888899990000"
URL = f"https://vault-{ACCOUNT}.d.codeartifact.us-east-1.amazonaws.com/pypi"
INDEX, OTHER_INDEX = f"{URL}/release/simple/", f"{URL}/staging/simple/"
ASK, ASSUME, FEDERATE, RUNNER = "GetAuthorizationToken", "AssumeRole", "AssumeRoleWithWebIdentity", "GitHub's runner"
GITHUB = "https://token.actions.githubusercontent.com"
TAMPERED = Path(__file__).with_name("tampered.py")
# Beyond the deadline, in seconds: for the process to end, on a machine that has a lot to do.
MARGIN = 3
IS_LINUX = Path("/proc/self/ns/mnt").exists()
linux = pytest.mark.skipif(not IS_LINUX, reason="mounts of its own are Linux's")


def arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def _allow(*actions, **more):
    return {"Statement": {"Effect": "Allow", "Action": [*actions], **more}}


ALL = _allow("codeartifact:*", "sts:GetServiceBearerToken", "sts:AssumeRole", Resource="*")
PROVIDER = GITHUB.removeprefix("https://")
SEED = {
    "domains": [
        {
            "name": "vault",
            "owner": ACCOUNT,
            "region": "us-east-1",
            "repositories": [{"name": "release"}, {"name": "staging"}],
        }
    ],
    "users": [
        {
            "name": name,
            "account": ACCOUNT,
            "access_key_id": f"AKIA{name.upper()}0000000000001",
            "secret_access_key": f"MARKED-{name}",
            "policies": [ALL],
        }
        for name in ("one", "two")
    ],
    "roles": [
        {"name": "assumed", "account": ACCOUNT, "trust": _allow("sts:AssumeRole", Principal={"AWS": ACCOUNT}), "policies": [ALL]},
        {
            "name": "federated",
            "account": ACCOUNT,
            "trust": _allow(
                "sts:AssumeRoleWithWebIdentity",
                Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{PROVIDER}"},
                Condition={"StringEquals": {f"{PROVIDER}:aud": "sts.amazonaws.com"}},
            ),
            "policies": [ALL],
        },
    ],
    "identity_providers": [{"account": ACCOUNT, "issuer": GITHUB, "audiences": ["sts.amazonaws.com"]}],
}  # fmt: skip


def keys(name="one"):
    return {"AWS_ACCESS_KEY_ID": f"AKIA{name.upper()}0000000000001", "AWS_SECRET_ACCESS_KEY": f"MARKED-{name}"}


def holder(token):
    """Return in whose name the emulator has given out ``token``: the last part of an ARN."""
    grant = backend_of(ACCOUNT, "us-east-1").grant(token, "vault")
    return grant and grant.principal.arn.rpartition(":")[2]


@pytest.fixture(scope="module")
def planted(plant):
    plant(SEED)


@pytest.fixture(scope="module")
def user(planted, codeartifact_emulator, tool, tmp_path_factory):
    """Return a function that makes a user with a home, a cache and a configuration of its own."""

    def make(**environ):
        home = Home(tmp_path_factory.mktemp("user"), tmp_path_factory.mktemp("cache"), codeartifact_emulator, tool)
        home.environ |= keys() | environ
        return home

    return make


def ask_command(home, tool, program="codeartifact-keyring", index=INDEX):
    return tool.bin / program, "get", index, "aws"


def kept(home):
    """Return what is kept for a user, by the kinds of files."""
    return Counter(path.suffix for path in home.cache.rglob("*") if not path.is_dir() or path.suffix)


# What each service says when all is well, but for what a fault makes of it.

JWT = "MARKED.MARKED.MARKED"
ISO = {"1": "1970-01-01T00:00:01Z", "253402300799": "9999-12-31T23:59:59Z", "-1": "-0001-01-01T00:00:00Z"}


def body(service, token=None, expiration="99999999999"):
    if service == RUNNER:
        return f'{{"value": "{token or JWT}"}}'
    if service == ASK:
        return f'{{"authorizationToken": "{token or "MARKED"}", "expiration": {expiration}}}'
    token = (token or "MARKED").replace("\\n", "\n")
    return (
        f'<{service}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{service}Result><Credentials>'
        f"<AccessKeyId>ASIAMADEUP0000000001</AccessKeyId><SecretAccessKey>MARKED</SecretAccessKey>"
        f"<SessionToken>{token}</SessionToken>"
        f"<Expiration>{ISO.get(expiration, expiration.strip(chr(34)))}</Expiration>"
        f"</Credentials></{service}Result></{service}Response>"
    )


def head(status="200 OK", **headers):
    lines = (f"{name.replace('_', '-')}: {value}" for name, value in headers.items())
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *lines, "")).encode()


def whole(status, text, **headers):
    """Return the steps of an answer that is sent whole; ``text`` may be a function of the service."""

    def steps(service):
        content = (text(service) if callable(text) else text).encode()
        return [head(status, Content_Length=len(content), **headers) + content]

    return steps


def changed(**changes):
    return whole("200 OK", lambda service: body(service, **changes))


def token(text):
    """An answer with a token that is none; a JWT's last part in the case of a CI's."""
    return whole("200 OK", lambda service: body(service, token="MARKED.MARKED." * (service == RUNNER) + text))


MEGABYTE = b"MARKED__" * (1 << 17)
BOMB = gzip.compress(bytes(1 << 26), 9)
# By what goes wrong: the steps of the answer, and whether nothing but the deadline ends it (None: it may).
FAULTS = {
    "500": (whole("500 Oops", "MARKED"), False),
    "429, soon": (whole("429 Slow down", "MARKED", Retry_After=1), False),
    "429, in an hour": (whole("429 Slow down", "MARKED", Retry_After=3600), None),
    "hangs before the headers": (lambda _: [PATIENCE], True),
    "hangs behind the headers": (lambda _: [head(Content_Length=9), PATIENCE], True),
    "a byte a second": (lambda _: [head(Content_Length=999), *itertools.chain(*([b"{", 1] for _ in range(99)))], True),
    "no end of 100 Continue": (lambda _: itertools.chain(*([head("100 Continue"), 0.01] for _ in range(9999))), None),
    "no end of chunks": (lambda _: [head(Transfer_Encoding="chunked"), *itertools.chain(*([b"4\r\nMARK\r\n", 0.1] for _ in range(999)))], True),
    "closed at once": (lambda _: [], False),
    "closed in the headers": (lambda _: [b"HTTP/1.1 200 OK\r\nContent-Le"], False),
    "closed in the body": (lambda service: [head(Content_Length=9999) + body(service).encode()[:20]], False),
    "HTTP/0.9": (lambda _: [b"MARKED \x00\xff\x1b[2J, and no headers\r\n"], False),
    "100 MB of headers": (lambda _: [head()[:-2], *[b"X-Many: MARKED\r\n" * (1 << 16)] * 100], False),
    "100 MB of a body": (lambda _: [head(Content_Length=100 << 20), *[MEGABYTE] * 100], False),
    "a gzip bomb": (lambda _: [head(Content_Encoding="gzip", Content_Length=len(BOMB)) + BOMB], False),
    "HTML": (whole("200 OK", "<html>MARKED, log in to the guest network</html>", Content_Type="text/html"), False),
    "half": (whole("200 OK", lambda service: body(service)[:-30]), False),
    "empty": (whole("200 OK", ""), False),
    "nested": (whole("200 OK", "[" * 100_000), False),
    "a redirection": (whole("302 Found", "", Location="ELSEWHERE"), False),
    "a redirection of the request": (whole("307 Temporary Redirect", "", Location="ELSEWHERE"), False),
    "a token of two lines": (token(r"MARKED\nMARKED"), False),
    "a token with a blank": (token("MARKED MARKED"), False),
    "a token with other letters": (token("MARKÉD"), False),
    "a token of 1 MB": (token(MEGABYTE.decode()), False),
    "expired": (changed(expiration="1"), False),
    "expired before 1970": (changed(expiration="-1"), False),
    "expires in the year 9999": (changed(expiration="253402300799"), False),
    "expires at some time": (changed(expiration='"MARKED"'), False),
    "expires at 1e400": (changed(expiration="1e400"), False),
}  # fmt: skip
# CI's tokens say themselves when they end, and a token for ever is a token: see below.
NOT_APPLICABLE = {(RUNNER, name) for name in FAULTS if name.startswith("expire")} | {(ASK, "expires in the year 9999")}
# botocore speaks HTTP with STS in one way, whichever role it asks for.
NOT_APPLICABLE |= {(FEDERATE, name) for name in FAULTS if re.match("HTTP|100 MB|a gzip|no end", name)}
# It takes longer to start, and from there on is the same.
ASKED_BY_KEYRING = {"hangs behind the headers", "half"}
ROWS = [row for row in itertools.product((ASK, ASSUME, FEDERATE, RUNNER), FAULTS) if row not in NOT_APPLICABLE]


def way(service, emulator, gate):
    """Return the variables of who comes to ``service`` by the gate, and whose token that gives."""
    query = f"issuer={quote(GITHUB)}&subject=me"
    runner = {
        "GITHUB_ACTIONS": "true",
        "CODEARTIFACT_OIDC_AUDIENCE": "sts.amazonaws.com",
        "CODEARTIFACT_ROLE_ARN": arn("federated"),
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "MARKED-runner",
    }
    page = f"/_emulator/identity-token?{query}"
    return {
        ASK: ({"CODEARTIFACT_ENDPOINT_URL": gate.url}, "user/one"),
        ASSUME: (
            {"CODEARTIFACT_ROLE_ARN": arn("assumed"), "CODEARTIFACT_STS_ENDPOINT_URL": gate.url},
            "assumed-role/assumed/keyrings-codeartifact",
        ),
        FEDERATE: (
            runner
            | {
                "ACTIONS_ID_TOKEN_REQUEST_URL": emulator.proxy_url + page,
                "CODEARTIFACT_STS_ENDPOINT_URL": gate.url,
            },
            "assumed-role/federated/keyrings-codeartifact",
        ),
        RUNNER: (
            runner | {"ACTIONS_ID_TOKEN_REQUEST_URL": gate.url + page},
            "assumed-role/federated/keyrings-codeartifact",
        ),
    }[service]


class Outcome(NamedTuple):
    """What came of a question that met a fault, and of the next one, which met none."""

    faulty: subprocess.CompletedProcess
    seconds: float
    kept: dict
    content: bytes
    following: subprocess.CompletedProcess
    holder: str | None
    expected_holder: str


DEADLINE = {True: 4, False: 20, None: 4}


@pytest.fixture(scope="module")
def outcomes(request, user, tool, codeartifact_emulator):
    """What came of each row that is to be tested.  They wait for each other's sake, so they do it together."""
    rows = {tuple(item.callspec.params.get("row", ())) for item in request.session.items if hasattr(item, "callspec")}
    codeartifact_emulator.access.is_enforced = True
    # Few at a time: another worker's tests may be on the other core, and how long a row takes is looked at.
    with Gate(codeartifact_emulator.proxy_url) as elsewhere, ThreadPoolExecutor(3) as pool:

        def play(row):
            service, name = row
            steps, is_slow = FAULTS[name]
            with Gate(codeartifact_emulator.proxy_url) as gate:
                variables, expected_holder = way(service, codeartifact_emulator, gate)
                home = user(**variables)
                gate.fault = lambda: (
                    step.replace(b"ELSEWHERE", elsewhere.url.encode()) if "redirection" in name else step
                    for step in steps(service)
                )
                program = "keyring" if name in ASKED_BY_KEYRING else "codeartifact-keyring"
                faulty = home.run(
                    *ask_command(home, tool, program),
                    CODEARTIFACT_DEADLINE=str(DEADLINE[is_slow]),
                    CODEARTIFACT_MAX_ATTEMPTS="2",
                )
                # Python's own start is no matter of the deadline.
                seconds = time.monotonic() - gate.asked_at
                found = kept(home)
                content = b"".join(path.read_bytes() for path in home.cache.rglob("*") if path.is_file())
                gate.fault = None
                following = home.run(*ask_command(home, tool), CODEARTIFACT_CACHE="off")
            return Outcome(
                faulty, seconds, found, content, following, holder(following.stdout.strip()), expected_holder
            )

        played = {row: pool.submit(play, row) for row in ROWS if row in rows}
        for future in played.values():
            future.exception()
        codeartifact_emulator.access.is_enforced = False
        yield played, elsewhere


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_a_fault_is_one_line_in_time_and_is_over_with_the_next_question(outcomes, row):
    played, elsewhere = outcomes
    outcome = played[row].result()
    is_slow = FAULTS[row[1]][1]
    done = outcome.faulty
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"[^\n]+; [^\n]+\n", done.stderr), done.stderr
    assert done.stderr.removesuffix("\n").isprintable()
    assert "MARK" not in done.stderr
    assert outcome.seconds < DEADLINE[is_slow] + MARGIN
    # Else the row would prove nothing about its fault.
    assert is_slow is None or is_slow == ("no answer from AWS within" in done.stderr), done.stderr
    assert outcome.kept[".failure"] == 1
    assert set(outcome.kept) <= {".failure", ".lock"}
    assert b"MARK" not in outcome.content
    assert elsewhere.connections == 0
    assert (outcome.following.returncode, outcome.following.stderr) == (0, "")
    assert outcome.holder == outcome.expected_holder


@pytest.fixture
def tampered(tool):
    """Return the command that asks in a process which is tampered with as told."""

    def command(index=INDEX, **told):
        return tool.python, TAMPERED, json.dumps(told), "get", index, "aws"

    return command


def answered(done):
    """Return whose token a process was answered with, and nothing said beside it."""
    assert (done.returncode, done.stderr) == (0, "")
    return holder(done.stdout.removesuffix("\n"))


@pytest.mark.parametrize("duration", [3600, 0])
def test_a_token_for_ever_is_not_kept_for_ever(emulator, user, tool, duration):
    """No token of AWS' lives longer than 12 hours, whatever the answer says; half of that it is handed out."""
    home = user(CODEARTIFACT_TOKEN_DURATION=str(duration))
    text = body(ASK, expiration="253402300799")
    emulator.faults.add(Fault(ASK, 200, {"Content-Type": "application/json"}, text.replace("MARKED", "for-ever")))
    assert home.succeed(*ask_command(home, tool)).stdout == "for-ever\n"
    [path] = home.cache.rglob("*.token")
    assert path.stat().st_mtime < time.time() + 6 * 3600 + 60


TLS_FAULTS = {
    "closed at once": {"cut": True},
    "closed in the body": {"status": 200, "body": "MARKED, and no more of it", "cut": True},
    "hangs": {"hang": 60},
}


@pytest.mark.parametrize("service", [ASK, ASSUME])
@pytest.mark.parametrize("fault", TLS_FAULTS.values(), ids=TLS_FAULTS)
def test_a_connection_by_tls_that_ends_early(emulator, user, tool, calls, service, fault):
    emulator.faults.add(Fault(service, **fault, times=9))
    home = user(**({"CODEARTIFACT_ROLE_ARN": arn("assumed")} if service == ASSUME else {}))
    command = ask_command(home, tool)
    began = time.monotonic()
    done = home.run(*command, CODEARTIFACT_DEADLINE="2", CODEARTIFACT_MAX_ATTEMPTS="1")
    assert time.monotonic() - began < 2 + 2 * MARGIN
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"codeartifact-keyring: error: [^\n]+; [^\n]+\n", done.stderr)
    assert "MARKED" not in done.stderr
    assert kept(home)[".token"] == 0
    emulator.faults.clear()
    assert answered(home.run(*command, CODEARTIFACT_CACHE="off"))


# In mounts of its own, which are this process' alone, and which need no root.
UNSHARE = ("unshare", "--map-root-user", "--mount", "sh", "-euc")
TROUBLES = {
    "no room": "mount -t tmpfs -o size=4k tmpfs $CACHE; head -c 4096 /dev/zero > $CACHE/full",
    "no room for another file": "mount -t tmpfs -o nr_inodes=3 tmpfs $CACHE",
    "no file may grow": "ulimit -f 0",
    "read-only": "mount -t tmpfs -o ro tmpfs $CACHE; mount -t tmpfs -o ro tmpfs /dev/shm; export XDG_CACHE_HOME=$CACHE",
}


@linux
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_a_disk_that_takes_no_token(user, tool, calls, trouble):
    """Costs a call each time; nothing is said, nothing left, and nobody waits for anybody."""
    home = user()
    ask = " ".join(map(str, ask_command(home, tool)))
    look = "find $CACHE -type f ! -name full '(' ! -size 0 -o -name '*.new' ')' >&2"
    began = time.monotonic()
    done = home.run(*UNSHARE, f"{trouble}; {ask}; {ask} & {ask}; wait; {look}", CACHE=str(home.cache))
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 15
    assert [holder(token) for token in done.stdout.split()] == ["user/one"] * 3
    assert calls() == 3


@linux
def test_a_disk_that_fills_up_keeps_what_it_has(user, tool, calls):
    """Where there is no room for another token, that takes nothing from the first."""
    home = user()
    ask = " ".join(map(str, ask_command(home, tool)))
    script = (
        f"mount -t tmpfs -o size=8k tmpfs $CACHE; {ask}; (head -c 8192 /dev/zero > $CACHE/full || true) 2>/dev/null; "
        f"CODEARTIFACT_TOKEN_DURATION=900 {ask}; {ask}; rm $CACHE/full; CODEARTIFACT_TOKEN_DURATION=900 {ask}"
    )
    done = home.run(*UNSHARE, script, CACHE=str(home.cache))
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third, fourth = done.stdout.split()
    assert first == third
    assert len({first, second, fourth}) == 3
    assert calls() == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("what", ["the folder", "the file"])
def test_what_is_somebody_else_s_is_neither_read_nor_written(user, tool, calls, what):
    home = user()
    (home.folder / "run").mkdir()
    home.environ["XDG_RUNTIME_DIR"] = str(home.folder / "run")
    command = ask_command(home, tool)
    before = home.succeed(*command).stdout
    [path] = home.cache.rglob("*.token")
    content = path.read_bytes()
    os.chown(path.parent if what == "the folder" else path, 65534, 65534)
    assert home.succeed(*command).stdout != before
    assert calls() == 2
    after = home.succeed(*command).stdout
    assert after != before
    assert calls() == 0
    if what == "the folder":
        assert path.read_bytes() == content
        assert [found.suffix for found in (home.folder / "run").rglob("*.token")] == [".token"]


# By this clock, in seconds ahead: for two of them a failure is an answer to the next question, too.
FAILURE_IS_OVER = 3
PLANTS = ["symlink", "dangling", "hard link", "fifo", "folder"]


@pytest.fixture
def victim(tmp_path):
    """A file that nothing here may change."""
    path = tmp_path / "victim"
    path.write_text("precious")
    path.chmod(0o644)
    yield path
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("precious", 0o644)
    assert not (tmp_path / "victim.gone").exists()


@pytest.mark.parametrize("kind", PLANTS)
@pytest.mark.parametrize("suffix", [".token", ".lock", ".new"])
def test_what_is_planted_in_the_place_of_a_file(user, tampered, tool, victim, suffix, kind):
    """In the last moment before it is opened: a token is answered all the same, then and with the next question."""
    home = user()
    began = time.monotonic()
    told = {"folder": str(home.cache), "plant": [suffix, kind, str(victim)]}
    assert answered(home.run(*tampered(**told), CODEARTIFACT_DEADLINE="5")) == "user/one"
    assert any(path.suffix == suffix for path in home.cache.rglob("*")) or suffix == ".new"
    assert answered(home.run(*ask_command(home, tool), CODEARTIFACT_DEADLINE="5")) == "user/one"
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("kind", PLANTS)
@pytest.mark.parametrize("suffix", [".failure", ".unkept"])
def test_what_is_planted_where_a_failure_is_kept(emulator, user, tampered, tool, victim, suffix, kind):
    """It is as good as not kept; the victim is as before."""
    home = user()
    text = body(ASK, token="short", expiration=str(time.time() + 60))
    short = Fault(ASK, 200, {"Content-Type": "application/json"}, text)
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403) if suffix == ".failure" else short)
    told = {"folder": str(home.cache), "plant": [suffix, kind, str(victim)]}
    done = home.run(*tampered(**told), CODEARTIFACT_DEADLINE="5")
    if suffix == ".failure":
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    else:
        assert (done.returncode, done.stdout, done.stderr) == (0, "short\n", "")
    assert answered(home.run(*tampered(clock=[FAILURE_IS_OVER]), CODEARTIFACT_DEADLINE="5")) == "user/one"


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
        assert answered(home.run(*tampered(clock=[clock]))) == "user/one"
        assert calls() == number, clock


def test_a_clock_that_is_far_ahead_is_named_and_does_no_harm(user, tampered, calls):
    home = user()
    done = home.run(*tampered(clock=[DAY]))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("has already expired; set this machine's clock, then ask again\n")
    assert kept(home)[".token"] == 0
    assert answered(home.run(*tampered(clock=[0]))) == "user/one"
    assert calls() == 2


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_a_clock_that_jumps_within_a_question(emulator, user, tampered, jump):
    """At whichever look at it: a token or a line, and nothing that would be handed out for too long."""

    def play(look):
        home = user()
        return home.run(*tampered(clock=[0, jump], jumps=[look])), list(home.cache.rglob("*.token"))

    with ThreadPoolExecutor(4) as pool:
        for done, tokens in pool.map(play, range(1, 9)):
            assert (done.returncode, done.stdout.count("\n")) in ((0, 1), (1, 0))
            assert re.fullmatch(r"([^\n]+; [^\n]+\n)?", done.stderr)
            assert all(path.stat().st_mtime < time.time() + 1800 for path in tokens)


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_a_clock_that_jumps_changes_no_deadline(emulator, user, tampered, jump):
    emulator.faults.add(Fault(ASK, hang=60))
    began = time.monotonic()
    done = user().run(*tampered(clock=[0, jump], jumps=[4]), CODEARTIFACT_DEADLINE="2")
    assert 2 < time.monotonic() - began < 2 + 3 * MARGIN
    assert "no answer from AWS within 2 s" in done.stderr


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
                home.succeed(*ask_command(home, tool))
                [path] = home.cache.rglob("*.token")
                path.write_bytes(path.read_bytes()[:-1])
            gate.fault = end and (lambda: end(ASK))
            killed = home.run(*tampered(folder=str(home.cache), kill=step))
            gate.fault = None
            following = tampered(clock=[FAILURE_IS_OVER]) if kept(home)[".failure"] else ask_command(home, tool)
            assert answered(home.run(*following)) == "user/one"
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
        home.run(*tampered(folder=str(home.cache), kill=kill))
        for path in home.cache.rglob("*.token"):
            path.unlink()
    assert 1 <= kept(home)[".new"] <= 20
    assert answered(home.run(*tampered(clock=[3700]))) == "user/one"
    assert set(kept(home)) <= {".token", ".lock"}


def test_two_hundred_processes_of_two_identities(user, tool, emulator):
    """Each gets a token of its own identity, for which AWS is asked once."""
    home = user()
    processes = []
    try:
        for number in range(200):
            name = ("one", "two")[number % 2]
            process = subprocess.Popen(
                ask_command(home, tool),
                env=home.environ | keys(name) | {"CODEARTIFACT_DEADLINE": "60"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            processes.append((name, process))
        ends = [(name, process, *process.communicate(timeout=PATIENCE)) for name, process in processes]
    finally:
        for _, process in processes:
            process.kill()
            process.communicate()
    assert {(process.returncode, errors) for _, process, _, errors in ends} == {(0, "")}
    assert {(name, holder(output.strip())) for name, _, output, _ in ends} == {("one", "user/one"), ("two", "user/two")}
    assert len({output for _, _, output, _ in ends}) == 2
    assert len(emulator.journal.entries(ASK)) == 2


THREADS = f"""
import json, threading, warnings
import keyring
keyring.get_keyring()
begin, answers = threading.Barrier(100), []
def ask(index):
    begin.wait()
    answers.append((index, keyring.get_password(index, "aws")))
threads = [threading.Thread(target=ask, args=(index,)) for index in ({INDEX!r}, {OTHER_INDEX!r}) * 50]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with warnings.catch_warnings(record=True) as heard:
    warnings.warn("the program's own")
print(json.dumps([answers, len(heard)]))
"""


@pytest.fixture
def threads(user, tool, emulator):
    """What a hundred threads of one process are answered: two repositories of one domain, each with its own identity."""
    home = user()
    home.config.write_text(
        "".join(
            f'[codeartifact name="{repository}"]\n'
            + "".join(f"{name.lower()} = {value}\n" for name, value in keys(name).items())
            for repository, name in (("release", "one"), ("staging", "two"))
        )
    )
    emulator.faults.add(Fault(ASK, hang=1, times=2))
    done = home.succeed(tool.python, "-c", THREADS, CODEARTIFACT_DEADLINE="60")
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_a_hundred_threads_of_two_identities(threads, emulator):
    answers, _ = threads
    assert len(answers) == 100
    assert {(index, holder(token)) for index, token in answers} == {(INDEX, "user/one"), (OTHER_INDEX, "user/two")}
    assert len({token for _, token in answers}) == 2
    assert len(emulator.journal.entries(ASK)) == 2


def test_threads_leave_the_program_its_warnings(threads):
    """Filters that are changed for a moment in threads may be changed for good: who ends last takes back another's."""
    _, heard = threads
    assert heard == 1
