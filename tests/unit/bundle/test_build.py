"""How the bundle is built of wheels."""

import gzip
import io
import os
import random
import tarfile
import zipfile

import pytest

from support.bundle import load

module, contents = load("build"), load("contents")


@pytest.fixture
def wheel(tmp_path):
    """Return a function that makes a wheel with these files."""

    def make(name, files):
        path = tmp_path / f"{name}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}-1.0.dist-info/LICENSE", "Do what you want.")
            archive.writestr(f"{name}/", "")
            for file, content in files.items():
                archive.writestr(file, content)
        return str(path)

    return make


def packages(bundle):
    """Return the files that the bundle unpacks."""
    content = zipfile.ZipFile(io.BytesIO(bundle)).read("packages.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content))) as archive:
        return {entry.name: (archive.extractfile(entry).read(), entry.mtime, entry.mode) for entry in archive}


def test_order_does_not_matter(wheel):
    one, two = wheel("one", {"one/b.py": "b", "one/a.py": "a"}), wheel("two", {"two/a.py": "a"})
    bundle = module.build([one, two])
    assert bundle == module.build([two, one])
    assert list(packages(bundle)) == sorted(packages(bundle))
    assert packages(bundle)["one/a.py"] == (b"a", 0, 0o644)


def test_its_identity_is_its_contents(wheel):
    names = set()
    for text in ("a", "b", "a"):
        bundle = module.build([wheel("one", {"one/a.py": text})])
        main = zipfile.ZipFile(io.BytesIO(bundle)).read("__main__.py")
        names.add(main.partition(b'_ID = "')[2][:16])
    assert len(names) == 2
    assert b"0" * 16 not in names


def test_entries_depend_on_no_system(wheel, monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    for entry in zipfile.ZipFile(io.BytesIO(module.build([wheel("one", {})]))).infolist():
        found = (entry.create_system, entry.external_attr, entry.date_time, entry.compress_type)
        assert found == (3, 0o644 << 16, (1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED)


def test_the_same_file_twice(wheel):
    with pytest.raises(contents.BundleError, match=r"^two\.whl and another wheel contain same\.py; pin only one of them$"):  # fmt: skip
        module.build([wheel("one", {"same.py": "a"}), wheel("two", {"same.py": "a"})])


def test_too_large(wheel):
    with pytest.raises(contents.BundleError, match=r"^the bundle has 4\d{6} bytes, more than 4000000; extend bundle/contents\.py$"):  # fmt: skip
        module.build([wheel("one", {"one/data": random.Random(0).randbytes(4_000_000)})])


def test_the_command(wheel, tmp_path, capsys, monkeypatch):
    output = tmp_path / "out.pyz"
    monkeypatch.setattr("sys.argv", ["build.py", "--output", str(output), wheel("one", {})])
    assert module.main() == 0
    assert output.read_bytes().startswith(b"#!/bin/sh\n")
    assert os.access(output, os.X_OK)
    monkeypatch.setattr("sys.argv", ["build.py", "--output", str(tmp_path / "no.pyz"), wheel("one", {"a.so": ""})])
    assert module.main() == 1
    assert not (tmp_path / "no.pyz").exists()
    assert capsys.readouterr().err == "build.py: error: one.whl is not pure Python (a.so); pin a release with a pure wheel\n"  # fmt: skip
