"""What the bundle is made of: pure, complete, licensed, small, and always the same bytes."""

import gzip
import io
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.policy import default

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.bundle import build, wheels
from support.project import PATIENCE, ROOT, UV

# Those of desktops, as NO_DESKTOP in the Makefile; Windows' is pywin32-ctypes.
LEFT_OUT = {"secretstorage", "jeepney", "pywin32-ctypes"}
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
SYSTEMS = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))


@pytest.fixture(scope="module")
def files(bundle):
    content = gzip.decompress(zipfile.ZipFile(bundle).read("packages.tar.gz"))
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}


@pytest.fixture(scope="module")
def distributions(files):
    """The metadata of each package, and the folder that it is in."""
    return {
        path.partition("/")[0]: message_from_bytes(content, policy=default)
        for path, content in files.items()
        if path.endswith(".dist-info/METADATA")
    }


def test_every_dependency_is_inside(distributions):
    """On each Python and system, though the pins are made for one."""
    names = {canonicalize_name(metadata["Name"]) for metadata in distributions.values()}
    needed = set()
    for version in PYTHONS:
        for sys_platform, system, os_name in SYSTEMS:
            environment = default_environment() | {
                "extra": "",
                "os_name": os_name,
                "platform_system": system,
                "python_full_version": f"{version}.0",
                "python_version": version,
                "sys_platform": sys_platform,
            }
            for metadata in distributions.values():
                for text in metadata.get_all("Requires-Dist", ()):
                    requirement = Requirement(text)
                    if requirement.marker is None or requirement.marker.evaluate(environment):
                        needed.add(canonicalize_name(requirement.name))
    assert "keyrings-codeartifact" in names
    assert needed - names == LEFT_OUT
    # Nor anything that is not needed.
    assert names - needed == {"keyrings-codeartifact"}


def test_versions_fit(distributions):
    found = {canonicalize_name(one["Name"]): one["Version"] for one in distributions.values()}
    for metadata in distributions.values():
        for text in metadata.get_all("Requires-Dist", ()):
            requirement = Requirement(text)
            version = found.get(canonicalize_name(requirement.name))
            assert version is None or "extra" in str(requirement.marker) or version in requirement.specifier, text


def test_every_package_has_its_licence(distributions, files):
    for folder in distributions:
        assert any(path.startswith(f"{folder}/") and re.search("LICEN[CS]E", path) and files[path] for path in files), (
            folder
        )


def test_nothing_is_compiled(files):
    assert not [path for path in files if path.endswith((".so", ".pyd", ".dll", ".dylib", ".pyc"))]


def test_its_size(bundle):
    assert bundle.stat().st_size <= 4_000_000


def test_it_holds_what_is_tested(files, wheel):
    """Our code is that of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        ours = {name: archive.read(name) for name in archive.namelist() if name.endswith(".py")}
    bundled = {
        path: content for path, content in files.items() if path.startswith("keyrings/") and path.endswith(".py")
    }
    assert bundled.items() <= ours.items()
    assert {path for path in ours.keys() - bundled.keys() if "emulator/" not in path} == {"keyrings/codeartifact/pytest_plugin.py"}  # fmt: skip


def test_another_build_is_equal(built_bundle, wheel, tmp_path):
    """In another folder, at another time, in another order, on another Python if this machine has one."""
    other = another_python(tmp_path)
    environ = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    parts = wheels(wheel)[::-1]
    output = build(folder / "other.pyz", other, parts, cwd=folder, env=environ, umask=0o077)
    assert output.read_bytes() == built_bundle.read_bytes()


def another_python(folder):
    """Return a Python of another version that can build the bundle, this one if there is no other."""
    listed = subprocess.run(
        [UV, "python", "list", "--only-installed", "--no-python-downloads"],
        check=True, capture_output=True, text=True, timeout=PATIENCE, env=os.environ | {"UV_NO_CONFIG": "1"},
    ).stdout.split()  # fmt: skip
    own = "{}.{}".format(*sys.version_info)
    for version in PYTHONS[::-1]:
        if version == own or not any(word.startswith(f"cpython-{version}.") for word in listed):
            continue
        made = folder / "python"
        subprocess.run([UV, "venv", "--quiet", "--python", version, made], check=True, timeout=PATIENCE)
        install = [
            UV,
            "pip",
            "install",
            "--quiet",
            "--python",
            made,
            "--constraint",
            ROOT / "tests" / "requirements.txt",
        ]
        subprocess.run([*install, "deflate"], check=True, timeout=PATIENCE)
        return made / "bin" / "python"
    return sys.executable
