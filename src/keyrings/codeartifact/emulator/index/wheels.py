"""What is there to publish?  Wheels with one module, made without a build backend."""

from __future__ import annotations

import os
import zipfile


def build(folder: str | os.PathLike[str], name: str, version: str = "1.0", requires_python: str = ">=3") -> str:
    """Write a wheel of the project ``name`` into ``folder`` and return its path.

    Its one module has a ``VERSION``, its one command prints it; both are called like the project.  Source of the
    format: PEP 427.
    """
    module = name.replace("-", "_")
    files = {
        f"{module}.py": f'VERSION = "{version}"\n\n\ndef main():\n    print(VERSION)\n',
        f"{module}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        f"Requires-Python: {requires_python}\n",
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
