"""What CI variables say of a job: the name of its role session, and whether it is from a fork."""

import json
import re

import pytest

from keyrings.codeartifact.config import job_context

GITHUB = {"GITHUB_REPOSITORY": "acme/tools", "GITHUB_RUN_ID": "42"}
GITLAB = {"CI_PROJECT_PATH": "acme/sub group/tools", "CI_PIPELINE_ID": "7"}


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        pytest.param({}, "keyrings-codeartifact", id="no CI"),
        pytest.param(GITHUB, "acme-tools-42", id="GitHub"),
        pytest.param(GITLAB, "acme-sub-group-tools-7", id="GitLab"),
        pytest.param(GITHUB | {"GITHUB_RUN_ID": ""}, "keyrings-codeartifact", id="no run ID"),
        pytest.param(
            GITLAB | {"CI_PROJECT_PATH": "äcme/tøols"}, "-cme-t-ols-7", id="characters that STS does not accept"
        ),
        pytest.param(GITHUB | {"GITHUB_REPOSITORY": "a" * 200}, "a" * 61 + "-42", id="longer than STS accepts"),
        pytest.param(GITHUB | {"GITHUB_RUN_ID": "1" * 200}, "acme-tools-" + "1" * 32, id="long run ID"),
    ],
)
def test_session_name(environ, name):
    assert job_context.session_name(environ) == name
    assert re.fullmatch(r"[A-Za-z0-9_+=,.@-]{2,64}", name)


def pull_request(head, base):
    return {"pull_request": {"head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": base}}}}


@pytest.mark.parametrize(
    ("event", "content", "is_fork"),
    [
        ("pull_request_review", json.dumps(pull_request("evil/tools", "acme/tools")), True),
        ("pull_request_review_comment", json.dumps(pull_request("evil/tools", "acme/tools")), True),
        ("pull_request", json.dumps(pull_request("evil/tools", "acme/tools")), True),
        ("pull_request_target", json.dumps(pull_request("evil/tools", "acme/tools")), False),
        ("pull_request", json.dumps(pull_request("acme/tools", "acme/tools")), False),
        ("push", json.dumps(pull_request("evil/tools", "acme/tools")), False),
        pytest.param(
            "pull_request",
            json.dumps(pull_request("x", "acme/tools")).replace('{"full_name": "x"}', "null"),
            True,
            id="deleted fork",
        ),
        ("pull_request", '{"pull_request": {"head": {"repo": null}}}', None),
        ("pull_request", "[]", None),
        ("pull_request", "{", None),
        ("pull_request", "[" * 100_000, None),
    ],
)
def test_pull_request_from_a_fork(tmp_path, event, content, is_fork):
    (tmp_path / "event.json").write_text(content)
    environ = {"GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(tmp_path / "event.json")}
    assert job_context.is_from_fork(environ) is is_fork


def test_without_an_event():
    assert job_context.is_from_fork({"GITHUB_EVENT_NAME": "pull_request"}) is None
    assert job_context.is_from_fork({}) is False


@pytest.mark.parametrize(
    ("source", "project", "is_fork"), [("7", "7", False), ("8", "7", True), ("8", None, True), ("", "7", False)]
)
def test_merge_request_from_a_fork(source, project, is_fork):
    environ = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": source, **({"CI_PROJECT_ID": project} if project else {})}
    assert job_context.is_from_fork(environ) is is_fork
