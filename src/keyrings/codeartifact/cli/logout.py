"""Take back what `login` has written.

Settings that were changed since are kept.

Examples:
    keyrings-codeartifact logout
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyrings.codeartifact._util import documentation
from keyrings.codeartifact._util.log import print_error
from keyrings.codeartifact.login import record

from .output import write

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no arguments."""


def run(_: argparse.Namespace) -> int:
    """Restore the files; return 0, or 1 if one is left as it is."""
    code = 0
    is_empty = True
    for done in record.undo():
        is_empty = False
        if isinstance(done, str):
            write(f"{done}: restored")
        else:
            print_error(f"keyrings-codeartifact: error: {done}")
            print_error(documentation.message(done.code))
            code = 1
    if is_empty:
        write("nothing to undo")
    return code
