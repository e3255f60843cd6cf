"""Take out of an installed botocore the descriptions of all services but those that a token takes.

They are nine tenths of all that the tool is made of.
"""

import shutil
import sys
from pathlib import Path

# A token, a role, and what botocore asks to turn an SSO login into credentials.
SERVICES = {"codeartifact", "sts", "sso", "sso-oidc"}


def prune(data: Path) -> None:
    """Remove all other services from botocore's folder ``data``."""
    for path in data.iterdir():
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)


if __name__ == "__main__":
    [folder] = Path(sys.argv[1]).glob("lib/python3*/site-packages/botocore/data")
    prune(folder)
