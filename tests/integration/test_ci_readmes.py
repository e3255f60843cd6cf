"""What the READMEs of action and include show is what there is: their tables, their messages, their pipelines."""

import re
import subprocess
from importlib.metadata import version

import pytest
import yaml

from keyrings.codeartifact.ci import inputs
from keyrings.codeartifact.config import job_context
from support.project import ROOT, SCRIPTS
from support.readmes import GITHUB, GITLAB, OTHERS, is_said

ACTION = yaml.safe_load((ROOT / "github-actions" / "action.yml").read_text())
SPEC, INCLUDE = yaml.safe_load_all((ROOT / "gitlab-ci" / "codeartifact.yml").read_text())
INCLUDED = SPEC["spec"]["inputs"]
WORKFLOWS = ("quick start", "publish", "several")
PIPELINES = ("quick start", "before_script", "publish", "twice", "several", "mirror")
# Those that GitLab itself, or the include's own lines, take notice of.
NOT_HANDED_ON = ("audience", "image", "stage", "job-prefix", "install-check", "publish", "publish-if")


def check_schema(schema, texts, folder, *options):
    """Fail unless each text, by its name, is as the schema has it."""
    paths = [folder / f"{name}.yml" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text)
    subprocess.run([SCRIPTS / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *options, *paths], check=True)


def test_the_action_s_inputs():
    rows = GITHUB.table("Inputs")
    assert list(rows) == list(ACTION["inputs"])
    for name, declared in ACTION["inputs"].items():
        if "default" in declared:
            assert rows[name][1] == f"`{declared['default']}`"
    assert {*inputs.NAMES} - {"oidc-token-variable"} == set(rows)


def test_the_action_s_outputs():
    rows = GITHUB.table("Outputs")
    assert list(rows) == list(ACTION["outputs"])
    for name, declared in ACTION["outputs"].items():
        assert declared["value"] == f"${{{{ steps.set-up.outputs.{name} }}}}"
        assert ("with `output-token`" in rows[name][1]) == ("(with output-token)" in declared["description"])


def test_the_include_s_inputs():
    rows = GITLAB.table("Inputs")
    assert set(rows) == set(INCLUDED)
    for name, declared in INCLUDED.items():
        assert declared["description"]
        if declared["default"] != "":
            assert f"`{str(declared['default']).lower()}`" == rows[name][1].lower()
    given = INCLUDE[".$[[ inputs.job-prefix ]]"]["variables"]
    handed_on = {name.removeprefix(job_context.INPUT_PREFIX).lower().replace("_", "-") for name in given}
    assert handed_on - {"written"} == set(INCLUDED) - set(NOT_HANDED_ON)
    # What may be a variable is there as it is written, too.
    written = given["CODEARTIFACT_INPUT_WRITTEN"]["value"].splitlines()
    assert [line.split(" ", 1) for line in written] == [
        [name, f"$[[ inputs.{name} ]]"] for name in (line.split(" ")[0] for line in written)
    ]
    variables = {name for name in set(INCLUDED) - set(NOT_HANDED_ON) if "\\$" in INCLUDED[name].get("regex", "")}
    assert {line.split(" ")[0] for line in written} == variables | {"bundle-url"}
    assert handed_on <= {*inputs.NAMES, "bundle-url", "written"}


@pytest.mark.parametrize("message", [*GITHUB.messages("When it fails"), *GITLAB.messages("When it fails")[2:]])
def test_a_message_is_one_that_there_is(message):
    assert is_said(message)


def test_the_releases_are_of_this_version():
    for readme in (GITLAB, OTHERS):
        assert set(re.findall(r"(?:/releases/download/v|/keyrings-codeartifact/)([0-9.]+)/", readme.text)) == {
            version("keyrings.codeartifact")
        }


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_is_sound(name, tmp_path):
    path = tmp_path / "workflow.yml"
    path.write_text(GITHUB.block(name))
    subprocess.run([SCRIPTS / "actionlint", path], check=True)


def test_the_pipelines_are_sound(tmp_path):
    pipelines = {name: GITLAB.block(name) for name in PIPELINES}
    check_schema("gitlab-ci", pipelines, tmp_path, "--data-transform", "gitlab-ci")


@pytest.mark.parametrize(
    ("name", "schema"), [("circleci", "circle-ci"), ("bitbucket", "bitbucket-pipelines"), ("buildkite", "buildkite")]
)
def test_another_ci_s_pipeline_is_sound(name, schema, tmp_path):
    check_schema(schema, {name: OTHERS.block(name)}, tmp_path)


def test_every_marked_block_is_used():
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    for readme, name in ((GITHUB, "GITHUB"), (GITLAB, "GITLAB"), (OTHERS, "OTHERS")):
        for marked in readme.marked():
            is_sound = marked in {"GITHUB": WORKFLOWS, "GITLAB": PIPELINES, "OTHERS": ()}[name]
            assert is_sound or f'{name}.block("{marked}")' in tests
