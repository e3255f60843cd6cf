"""Remove botocore's descriptions of all services except those that a token request needs.

They are nine tenths of the tool's size.
"""

import shutil
import sys
from pathlib import Path

# For tokens, for roles, and for the credentials of an SSO login.
SERVICES = {"codeartifact", "sts", "sso", "sso-oidc"}


def prune(data: Path) -> None:
    """Remove all other services from botocore's folder ``data``."""
    for path in data.iterdir():
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)


if __name__ == "__main__":
    [folder] = Path(sys.argv[1]).glob("lib/python3*/site-packages/botocore/data")
    prune(folder)
