"""The check of netrc files."""

import os

import pytest

from keyrings.codeartifact.clients import netrc
from keyrings.codeartifact.models import Repository

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
DUAL_STACK = "acme-111122223333.codeartifact.us-east-1.on.aws"


def write(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


@pytest.mark.parametrize("host", [HOST, DUAL_STACK])
@pytest.mark.parametrize("name", [".netrc", "_netrc", "other"])
def test_a_password_for_the_host(tmp_path, monkeypatch, host, name):
    monkeypatch.setenv("USERPROFILE" if os.name == "nt" else "HOME", str(tmp_path))
    path = write(tmp_path / name, f"machine x.example login a password b\nmachine {host} login aws password MARKED\n")
    environ = {"NETRC": path} if name == "other" else {}
    message = f"{path} has a password for {host}, which clients use instead of a keyring's"
    assert list(netrc.check(RELEASE, environ)) == [("netrc", "warning", message, "remove that entry", "")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="no file"),
        pytest.param("", id="empty"),
        pytest.param(f"machine {HOST.replace('acme', 'other')} login aws password x\n", id="another host"),
        pytest.param(f"machine {HOST} login a password b\nbroken\n", id="broken"),
    ],
)
def test_files_without_a_password_for_the_host(tmp_path, text):
    path = tmp_path / "netrc"
    if text is not None:
        write(path, text)
    assert list(netrc.check(RELEASE, {"NETRC": str(path)})) == []


def test_a_file_that_is_not_utf_8(tmp_path):
    (tmp_path / "netrc").write_bytes(b"machine \xff login a password b\n")
    assert list(netrc.check(RELEASE, {"NETRC": str(tmp_path / "netrc")})) == []


def test_a_variable_replaces_the_files_in_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("USERPROFILE" if os.name == "nt" else "HOME", str(tmp_path))
    write(tmp_path / ".netrc", f"machine {HOST} login aws password x\n")
    assert list(netrc.check(RELEASE, {"NETRC": str(tmp_path / "gone")})) == []
    assert len(list(netrc.check(RELEASE, {"NETRC": ""}))) == 1
