"""Wheels built for tests and the demo."""

import os
import zipfile

from keyrings.codeartifact.emulator.index.distributions import read_filename, requires_python
from keyrings.codeartifact.emulator.index.wheels import build


def test_a_wheel(tmp_path):
    path = build(tmp_path, "my-tools", "2.0", ">=3.10")
    assert read_filename(os.path.basename(path)) == ("my_tools", "2.0")
    with zipfile.ZipFile(path) as wheel, open(path, "rb") as file:
        assert requires_python(path, file) == ">=3.10"
        assert wheel.read("my_tools.py").startswith(b'VERSION = "2.0"\n')
        record = wheel.read("my_tools-2.0.dist-info/RECORD").decode().splitlines()
        assert [line.partition(",")[0] for line in record] == wheel.namelist()
