"""A build backend in a wheel, for projects whose build requirements come from CodeArtifact."""

import zipfile

from keyrings.codeartifact.emulator.index import wheels

NAME = "acme-build"
TABLE = f'[build-system]\nrequires = ["{NAME}"]\nbuild-backend = "acme_build"\n'
# It takes the project's name from pyproject.toml, and the module of that name, if there is one, for a command.
_MODULE = """
import os, re, tarfile, zipfile

with open("pyproject.toml") as file:
    NAME = re.search('name = "(.*)"', file.read())[1]
MODULE = NAME.replace("-", "_")
METADATA = f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: 1.0\\n"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = f"{MODULE}-1.0-py3-none-any.whl"
    inner = f"{MODULE}-1.0.dist-info"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.writestr(f"{inner}/METADATA", METADATA)
        wheel.writestr(f"{inner}/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        if os.path.exists(f"{MODULE}.py"):
            wheel.write(f"{MODULE}.py")
            wheel.writestr(f"{inner}/entry_points.txt", f"[console_scripts]\\n{NAME} = {MODULE}:main\\n")
        wheel.writestr(f"{inner}/RECORD", "")
    return name


build_editable = build_wheel


def build_sdist(sdist_directory, config_settings=None):
    name = f"{MODULE}-1.0"
    with open("PKG-INFO", "w") as file:
        file.write(METADATA)
    with tarfile.open(os.path.join(sdist_directory, f"{name}.tar.gz"), "w:gz") as archive:
        for path in ("pyproject.toml", "PKG-INFO"):
            archive.add(path, f"{name}/{path}")
    return f"{name}.tar.gz"
"""


def build(folder):
    """Write the wheel to a folder and return its path."""
    path = wheels.build(folder, NAME)
    with zipfile.ZipFile(path) as stub:
        content = {name: stub.read(name) for name in stub.namelist()}
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in (content | {"acme_build.py": _MODULE}).items():
            wheel.writestr(name, data)
    return path
