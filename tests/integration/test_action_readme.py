"""What the action's README shows is what there is: its tables, its messages, its workflows."""

import re
import subprocess

import pytest
import yaml
from conftest import SCRIPTS
from github_job import README, ROOT, block

from keyrings.codeartifact import inputs

ACTION = yaml.safe_load((ROOT / "github-actions" / "action.yml").read_text())
WORKFLOWS = ("quick start", "publish", "several")


def table(heading):
    """Return the rows of the first table below a heading, as lists of cells."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in re.findall(r"^\|.*\|$", section, re.MULTILINE)]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def names(cell):
    return re.findall(r"`([a-z-]+)`", cell)


def test_the_table_of_inputs():
    rows = {name: row for row in table("Inputs") for name in names(row[0])}
    assert list(rows) == list(ACTION["inputs"])
    for name, declared in ACTION["inputs"].items():
        if "default" in declared:
            assert rows[name][2] == f"`{declared['default']}`"


def test_the_table_of_outputs():
    rows = {name: row for row in table("Outputs") for name in names(row[0])}
    assert list(rows) == list(ACTION["outputs"])
    for name, declared in ACTION["outputs"].items():
        assert declared["value"] == f"${{{{ steps.set-up.outputs.{name} }}}}"
        assert ("with `output-token`" in rows[name][2]) == ("(with output-token)" in declared["description"])


def test_every_input_means_something():
    assert set(inputs.NAMES) | {"package-index-url"} == set(ACTION["inputs"])


@pytest.mark.parametrize(
    "message", [text for row in table("When it fails") for text in re.findall("`([^`]+)`", row[0])]
)
def test_a_message_is_one_that_there_is(message):
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "github-actions").glob("*.*")]
    text = " ".join(re.sub(r"[\s\"]+", " ", path.read_text()) for path in sources if path.name != "README.md")
    # What a message is about stands in braces in the source.
    parts = re.split(r" … |GitHub's OIDC token|CodeArtifact domain|GetAuthorizationToken|cannot (?=install)", message)
    assert all(part.strip() in text for part in parts)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_is_sound(name, tmp_path):
    path = tmp_path / "workflow.yml"
    path.write_text(block(name))
    subprocess.run([SCRIPTS / "actionlint", path], check=True)


def test_every_marked_block_is_used():
    tests = "".join(
        (ROOT / "tests" / "integration" / f"{name}.py").read_text()
        for name in ("test_action", "test_github_action", "github_job")
    )
    for name in re.findall(r"<!-- test: (.*) -->", README):
        assert name in WORKFLOWS or f'block("{name}")' in tests
