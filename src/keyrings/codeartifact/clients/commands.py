"""The commands that run this installation, in a folder with nothing else, for PATH."""

import hashlib
import os
import shlex
import shutil
import sys

from keyrings.codeartifact._util import files

# By name: the console script that does the same, and the module to run.
_COMMANDS = {
    "codeartifact-keyring": ("codeartifact-keyring", "cli.keyring"),
    "keyring": ("codeartifact-keyring", "cli.keyring"),
    "keyrings-codeartifact": ("keyrings-codeartifact", "cli.main"),
}
# A file beside the packages of the bundle.
_BUNDLE = "bundle.txt"
# As pip and distlib write it: a shell runs the second line and reads no further, and for Python the two are a string.
# Isolated: the job's PYTHONPATH is for the job's Python.
_SCRIPT = """\
#!/bin/sh
'''exec' {python} {isolated} "$0" "$@"
' '''
import sys

sys.path.insert(0, {packages!r})
from keyrings.codeartifact.{module} import main

sys.exit(main())
"""


def write(folder: str) -> None:
    """Write the commands into ``folder``, created if it is missing; raise OSError."""
    os.makedirs(folder, 0o700, exist_ok=True)
    for name, (script, module) in _COMMANDS.items():
        path = os.path.join(folder, name)
        if os.name != "nt":
            files.replace(path, _script(module).encode(errors="surrogateescape"), 0o700)
        elif not os.path.exists(f"{path}.exe"):
            # uv runs only executables, and this one contains the path of its environment.
            shutil.copy(os.path.join(os.path.dirname(sys.executable), f"{script}.exe"), f"{path}.exe")


def folder_of_bundle() -> str | None:
    """Return the folder of the unpacked bundle with the commands for this Python, None if this is no bundle.

    It is written if it is missing; None too if that is impossible.
    """
    packages = packages_folder()
    if not os.path.isfile(os.path.join(packages, _BUNDLE)):
        return None
    digest = hashlib.sha256(os.fsencode(sys.executable)).hexdigest()[:16]
    folder = os.path.join(os.path.dirname(packages), f"commands-{digest}")
    try:
        if not os.path.exists(os.path.join(folder, "keyrings-codeartifact")):
            write(folder)
    except OSError:
        return None
    return folder


def packages_folder() -> str:
    """Return the folder from which this package is imported."""
    return os.path.abspath(os.path.join(__file__, *[os.pardir] * 4))


def _script(module: str) -> str:
    """Return the script that runs ``module`` in this Python; its start-up time is less where all packages are ours."""
    isolated = "-IS" if sys.flags.no_site else "-I"
    return _SCRIPT.format(
        python=shlex.quote(sys.executable), isolated=isolated, packages=packages_folder(), module=module
    )
