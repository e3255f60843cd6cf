"""Write the ZIP file of the rotation function, for AWS Lambda: what the bundle holds, with another start."""

import io
import sys
import zipfile
from pathlib import Path

from build import CREATE, PACKAGES, add, source


def function(bundle: bytes) -> bytes:
    """Return the ZIP file that is made of this bundle."""
    packages = zipfile.ZipFile(io.BytesIO(bundle)).read(PACKAGES)
    content = io.BytesIO()
    add(content, {"rotation.py": source("rotation.py"), CREATE: source(CREATE), PACKAGES: packages})
    return content.getvalue()


if __name__ == "__main__":
    bundle, output = map(Path, sys.argv[1:])
    output.write_bytes(function(bundle.read_bytes()))
