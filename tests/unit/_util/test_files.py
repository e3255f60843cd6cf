"""Files are written whole or not at all; an update keeps mode and link, a replacement keeps neither."""

import os
import stat

import pytest

from keyrings.codeartifact._util import files

CONTENT = b"two\nlines\r\n\x1a\xff"
posix = pytest.mark.skipif(os.name == "nt", reason="modes and links are POSIX's")


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.mark.parametrize("write", [files.update, files.replace])
@pytest.mark.parametrize("before", [None, b"", b"a longer content than the new one"])
def test_the_content_is_exactly_what_is_given(tmp_path, write, before):
    path = tmp_path / "file"
    if before is not None:
        path.write_bytes(before)
    write(str(path), CONTENT)
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]


def test_an_update_creates_the_folder(tmp_path):
    files.update(str(tmp_path / "a" / "b" / "file"), CONTENT)
    assert (tmp_path / "a" / "b" / "file").read_bytes() == CONTENT


def test_a_replacement_needs_the_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        files.replace(str(tmp_path / "a" / "file"), CONTENT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [files.update, files.replace])
def test_a_relative_path(tmp_path, monkeypatch, write):
    monkeypatch.chdir(tmp_path)
    write("file", CONTENT)
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("write", [files.update, files.replace])
def test_a_path_that_cannot_be_replaced_stays_and_nothing_is_left_beside_it(tmp_path, write):
    (tmp_path / "folder" / "content").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        write(str(tmp_path / "folder"), CONTENT)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "content"]


@posix
@pytest.mark.parametrize(
    ("write", "options", "before", "after"),
    [
        pytest.param(files.update, {}, None, 0o600, id="a new file is private"),
        pytest.param(files.update, {"mode": 0o644}, None, 0o644, id="a new file gets the mode"),
        pytest.param(files.update, {"mode": 0o644}, 0o640, 0o640, id="an updated file keeps its mode"),
        pytest.param(files.replace, {}, 0o644, 0o600, id="a replaced file is private"),
        pytest.param(files.replace, {"mode": 0o755}, 0o600, 0o755, id="a replaced file gets the mode"),
    ],
)
def test_the_mode(tmp_path, write, options, before, after):
    path = tmp_path / "file"
    if before is not None:
        path.touch()
        path.chmod(before)
    umask = os.umask(0o077)
    try:
        write(str(path), CONTENT, **options)
    finally:
        os.umask(umask)
    assert mode(path) == after


@posix
@pytest.mark.parametrize("is_there", [True, False])
def test_an_update_writes_the_target_of_a_link(tmp_path, is_there):
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    link.symlink_to(target)
    if is_there:
        target.parent.mkdir()
        target.write_bytes(b"before")
    files.update(str(link), CONTENT)
    assert (os.readlink(link), target.read_bytes()) == (str(target), CONTENT)
    assert list(target.parent.iterdir()) == [target]


@posix
def test_a_replacement_replaces_a_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"before")
    link.symlink_to(target)
    files.replace(str(link), CONTENT)
    assert (link.is_symlink(), link.read_bytes(), target.read_bytes()) == (False, CONTENT, b"before")


@posix
def test_readers_of_the_old_file_keep_it(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with path.open("rb") as reader:
        files.update(str(path), CONTENT)
        assert reader.read() == b"before"
