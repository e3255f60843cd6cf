"""Virtual environments with real clients."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from support.project import PATIENCE, UV
from support.shared_folder import digest, shared_folder


class Environment:
    """A virtual environment with some clients in it."""

    def __init__(self, path):
        self.bin = path / "bin"
        self.python = self.bin / "python"


def make_environment(path, *requirements):
    """Make an environment with these requirements; a client that is not to be had fails the tests."""
    subprocess.run([UV, "venv", "--quiet", "--clear", path], check=True, timeout=PATIENCE)
    made = Environment(path)
    if requirements:
        install = [UV, "pip", "install", "--quiet", "--python", made.python, *map(str, requirements)]
        subprocess.run(install, check=True, timeout=PATIENCE)
    return made


def shared_environment(folder, *requirements):
    """Return an environment with these requirements, which no test changes: made once, in a folder of ``folder``."""
    texts = sorted(map(str, requirements))
    wheels = [Path(text.partition("[")[0]) for text in texts if re.search(r"\.whl(\[|$)", text)]
    path = folder / digest(*texts)[:16]
    key = digest(sys.version, sys.base_prefix, *texts, *wheels)
    shared_folder(path, key, lambda made: make_environment(made, *requirements))
    return Environment(path)


def copy_environment(made, path):
    """Copy an environment, with its compiled modules, to ``path``: a test may install into the copy."""
    folder = made.bin.parent
    shutil.copytree(folder, path, symlinks=True, copy_function=_link)
    for script in (path / "bin").iterdir():
        if script.is_file() and not script.is_symlink() and script.read_bytes().startswith(b"#!"):
            text = script.read_text().replace(str(folder), str(path))
            script.unlink()
            script.write_text(text)
            script.chmod(0o755)
    return Environment(path)


def _link(source, path):
    """Make the same file appear twice: installers replace files, and do not write to them."""
    try:
        os.link(source, path, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, path, follow_symlinks=False)
