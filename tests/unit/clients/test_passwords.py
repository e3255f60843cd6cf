"""Passwords that win over the keyring: in netrc files, .pypirc, uv's store, and variables."""

import os
import sys

import pytest

from keyrings.codeartifact.clients import passwords
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
    message = f"{path} has a password for {host}, which uv uses instead of a keyring's"
    assert list(passwords.check(RELEASE, environ)) == [("netrc", "warning", message, "remove that entry", "", "")]


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
    assert list(passwords.check(RELEASE, {"NETRC": str(path)})) == []


def test_a_file_that_is_not_utf_8(tmp_path):
    (tmp_path / "netrc").write_bytes(b"machine \xff login a password b\n")
    assert list(passwords.check(RELEASE, {"NETRC": str(tmp_path / "netrc")})) == []


def test_a_variable_replaces_the_files_in_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("USERPROFILE" if os.name == "nt" else "HOME", str(tmp_path))
    write(tmp_path / ".netrc", f"machine {HOST} login aws password x\n")
    assert list(passwords.check(RELEASE, {"NETRC": str(tmp_path / "gone")})) == []
    assert len(list(passwords.check(RELEASE, {"NETRC": ""}))) == 1


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without such files."""
    monkeypatch.setenv("USERPROFILE" if os.name == "nt" else "HOME", str(tmp_path))
    return tmp_path


def found(environ=None):
    return [(one.name, one.message, one.remedy) for one in passwords.check(RELEASE, environ or {})]


PYPIRC = """\
[distutils]
index-servers = pypi codeartifact
[pypi]
username = __token__
password = MARKED
[codeartifact]
repository = https://{host}/pypi/staging/
username = aws
{password}
"""


def test_a_password_in_pypirc(home):
    write(home / ".pypirc", PYPIRC.format(host=HOST, password="password = MARKED"))
    message = f"[codeartifact] of {home}/.pypirc has a password, which twine and Flit use instead of a keyring's"
    remedy = "remove it, or run `keyrings-codeartifact login --tool twine`"
    assert found() == [("pypirc", message, remedy)]


@pytest.mark.parametrize(
    "text",
    [
        PYPIRC.format(host=HOST, password=""),
        PYPIRC.format(host=HOST.replace("acme", "other"), password="password = x"),
        "[a\n",
        "password = x",
    ],
)
def test_a_pypirc_without_a_password_for_the_host(home, text):
    write(home / ".pypirc", text)
    assert found() == []


@pytest.mark.parametrize("host", [HOST, DUAL_STACK])
def test_a_password_in_the_store_of_uv(home, host):
    store = home / ".local" / "share" / "uv" / "credentials"
    store.mkdir(parents=True)
    service = f"https://{host}/pypi/release"
    other = '[[credential]]\nservice = "https://other.example"\nusername = "a"\npassword = "MARKED"\n'
    write(
        store / "credentials.toml",
        f'{other}\n[[credential]]\nservice = "{service}"\nusername = "aws"\npassword = "MARKED"\n',
    )
    message = f"uv has stored a password for {service}, which it uses instead of a keyring's"
    assert found() == [("uv", message, f"run `uv auth logout {service} --username aws`")]
    assert found({"UV_CREDENTIALS_DIR": str(home)}) == []
    assert found({"XDG_DATA_HOME": str(home)}) == []


@pytest.mark.parametrize(
    ("variable", "value", "reader"),
    [
        ("UV_INDEX_CODEARTIFACT_PASSWORD", "MARKED", "uv"),
        ("POETRY_HTTP_BASIC_CODEARTIFACT_PASSWORD", "MARKED", "Poetry"),
        ("UV_EXTRA_INDEX_URL", f"https://other.example/ https://aws:MARKED@{HOST}/pypi/release/simple/", "uv"),
        ("UV_DEFAULT_INDEX", f"private=https://aws:MARKED@{DUAL_STACK.upper()}/pypi/release/simple/", "uv"),
        ("PDM_PYPI_URL", f"https://aws:MARKED@{HOST}/pypi/release/simple/", "PDM"),
        ("INDEX", f"https://aws:MARKED@{HOST}/pypi/release/simple/", "a client"),
    ],
)
def test_a_password_in_a_variable(home, variable, value, reader):
    message = f"{variable} contains a password, which {reader} uses instead of a keyring's"
    assert found({variable: value}) == [("environment", message, f"unset {variable}, or remove the password from it")]


def test_a_password_of_another_name_for_the_index(home):
    environ = {"CODEARTIFACT_INDEX_NAME": "my.index", "UV_INDEX_MY_INDEX_PASSWORD": "MARKED"}
    assert len(found(environ)) == 1


@pytest.mark.parametrize("variable", ["UV_DEFAULT_INDEX", "UV_INDEX"])
@pytest.mark.parametrize(("host", "is_found"), [(HOST, True), (DUAL_STACK, True), ("other.example", False)])
def test_a_password_of_an_index_in_a_variable(home, variable, host, is_found):
    environ = {variable: f"my.index=https://{host}/pypi/staging/simple/", "UV_INDEX_MY_INDEX_PASSWORD": "MARKED"}
    assert [message.split()[0] for _, message, _ in found(environ)] == ["UV_INDEX_MY_INDEX_PASSWORD"] * is_found


def test_a_password_of_an_index_in_the_settings_of_uv(home, monkeypatch):
    monkeypatch.chdir(home)
    write(home / "uv.toml", f'[[index]]\nname = "mine"\nurl = "https://{HOST}/pypi/release/simple/"\n')
    # Python 3.10 has no TOML parser.
    assert len(found({"UV_INDEX_MINE_PASSWORD": "MARKED"})) == (sys.version_info >= (3, 11))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("UV_INDEX_OTHER_PASSWORD", "x"),
        ("UV_INDEX_CODEARTIFACT_PASSWORD", ""),
        ("UV_EXTRA_INDEX_URL", f"https://aws@{HOST}/pypi/release/simple/"),
        ("UV_EXTRA_INDEX_URL", "https://a:b@other.example/"),
        ("UV_EXTRA_INDEX_URL", f"https://a:b@{HOST.replace('acme', 'other')}/"),
    ],
)
def test_other_variables(home, variable, value):
    assert found({variable: value}) == []


@pytest.mark.parametrize(("value", "count"), [("MARKED", 1), ("", 0)])
def test_a_password_for_all_repositories_of_twine(value, count):
    checks = list(passwords.check_twine("", RELEASE, {"TWINE_PASSWORD": value}))
    assert len(checks) == count
    for check in checks:
        assert check[:2] == ("twine", "warning")
        assert check.remedy == "unset TWINE_PASSWORD"
        assert "MARKED" not in check.message
