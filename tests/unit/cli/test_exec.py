"""`exec` becomes the command, with the variables of `env` and, if that is wanted, with a token."""

import os
import re
import signal

import pytest

from keyrings.codeartifact.cli.main import parser_of
from keyrings.codeartifact.clients import environment, keyring, with_password
from keyrings.codeartifact.config.environment import require_index
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from support.scripts import script

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
NAMED = {"CODEARTIFACT_INDEX_URL": URL}
PREISSUED = {**NAMED, "CODEARTIFACT_AUTH_TOKEN": "t0ken"}
GOT = "keyrings-codeartifact: got a token: expiry unknown\n"
WARNING = "keyrings-codeartifact: warning: "
MISSING = f"{WARNING}no `keyring` command on PATH for pip and uv; run `uv tool install keyring --with keyrings.codeartifact`\n"
INSTALL = ["pip", "install", "acme-tools"]


@pytest.fixture(autouse=True)
def signals():
    """The signals of this process, which `exec` resets for the command."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGPIPE, signal.SIGXFSZ)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def become(run, home, monkeypatch, capsys):
    """A function that runs `exec`: it returns the command, what changes in its environment, and standard error."""
    monkeypatch.setattr(keyring, "own_folder", lambda: None)

    def become(*arguments, **environ):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        started, before = [], dict(os.environ)
        with monkeypatch.context() as patch:
            patch.setattr(os, "execvpe", lambda *call: started.append(call))
            run("exec", *arguments)
        [(file, command, after)] = started
        assert file == command[0]
        assert before.keys() <= after.keys()
        out, err = capsys.readouterr()
        assert out == ""
        return command, {name: value for name, value in after.items() if before.get(name) != value}, err

    return become


def variables(**options):
    return environment(require_index(URL, {}), {}, **{"publish": False, **options})


@pytest.mark.parametrize("separator", [[], ["--"]])
def test_the_command_gets_the_variables_of_env(become, home, separator):
    script(home / "bin", "keyring")
    assert become(*separator, *INSTALL, **NAMED) == (INSTALL, variables(), "")


def test_without_a_repository_it_gets_those_that_need_none(become):
    expected = {"PIP_KEYRING_PROVIDER": "subprocess", "UV_KEYRING_PROVIDER": "subprocess"}
    assert become(*INSTALL) == (INSTALL, expected, MISSING)


def test_what_follows_the_command_is_its_own(become, home):
    script(home / "bin", "keyring")
    words = ["tool", "--check", "--", "a b", "", "--publish"]
    assert become("--", *words, **NAMED) == (words, variables(), "")


def test_signals_are_as_they_were_before_python(become):
    become("true")
    assert {signal.getsignal(number) for number in (signal.SIGPIPE, signal.SIGXFSZ)} == {signal.SIG_DFL}


def test_variables_that_are_set_are_kept(become, home):
    script(home / "bin", "keyring")
    _, added, _ = become(*INSTALL, **NAMED, PIP_INDEX_URL="https://mirror.example/simple/")
    assert added == {name: value for name, value in variables().items() if name != "PIP_INDEX_URL"}


def test_publishing_and_the_mode_of_the_index(become, home):
    script(home / "bin", "keyring")
    index = require_index(URL, {"CODEARTIFACT_INDEX_MODE": "credentials"})
    expected = {**environment(index, {}, publish=True), "CODEARTIFACT_INDEX_MODE": "credentials"}
    command = ["uv", "publish"]
    assert become("--publish", "--index-mode", "credentials", *command, **NAMED) == (command, expected, "")


@pytest.mark.parametrize(
    ("option", "environ"),
    [("--check", {}), (None, {"CODEARTIFACT_CHECK": "1"}), (None, {"CODEARTIFACT_CHECK": "True"})],
)
def test_a_check_gets_a_token_and_does_not_pass_it_on(become, home, option, environ):
    script(home / "bin", "keyring", "# keyrings.codeartifact.cli.keyring")
    assert become(*filter(None, [option]), "true", **PREISSUED, **environ) == (["true"], variables(), GOT)


@pytest.mark.parametrize("check", ["", "0", "off"])
def test_no_check_is_made_unless_it_is_wanted(become, home, check):
    script(home / "bin", "keyring")
    assert become("true", **PREISSUED, CODEARTIFACT_CHECK=check) == (["true"], variables(), "")


def test_a_token_is_passed_on(become, home, monkeypatch):
    (home / "token").write_text("t0ken\n")
    script(home / "bin", "keyring", "# keyrings.codeartifact.cli.keyring")
    _, added, err = become("--with-token", "true", **NAMED, CODEARTIFACT_AUTH_TOKEN_FILE=str(home / "token"))
    assert (added, err) == ({**variables(), "CODEARTIFACT_AUTH_TOKEN": "t0ken"}, GOT)


def test_a_token_is_passed_on_as_a_password_instead_of_the_keyring(become):
    expected = {**variables(), **with_password(require_index(URL, {}), {}, "t0ken")}
    assert expected["UV_INDEX_CODEARTIFACT_PASSWORD"] == "t0ken"
    assert become("--with-password", "true", **PREISSUED) == (["true"], expected, GOT)


def test_what_keeps_clients_from_the_keyring_is_warned_of(become):
    extra = f"{WARNING}clients also install from the public index, where anyone can register the name of a private package\n"
    assert become("--index-mode", "extra", "true", **NAMED)[2] == f"{extra}{MISSING}"


def test_a_keyring_command_without_the_backend_is_replaced(become, home, monkeypatch):
    other, folder = script(home / "bin", "keyring", "exit 1"), os.path.dirname(script(home / "ours", "keyring"))
    monkeypatch.setattr(keyring, "own_folder", lambda: folder)
    expected = {**variables(), "PATH": f"{folder}{os.pathsep}{home / 'bin'}"}
    warning = f"{WARNING}{other} lacks the CodeArtifact backend; using {folder}/keyring instead\n"
    assert become("true", **NAMED) == (["true"], expected, warning)


@pytest.mark.parametrize(
    ("arguments", "environ", "message"),
    [
        ([], {}, "no command given; run keyrings-codeartifact exec -- CMD … [CA805]"),
        (["--"], {}, "no command given; run keyrings-codeartifact exec -- CMD … [CA805]"),
        (["--", ""], {}, "no command given; run keyrings-codeartifact exec -- CMD … [CA805]"),
        (["true"], {"CODEARTIFACT_CHECK": "maybe"}, "CODEARTIFACT_CHECK cannot be 'maybe'; expected: 1 or 0 [CA104]"),
        (["true"], {"CODEARTIFACT_DOMAIN": "Acme"}, "CODEARTIFACT_DOMAIN cannot be 'Acme'; expected: 2 to 50 "),
        (["true"], {"CODEARTIFACT_CONFIG": "x"}, "CODEARTIFACT_CONFIG cannot be parsed: line 1 comes before the first"),
        (["true"], {**NAMED, "CODEARTIFACT_DEADLINE": "0"}, "CODEARTIFACT_DEADLINE cannot be '0'; expected: seconds"),
        (["--check", "true"], {}, "no URL is given, and the environment names no repository; "),
        (["--publish", "poetry", "publish"], NAMED, "`poetry publish` without -r would publish to the public index; "),
    ],
)
def test_an_unusable_configuration_ends_before_the_command(run, monkeypatch, arguments, environ, message):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "execvpe", None)
    with pytest.raises(ConfigurationError) as caught:
        run("exec", *arguments)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("command", "reason", "exit_code"),
    [
        ("missing", "No such file or directory", 127),
        ("{home}/file/below", "Not a directory", 127),
        ("{home}/file", "Permission denied", 126),
        ("file", "Permission denied", 126),
        ("{home}", "Permission denied", 126),
    ],
)
def test_a_command_that_cannot_run_has_the_exit_code_of_shells(run, home, monkeypatch, command, reason, exit_code):
    for path in (home / "file", home / "bin" / "file"):
        path.touch(0o644)
    command = command.format(home=home)
    with pytest.raises(CodeArtifactError) as caught:
        run("exec", command)
    remedy = "install it, or correct its name or mode"
    assert str(caught.value) == f"cannot run '{command}' ({reason}); {remedy} [CA806]"
    assert caught.value.exit_code == exit_code


def test_the_usage_names_all_options():
    parser = parser_of(["exec"]).parse_args(["exec"]).parser
    listed = re.findall(r"^  (?:-h, )?(--[a-z-]+)", parser.format_help(), re.MULTILINE)
    assert sorted(re.findall(r"--[a-z-]+", parser.format_usage().replace("-h", "--help"))) == sorted(listed)
