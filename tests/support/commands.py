"""The variable that names the index to commands, and the one line that they end with."""

import re

from support.seed import INDEX

NAMED = {"CODEARTIFACT_INDEX_URL": INDEX}


def line(done, code, pattern):
    """Assert that a command ended with this code and this one line."""
    assert (done.returncode, done.stdout) == (code, ""), done
    assert re.fullmatch(f"keyrings-codeartifact: error: {pattern}\n", done.stderr), done.stderr
