"""What logging in changes in a file: planned, shown without tokens, never more than that."""

import os
import re

import pytest

from keyrings.codeartifact.clients.settings_files import Setting, SettingsFile
from keyrings.codeartifact.login import edits

HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
URL = f"https://aws@{HOST}/pypi/release/simple/"


@pytest.fixture
def pip(tmp_path):
    settings = (Setting(("global", "keyring-provider"), "subprocess"), Setting(("global", "index-url"), URL))
    return SettingsFile(str(tmp_path / "pip.conf"), settings)


@pytest.fixture
def uv(tmp_path):
    return SettingsFile(str(tmp_path / "uv.toml"), (Setting(("index", "name=ours", "default"), value=True),))


def write(file, text):
    with open(file.path, "w", encoding="utf-8", newline="") as stream:
        stream.write(text)


def test_a_file_that_is_missing(pip):
    edit = edits.plan(pip)
    assert (edit.before, edit.has_tokens, edit.is_change) == (None, False, True)
    assert edit.after == f"[global]\nkeyring-provider = subprocess\nindex-url = {URL}\n"
    assert list(edit.diff())[:2] == [f"--- {os.devnull}", f"+++ {pip.path}"]
    assert not os.path.exists(pip.path)


def test_a_file_that_is_as_wanted_is_no_change(pip):
    write(pip, f"# mine\n[global]\nindex_url: {URL}\nkeyring-provider=subprocess")
    edit = edits.plan(pip)
    assert not edit.is_change
    assert edit.before == edit.after
    assert list(edit.diff()) == []


def test_a_token_is_removed_and_not_shown(pip):
    write(pip, f"[global]\nindex-url = https://aws:t0ken@{HOST}/pypi/release/simple/\nkeyring-provider = subprocess\n")
    edit = edits.plan(pip)
    assert edit.has_tokens
    assert edit.is_change
    assert edit.before == edit.after
    assert "t0ken" not in repr(edit)
    assert list(edit.diff()) == [f"# besides, the token in {pip.path} is removed"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_stay(pip, newline):
    write(pip, newline.join(("[global]", "timeout = 5", "")))
    after = edits.plan(pip).after
    assert set(re.findall("\r?\n", after)) == {newline}


def test_mixed_line_ends_stay_where_nothing_changes(pip):
    write(pip, "[a]\r\nb = 1\r\n[c]\nd = 1\n")
    assert edits.plan(pip).after.startswith("[a]\r\nb = 1\r\n[c]\nd = 1\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"index-url = x\n", "it cannot be parsed", id="no section"),
        pytest.param(b"[global]\nx = \xff\n", "it is not UTF-8", id="not UTF-8"),
        pytest.param(b"[global]\n" + b"#" * (1 << 20), "it is larger than 1 MiB", id="large"),
    ],
)
def test_a_file_that_is_left_as_it_is(pip, content, message):
    with open(pip.path, "wb") as file:
        file.write(content)
    with pytest.raises(edits.UnusableFileError) as caught:
        edits.plan(pip)
    assert caught.value.cause == f"{pip.path} is left as it is: {message}"
    assert caught.value.exit_code == 1


def test_the_text_to_paste_is_in_the_error(pip):
    write(pip, "[global\n")
    with pytest.raises(edits.UnusableFileError) as caught:
        edits.plan(pip)
    assert caught.value.remedy == f"correct it, or add:\n[global]\nkeyring-provider = subprocess\nindex-url = {URL}"


def test_another_default_is_named(uv):
    write(uv, '[[index]]\nname = "theirs"\ndefault = true\n')
    with pytest.raises(edits.UnusableFileError) as caught:
        edits.plan(uv)
    assert str(caught.value) == (
        f"{uv.path} is left as it is: index 'theirs' is the default in it; "
        "remove `default` from that index, or pass --index-mode extra [CA803]"
    )


def test_a_folder_and_a_pipe_are_left_as_they_are(pip, uv):
    os.mkdir(pip.path)
    with pytest.raises(edits.UnusableFileError, match=r"it cannot be read|it is not a regular file"):
        edits.plan(pip)
    if hasattr(os, "mkfifo"):
        os.mkfifo(uv.path)
        with pytest.raises(edits.UnusableFileError, match="it is not a regular file"):
            edits.plan(uv)


def test_settings_of_the_wrong_type_are_left_as_they_are(uv):
    write(uv, "index = 5\n")
    with pytest.raises(edits.UnusableFileError, match="cannot be parsed"):
        edits.plan(uv)


def test_a_diff_shows_no_secret_of_other_repositories(tmp_path):
    """Neither in lines that stay nor in those that are replaced."""
    path = tmp_path / "pip.conf"
    path.write_text(
        "[global]\nproxy = http://user:MARKED@proxy/\nindex-url = https://user:MARKED@other.example/simple/\nauth = MARKED\n"
    )
    edit = edits.plan(SettingsFile(str(path), (Setting(("global", "index-url"), URL),)))
    shown = "\n".join(edit.diff())
    assert "MARKED" not in shown
    assert "-index-url = https://user:…@other.example/simple/" in shown
    assert f"+index-url = {URL}" in shown
    path.write_text("[codeartifact]\npassword = MARKED\nrepository = https://other.example/\n")
    edit = edits.plan(SettingsFile(str(path), (Setting(("codeartifact", "password"), "x"),)))
    shown = "\n".join(edit.diff())
    assert "MARKED" not in shown
    assert "-password = …" in shown
    edit = edits.plan(SettingsFile(str(tmp_path / "new"), (Setting(("codeartifact", "token_duration"), "900"),)))
    assert "+token_duration = 900" in list(edit.diff())
