"""Names, versions and Requires-Python of wheels and source distributions."""

from __future__ import annotations

import email.policy
import re
import tarfile
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from email.message import Message

# NAME-VERSION-….whl, NAME-VERSION.tar.gz: PEP 427, PEP 625.
_WHEEL = re.compile(r"(?P<name>[A-Za-z0-9._]+)-(?P<version>[A-Za-z0-9._+!]+)(?:-[A-Za-z0-9._]+){3,4}\.whl")
_SDIST = re.compile(r"(?P<name>[A-Za-z0-9._-]+)-(?P<version>[A-Za-z0-9._+!]+)\.tar\.gz")
_WHEEL_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
_SDIST_METADATA = re.compile(r"[^/]+/PKG-INFO")
_LARGEST_METADATA = 1 << 20
# zipfile raises RuntimeError for encrypted files, and a subclass for unknown compression methods.
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, KeyError, RuntimeError)


class Naming(NamedTuple):
    """The project name and the version in a file name, as written there."""

    name: str
    version: str


def read_filename(filename: str) -> Naming | None:
    """Return name and version in a file name, None if it is not that of a wheel or source distribution."""
    match = _WHEEL.fullmatch(filename) or _SDIST.fullmatch(filename)
    return Naming(match["name"], match["version"]) if match else None


def requires_python(filename: str, content: IO[bytes]) -> str:
    """Return the Requires-Python of a wheel or source distribution, or empty.

    Raises ValueError as `read_metadata` does.
    """
    return str(read_metadata(filename, content).get("Requires-Python", ""))


def read_metadata(filename: str, content: IO[bytes]) -> Message:
    """Return the core metadata of a wheel or source distribution.

    Raises ValueError if ``content`` is not a valid file of the type that ``filename`` names.
    """
    try:
        metadata = _wheel_metadata(content) if filename.endswith(".whl") else _sdist_metadata(content)
    except _BROKEN as error:
        raise ValueError(f"{filename} is not a valid distribution ({error})") from None
    return email.message_from_bytes(metadata, policy=email.policy.compat32)


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
