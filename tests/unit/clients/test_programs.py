"""Programs on PATH: which are found, what they may see, and the checks of `keyring` and of clients that import it."""

import os
import sys
import time

import pytest

from keyrings.codeartifact.clients import check, keyring, programs
from keyrings.codeartifact.models import Repository
from support.scripts import script

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
PATH = {"PATH": "/bin:/usr/bin"}


def test_which(tmp_path, monkeypatch):
    path = script(tmp_path / "bin", "tool")
    assert programs.which("tool", {"PATH": f"/none:{tmp_path}/bin"}) == path
    assert programs.which("tool", {"PATH": "/none"}) is None
    monkeypatch.chdir(tmp_path / "bin")
    for folder in (str(tmp_path / "bin"), ".", ""):
        assert programs.which("tool", {"PATH": folder}) is None


def test_output(tmp_path):
    assert programs.output(PATH, script(tmp_path, "a", "echo out; echo err >&2; cat; pwd")) == f"out\n{os.sep}\n"
    assert programs.output(PATH, script(tmp_path, "b", 'printf "%s|" "$@"'), "1 2", "3") == "1 2|3|"
    assert programs.output(PATH, script(tmp_path, "c", "printf '\\377'")) == "\ufffd"
    assert programs.output(PATH, script(tmp_path, "d", "echo out; exit 3")) is None
    assert programs.output(PATH, str(tmp_path / "gone")) is None


def test_a_program_that_does_not_end(tmp_path):
    begin = time.monotonic()
    assert programs.output(PATH, script(tmp_path, "a", "echo out; exec sleep 60")) is None
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("CODEARTIFACT_AUTH_TOKEN", "x"),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "x"),
        ("ACTIONS_RUNTIME_URL", "x"),
        ("MY_TOKEN", "x"),
        ("MY_SECRET_KEY", "x"),
        ("TWINE_PASSWORD", "x"),
        ("ANYTHING", "eyJhbGciOiJ.eyJpc3MiOiJ.c2ln"),
    ],
)
def test_a_program_gets_no_secret(tmp_path, name, value):
    environ = {**PATH, name: value, "PIP_INDEX_URL": "y", "NOT_A_JWT": "eyJ"}
    printed = programs.output(environ, script(tmp_path, "a", "env")).splitlines()
    assert not [line for line in printed if line.startswith(f"{name}=")]
    assert {"PIP_INDEX_URL=y", "NOT_A_JWT=eyJ"} <= set(printed)


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("echo tool 1.2.3", "1.2.3"),
        ("echo 'tool version 10.0 (python 3.13)'", "10.0"),
        ("echo tool", "?"),
        ("echo 1.2; exit 1", "?"),
    ],
)
def test_version(tmp_path, line, version):
    assert programs.version(PATH, script(tmp_path, "a", f'[ "$1" = --version ] || exit 1; {line}')) == version


def test_read_text(tmp_path):
    (tmp_path / "file").write_bytes("é".encode() + b"x" * (2 << 20))
    assert len(programs.read_text(str(tmp_path / "file"))) == 1 << 20
    (tmp_path / "file").write_bytes(b"\xff")
    os.mkfifo(tmp_path / "pipe")
    for name in ("file", "gone", "pipe", "."):
        assert programs.read_text(str(tmp_path / name)) is None


@pytest.fixture
def other_python(tmp_path):
    """The path of a Python without this package."""
    return script(tmp_path / "other", "python3", f'exec {sys.executable} -S -I "$@"')


@pytest.mark.parametrize(
    ("first", "result"),
    [
        ("this", ("ok", "7.0, with keyrings.codeartifact in its environment")),
        ("this -I", ("ok", "7.0, with keyrings.codeartifact in its environment")),
        ("other", ("warning", "7.0, without keyrings.codeartifact in its environment")),
        ("/usr/bin/env sh", ("ok", "7.0, in an unknown environment")),
        ("/bin/sh", ("ok", "7.0, in an unknown environment")),
    ],
)
def test_clients_that_import_keyring(tmp_path, other_python, first, result):
    name, _, option = first.partition(" ")
    if python := {"this": sys.executable, "other": other_python}.get(name):
        path = script(tmp_path, "twine", 'print("twine version 7.0")', interpreter=f"{python} {option}".strip())
    else:
        path = script(tmp_path, "twine", 'echo "twine version 7.0"', interpreter=first)
    [found] = keyring.check_backend("twine")(path, RELEASE, PATH)
    assert found[:3] == ("twine", *result)
    assert found.remedy.startswith("pipx inject twine keyrings.codeartifact, ") == (result[0] == "warning")


BACKENDS = "echo 'keyring.backends.fail.Keyring (priority: 0)'; echo 'keyrings.codeartifact.CodeArtifactBackend'"
INSTALL = "uv tool install keyring --with keyrings.codeartifact"


@pytest.mark.parametrize(
    ("line", "backend", "status", "message", "remedy"),
    [
        (BACKENDS, "", "ok", "{path}", ""),
        (BACKENDS, "keyrings.codeartifact.CodeArtifactBackend", "ok", "{path}", ""),
        (
            BACKENDS,
            "keyring.backends.null.Keyring",
            "warning",
            "PYTHON_KEYRING_BACKEND is keyring.backends.null.Keyring, which replaces this backend",
            "remove it",
        ),
        (
            "echo keyring.backends.fail.Keyring",
            "",
            "warning",
            "{path} lacks the CodeArtifact backend",
            f"install keyrings.codeartifact in its environment, or run {INSTALL}",
        ),
        (
            "exit 1",
            "",
            "warning",
            "{path} lacks the CodeArtifact backend",
            f"install keyrings.codeartifact in its environment, or run {INSTALL}",
        ),
        (None, "", "warning", "no `keyring` command on PATH for pip and uv", INSTALL),
    ],
)
def test_the_keyring_command(tmp_path, line, backend, status, message, remedy):
    path = tmp_path / "keyring"
    if line:
        script(tmp_path, "keyring", f'[ "$1" = --list-backends ] || exit 1; {line}')
    environ = {"PATH": f"{tmp_path}:/bin:/usr/bin", "PYTHON_KEYRING_BACKEND": backend}
    if line is None:
        environ["PATH"] = str(tmp_path)
    assert list(keyring.check(environ)) == [("keyring", status, message.format(path=path), remedy, "")]


@pytest.mark.parametrize(
    ("names", "checked"),
    [
        ([], []),
        (["twine"], ["twine"]),
        (["pipx"], ["keyring"]),
        (["uv", "pip"], ["keyring", "pip", "uv"]),
        (["flit", "hatch", "pdm", "poetry", "other"], ["poetry", "pdm", "hatch", "flit"]),
    ],
)
def test_the_clients_on_path_are_checked(tmp_path, monkeypatch, names, checked):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in names:
        script(tmp_path / "bin", name)
    assert [found.name for found in check(RELEASE, {"PATH": str(tmp_path / "bin")})] == checked


def test_a_deleted_working_directory_is_the_root(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert programs.working_directory() == os.sep


@pytest.mark.parametrize(
    ("backend", "is_replaced"),
    [
        ("keyring.backends.null.Keyring", True),
        ("keyring.backends.chainer.ChainerBackend", False),
        ("keyrings.codeartifact.CodeArtifactBackend", False),
    ],
)
def test_a_default_keyring_in_the_file_of_keyring(tmp_path, backend, is_replaced):
    """Such as `keyring --disable` writes."""
    path = script(tmp_path, "keyring", BACKENDS)
    config = tmp_path / "config" / "python_keyring" / "keyringrc.cfg"
    config.parent.mkdir(parents=True)
    config.write_text(f"[backend]\ndefault-keyring = {backend}\n")
    [found] = keyring.check({"PATH": f"{tmp_path}:/bin", "XDG_CONFIG_HOME": str(tmp_path / "config")})
    message = f"default-keyring of {config} is {backend}, which replaces this backend"
    assert (found.status, found.message) == (("warning", message) if is_replaced else ("ok", path))
