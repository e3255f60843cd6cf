"""`codeartifact-credential-helper`: what Bazel sends, and what it gets."""

import ast
import json
import re
import subprocess
from base64 import b64decode
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import pytest

from keyrings.codeartifact.emulator.faults import aws_error
from support.commands import CODE
from support.pages import BAZEL
from support.project import PATIENCE
from support.seed import ASK, INDEX, RELEASE

NAME = "codeartifact-credential-helper"
MAVEN = RELEASE.replace("/pypi/", "/maven/")
FILE = f"{RELEASE}/simple/acme-tools/1.0/acme_tools-1.0-py3-none-any.whl"


def assert_one_line(done, message):
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"{NAME}: error: {message} {CODE}\n", done.stderr), done.stderr


@pytest.fixture
def get(home, tool):
    """Return a function that sends a request, as text or as an object, and returns how the helper ended."""

    def run(request, *arguments, **environ):
        text = request if isinstance(request, str) else json.dumps(request)
        return home.run(tool.bin / NAME, *(arguments or ("get",)), stdin=text, **environ)

    return run


@pytest.mark.parametrize("uri", [INDEX, FILE, f"{FILE}#sha256=0", f"{MAVEN}/com/acme/1.0/acme-1.0.jar"])
def test_a_token_in_a_header(get, emulator, uri):
    done = get({"uri": uri, "a later key": True})
    assert (done.returncode, done.stderr) == (0, "")
    response = json.loads(done.stdout)
    assert set(response) == {"headers", "expires"}
    [value] = response["headers"].pop("Authorization")
    assert response["headers"] == {}
    scheme, credentials = value.split()
    user, token = b64decode(credentials).decode().split(":")
    assert (scheme, user) == ("Basic", "aws")
    assert token in emulator.issued_tokens()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", response["expires"])
    life = datetime.fromisoformat(response["expires"].replace("Z", "+00:00")) - datetime.now(timezone.utc)
    assert timedelta(minutes=59) < life <= timedelta(hours=1)


def test_a_token_whose_expiry_is_unknown(get):
    environ = {"CODEARTIFACT_INDEX_URL": INDEX, "CODEARTIFACT_AUTH_TOKEN": "opaque"}
    response = json.loads(get({"uri": INDEX}, **environ).stdout)
    assert set(response) == {"headers"}


@pytest.mark.parametrize(
    "uri", ["https://example.com/x", "", "no URI", f"{RELEASE}/simple/".replace("/pypi/", "/npm/"), f"{MAVEN}/../x"]
)
def test_others_get_no_header(get, emulator, uri):
    done = get({"uri": uri})
    assert (done.returncode, done.stdout, done.stderr) == (0, "{}\n", "")
    assert emulator.journal.entries() == []


@pytest.mark.parametrize("url", [INDEX, f"{MAVEN}/"])
def test_plain_http_gets_no_header(get, emulator, url):
    done = get({"uri": url.replace("https", "http")})
    assert (done.returncode, done.stdout) == (0, "{}\n")
    assert "refusing to send a token over http; use https" in done.stderr
    assert emulator.journal.entries() == []


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ("", "the request is no JSON object with a uri"),
        ("null", "the request is no JSON object with a uri"),
        ("[]", "the request is no JSON object with a uri"),
        ("{}", "the request is no JSON object with a uri"),
        ('"uri"', "the request is no JSON object with a uri"),
        ('{"uri": ', "the request is no JSON object with a uri"),
        ('{"uri": "x"} {}', "the request is no JSON object with a uri"),
        ("[" * 60000, "the request is no JSON object with a uri"),
        ('{"uri": 1}', "the uri of the request is no string"),
        ('{"uri": null}', "the uri of the request is no string"),
        ('{"uri": ["https://a"]}', "the uri of the request is no string"),
        ('{"uri": "' + "x" * 65536 + '"}', "the request is larger than 64 KiB"),
    ],
)
def test_a_request_that_is_invalid(get, emulator, request_, problem):
    assert_one_line(
        get(request_), re.escape(f'{problem}; send a JSON object such as {{"uri": "https://…"}} on standard input')
    )
    assert emulator.journal.entries() == []


def test_bytes_that_are_no_text(home, tool):
    command = [tool.bin / NAME, "get"]
    done = subprocess.run(
        command, env=home.environ, input=b'{"uri": "\xff"}', capture_output=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("arguments", [("store",), ("get", "more"), ("--help",)])
def test_other_commands(get, arguments):
    done = get({"uri": INDEX}, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == f"{NAME}: error: unknown arguments; run {NAME} get, as Bazel does with --credential_helper [CA810]\n"
    )


def test_a_refusal_is_one_line(get, emulator):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "no"))
    assert_one_line(get({"uri": INDEX}), rf"AWS refused {ASK} on .*")


def test_many_at_once_are_one_request(home, tool, emulator):
    command = [tool.bin / NAME, "get"]
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": home.environ}
    processes = [subprocess.Popen(command, **options) for _ in range(6)]
    said = {process.communicate(json.dumps({"uri": FILE}), timeout=PATIENCE)[0] for process in processes}
    assert len(said) == 1
    assert len(emulator.journal.entries(ASK)) == 1


def test_a_cached_token_loads_neither_botocore_nor_keyring(home, tool, get):
    get({"uri": INDEX})
    code = "import sys; from keyrings.codeartifact.cli.credential_helper import main; sys.argv = ['x', 'get']; main(); print(*sys.modules, file=sys.stderr)"
    loaded = home.succeed(tool.python, "-c", code, stdin=json.dumps({"uri": INDEX})).stderr.split()
    assert not {"botocore", "keyring", "urllib3", "logging"} & set(loaded)


def test_the_bundle_is_the_helper_too(home, linked, emulator):
    done = home.succeed(linked(NAME), "get", stdin=json.dumps({"uri": INDEX}))
    assert "Authorization" in json.loads(done.stdout)["headers"]


def test_the_recipe(home, tool):
    """Bazel itself is not on any index that is in reach here: this plays its side."""
    assert BAZEL.marked() == ["bazelrc", "module", "maven"]
    host, helper = re.fullmatch(r"common --credential_helper=(\S+)=(\S+)\n", BAZEL.block("bazelrc")).groups()
    urls = {
        keyword.arg: ast.literal_eval(keyword.value)
        for name in ("module", "maven")
        for call in ast.walk(ast.parse(BAZEL.block(name)))
        for keyword in getattr(call, "keywords", ())
        if keyword.arg in ("experimental_index_url", "repositories")
    }
    assert host == urlsplit(INDEX).hostname
    assert urls == {"experimental_index_url": INDEX, "repositories": [f"{MAVEN}/"]}
    for url in (INDEX, f"{MAVEN}/com/acme/tools/1.0/tools-1.0.pom"):
        done = home.succeed(helper, "get", stdin=json.dumps({"uri": url}), PATH=str(tool.bin))
        assert "Authorization" in json.loads(done.stdout)["headers"]
