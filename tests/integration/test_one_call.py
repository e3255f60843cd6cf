"""A token costs one AWS call, however many processes want it and whatever becomes of the one that asks."""

import json
import os
import re
import signal
import stat
import subprocess
import time
from dataclasses import replace

import pytest
from conftest import HOST, PATIENCE, RELEASE, SHARED, STAGING, UV

from keyrings.codeartifact.emulator.faults import Fault, aws_error

INDEX = f"{RELEASE}/simple/"
ASK = "GetAuthorizationToken"
CROWD = 50
WAYS = [
    pytest.param(("codeartifact-keyring", "get", INDEX, "aws"), id="codeartifact-keyring"),
    pytest.param(("codeartifact-keyring", "--mode=creds", "--output=json", "get", INDEX), id="creds"),
    pytest.param(("keyring", "get", INDEX, "aws"), id="keyring"),
    pytest.param(("keyrings-codeartifact", "token", INDEX), id="token"),
]


@pytest.fixture
def ask(home, tool):
    """Return a function that asks for a token, which there has to be, and returns it."""

    def get(url=INDEX, **environ):
        return home.succeed(tool.bin / "codeartifact-keyring", "get", url, "aws", **environ).stdout.strip()

    return get


class Crowd:
    """Processes that ask for the same token at the same time."""

    def __init__(self, home, command, number, **environ):
        self.processes = [
            subprocess.Popen(
                command, env=home.environ | environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for _ in range(number)
        ]

    def ends(self):
        """Return what each ended with: exit code, standard output, standard error."""
        return [
            (process.returncode, *said) for process in self.processes if (said := process.communicate(timeout=PATIENCE))
        ]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.communicate()


@pytest.fixture
def crowd(home, tool):
    def gather(number=CROWD, way="codeartifact-keyring", **environ):
        return Crowd(home, [tool.bin / way, "get", INDEX, "aws"], number, **environ)

    return gather


def until(condition):
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_every_way_in_shares_the_token(home, tool, calls, emulator, first, second):
    said = [home.succeed(tool.bin / program, *arguments).stdout for program, *arguments in (first, second)]
    assert len([token for token in emulator.issued_tokens() if all(token in text for text in said)]) == 1
    assert calls() == 1


def test_repositories_and_hosts_of_a_domain_share_the_token(ask, calls):
    dual_stack = "https://acme-111122223333.codeartifact.us-east-1.on.aws/pypi/release/simple/"
    assert len({ask(INDEX), ask(f"{STAGING}/"), ask(HOST), ask(f"{HOST}:443"), ask(dual_stack)}) == 1
    assert calls() == 1
    ask(f"{SHARED}/")
    assert calls() == 1


def test_pip_asks_once(home, environment, wheel, calls):
    client = environment(wheel, "pip>=26.2")
    home.environ |= {"PIP_KEYRING_PROVIDER": "subprocess", "PIP_DISABLE_PIP_VERSION_CHECK": "0"}
    for number in range(2):
        home.succeed(
            client.bin / "pip", "install", "--target", home.folder / str(number), "--index-url", INDEX, "acme-tools"
        )
    assert calls() == 1


def test_uv_asks_once_for_two_indexes(home, calls):
    urls = [url.replace("//", "//aws@", 1) + "/simple/" for url in (RELEASE, STAGING)]
    home.succeed(
        *(UV, "pip", "install", "--target", home.folder / "target", "--index-strategy", "unsafe-best-match"),
        *("--default-index", urls[0], "--index", urls[1], "acme-tools"),
        UV_KEYRING_PROVIDER="subprocess",
    )
    assert calls() == 1


def test_twine_asks_once(home, environment, wheel, project, calls):
    client = environment(wheel, "twine", "build", "hatchling")
    folder = project("hatchling", "hatchling.build")
    home.succeed(client.python, "-m", "build", "--no-isolation", "--wheel", cwd=folder)
    [dist] = (folder / "dist").glob("*.whl")
    home.succeed(client.bin / "twine", "upload", "--non-interactive", "--repository-url", f"{RELEASE}/", dist)
    assert calls() == 1


@pytest.mark.parametrize("way", ["codeartifact-keyring", "keyring"])
def test_a_crowd_asks_once(crowd, calls, way):
    with crowd(way=way) as gathered:
        ends = gathered.ends()
    assert {(code, errors) for code, _, errors in ends} == {(0, "")}
    assert len({output for _, output, _ in ends}) == 1
    assert calls() == 1


def test_a_crowd_is_refused_once(crowd, emulator, calls):
    emulator.faults.add(replace(aws_error(ASK, "AccessDeniedException", 403, "not you", times=CROWD), hang=2))
    began = time.monotonic()
    with crowd() as gathered:
        ends = gathered.ends()
    assert time.monotonic() - began < 20
    assert {code for code, _, _ in ends} == {1}
    [errors] = {errors for _, _, errors in ends}
    assert "AWS refused GetAuthorizationToken" in errors
    assert errors.count("\n") == 1
    assert calls() == 1


def test_a_crowd_gives_up_in_time(crowd, emulator, calls):
    emulator.faults.add(Fault(ASK, hang=30, times=CROWD))
    began = time.monotonic()
    with crowd(CODEARTIFACT_DEADLINE="4") as gathered:
        ends = gathered.ends()
    assert time.monotonic() - began < 20
    assert {code for code, _, _ in ends} == {1}
    # Those who came a moment before the one that asks give up a moment before it.
    said = "no answer from AWS within 4 s; check|another process is asking AWS for this token, and has had no answer for 4 s;"
    assert all(re.match(f"codeartifact-keyring: error: ({said}) .*\n$", errors) for _, _, errors in ends)
    assert calls() == 1


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


def test_who_hangs_holds_nobody_for_ever(crowd, emulator, calls):
    """A process that is stopped can neither answer nor give up."""
    emulator.faults.add(Fault(ASK, hang=30))
    with crowd(1, CODEARTIFACT_DEADLINE="5") as first:
        until(is_asked(emulator))
        first.processes[0].send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with crowd(5, CODEARTIFACT_DEADLINE="5") as others:
            ends = others.ends()
        assert 4.5 < time.monotonic() - began < 15
    assert {errors for _, _, errors in ends} == {
        "codeartifact-keyring: error: another process is asking AWS for this token, and has had no answer for 5 s; "
        "end it, raise the option deadline, or set cache = off\n"
    }
    assert calls() == 1


def test_who_is_interrupted_makes_way(crowd, emulator, calls):
    emulator.faults.add(Fault(ASK, hang=5))
    with crowd(1) as first:
        until(is_asked(emulator))
        first.processes[0].send_signal(signal.SIGINT)
        [(code, output, errors)] = first.ends()
    assert (code, output, errors) == (130, "", "")
    with crowd(1) as second:
        assert second.ends()[0][0] == 0
    assert calls() == 2


def test_a_failure_is_not_kept_for_long(home, tool, emulator, ask, calls):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "not you"))
    command = [tool.bin / "codeartifact-keyring", "get", INDEX, "aws"]
    assert home.run(*command).returncode == 1
    assert home.run(*command).returncode == 1
    assert calls() == 1
    time.sleep(2)
    assert ask()
    assert calls() == 1


def test_an_identity_that_changes_is_asked_for_anew(home, ask, emulator, signers):
    """Even where the file that it is in keeps its length and its time."""
    del home.environ["AWS_ACCESS_KEY_ID"], home.environ["AWS_SECRET_ACCESS_KEY"]
    path = home.folder / "home" / ".aws" / "credentials"
    path.parent.mkdir()
    tokens = set()
    for key in ("AKIAONE0000000000001", "AKIATWO0000000000001"):
        path.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = s3cret\n")
        os.utime(path, (1, 1))
        tokens |= {ask(), ask()}
    assert {key for _, key in signers()} == {"AKIAONE0000000000001", "AKIATWO0000000000001"}
    assert len(tokens) == len(emulator.journal.entries(ASK)) == 2


def test_a_token_that_was_damaged_is_asked_for_anew(home, ask, calls):
    before = ask()
    [path] = home.cache.rglob("*.token")
    path.write_bytes(path.read_bytes()[:-10])
    assert ask() != before
    assert calls() == 2
    assert ask() != before
    assert calls() == 0


def test_a_token_that_lives_too_short_is_answered_and_not_kept(home, ask, emulator, calls):
    body = json.dumps({"authorizationToken": "short", "expiration": time.time() + 290})
    emulator.faults.add(Fault(ASK, 200, {"Content-Type": "application/json"}, body, times=2))
    assert {ask(), ask()} == {"short"}
    assert calls() == 2
    assert list(home.cache.rglob("*.token")) == []


def test_off(home, ask, calls):
    ask(CODEARTIFACT_CACHE="off")
    ask(CODEARTIFACT_CACHE="off")
    assert calls() == 2
    assert list(home.cache.iterdir()) == []


def test_what_is_on_disk(home, ask, emulator, search):
    token = ask()
    [folder] = home.cache.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    [path] = folder.glob("*.token")
    assert token in path.read_text()
    assert "s3cret" not in path.read_text()
    search()


def test_nowhere_to_write_is_no_reason_to_fail(home, tool, emulator, calls):
    """Nor to say a word: read-only containers are like that."""
    (home.folder / "in the way").write_text("")
    path = str(home.folder / "in the way")
    hide = "import os.path, sys; os.path.ismount = lambda _: False; from keyrings.codeartifact.cli.keyring import main; sys.exit(main())"
    command = [tool.python, "-c", hide, "get", INDEX, "aws"]
    for _ in range(2):
        done = home.succeed(*command, CODEARTIFACT_CACHE_DIR=path, XDG_CACHE_HOME=path, HOME=path)
        assert done.stdout.strip() in emulator.issued_tokens()
        assert done.stderr == ""
    assert calls() == 2


def test_a_folder_that_is_no_place_is_refused(home, tool):
    done = home.run(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", CODEARTIFACT_CACHE_DIR="cache")
    assert done.returncode == 2
    assert done.stderr == (
        "codeartifact-keyring: error: CODEARTIFACT_CACHE_DIR cannot be 'cache'; accepted: the absolute path of a folder\n"
    )


def test_the_log_tells_of_the_cache(home, tool):
    command = [tool.bin / "codeartifact-keyring", "get", INDEX, "aws"]
    home.succeed(*command)
    assert f"codeartifact: the token was kept in {home.cache}" in home.succeed(*command, CODEARTIFACT_DEBUG="1").stderr


@pytest.fixture
def cache(home, tool):
    """Return a function that runs `keyrings-codeartifact cache` and returns what it prints."""

    def run(*arguments, **environ):
        return home.succeed(tool.bin / "keyrings-codeartifact", "cache", *arguments, **environ).stdout

    return run


def test_the_list(home, ask, cache):
    token = ask()
    ask(SHARED + "/")
    said = cache("list")
    assert token not in said
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    row = rf"(\w+) +(\d{{12}}) +(\S+) +{moment} +{moment} +{moment} +the identity of the AWS default chain"
    assert re.findall(row, said) == [("acme", "111122223333", "us-east-1"), ("partner", "444455556666", "eu-west-1")]
    [folder] = json.loads(cache("list", "--json"))
    assert folder["folder"] == str(next(home.cache.iterdir()))
    assert [one["domain"] for one in folder["tokens"]] == ["acme", "partner"]
    assert set(folder["tokens"][0]) == {"domain", "owner", "region", "obtained", "good_until", "expiration", "identity"}


def test_clearing(home, ask, cache, calls):
    ask()
    assert cache("clear") == f"{next(home.cache.iterdir())}: removed 1 tokens\n"
    assert cache("list") == f"{next(home.cache.iterdir())}\n  nothing is kept\n"
    ask()
    assert calls() == 2


def test_nothing_is_kept(home, cache):
    folder = home.cache / f"keyrings-codeartifact-{os.geteuid()}"
    assert (cache("list"), cache("clear")) == (f"{folder}\n  nothing is kept\n", f"{folder}: removed 0 tokens\n")
    assert json.loads(cache("list", "--json")) == [{"folder": str(folder), "tokens": []}]


def test_the_folder_of_a_section(home, tool, cache):
    """Of any: which one would be asked for is not the question."""
    home.config.write_text(
        f'[codeartifact domain="acme"]\ncache_dir = {home.folder}\n[codeartifact name="other"]\ncache_dir = relative\n'
    )
    del home.environ["CODEARTIFACT_CACHE_DIR"]
    (home.folder / "run").mkdir()
    home.environ["XDG_RUNTIME_DIR"] = str(home.folder / "run")
    home.succeed(tool.bin / "codeartifact-keyring", "get", INDEX, "aws")
    assert str(home.folder) in cache("list")
    assert str(home.folder) not in cache("list", CODEARTIFACT_CACHE_DIR=str(home.cache))


def test_a_token_that_exec_has_asked_for_is_there(home, tool, calls):
    inner = [tool.bin / "codeartifact-keyring", "get", INDEX, "aws"]
    environ = {"CODEARTIFACT_INDEX_URL": INDEX}
    home.succeed(tool.bin / "keyrings-codeartifact", "exec", "--check", "--", *inner, **environ)
    assert calls() == 1


# What `re` and named tuples are made of, in whichever Python, and nothing that takes its time.
LIGHT = {
    *("re", "sre_compile", "sre_parse", "sre_constants", "_sre", "enum", "copyreg", "types"),
    *(
        "collections",
        "_collections",
        "functools",
        "_functools",
        "itertools",
        "keyword",
        "operator",
        "_operator",
        "reprlib",
    ),
    *("__future__", "_blake2", "gc", "keyrings"),
}


@pytest.fixture
def imports(home, tool):
    """Return a function that tells which modules, beside ours, `codeartifact-keyring` loads for an answer."""

    def look(**environ):
        code = (
            f"import sys\nbefore = set(sys.modules)\nsys.argv[1:] = ['get', {INDEX!r}, 'aws']\n"
            "from keyrings.codeartifact.cli.keyring import main\nassert main() == 0\n"
            "print(*{name.split('.')[0] for name in set(sys.modules) - before}, file=sys.stderr)"
        )
        return set(home.succeed(tool.python, "-c", code, **environ).stderr.split())

    return look


def test_a_kept_token_costs_hardly_an_import(imports, ask):
    ask()
    assert imports() <= LIGHT


def test_a_new_token_is_not_the_time_for_keyring(imports):
    loaded = imports()
    assert {"botocore", "filelock"} <= loaded
    assert not loaded & {"keyring", "boto3", "asyncio"}
    assert "filelock" not in imports(CODEARTIFACT_CACHE="off")


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
    emulator.faults.add(Fault(ASK, 200, {"Content-Type": "application/json"}, body, hang=1, times=30))
    with crowd(30, CODEARTIFACT_DEADLINE="15") as gathered:
        ends = gathered.ends()
    assert {(code, output, errors) for code, output, errors in ends} == {(0, "short\n", "")}
    assert calls() == 30


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


@pytest.mark.parametrize(
    ("end", "code", "lines"),
    [
        pytest.param("2>&-", 1, 0, id="no standard error"),
        pytest.param("2>&- >&-", 1, 0, id="no output at all"),
        pytest.param("", 1, 1, id="as it is"),
    ],
)
def test_an_error_never_goes_to_standard_output(home, tool, end, code, lines):
    """From where it would be taken for the token."""
    for command in (f"codeartifact-keyring get {INDEX} aws", f"keyrings-codeartifact token {INDEX}"):
        done = home.run("sh", "-c", f"{tool.bin}/{command} {end}", AWS_PROFILE="gone")
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (code, "", lines)


@pytest.mark.parametrize("program", ["codeartifact-keyring get {} aws", "keyrings-codeartifact token {}"])
def test_a_token_that_nobody_can_take_is_a_line(home, tool, program):
    done = home.run("sh", "-c", f"{tool.bin}/{program.format(INDEX)} > /dev/full")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "No space left on device" in done.stderr
