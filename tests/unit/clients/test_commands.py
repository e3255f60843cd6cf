"""The commands that run this installation, or an unpacked bundle, from a folder on PATH."""

import os
import shutil
import subprocess
import sys

import pytest

from keyrings.codeartifact.clients import commands, keyring

pytestmark = pytest.mark.skipif(os.name == "nt", reason="on Windows they are executables, with another test")
NAMES = ["codeartifact-credential-helper", "codeartifact-keyring", "keyring", "keyrings-codeartifact"]


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """The folder of an unpacked bundle."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "bundle.txt").touch()
    monkeypatch.setattr(commands, "packages_folder", lambda: str(tmp_path / "packages"))
    return tmp_path


def test_they_run_this_package_in_this_python(tmp_path):
    folder = tmp_path / "new" / "folder"
    commands.write(str(folder))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(os.listdir(folder)) == NAMES
    for name in NAMES:
        assert (folder / name).stat().st_mode & 0o777 == 0o700
        assert keyring.is_own(str(folder / name)) is name.endswith("keyring")
    (tmp_path / "keyrings.py").write_text("raise SystemExit('the PYTHONPATH of the job')\n")
    for name, printed in (("keyring", "usage: "), ("keyrings-codeartifact", "usage: keyrings-codeartifact")):
        command = [folder / name, "--help"]
        environ = {"PYTHONPATH": str(tmp_path)}
        done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout.startswith(printed)


def test_they_are_written_again(tmp_path):
    commands.write(str(tmp_path))
    (tmp_path / "keyring").write_text("damaged")
    (tmp_path / "keyring").chmod(0o600)
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "codeartifact-keyring").unlink()
    (tmp_path / "codeartifact-keyring").symlink_to("elsewhere")
    commands.write(str(tmp_path))
    for name in ("keyring", "codeartifact-keyring"):
        assert keyring.is_own(str(tmp_path / name))
        assert os.lstat(tmp_path / name).st_mode & 0o777 == 0o700
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_a_bundle_has_a_folder_for_each_python(bundle, monkeypatch):
    first = commands.folder_of_bundle()
    assert sorted(os.listdir(first)) == NAMES
    assert os.path.dirname(first) == str(bundle)
    assert f"sys.path.insert(0, '{bundle}/packages')" in (bundle / first / "keyring").read_text()
    assert commands.folder_of_bundle() == first
    monkeypatch.setattr(sys, "executable", "/another/python 3")
    second = commands.folder_of_bundle()
    assert second != first
    assert "exec' '/another/python 3' -IS " in (bundle / second / "keyring").read_text()


def test_a_folder_of_a_bundle_that_is_incomplete(bundle):
    folder = commands.folder_of_bundle()
    os.unlink(os.path.join(folder, NAMES[-1]))
    assert commands.folder_of_bundle() == folder
    assert sorted(os.listdir(folder)) == NAMES


def test_a_folder_that_cannot_be_written(bundle):
    folder = commands.folder_of_bundle()
    shutil.rmtree(folder)
    open(folder, "w").close()
    assert commands.folder_of_bundle() is None


def test_an_installation_is_no_bundle(bundle):
    (bundle / "packages" / "bundle.txt").unlink()
    assert commands.folder_of_bundle() is None


def test_an_executable_for_windows(tmp_path):
    """Python runs it on any system: it is an archive with the launcher before it."""
    path = tmp_path / "keyring.exe"
    path.write_bytes(commands.executable("import sys; print(sys.argv[1:], sys.flags.isolated)", "-I"))
    launcher, shebang, _ = path.read_bytes().partition(f'#!"{sys.executable}" -I\n'.encode())
    assert launcher.startswith(b"MZ")
    assert shebang
    command = [sys.executable, "-I", path, "a", "b"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "['a', 'b'] 1\n"


def test_no_launcher_for_windows(tmp_path, monkeypatch):
    import ensurepip

    monkeypatch.setattr(ensurepip, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(FileNotFoundError, match="this Python has no ensurepip"):
        commands.executable("", "-I")
