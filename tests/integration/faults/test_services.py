"""Services that answer late, wrongly or not at all: each question ends in time, with one line."""

import gzip
import itertools
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import quote

import pytest

from keyrings.codeartifact.emulator.faults import Fault
from support.commands import CODE
from support.gate import Gate
from support.project import PATIENCE
from support.vault import (
    ACCOUNT,
    ASK,
    ASSUME,
    FEDERATE,
    GITHUB,
    MARGIN,
    RUNNER,
    answered,
    ask_command,
    body,
    head,
    holder,
    kept,
    token,
    whole,
)


def arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def changed(**changes):
    return whole("200 OK", lambda service: body(service, **changes))


REFUSED = "AWS (refused|rejected|does not know|throttles)|signature mismatch|have expired|HTTP 4(?!29)"
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
# Of each kind of fault, one in a process of its own for each service; the others are forks.
WHOLE = {"500", "hangs before the headers", "closed in the body", "HTML", "a token of two lines", "expired"}
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
    with Gate(codeartifact_emulator.proxy_url) as elsewhere, ThreadPoolExecutor(8) as pool:

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
                start = home.run if name in ASKED_BY_KEYRING | WHOLE else home.fork
                faulty = start(
                    *ask_command(home, tool, program),
                    CODEARTIFACT_DEADLINE=str(DEADLINE[is_slow]),
                    CODEARTIFACT_MAX_ATTEMPTS="2",
                    CODEARTIFACT_THROTTLE_TIMEOUT="2",
                )
                # Python's own start is no matter of the deadline.
                seconds = time.monotonic() - gate.asked_at
                found = kept(home)
                content = b"".join(path.read_bytes() for path in home.cache.rglob("*") if path.is_file())
                gate.fault = None
                following = home.fork(*ask_command(home, tool), CODEARTIFACT_CACHE="off")
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
    assert re.fullmatch(rf"[^\n]+; [^\n]+ {CODE}\n", done.stderr), done.stderr
    assert done.stderr.removesuffix("\n").isprintable()
    assert "MARK" not in done.stderr
    assert outcome.seconds < DEADLINE[is_slow] + MARGIN
    # Else the row would prove nothing about its fault.
    assert is_slow is None or is_slow == ("no response from AWS within" in done.stderr), done.stderr
    # Only a refusal by AWS is stored for other processes, such as one of the keys in the response.
    is_refused = re.search(REFUSED, done.stderr) is not None
    assert set(outcome.kept) - {".lock", ".throttled"} == ({".failure"} if is_refused else set()), done.stderr
    assert b"MARK" not in outcome.content
    assert elsewhere.connections == 0
    assert (outcome.following.returncode, outcome.following.stderr) == (0, "")
    assert outcome.holder == outcome.expected_holder


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
    assert time.monotonic() - began < 2 + MARGIN
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"codeartifact-keyring: error: [^\n]+; [^\n]+ {CODE}\n", done.stderr)
    assert "MARKED" not in done.stderr
    assert kept(home)[".token"] == 0
    emulator.faults.clear()
    assert answered(home.run(*command, CODEARTIFACT_CACHE="off"))
