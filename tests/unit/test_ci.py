"""Which CI job is told from the environment."""

import json
import re

import pytest

from keyrings.codeartifact.config import job_context as ci

GITHUB = {"GITHUB_REPOSITORY": "acme/tools", "GITHUB_RUN_ID": "42"}
GITLAB = {"CI_PROJECT_PATH": "acme/sub group/tools", "CI_PIPELINE_ID": "7"}


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        pytest.param({}, "keyrings-codeartifact", id="no CI"),
        pytest.param(GITHUB, "acme-tools-42", id="GitHub"),
        pytest.param(GITLAB, "acme-sub-group-tools-7", id="GitLab"),
        pytest.param(GITHUB | {"GITHUB_RUN_ID": ""}, "keyrings-codeartifact", id="no run"),
        pytest.param(GITLAB | {"CI_PROJECT_PATH": "äcme/tøols"}, "-cme-t-ols-7", id="STS's alphabet"),
        pytest.param(GITHUB | {"GITHUB_REPOSITORY": "a" * 200}, "a" * 61 + "-42", id="STS's length"),
        pytest.param(GITHUB | {"GITHUB_RUN_ID": "1" * 200}, "acme-tools-" + "1" * 32, id="a long run"),
    ],
)
def test_session_name(environ, name):
    assert ci.session_name(environ) == name
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
            id="a fork that was deleted",
        ),
        ("pull_request", '{"pull_request": {"head": {"repo": null}}}', None),
        ("pull_request", "[]", None),
        ("pull_request", "{", None),
        ("pull_request", "[" * 100_000, None),
    ],
)
def test_forks(tmp_path, event, content, is_fork):
    (tmp_path / "event.json").write_text(content)
    environ = {"GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(tmp_path / "event.json")}
    assert ci.is_from_fork(environ) is is_fork


def test_no_event_at_all():
    assert ci.is_from_fork({"GITHUB_EVENT_NAME": "pull_request"}) is None
    assert ci.is_from_fork({}) is False
    assert not ci.is_github({})
    assert ci.is_github({"GITHUB_ACTIONS": "true"})


@pytest.mark.parametrize(
    ("source", "project", "is_fork"), [("7", "7", False), ("8", "7", True), ("8", None, True), ("", "7", False)]
)
def test_gitlab_s_forks(source, project, is_fork):
    """One that runs in its own project has that project's runners, and nothing of ours."""
    environ = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": source, **({"CI_PROJECT_ID": project} if project else {})}
    assert ci.is_from_fork(environ) is is_fork
