"""`exec`: it becomes the command, sets clients' variables and hands on no secret."""

import os
import re
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from keyrings.codeartifact.emulator.faults import aws_error
from support.commands import NAMED, line
from support.project import PATIENCE
from support.seed import ASK, INDEX, RELEASE

# exec

GOT_A_TOKEN = r"keyrings-codeartifact: got a token: expires at 20\S+Z, in (?:60|59) min\n"


def test_exec_becomes_the_command(home, tool):
    cli = tool.bin / "keyrings-codeartifact"
    done = home.run(cli, "exec", "--", "sh", "-c", "echo $$ $PPID; exit 7")
    assert (done.returncode, done.stderr) == (7, "")
    process, parent = done.stdout.split()
    assert process != parent
    done = home.run(cli, "exec", sys.executable, "-c", "import os, sys; print(os.getppid()); sys.exit(3)")
    assert done.returncode == 3
    assert int(done.stdout) == os.getpid()


def test_exec_keeps_arguments_as_they_are(call):
    done = call("exec", "--check", "--", "printf", "[%s]", "--check", "a b", "", "$HOME", "--", **NAMED)
    assert (done.returncode, done.stdout) == (0, "[--check][a b][][$HOME][--]")


def test_exec_sets_the_clients_variables_and_no_secret(call, emulator):
    show = ("sh", "-c", "env | grep -v ^AWS_")
    done = call("exec", "--check", "--", *show, **NAMED)
    assert f"PIP_INDEX_URL={INDEX.replace('//', '//aws@')}\n" in done.stdout
    assert "TWINE_REPOSITORY_URL" not in done.stdout
    assert not any(token in done.stdout for token in emulator.issued_tokens())
    done = call("exec", "--with-token", "--publish", "--", *show, **NAMED)
    [token] = re.findall(r"^CODEARTIFACT_AUTH_TOKEN=(.*)$", done.stdout, re.MULTILINE)
    assert token in emulator.issued_tokens()
    assert f"TWINE_REPOSITORY_URL={RELEASE}/\n" in done.stdout


def test_exec_hands_on_a_password_and_no_token(call, emulator, search):
    show = ("sh", "-c", "env | grep -v ^AWS_")
    done = call("exec", "--with-password", "--publish", "--", *show, **NAMED)
    [token] = re.findall(r"^UV_INDEX_CODEARTIFACT_PASSWORD=(.*)$", done.stdout, re.MULTILINE)
    assert token in emulator.issued_tokens()
    holders = {name for name, _, value in (text.partition("=") for text in done.stdout.splitlines()) if token in value}
    assert holders == {
        *("PIP_INDEX_URL", "UV_INDEX_CODEARTIFACT_PASSWORD", "POETRY_HTTP_BASIC_CODEARTIFACT_PASSWORD"),
    }
    assert f"PIP_INDEX_URL={INDEX.replace('//', f'//aws:{token}@')}\n" in done.stdout
    assert re.fullmatch(GOT_A_TOKEN, done.stderr)
    search()


def test_a_token_that_is_handed_on_is_taken(call, emulator, tool):
    done = call("exec", "--with-token", "--", tool.bin / "codeartifact-keyring", "get", INDEX, "aws", **NAMED)
    assert done.stdout.removesuffix("\n") in emulator.issued_tokens()
    assert len(emulator.journal.entries(ASK)) == 1


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["--check"], {}),
        ([], {"CODEARTIFACT_CHECK": "1"}),
        ([], {"CODEARTIFACT_CHECK": "True"}),
        (["--with-token"], {}),
        (["--with-password"], {}),
    ],
)
def test_exec_ends_before_the_command_where_no_token_can_be_had(call, emulator, home, arguments, environ):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "no"))
    done = call("exec", *arguments, "--", "touch", home.folder / "ran", **NAMED, **environ)
    line(done, 1, f"AWS refused {ASK} on .*", "CA405")
    assert not (home.folder / "ran").exists()


def test_a_check_that_is_neither_wanted_nor_not(call, home):
    line(
        call("exec", "--", "touch", home.folder / "ran", **NAMED, CODEARTIFACT_CHECK="maybe"),
        *(2, r"CODEARTIFACT_CHECK cannot be 'maybe'; expected: 1 or 0", "CA104"),
    )
    assert not (home.folder / "ran").exists()


@pytest.mark.parametrize("check", ["", "0"])
def test_without_a_check_the_command_runs_and_nobody_is_asked(call, emulator, check):
    assert call("exec", "echo", "ran", **NAMED, CODEARTIFACT_CHECK=check).stdout == "ran\n"
    assert emulator.journal.entries() == []


def test_without_any_configuration_the_command_runs(nobody, tool):
    done = nobody.succeed(tool.bin / "keyrings-codeartifact", "exec", "--", "env")
    assert "PIP_KEYRING_PROVIDER=subprocess\n" in done.stdout
    assert "PIP_INDEX_URL" not in done.stdout


@pytest.mark.parametrize(
    ("config", "pattern", "code"),
    [
        (
            {"CODEARTIFACT_CONFIG": "token_duration = 5"},
            r"CODEARTIFACT_CONFIG cannot be parsed: line 1 comes before .*",
            "CA204",
        ),
        (
            {"CODEARTIFACT_CONFIG_FILE": "[codeartifact]\naws_secret_access_key = MARKED"},
            r"CODEARTIFACT_CONFIG_FILE contains text instead of a path; set CODEARTIFACT_CONFIG to the text of a file",
            "CA201",
        ),
        (
            {"CODEARTIFACT_CONFIG_FILE": "/no/such/file"},
            r"CODEARTIFACT_CONFIG_FILE names /no/such/file, which does not .*",
            "CA202",
        ),
    ],
)
def test_a_file_that_cannot_be_used_ends_it_too(call, home, config, pattern, code):
    line(call("exec", "--", "touch", home.folder / "ran", **config), 2, pattern, code)
    assert not (home.folder / "ran").exists()


def test_commands_that_cannot_be_run(call, home):
    (home.folder / "script").write_text("no shebang")
    line(
        call("exec", "--", "no-such-command"),
        127,
        r"cannot run 'no-such-command' \(No such file or directory\); install .*",
        "CA806",
    )
    line(call("exec", "--", home.folder / "script"), 126, r"cannot run '.*/script' \(Permission denied\); .*", "CA806")
    line(call("exec", "--", home.folder), 126, r"cannot run '.*' \(Permission denied\); .*", "CA806")
    (home.folder / "script").chmod(0o755)
    line(call("exec", "--", home.folder / "script"), 126, r"cannot run '.*/script' \(Exec format error\); .*", "CA806")
    for nothing in ([], ["--"], ["--check"], ["--", ""]):
        line(call("exec", *nothing), 2, r"no command given; run keyrings-codeartifact exec -- CMD …", "CA805")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGPIPE])
def test_signals_are_the_command_s_own(home, tool, number):
    process = subprocess.Popen(
        [tool.bin / "keyrings-codeartifact", "exec", "--", "sh", "-c", "echo ready; exec sleep 60"],
        env=home.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(timeout=PATIENCE) == -number


def test_exec_brings_a_keyring(call, emulator):
    """The fast one, where PATH has none."""
    get = "command -v keyring && keyring get $CODEARTIFACT_INDEX_URL aws"
    done = call("exec", "--check", "--", "/bin/sh", "-c", get, **NAMED, PATH="/usr/bin:/bin")
    path, token = done.stdout.splitlines()
    assert path.endswith("/share/keyrings-codeartifact/bin/keyring")
    assert token in emulator.issued_tokens()
    assert re.fullmatch(GOT_A_TOKEN, done.stderr)
    assert len(emulator.journal.entries(ASK)) == 1


def test_exec_replaces_a_keyring_without_the_backend(home, call):
    plant_foreign_keyring(home)
    done = call("exec", "--", "/bin/sh", "-c", "command -v keyring")
    assert done.stdout.endswith("/share/keyrings-codeartifact/bin/keyring\n")
    assert re.fullmatch(
        r"keyrings-codeartifact: warning: \S+/foreign/keyring lacks the CodeArtifact backend; using \S+/keyring instead\n",
        done.stderr,
    )


def plant_default_keyring(home):
    home.config.write_text("[backend]\ndefault-keyring = keyring.backends.null.Keyring\n")


def plant_foreign_keyring(home):
    path = home.folder / "foreign" / "keyring"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\necho 'keyring.backends.fail.Keyring (priority: 0)'\n")
    path.chmod(0o755)
    home.environ["PATH"] = f"{path.parent}:{home.environ['PATH']}"


def plant_pypirc(home):
    (home.folder / "home" / ".pypirc").write_text(f"[old]\nrepository = {RELEASE}/\npassword = outdated\n")


def plant_netrc(home):
    path = home.folder / "home" / ".netrc"
    path.write_text(f"machine {urlsplit(RELEASE).hostname} login aws password outdated\n")
    path.chmod(0o600)
    home.environ["NETRC"] = ""


def plant_variable(home):
    home.environ["UV_INDEX_CODEARTIFACT_PASSWORD"] = "outdated"


@pytest.mark.parametrize(
    ("plant", "message"),
    [
        (plant_default_keyring, "default-keyring of .* is keyring.backends.null.Keyring, which replaces this backend"),
        (plant_pypirc, r"\[old\] of .*/\.pypirc has a password, which twine and Flit use"),
        (plant_netrc, r".*/\.netrc has a password for acme-.*, which uv uses"),
        (plant_variable, "UV_INDEX_CODEARTIFACT_PASSWORD contains a password, which uv uses"),
    ],
)
def test_the_check_says_why_clients_would_not_use_the_keyring(home, call, plant, message):
    """The token is available, and the clients fail all the same."""
    plant(home)
    done = call("exec", "--check", "--", "true", **NAMED)
    assert done.returncode == 0
    assert re.fullmatch(f"{GOT_A_TOKEN}keyrings-codeartifact: warning: {message}.*; .*\n", done.stderr)
    assert "outdated" not in done.stderr
    done = call("doctor", **NAMED)
    assert re.search(f"^! .*{message}", done.stdout, re.MULTILINE)
