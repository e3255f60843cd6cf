"""The threat model names a test in every row, and each of them is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = re.findall(r"^\|.*\|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize("row", TABLE[2:], ids=lambda row: row.split("|")[-2].strip(" `"))
def test_a_row_names_a_test_that_is_there(row):
    [(path, name)] = re.findall(r"\| `([a-z_/]+\.py)::(test_\w+)` \|$", row)
    assert f"\ndef {name}(" in (ROOT / "tests" / path).read_text()
