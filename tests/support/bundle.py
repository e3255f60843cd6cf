"""The bundle: its modules, and how it is built."""

import importlib
import subprocess
import sys

from support.project import PATIENCE, ROOT, SCRIPTS
from support.shared_folder import digest, shared_folder

FOLDER = ROOT / "bundle"
NAME = "keyrings-codeartifact.pyz"


def load(name):
    """Return a module of the folder `bundle`."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return importlib.import_module(name)


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


def shared_bundle(folder, wheel):
    """Return the bundle, built once for all workers."""
    parts = wheels(wheel)
    path = folder / "bundle"
    key = digest(*sorted(FOLDER.glob("*.*")), *parts)

    def make(made):
        made.mkdir()
        build(made / NAME, sys.executable, parts)

    return shared_folder(path, key, make) / NAME
