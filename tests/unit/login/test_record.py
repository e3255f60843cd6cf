"""Logging out takes back what logging in has written, and nothing else."""

import json
import os
import stat
import sys

import pytest

from keyrings.codeartifact.clients.settings_files import Setting, SettingsFile
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.login import edits, record
from keyrings.codeartifact.models import Repository

HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
TOKEN_URL, URL = f"https://aws:t0ken@{HOST}/", f"https://aws@{HOST}/"
posix = pytest.mark.skipif(os.name == "nt", reason="modes and links are POSIX's")


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    """The path of the record."""
    path = str(tmp_path / "state" / "login.json")
    monkeypatch.setattr(record, "_path", lambda: path)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "pip.conf"


def file_of(path, option="index-url", value=URL):
    return SettingsFile(str(path), (Setting(("global", option), value),))


def write(*files):
    record.write([edit for edit in map(edits.plan, files) if edit.is_change])


def test_a_new_file(path, state):
    write(file_of(path))
    assert path.read_text() == f"[global]\nindex-url = {URL}\n"
    assert [found.name for found in path.parent.iterdir()] == ["pip.conf"]
    assert list(record.undo()) == [str(path)]
    assert not path.exists()
    assert not os.path.exists(state)
    assert list(record.undo()) == []


@pytest.mark.parametrize("content", [b"# mine\r\n[global]\r\ntimeout=5\r\n", b"", b"\xef\xbb\xbf[a]\nb = 1"])
def test_a_file_is_restored_byte_for_byte(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    write(file_of(path))
    assert path.read_bytes() != content
    assert len(list(path.parent.iterdir())) == 2
    assert list(record.undo()) == [str(path)]
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_token_is_in_no_file_before_and_after_logging_out(path):
    path.parent.mkdir()
    path.write_text(f"[global]\nindex-url = {TOKEN_URL}\ntimeout = 5\n")
    write(file_of(path, value=f"{URL}pypi/release/simple/"))
    assert all("t0ken" not in found.read_text() for found in path.parent.iterdir())
    list(record.undo())
    assert path.read_text() == f"[global]\nindex-url = {URL}\ntimeout = 5\n"


def test_two_logins_are_taken_back_together(path):
    path.parent.mkdir()
    path.write_text("[a]\nb = 1\n")
    write(file_of(path))
    write(file_of(path, "timeout", "5"))
    assert list(record.undo()) == [str(path)]
    assert path.read_text() == "[a]\nb = 1\n"


def test_what_the_user_changes_afterwards_stays(path):
    path.parent.mkdir()
    path.write_text("[global]\nindex-url = https://old/\n")
    write(file_of(path), file_of(path.with_name("other"), "timeout", "5"))
    path.write_text(path.read_text() + "proxy = p\n")
    list(record.undo())
    assert path.read_text() == "[global]\nindex-url = https://old/\nproxy = p\n"
    assert list(path.parent.iterdir()) == [path]


def test_what_the_user_changes_between_two_logins_stays(path):
    path.parent.mkdir()
    path.write_text("[a]\nb = 1\n")
    write(file_of(path))
    path.write_text(path.read_text() + "\n[c]\nd = 1\n")
    write(file_of(path, "timeout", "5"))
    list(record.undo())
    assert "d = 1" in path.read_text()
    assert "b = 1" in path.read_text()
    assert "global" not in path.read_text()


def test_a_setting_of_ours_that_the_user_changes_stays(path):
    write(file_of(path))
    path.write_text("[global]\nindex-url = https://mine/\n")
    list(record.undo())
    assert path.read_text() == "[global]\nindex-url = https://mine/\n"


INDEX = Index(
    Repository("acme", "111122223333", "us-east-1", "release"), f"{URL}pypi/release/simple/", "", "acme", "extra"
)
NAMED = {
    "CODEARTIFACT_INDEX_URL": f"{URL}pypi/release/simple/",
    "CODEARTIFACT_INDEX_NAME": "acme",
    "CODEARTIFACT_INDEX_MODE": "extra",
}


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        pytest.param({}, NAMED, id="nothing set"),
        pytest.param({"HOME": "/h"}, NAMED | {"HOME": "/h"}, id="others"),
        pytest.param({"CODEARTIFACT_INDEX_URL": ""}, NAMED, id="empty"),
        pytest.param({"CODEARTIFACT_INDEX_MODE": "replace"}, NAMED | {"CODEARTIFACT_INDEX_MODE": "replace"}, id="mode"),
        pytest.param({"CODEARTIFACT_INDEX_URL": "u"}, {"CODEARTIFACT_INDEX_URL": "u"}, id="another URL"),
        pytest.param({"CODEARTIFACT_DOMAIN": "d"}, {"CODEARTIFACT_DOMAIN": "d"}, id="a part of one"),
    ],
)
def test_the_index_of_the_last_login_is_for_who_names_none(path, environ, found):
    write(file_of(path))
    record.write_index(INDEX._replace(name="earlier"))
    write(file_of(path, "timeout", "5"))
    record.write_index(INDEX)
    assert record.with_index(environ) == found


def test_logging_out_forgets_the_index(path):
    write(file_of(path))
    record.write_index(INDEX)
    list(record.undo())
    assert record.with_index({}) == {}


def test_no_index_is_recorded_where_nothing_was_changed(state):
    record.write_index(INDEX)
    assert record.with_index({}) == {}
    assert not os.path.exists(state)


def test_a_file_that_the_user_removes_stays_removed(path, state):
    write(file_of(path))
    path.unlink()
    assert list(record.undo()) == [str(path)]
    assert not path.exists()
    assert not os.path.exists(state)


def test_a_file_that_the_user_breaks_stays_and_can_be_undone_later(path):
    write(file_of(path))
    path.write_text("[global\n")
    [error] = record.undo()
    assert str(error) == f"{path} is left as it is: it cannot be parsed; correct it and try again [CA803]"
    assert path.read_text() == "[global\n"
    path.write_text(f"[global]\nindex-url = {URL}\nproxy = p\n")
    assert list(record.undo()) == [str(path)]
    assert path.read_text() == "[global]\nproxy = p\n"


@posix
def test_modes_stay_and_links_are_followed(path, tmp_path):
    path.parent.mkdir()
    target = tmp_path / "dotfiles"
    target.write_text("[a]\nb = 1\n")
    target.chmod(0o640)
    path.symlink_to(target)
    write(file_of(path))
    assert path.is_symlink()
    assert URL in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    list(record.undo())
    assert path.is_symlink()
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("[a]\nb = 1\n", 0o640)


@posix
def test_new_files_are_private(path, state):
    write(file_of(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(os.stat(state).st_mode) == 0o600


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="root writes everywhere but to /proc")
def test_a_file_that_cannot_be_written_is_one_error_and_no_record(state):
    edit = edits.plan(file_of("/proc/keyrings-codeartifact/pip.conf"))
    with pytest.raises(edits.UnusableFileError) as caught:
        record.write([edit])
    assert caught.value.cause.startswith("/proc/keyrings-codeartifact/pip.conf cannot be written (")
    assert not os.path.exists(state)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"a": 1}', '{"a": [1, 2]}', '{"a": [true, "", [1]]}', '{"files": {}, "links": {}}']
)
def test_a_damaged_record_is_one_error(state, text):
    os.makedirs(os.path.dirname(state))
    with open(state, "w", encoding="utf-8") as file:
        file.write(text)
    with pytest.raises(edits.UnusableFileError, match=r"login\.json cannot be parsed"):
        list(record.undo())


def test_the_record_holds_no_content_of_files(path, state):
    path.parent.mkdir()
    path.write_text("[global]\nproxy = https://user:s3cret@proxy/\n")
    write(file_of(path))
    with open(state, encoding="utf-8") as file:
        text = file.read()
    assert "s3cret" not in text
    assert list(json.loads(text)["files"]) == [str(path)]


@posix
def test_a_link_is_taken_back(tmp_path, state):
    link = tmp_path / "keyring"
    record.write_link(str(link), "codeartifact-keyring")
    assert os.readlink(link) == "codeartifact-keyring"
    assert list(record.undo()) == [str(link)]
    assert not link.is_symlink()
    assert not os.path.exists(state)


@posix
@pytest.mark.parametrize("is_link", [True, False])
def test_what_has_replaced_a_link_stays(tmp_path, state, is_link):
    link = tmp_path / "keyring"
    record.write_link(str(link), "codeartifact-keyring")
    link.unlink()
    if is_link:
        link.symlink_to("another")
    else:
        link.write_text("another")
    assert list(record.undo()) == [str(link)]
    assert link.is_symlink() or link.read_text() == "another"
    assert not os.path.exists(state)


@posix
def test_a_link_that_cannot_be_written_is_not_recorded(tmp_path, state):
    (tmp_path / "keyring").touch()
    with pytest.raises(edits.UnusableFileError, match=r"keyring cannot be written \(File exists\); "):
        record.write_link(str(tmp_path / "keyring"), "codeartifact-keyring")
    assert not os.path.exists(state)
