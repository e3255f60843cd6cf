"""What the pages on CIs show is what there is: their tables, their messages, their pipelines."""

import hashlib
import re
import subprocess
import textwrap
from base64 import b64encode
from importlib.metadata import version

import pytest
import yaml

from keyrings.codeartifact.ci import inputs
from keyrings.codeartifact.config import job_context
from support.pages import ACTION, GITHUB, GITLAB, INCLUDE, OTHER_CI, is_said
from support.project import ROOT, SCRIPTS

DECLARED = yaml.safe_load((ROOT / "github-actions" / "action.yml").read_text())
SPEC, JOBS = yaml.safe_load_all((ROOT / "gitlab-ci" / "codeartifact.yml").read_text())
INCLUDED = SPEC["spec"]["inputs"]
WORKFLOWS = ("quick start", "publish", "several", "credentials")
STEPS = ("build secret", "build action", "fork")
PIPELINES = ("quick start", "before_script", "publish", "twice", "several", "mirror", "docker build")
# Those that GitLab itself, or the include's own lines, take notice of.
NOT_HANDED_ON = ("audience", "image", "stage", "job-prefix", "install-check", "publish", "publish-if")


def check_schema(schema, texts, folder, *options):
    """Fail unless each text, by its name, is as the schema has it."""
    paths = [folder / f"{name}.yml" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text)
    # In this process, as to start it takes longer than all that it does; imported by the one worker that needs it.
    import check_jsonschema

    command = ["--builtin-schema", f"vendor.{schema}", *options, *map(str, paths)]
    assert check_jsonschema.main(command, standalone_mode=False) == 0


def test_the_action_s_inputs():
    rows = ACTION.table("Inputs")
    assert list(rows) == list(DECLARED["inputs"])
    for name, declared in DECLARED["inputs"].items():
        if "default" in declared:
            assert rows[name][0].endswith(f" (default `{declared['default']}`)")
    assert {*inputs.NAMES} - {"oidc-token-variable"} == set(rows)


def test_the_action_s_outputs():
    rows = ACTION.table("Outputs")
    assert list(rows) == list(DECLARED["outputs"])
    for name, declared in DECLARED["outputs"].items():
        assert declared["value"] == f"${{{{ steps.set-up.outputs.{name} }}}}"


def test_the_include_s_inputs():
    rows = INCLUDE.table("Inputs")
    assert set(rows) == set(INCLUDED)
    for name, declared in INCLUDED.items():
        assert declared["description"]
        if declared["default"] != "":
            assert rows[name][0].lower().endswith(f" (default `{str(declared['default']).lower()}`)")
    given = JOBS[".$[[ inputs.job-prefix ]]"]["variables"]
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
    for page in (GITLAB, OTHER_CI, INCLUDE):
        assert set(re.findall(r"(?:/releases/download/v|/keyrings-codeartifact/)([0-9.]+)/", page.text)) == {
            version("keyrings.codeartifact")
        }


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_is_sound(name, tmp_path):
    path = tmp_path / "workflow.yml"
    path.write_text(GITHUB.block(name))
    subprocess.run([SCRIPTS / "actionlint", path], check=True)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_sound(name, tmp_path):
    action = "      - {id: codeartifact, uses: OWNER/keyrings.codeartifact/github-actions@v3}\n"
    steps = action + textwrap.indent(GITHUB.block(name), "      ")
    path = tmp_path / "workflow.yml"
    path.write_text(f"on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n{steps}")
    subprocess.run([SCRIPTS / "actionlint", path], check=True)


def test_the_integrity_of_the_include(tmp_path):
    (tmp_path / "codeartifact.yml").write_bytes(b"spec:\n")
    done = subprocess.run(["sh", "-ec", GITLAB.block("integrity")], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == b64encode(hashlib.sha256(b"spec:\n").digest())


def test_the_pipelines_are_sound(tmp_path):
    pipelines = {name: GITLAB.block(name) for name in PIPELINES}
    check_schema("gitlab-ci", pipelines, tmp_path, "--data-transform", "gitlab-ci")


@pytest.mark.parametrize(
    ("name", "schema"), [("circleci", "circle-ci"), ("bitbucket", "bitbucket-pipelines"), ("buildkite", "buildkite")]
)
def test_another_ci_s_pipeline_is_sound(name, schema, tmp_path):
    check_schema(schema, {name: OTHER_CI.block(name)}, tmp_path)
