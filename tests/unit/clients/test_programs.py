"""Programs on PATH: which are found, what they may see, and which are checked."""

import os
import time

import pytest

from keyrings.codeartifact.clients import check, programs
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.models import Repository
from support.scripts import script

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
INDEX = Index(RELEASE, "", "", "codeartifact")
PATH = {"PATH": "/bin:/usr/bin"}


def test_which(tmp_path, monkeypatch):
    path = script(tmp_path / "bin", "tool")
    assert programs.which("tool", {"PATH": f"/none:{tmp_path}/bin"}) == path
    assert programs.which("tool", {"PATH": "/none"}) is None
    monkeypatch.chdir(tmp_path / "bin")
    for folder in (str(tmp_path / "bin"), ".", ""):
        assert programs.which("tool", {"PATH": folder}) is None


@pytest.mark.parametrize(
    ("environ", "path"),
    [({"PATH": "/a:/b"}, "/x:/a:/b"), ({"PATH": ""}, f"/x:{os.defpath}"), ({}, f"/x:{os.defpath}")],
)
def test_a_folder_first_on_path(environ, path):
    """And never the working directory, which an empty part stands for."""
    assert programs.path_with("/x", environ) == path


def test_output(tmp_path):
    assert programs.output(PATH, script(tmp_path, "a", "echo out; echo err >&2; cat; pwd")) == f"out\n{os.sep}\n"
    assert programs.output(PATH, script(tmp_path, "b", 'printf "%s|" "$@"'), "1 2", "3") == "1 2|3|"
    assert programs.output(PATH, script(tmp_path, "c", "printf '\\377'")) == "\ufffd"
    assert programs.output(PATH, script(tmp_path, "d", "echo out; exit 3")) is None
    assert programs.output(PATH, str(tmp_path / "gone")) is None


def test_a_program_that_does_not_end(tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "_TIMEOUT", 0.3)
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


@pytest.mark.parametrize(
    ("names", "checked"),
    [
        ([], []),
        (["twine"], ["twine"]),
        (["pipx"], ["keyring"]),
        (["uv", "pip"], ["keyring", "pip", "uv"]),
        (["flit", "hatch", "pdm", "poetry", "other"], ["poetry", "pdm", "hatch", "flit"]),
        (["pyproject-build"], []),
    ],
)
def test_the_clients_on_path_are_checked(tmp_path, monkeypatch, names, checked):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in names:
        script(tmp_path / "bin", name)
    assert [found.name for found in check(INDEX, {"PATH": str(tmp_path / "bin")})] == checked


def test_a_deleted_working_directory_is_the_root(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert programs.working_directory() == os.sep


def test_a_file_of_the_project_is_in_the_nearest_folder(tmp_path, monkeypatch):
    folder = tmp_path / "project" / "folder"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert programs.project_file("some.file") is None
    for place in (tmp_path, tmp_path / "project"):
        (place / "some.file").touch()
    assert programs.project_file("some.file") == str(tmp_path / "project" / "some.file")


@pytest.mark.parametrize(
    ("version", "numbers"), [("26.2", (26, 2)), ("0.6.12", (0, 6, 12)), ("26.10.1", (26, 10, 1)), ("?", ())]
)
def test_a_version_as_numbers(version, numbers):
    assert programs.number(version) == numbers
