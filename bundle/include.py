"""Write the GitLab include of a release: with the version, and the SHA-256 of the bundle that its jobs fetch."""

import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
INCLUDE = ROOT / "gitlab-ci" / "codeartifact.yml"


def include(bundle: bytes, version: str) -> str:
    """Return the text of the include for this bundle."""
    text = INCLUDE.read_text(encoding="utf-8")
    return text.replace("SHA256", hashlib.sha256(bundle).hexdigest()).replace("VERSION", version)


def version() -> str:
    """Return the project's version."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return "".join(re.findall(r'(?m)^version = "(.+)"$', text))


if __name__ == "__main__":
    bundle, output = map(Path, sys.argv[1:])
    output.parent.mkdir(exist_ok=True)
    output.write_text(include(bundle.read_bytes(), version()), encoding="utf-8")
