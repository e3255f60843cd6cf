"""Every row of the threat model names an existing test, and there is a defence to remove for each."""

import re
from pathlib import Path

import pytest
from defences import REMOVALS, Override

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "security.md").read_text()
ROWS = re.findall(r"^\|(?! attacker |---).*\|$", PAGE, re.MULTILINE)


def assert_exists(test):
    path, name = test.partition("[")[0].split("::")
    assert f"\ndef {name}(" in (ROOT / "tests" / path).read_text()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[-2].strip(" `"))
def test_a_row_names_an_existing_test(row):
    [test] = re.findall(r"\| `([a-z_/]+\.py::test_\w+)` \|$", row)
    assert_exists(test)
    assert [removal for removal in REMOVALS if removal.test.partition("[")[0] == test]


@pytest.mark.parametrize("removal", REMOVALS, ids=lambda removal: f"{removal.test}: {removal.defence}")
def test_a_defence_exists(removal):
    assert_exists(removal.test)
    for edit in removal.edits:
        before = (ROOT / edit.path).read_text()
        after = edit.apply(before)
        assert after != before
        if edit.path.endswith(".py"):
            compile(after, edit.path, "exec")


def test_a_renamed_defence_is_an_error():
    with pytest.raises(ValueError, match=r"cache/store\.py has no Store\.forgotten"):
        Override("cache/store", "Store.forgotten = None").apply("class Store:\n    def token(self): ...\n")
