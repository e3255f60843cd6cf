"""Unpacks the bundle, whole or not at all."""

import gzip
import io
import os
import shutil
import sys
import tarfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from zipimport import zipimporter

_PACKAGES = "packages"


class CreateError(Exception):
    """The bundle cannot be unpacked: cause and remedy, in one line."""


def unpack(archive: str, folders: list[str], is_place: Callable[[str], bool]) -> str:
    """Unpack ``archive`` into the first usable folder and return it; raise CreateError if none is, or if it is damaged.

    ``is_place`` returns whether a folder is safe from other users.
    """
    content = read(archive)
    problems = []
    for folder in folders:
        parent = os.path.dirname(folder)
        try:
            os.makedirs(parent, 0o700, exist_ok=True)
            if is_place(parent):
                if not os.path.isdir(folder):
                    _create(folder, lambda new: extract(content, os.path.join(new, _PACKAGES)))
                    compile_ahead(os.path.join(folder, _PACKAGES))
                return folder
            problems.append(f"{parent} (other users can change it)")
        except OSError as error:
            problems.append(f"{parent} ({error.strerror})")
    remedy = "set XDG_CACHE_HOME to a writable folder of this user"
    raise CreateError(f"cannot unpack the bundle into any of {', '.join(problems)}; {remedy}")


def read(archive: str) -> bytes:
    """Return the packages in ``archive``, as a TAR file; raise CreateError if it is damaged."""
    try:
        return gzip.decompress(zipimporter(archive).get_data(os.path.join(archive, "packages.tar.gz")))
    except (OSError, EOFError, zlib.error):
        raise CreateError(f"{archive} is damaged; download it again, and check its SHA-256") from None


def _create(folder: str, fill: Callable[[str], None]) -> None:
    """Create ``folder`` with what ``fill`` writes, unless another process is faster; raise OSError."""
    new = f"{folder}.{os.urandom(8).hex()}.new"
    try:
        os.mkdir(new, 0o700)
        fill(new)
        os.rename(new, folder)
    except OSError:
        if not os.path.isdir(folder):
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)


def compile_ahead(packages: str) -> None:
    """Have another process compile what a request to AWS imports, while this one goes on: that takes half of its time.

    It is no child of this process, which may become a command that does not expect one.
    """
    with suppress(OSError, AttributeError):  # no more processes; Windows has no fork
        if child := os.fork():
            os.waitpid(child, 0)
            return
        try:
            if not os.fork():
                null = os.open(os.devnull, os.O_RDWR)
                for descriptor in range(3):
                    os.dup2(null, descriptor)
                sys.path[0] = packages
                import keyrings.codeartifact.aws.session  # noqa: F401
        finally:
            os._exit(0)


def extract(content: bytes, folder: str) -> None:
    """Write the files of the TAR file ``content`` into ``folder``; raise OSError, also if one exists."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for entry in archive:
            path = os.path.join(folder, *entry.name.split("/"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            data = archive.extractfile(entry)
            with open(path, "xb") as file:
                file.write(data.read() if data else b"")
