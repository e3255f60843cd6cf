"""A token costs one AWS call, however many processes want it and whatever becomes of the one that asks."""

import ast
import json
import os
import stat
import time

import pytest

from keyrings.codeartifact import index_url
from keyrings.codeartifact.emulator.faults import Fault, aws_error
from support.project import UV
from support.seed import ASK, HOST, INDEX, RELEASE, SHARED, STAGING

WAYS = [
    pytest.param(("codeartifact-keyring", "get", INDEX, "aws"), id="codeartifact-keyring"),
    pytest.param(("codeartifact-keyring", "--mode=creds", "--output=json", "get", INDEX), id="creds"),
    pytest.param(("keyring", "get", INDEX, "aws"), id="keyring"),
    pytest.param(("keyrings-codeartifact", "token", INDEX), id="token"),
]


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_every_way_in_shares_the_token(home, tool, calls, emulator, first, second):
    said = [home.fork_that_succeeds(tool.bin / program, *arguments).stdout for program, *arguments in (first, second)]
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


def test_a_failure_answers_the_bare_host_and_no_second_try(home, tool, emulator, ask, calls):
    """pip and uv look up the bare host next, in a process of its own; a person tries the URL again."""
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "not you"))
    get = [tool.bin / "codeartifact-keyring", "get"]
    failed = home.run(*get, INDEX, "aws")
    assert failed.returncode == 1
    again = home.run(*get, HOST, "aws")
    assert (again.returncode, again.stderr) == (1, failed.stderr)
    assert calls() == 1
    assert ask()
    assert calls() == 1


def test_a_failure_does_not_answer_another_client(home, tool, emulator, calls):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "not you"))
    get = [tool.bin / "codeartifact-keyring", "get"]
    assert home.run("sh", "-c", '"$@" & wait $!', "sh", *get, INDEX, "aws").returncode == 1
    assert home.run("sh", "-c", '"$@" & wait $!', "sh", *get, HOST, "aws").returncode == 0
    assert calls() == 2


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
        "codeartifact-keyring: error: CODEARTIFACT_CACHE_DIR cannot be 'cache'; expected: the absolute path of a folder [CA205]\n"
    )


def test_the_log_tells_of_the_cache(home, tool):
    command = [tool.bin / "codeartifact-keyring", "get", INDEX, "aws"]
    home.succeed(*command)
    assert f"codeartifact: the token is cached in {home.cache}" in home.succeed(*command, CODEARTIFACT_DEBUG="1").stderr


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


def test_a_kept_token_costs_hardly_an_import(imports, ask):
    ask()
    assert imports() <= LIGHT


COUNTING = f"""
import re, sys
def recording(function):
    return lambda pattern, *more, **options: patterns.add(pattern) or function(pattern, *more, **options)
patterns = set()
for name in ("compile", "findall", "finditer", "fullmatch", "match", "search", "split", "sub"):
    setattr(re, name, recording(getattr(re, name)))
sys.argv[1:] = ["get", {INDEX!r}, "aws"]
from keyrings.codeartifact.cli.keyring import main
assert main() == 0
print(repr(patterns), file=sys.stderr)
"""


def test_a_kept_token_costs_no_pattern_but_those_of_its_url(home, tool, ask):
    ask()
    patterns = ast.literal_eval(home.succeed(tool.python, "-c", COUNTING).stderr)
    constants = vars(index_url).values()
    known = {
        text
        for value in constants
        for text in (value if isinstance(value, tuple) else (value,))
        if isinstance(text, str)
    }
    # The other one is that of CODEARTIFACT_CACHE_DIR.
    assert patterns - known == {r"[^\x00-\x1f]+"}
    assert len(patterns & known) == 4


def test_a_new_token_is_not_the_time_for_keyring(imports):
    loaded = imports()
    assert {"botocore", "filelock"} <= loaded
    assert not loaded & {"keyring", "boto3", "asyncio"}
    assert "filelock" not in imports(CODEARTIFACT_CACHE="off")


@pytest.mark.parametrize(
    ("end", "code", "is_shown"),
    [
        pytest.param("2>&-", 2, False, id="no standard error"),
        pytest.param("2>&- >&-", 2, False, id="no output at all"),
        pytest.param("", 2, True, id="as it is"),
    ],
)
def test_an_error_never_goes_to_standard_output(home, tool, end, code, is_shown):
    """From where it would be taken for the token."""
    # The second shows the address of a page too.
    commands = {f"codeartifact-keyring get {INDEX} aws": 1, f"keyrings-codeartifact token {INDEX}": 2}
    for command, lines in commands.items():
        done = home.run("sh", "-c", f"{tool.bin}/{command} {end}", AWS_PROFILE="gone")
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (code, "", lines * is_shown)


@pytest.mark.parametrize("program", ["codeartifact-keyring get {} aws", "keyrings-codeartifact token {}"])
def test_a_token_that_nobody_can_take_is_a_line(home, tool, program):
    done = home.run("sh", "-c", f"{tool.bin}/{program.format(INDEX)} > /dev/full")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "No space left on device" in done.stderr
