"""What AWS Lambda imports of the rotation function's ZIP file: unpacks the packages, and has the handler in them."""

import gzip
import os
import sys
import tempfile

from create import extract

_PACKAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "packages.tar.gz")
# The folder of the function is read-only.
_UNPACKED = tempfile.mkdtemp()
with gzip.open(_PACKAGES) as file:
    extract(file.read(), _UNPACKED)
# First: a runtime has its own botocore.
sys.path.insert(0, _UNPACKED)

from keyrings.codeartifact.rotation import handler  # noqa: E402 - from there

__all__ = ["handler"]
