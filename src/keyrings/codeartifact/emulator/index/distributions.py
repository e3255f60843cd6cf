"""What does the file of a package say of itself?"""

from __future__ import annotations

import email
import re
import tarfile
import zipfile
import zlib
from typing import IO, NamedTuple

# NAME-VERSION-….whl, NAME-VERSION.tar.gz: PEP 427, PEP 625.
_WHEEL = re.compile(r"(?P<name>[A-Za-z0-9._]+)-(?P<version>[A-Za-z0-9._+!]+)(?:-[A-Za-z0-9._]+){3,4}\.whl")
_SDIST = re.compile(r"(?P<name>[A-Za-z0-9._-]+)-(?P<version>[A-Za-z0-9._+!]+)\.tar\.gz")
_WHEEL_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
_SDIST_METADATA = re.compile(r"[^/]+/PKG-INFO")
_LARGEST_METADATA = 1 << 20
# zipfile's RuntimeError is for a password, its NotImplementedError for a compression that it does not know.
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    OSError,
    KeyError,
    RuntimeError,
    NotImplementedError,
)


class Naming(NamedTuple):
    """The project's name, as it stands in a file's name, and the version."""

    name: str
    version: str


def read_filename(filename: str) -> Naming | None:
    """Return what a file name says, None if it is no wheel's and no source distribution's."""
    match = _WHEEL.fullmatch(filename) or _SDIST.fullmatch(filename)
    return Naming(match["name"], match["version"]) if match else None


def requires_python(filename: str, content: IO[bytes]) -> str:
    """Return the Requires-Python of a wheel or a source distribution, empty if there is none.

    Raises ValueError if ``content`` is not such a file.
    """
    try:
        metadata = _wheel_metadata(content) if filename.endswith(".whl") else _sdist_metadata(content)
    except _BROKEN as error:
        raise ValueError(f"{filename} is not what its name says ({error})") from None
    return str(email.message_from_bytes(metadata).get("Requires-Python", ""))


def _wheel_metadata(content: IO[bytes]) -> bytes:
    with zipfile.ZipFile(content) as wheel:
        name = next((name for name in wheel.namelist() if _WHEEL_METADATA.fullmatch(name)), "METADATA")
        with wheel.open(name) as file:
            return file.read(_LARGEST_METADATA)


def _sdist_metadata(content: IO[bytes]) -> bytes:
    with tarfile.open(fileobj=content, mode="r:gz") as archive:
        name = next((name for name in archive.getnames() if _SDIST_METADATA.fullmatch(name)), "PKG-INFO")
        file = archive.extractfile(name)
        return file.read(_LARGEST_METADATA) if file else b""
