"""The commands that run this installation, in a folder with nothing else, for PATH."""

import errno
import hashlib
import os
import shlex
import shutil
import sys

from keyrings.codeartifact._util import files

# By name, the module of each; the last is written last.
_MODULES = {
    "codeartifact-credential-helper": "credential_helper",
    "codeartifact-keyring": "keyring",
    "keyring": "keyring",
    "keyrings-codeartifact": "main",
}
# A file among the packages of an unpacked bundle, see bundle/build.py.
_BUNDLE = "bundle.txt"
_BODY = """\
import sys

sys.path.insert(0, {packages!r})
from keyrings.codeartifact.cli.{module} import main

sys.exit(main())
"""
# As pip and distlib write it: a shell runs the second line and reads no further, and for Python the two are a string.
# Isolated: the job's PYTHONPATH is for the job's Python.
_SCRIPT = """\
#!/bin/sh
'''exec' {python} {options} "$0" "$@"
' '''
{body}"""
# The program with which pip starts Python scripts on Windows, in the wheel that each Python has for `ensurepip`.
_LAUNCHER = "pip/_vendor/distlib/{}.exe"


def write(folder: str) -> None:
    """Write the commands into ``folder``, created if it is missing; raise OSError."""
    os.makedirs(folder, 0o700, exist_ok=True)
    options = "-IS" if _is_bundle() else "-I"
    for name, module in _MODULES.items():
        body = _BODY.format(packages=packages_folder(), module=module)
        path = os.path.join(folder, name)
        if os.name == "nt":
            # uv runs only executables.
            files.replace(f"{path}.exe", executable(body, options))
        else:
            script = _SCRIPT.format(python=shlex.quote(sys.executable), options=options, body=body)
            files.replace(path, script.encode(errors="surrogateescape"), 0o700)


def executable(body: str, options: str) -> bytes:
    """Return a program for Windows that runs the script ``body`` in this Python; raise OSError without a launcher.

    Source of its form: ``distlib.scripts``.
    """
    import ensurepip
    import platform
    import zipfile
    from glob import glob
    from io import BytesIO

    content = BytesIO()
    name = "t64-arm" if platform.machine() == "ARM64" else "t64" if sys.maxsize >> 32 else "t32"
    try:
        [wheel] = glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            launcher = archive.read(_LAUNCHER.format(name))
    except (ValueError, KeyError, zipfile.BadZipFile):
        raise FileNotFoundError(errno.ENOENT, "this Python has no ensurepip", name) from None
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("__main__.py", body)
    return launcher + f'#!"{sys.executable}" {options}\n'.encode() + content.getvalue()


def folder_of_bundle() -> str | None:
    """Return the folder of the unpacked bundle with the commands for this Python, None if this is no bundle.

    It is written if it is missing; None too if that is impossible.
    """
    if not _is_bundle():
        return None
    digest = hashlib.sha256(os.fsencode(sys.executable)).hexdigest()[:16]
    folder = os.path.join(os.path.dirname(packages_folder()), f"commands-{digest}")
    try:
        if not shutil.which([*_MODULES][-1], path=folder):
            write(folder)
    except OSError:
        return None
    return folder


def packages_folder() -> str:
    """Return the folder from which this package is imported."""
    return os.path.abspath(os.path.join(__file__, *[os.pardir] * 4))


def _is_bundle() -> bool:
    return os.path.isfile(os.path.join(packages_folder(), _BUNDLE))
