"""The threat model names a test in every row, each of them is there, and for each there is a defence to take away."""

import re
from pathlib import Path

import pytest
from defences import REMOVALS

ROOT = Path(__file__).parents[2]
TABLE = re.findall(r"^\|.*\|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)


def assert_there(test):
    path, name = test.partition("[")[0].split("::")
    assert f"\ndef {name}(" in (ROOT / "tests" / path).read_text()


@pytest.mark.parametrize("row", TABLE[2:], ids=lambda row: row.split("|")[-2].strip(" `"))
def test_a_row_names_a_test_that_is_there(row):
    [test] = re.findall(r"\| `([a-z_/]+\.py::test_\w+)` \|$", row)
    assert_there(test)
    assert [removal for removal in REMOVALS if removal.test.partition("[")[0] == test]


@pytest.mark.parametrize("removal", REMOVALS, ids=lambda removal: f"{removal.test}: {removal.defence}")
def test_what_is_taken_away_is_there(removal):
    assert_there(removal.test)
    for name, before, _ in removal.edits:
        assert before in (ROOT / name).read_text()
