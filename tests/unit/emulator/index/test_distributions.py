"""Names, versions and Requires-Python that the emulator reads from distributions."""

import io
import tarfile
import zipfile

import pytest

from keyrings.codeartifact.emulator.index.distributions import read_filename, requires_python

METADATA = (
    b"Metadata-Version: 2.1\nName: acme\nVersion: 1.0\nRequires-Python: >=3.10\n\nRequires-Python: not this one\n"
)


@pytest.mark.parametrize(
    ("filename", "naming"),
    [
        ("acme_tools-1.0-py3-none-any.whl", ("acme_tools", "1.0")),
        ("acme-1.0+local.1-1-cp313-cp313-manylinux_2_28_x86_64.whl", ("acme", "1.0+local.1")),
        ("acme.tools-1!2.0rc1.tar.gz", ("acme.tools", "1!2.0rc1")),
        ("acme-tools-1.0.tar.gz", ("acme-tools", "1.0")),
        ("acme-1.0.zip", None),
        ("acme.whl", None),
        ("acme-1.0.exe", None),
        ("../acme-1.0.tar.gz", None),
        ("acme-1.0/x.tar.gz", None),
        ("acme-<1>.tar.gz", None),
        ("", None),
    ],
)
def test_file_names(filename, naming):
    assert read_filename(filename) == naming


def wheel(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content


def sdist(members):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    content.seek(0)
    return content


def test_metadata():
    assert requires_python("a.whl", wheel({"x.py": b"", "acme-1.0.dist-info/METADATA": METADATA})) == ">=3.10"
    assert requires_python("a.tar.gz", sdist({"acme-1.0/x.py": b"", "acme-1.0/PKG-INFO": METADATA})) == ">=3.10"
    assert requires_python("a.tar.gz", sdist({"acme-1.0/PKG-INFO": b"Name: acme\n"})) == ""


def damaged(how):
    """Return a wheel whose metadata cannot be unpacked."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("acme-1.0.dist-info/METADATA", METADATA)
    data = bytearray(content.getvalue())
    central = data.index(b"PK\x01\x02")
    if how == "deflate":
        data[60:70] = b"\xff" * 10
    elif how == "encrypted":
        data[6] |= 1
        data[central + 8] |= 1
    else:
        data[8] = data[central + 10] = 99
    return io.BytesIO(bytes(data))


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("a.whl", damaged("deflate")),
        ("a.whl", damaged("encrypted")),
        ("a.whl", damaged("method")),
        ("a.whl", io.BytesIO(b"no zip")),
        ("a.tar.gz", io.BytesIO(b"no tar")),
        ("a.tar.gz", io.BytesIO(b"\x1f\x8b\x08 half a gzip")),
        ("a.whl", wheel({"x.py": b""})),
        ("a.tar.gz", sdist({"acme-1.0/x.py": b""})),
        ("a.tar.gz", sdist({"acme-1.0/deep/PKG-INFO": METADATA})),
    ],
)
def test_invalid_distributions(filename, content):
    with pytest.raises(ValueError, match="is not a valid distribution"):
        requires_python(filename, content)
