"""Build the bundle: one file that runs on any Python, from the wheels of the product and of its dependencies.

The same wheels give the same bytes, whatever the Python, system, time and folder of the build.
"""

import argparse
import hashlib
import io
import os
import sys
import tarfile
import zipfile
from collections.abc import Iterable

# Not Python's own zlib: each system has another, and their output differs.
import deflate
from contents import BundleError, select

# A link to the bundle runs isolated from the job's Python environment.
_HEAD = b"""\
#!/bin/sh
exec python3 -IS "$0" "$@"
"""
_MAIN, CREATE, PACKAGES = "__main__.py", "create.py", "packages.tar.gz"
# By which the product knows that it runs from here.
_MARK = {"bundle.txt": b"This is keyrings.codeartifact and all that it needs, unpacked from its bundle.\n"}
_ID = "0000000000000000"  # as in main.py, replaced by that of the contents
_LEVEL = 12  # libdeflate's best
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time of a ZIP file
_MAX_SIZE = 4_000_000  # in bytes


def build(wheels: Iterable[str]) -> bytes:
    """Return the bundle of these wheels; raise BundleError if they cannot be bundled."""
    packages = bytes(deflate.gzip_compress(_tar({**_read(wheels), **_MARK}), _LEVEL))
    main, create = (source(name) for name in ("main.py", CREATE))
    identity = hashlib.sha256(main + create + packages).hexdigest()[: len(_ID)]
    main = main.replace(_ID.encode(), identity.encode())
    content = io.BytesIO()
    content.write(_HEAD)
    add(content, {_MAIN: main, CREATE: create, PACKAGES: packages})
    if content.tell() > _MAX_SIZE:
        raise BundleError(f"the bundle has {content.tell()} bytes, more than {_MAX_SIZE}; extend bundle/contents.py")
    return content.getvalue()


def add(content: io.BytesIO, files: dict[str, bytes]) -> None:
    """Append a ZIP file with these files to ``content``: the same bytes, wherever it is built."""
    # Few entries, stored: Python reads the directory of the file with each start.
    with zipfile.ZipFile(content, "a", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # POSIX
            archive.writestr(entry, data)


def _read(wheels: Iterable[str]) -> dict[str, bytes]:
    """Return the content of each file to bundle, by path; raise BundleError if two wheels have the same one."""
    found: dict[str, bytes] = {}
    for path in wheels:
        name = os.path.basename(path)
        with zipfile.ZipFile(path) as wheel:
            files = {entry: wheel.read(entry) for entry in wheel.namelist() if not entry.endswith("/")}
        kept = select(name, files)
        if twice := found.keys() & kept.keys():
            raise BundleError(f"{name} and another wheel contain {min(twice)}; pin only one of them")
        found |= kept
    return found


def _tar(files: dict[str, bytes]) -> bytes:
    """Return an archive of ``files``, without times and owners."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size = len(files[path])
            archive.addfile(entry, io.BytesIO(files[path]))
    return content.getvalue()


def source(name: str) -> bytes:
    """Return the content of a file of this folder."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "rb") as file:
        return file.read()


def main() -> int:
    """Write the bundle; return 0, or 1 if it cannot be built."""
    parser = argparse.ArgumentParser(description="Build the bundle.")
    parser.add_argument("--output", required=True, help="file to write")
    parser.add_argument("wheels", nargs="+", metavar="WHEEL", help="the product's wheel, and those of its dependencies")
    options = parser.parse_args()
    try:
        content = build(options.wheels)
    except BundleError as error:
        print(f"build.py: error: {error}", file=sys.stderr)
        return 1
    with open(options.output, "wb") as file:
        file.write(content)
    os.chmod(options.output, 0o755)  # noqa: S103 - a program
    digest = hashlib.sha256(content).hexdigest()
    # For `sha256sum --check`.
    with open(f"{options.output}.sha256", "w", encoding="ascii", newline="\n") as file:
        file.write(f"{digest}  {os.path.basename(options.output)}\n")
    print(f"{options.output}: {len(content)} bytes, SHA-256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
