"""The commands: what they print, what they run, how they end."""

import json
import re
import subprocess
import time
from base64 import urlsafe_b64encode
from datetime import datetime, timezone
from urllib.parse import urlsplit

import pytest

from keyrings.codeartifact.emulator.faults import aws_error
from support.commands import NAMED, line, page, split_error
from support.project import PATIENCE
from support.seed import ASK, INDEX, RELEASE

# token


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        ([INDEX], {}),
        ([f"{RELEASE}/"], {"CODEARTIFACT_INDEX_URL": "https://example.com/"}),
        ([], NAMED),
        ([urlsplit(RELEASE).hostname], {}),
        ([f"{RELEASE.replace('/pypi/', '/npm/')}/"], {}),
        ([], {"CARGO_REGISTRY_INDEX_URL": f"sparse+{RELEASE.replace('/pypi/', '/cargo/')}/"}),
    ],
)
def test_token(call, emulator, arguments, environ):
    done = call("token", *arguments, **environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.removesuffix("\n") in emulator.issued_tokens()


def test_token_as_json(call, emulator):
    answer = json.loads(call("token", "--json", INDEX, CODEARTIFACT_TOKEN_DURATION="900").stdout)
    assert list(answer) == ["token", "expires"]
    assert answer["token"] in emulator.issued_tokens()
    expires = datetime.strptime(answer["expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    assert expires.timestamp() - time.time() == pytest.approx(900, abs=30)


def test_a_token_that_is_set_is_renewed_not_repeated(call, emulator):
    done = call("token", **NAMED, CODEARTIFACT_AUTH_TOKEN="t0ken")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.removesuffix("\n") in emulator.issued_tokens()


def test_cargo_gets_the_token_that_is_set(call, emulator):
    """In the build of a container, for example, where there are no other credentials."""
    registry = f"sparse+{RELEASE.replace('/pypi/', '/cargo/')}/"
    done = call("token", **NAMED, CODEARTIFACT_AUTH_TOKEN="t0ken", CARGO_REGISTRY_INDEX_URL=registry)
    assert (done.returncode, done.stdout, done.stderr) == (0, "t0ken\n", "")
    assert emulator.journal.entries() == []
    done = call(
        "token", **NAMED, CODEARTIFACT_AUTH_TOKEN="t0ken", CARGO_REGISTRY_INDEX_URL=registry.replace("acme", "other")
    )
    assert "t0ken" not in done.stdout


def test_an_expired_token_is_skipped_with_one_warning(home, tool, emulator):
    header = json.dumps({"isu": 1700000000, "exp": 1700043200}).encode()
    token = urlsafe_b64encode(header).decode().rstrip("=") + ".a.b.c.d"
    done = home.run(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", **NAMED, CODEARTIFACT_AUTH_TOKEN=token)
    assert done.stdout.removesuffix("\n") in emulator.issued_tokens()
    assert done.stderr == "the token in CODEARTIFACT_AUTH_TOKEN expired at 2023-11-15T10:13:20Z, and is ignored\n"
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "no"))
    done = home.run(
        *(tool.bin / "codeartifact-keyring", "get", INDEX, "aws"),
        **NAMED,
        CODEARTIFACT_AUTH_TOKEN=token,
        CODEARTIFACT_CACHE="off",
    )
    assert done.returncode == 1
    assert (
        "; the token in CODEARTIFACT_AUTH_TOKEN expired at 2023-11-15T10:13:20Z, and is ignored [CA405]\n"
        in done.stderr
    )


def test_token_ends_with_1_without_a_credential(call, emulator):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "no"))
    line(call("token", INDEX), 1, f"AWS refused {ASK} on .*; allow that identity .*", "CA405")


@pytest.mark.parametrize("command", ["token", "explain", "doctor"])
@pytest.mark.parametrize(
    ("arguments", "environ", "pattern", "code"),
    [
        (
            [],
            {},
            r"no URL is given, and the environment names no repository; pass a URL, or set CODEARTIFACT_INDEX_URL, .*",
            "CA101",
        ),
        (
            ["https://example.com/simple/"],
            {},
            r"the URL is not a CodeArtifact (index )?URL; expected: https://.*",
            "CA102",
        ),
        (
            [INDEX.replace("https", "http")],
            {},
            r"the URL gets no token: refusing to send a token over http; use https; expected: .*",
            "CA103",
        ),
        ([""], {}, r"the URL is not a CodeArtifact (index )?URL; .*", "CA102"),
        ([], {"CODEARTIFACT_DOMAIN": "acme"}, r"incomplete settings: .* are missing; set what is missing, .*", "CA105"),
    ],
)
def test_urls_that_are_none(call, command, arguments, environ, pattern, code):
    line(call(command, *arguments, **environ), 2, pattern, code)


@pytest.mark.parametrize("command", ["token", "explain", "doctor"])
def test_an_error_as_json(call, command):
    """On standard output; on standard error it is as ever."""
    done = call(command, "--json", INDEX.replace("https", "http"))
    assert done.returncode == 2
    message, code = split_error(done.stderr)
    answer = json.loads(done.stdout)
    assert list(answer) == ["error"]
    error = answer["error"]
    assert error == {
        "code": "CA103",
        "message": "the URL gets no token: refusing to send a token over http; use https",
        "remedy": error["remedy"],
        "page": page("CA103"),
    }
    assert (message, code) == (f"{error['message']}; {error['remedy']}", "CA103")


def test_a_configuration_that_cannot_be_used(call):
    pattern = r"CODEARTIFACT_TOKEN_DURATION cannot be '5'; expected: .*"
    for command in (["token", INDEX], ["explain", INDEX], ["exec", "--", "true"]):
        line(call(*command, **NAMED, CODEARTIFACT_TOKEN_DURATION="5"), 2, pattern, "CA205")


# env


def test_env_for_a_shell(call, home, tool):
    done = call("env", "--publish", **NAMED, CODEARTIFACT_INDEX_NAME="private")
    assert done.returncode == 0
    assert "export PIP_KEYRING_PROVIDER=subprocess\n" in done.stdout
    assert f"export UV_DEFAULT_INDEX=private={INDEX}\n" in done.stdout
    script = f'eval "$({tool.bin}/keyrings-codeartifact env)"; echo $PIP_INDEX_URL'
    said = home.succeed("bash", "-euc", script, **NAMED).stdout
    assert said == INDEX.replace("//", "//aws@") + "\n"


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("fish", f"set -gx PDM_PYPI_URL '{INDEX}'"),
        ("powershell", f"$env:PDM_PYPI_URL = '{INDEX}'"),
        ("cmd", f'@set "PDM_PYPI_URL={INDEX}"'),
    ],
)
def test_env_for_another_shell(call, form, line):
    done = call("env", "--format", form, **NAMED)
    assert (done.returncode, done.stderr) == (0, "")
    assert line in done.stdout.splitlines()


@pytest.mark.parametrize("form", ["dotenv", "github"])
def test_env_for_files(call, form):
    lines = call("env", "--format", form, **NAMED).stdout.splitlines()
    assert f"PDM_PYPI_URL={INDEX}" in lines
    assert all(re.fullmatch(r"[A-Z_]+=\S+", text) for text in lines)


def test_env_as_json(call):
    variables = json.loads(call("env", "--format", "json").stdout)
    assert variables == {"PIP_KEYRING_PROVIDER": "subprocess", "UV_KEYRING_PROVIDER": "subprocess"}


def test_env_leaves_out_what_is_set(call):
    variables = json.loads(call("env", "--format", "json", **NAMED, PIP_INDEX_URL="mine").stdout)
    assert "PIP_INDEX_URL" not in variables
    assert "UV_DEFAULT_INDEX" in variables


def test_env_asks_nobody(call, emulator):
    call("env", "--publish", **NAMED)
    assert emulator.journal.entries() == []


@pytest.mark.parametrize("command", ["env", "explain", "token"])
def test_who_has_read_enough_is_told_no_more(home, tool, command):
    process = subprocess.Popen(
        [tool.bin / "keyrings-codeartifact", command],
        env=home.environ | NAMED,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(timeout=PATIENCE) == 1


@pytest.mark.parametrize(("word", "suggestion"), [("tokn", "; did you mean token?"), ("xyzzy", "")])
def test_a_command_that_does_not_exist(call, word, suggestion):
    done = call(word)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'job'" not in done.stderr
    assert re.search(rf"invalid choice: '{word}' \(choose from .*\){re.escape(suggestion)}$", done.stderr.rstrip())
