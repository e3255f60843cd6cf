"""Wheels with one module, built without a build backend, for tests and the demo."""

from __future__ import annotations

import os
import zipfile


def build(
    folder: str | os.PathLike[str], name: str, version: str = "1.0", requires_python: str = ">=3", metadata: str = ""
) -> str:
    """Write a wheel of the project ``name`` to ``folder`` and return its path.

    It has a module with a ``VERSION`` and a command that prints it, both named like the project, and the additional
    ``metadata``.  Format: PEP 427.
    """
    module = name.replace("-", "_")
    files = {
        f"{module}.py": f'VERSION = "{version}"\n\n\ndef main():\n    print(VERSION)\n',
        f"{module}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        f"Requires-Python: {requires_python}\n{metadata}",
        f"{module}-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{module}-{version}.dist-info/entry_points.txt": f"[console_scripts]\n{name} = {module}:main\n",
    }
    record = f"{module}-{version}.dist-info/RECORD"
    files[record] = "".join(f"{path},,\n" for path in (*files, record))
    path = os.path.join(folder, f"{module}-{version}-py3-none-any.whl")
    with zipfile.ZipFile(path, "w") as wheel:
        for inner, content in files.items():
            wheel.writestr(inner, content)
    return path
