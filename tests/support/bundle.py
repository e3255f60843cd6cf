"""The bundle: its modules, and how it is built."""

import importlib
import platform
import re
import subprocess
import sys
from uuid import uuid4

from support.project import PATIENCE, ROOT, SCRIPTS
from support.shared_folder import digest, shared_folder

FOLDER = ROOT / "bundle"
NAME = "keyrings-codeartifact.pyz"
_BOTOCORE = re.search(r"^botocore==(\S+)", (FOLDER / "requirements.txt").read_text(), re.MULTILINE)[1]
# What it prints with --version.
VERSION = f"keyrings-codeartifact 3.0.0 (Python {platform.python_version()}, botocore {_BOTOCORE})\n"


def load(name):
    """Return a module of the folder `bundle`."""
    # First: there is a distribution named build, too.
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(FOLDER))


def wheels(wheel):
    """Return the product's wheel, and those of its dependencies, which `make test` downloads."""
    found = sorted((SCRIPTS.parent / "bundle").glob("*.whl"))
    assert found, "run make .venv/bundle"
    return [wheel, *found]


def build(output, python, parts, **options):
    """Build the bundle of these wheels with this Python."""
    command = [python, FOLDER / "build.py", "--output", output, *parts]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, **options)
    return output


def build_function(bundle, output, **options):
    """Make the rotation function's ZIP file of a bundle."""
    command = [sys.executable, FOLDER / "function.py", bundle, output]
    subprocess.run(command, check=True, timeout=PATIENCE, **options)
    return output


def shared_bundle(folder, wheel):
    """Return the bundle, built once for all workers."""
    parts = wheels(wheel)
    path = folder / "bundle"
    key = digest(*sorted(FOLDER.glob("*.*")), *parts)

    def make(made):
        made.mkdir()
        build(made / NAME, sys.executable, parts)

    return shared_folder(path, key, make) / NAME


def with_identity(bundle, path):
    """Copy the bundle to ``path``, with other contents by its own word: Python does not look at checksums of entries."""
    content, count = re.subn(rb'(?<=\n_ID = ")[0-9a-f]{16}', uuid4().hex[:16].encode(), bundle.read_bytes())
    assert count == 1
    path.write_bytes(content)
    path.chmod(0o755)
    return path
