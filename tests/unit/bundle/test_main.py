"""Where the bundle may be unpacked, and what it removes of a job's packages."""

import os
import subprocess
import sys

import pytest

from support.bundle import FOLDER, load
from support.project import PATIENCE

main = load("main")
OWN = f"keyrings-codeartifact-bundle-{os.geteuid()}"


@pytest.fixture
def place(tmp_path):
    """A private folder, in a folder that only this user and root can change."""
    path = tmp_path / "parent" / "place"
    path.mkdir(0o700, parents=True)
    return path


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o775, 0o1777], ids=oct)
def test_a_place_below_a_safe_folder(place, mode):
    place.parent.chmod(mode)
    assert main.is_place(str(place))


@pytest.mark.parametrize("mode", [0o777, 0o757], ids=oct)
def test_a_place_that_others_can_rename(place, mode):
    place.parent.chmod(mode)
    assert not main.is_place(str(place))


@pytest.mark.parametrize("mode", [0o750, 0o707, 0o720, 0o701], ids=oct)
def test_a_place_that_is_not_private(place, mode):
    place.chmod(mode)
    assert not main.is_place(str(place))


def test_a_place_that_is_no_folder(place):
    link, file = place.parent / "link", place.parent / "file"
    link.symlink_to(place)
    file.touch(0o600)
    assert not any(map(main.is_place, map(str, (link, file, place.parent / "missing"))))


def test_another_user_s_place(place, monkeypatch):
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert not main.is_place(str(place))


def test_a_place_in_another_user_s_folder(place, monkeypatch):
    """As `sudo` may keep HOME: that user could replace the folder while root uses it."""
    own = os.lstat(place)
    real = os.lstat

    def lstat(path):
        found = real(path)
        fields = list(found)
        fields[4] = own.st_uid if path == str(place) else 12345 if path == str(place.parent) else 0
        return os.stat_result(fields)

    monkeypatch.setattr(os, "lstat", lstat)
    assert not main.is_place(str(place))


@pytest.mark.parametrize(
    ("environ", "first"),
    [
        pytest.param({"XDG_CACHE_HOME": "CACHE", "HOME": "HOME"}, "CACHE", id="XDG_CACHE_HOME"),
        pytest.param({"XDG_CACHE_HOME": "", "HOME": "HOME"}, "HOME/.cache", id="empty"),
        pytest.param({"XDG_CACHE_HOME": "relative", "HOME": "HOME"}, "HOME/.cache", id="relative"),
        pytest.param({"HOME": "relative", "TMPDIR": "CACHE"}, "CACHE", id="no home"),
        pytest.param({"XDG_CACHE_HOME": "LINK"}, "CACHE", id="link"),
    ],
)
def test_the_first_place(tmp_path, monkeypatch, environ, first):
    for name in ("CACHE", "HOME"):
        (tmp_path / name).mkdir()
    (tmp_path / "LINK").symlink_to(tmp_path / "CACHE")
    for name in ("XDG_CACHE_HOME", "HOME", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, str(tmp_path / value) if value.isupper() else value)
    places = main.places()
    assert places[0] == str(tmp_path.resolve() / first / OWN / ("0" * 16))
    assert places[-1] == f"/dev/shm/{OWN}/{'0' * 16}"


ISOLATE = """
import json, os, sys, types
sys.path.append(sys.argv[1])
import main

library = os.path.dirname(os.__file__)
for name, file in (("acme", "site-packages/acme.py"), ("other", "dist-packages/other.py"), ("kept", "kept.py")):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__file__ = os.path.join(library, file)
sys.path += [os.path.join(library, "site-packages"), "/elsewhere/lib-dynload"]
main.isolate("/archive")
assert {"acme", "other", "main"}.isdisjoint(sys.modules)
assert {"kept", "json", "os", "sys", "__main__"} <= sys.modules.keys()
assert sys.path[:2] == ["/archive", library], sys.path
assert "/elsewhere/lib-dynload" not in sys.path and not any("site-packages" in path for path in sys.path)
import _json, colorsys
"""


def test_what_python_has_loaded_of_the_job_s(tmp_path):
    """Where its packages are below the standard library, as they are without a virtual environment."""
    command = [sys.executable, "-c", ISOLATE, str(FOLDER)]
    done = subprocess.run(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
