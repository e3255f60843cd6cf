"""What a CI's variables say of its job."""

from __future__ import annotations

import re

from keyrings.codeartifact._util.process import importing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The variables in which the GitLab include passes its inputs to the job, and the job's OIDC token.
INPUT_PREFIX, ID_TOKEN = "CODEARTIFACT_INPUT_", "CODEARTIFACT_ID_TOKEN"
# STS API reference: AssumeRole, RoleSessionName.
_MAX_SESSION_NAME_LENGTH = 64
# The events whose jobs run the proposed code: GitHub Docs, "Events that trigger workflows".
_PULL_REQUEST_EVENTS = ("pull_request", "pull_request_review", "pull_request_review_comment")


def session_name(environ: Mapping[str, str]) -> str:
    """Return the default name of a role's session: the CI job's repository and run, so that CloudTrail shows the job.

    Sources: GitHub Docs, "Variables reference"; GitLab Docs, "Predefined CI/CD variables reference".
    """
    for name, run in (("GITHUB_REPOSITORY", "GITHUB_RUN_ID"), ("CI_PROJECT_PATH", "CI_PIPELINE_ID")):
        if environ.get(name) and environ.get(run):
            prefix, suffix = (re.sub(r"[^\w+=,.@-]", "-", environ[key], flags=re.ASCII) for key in (name, run))
            suffix = suffix[: _MAX_SESSION_NAME_LENGTH // 2]
            return f"{prefix[: _MAX_SESSION_NAME_LENGTH - 1 - len(suffix)]}-{suffix}"
    return "keyrings-codeartifact"


def is_from_fork(environ: Mapping[str, str]) -> bool | None:
    """Return whether this is a job for a pull or merge request from a fork, None if that is unknown.

    GitHub gives such a job no OIDC token; GitLab runs it in the parent project only if a member starts it.
    """
    if source := environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"):
        return source != environ.get("CI_PROJECT_ID")
    if environ.get("GITHUB_EVENT_NAME") not in _PULL_REQUEST_EVENTS:
        return False
    # Imported lazily: only for pull requests.
    with importing:
        import json

    try:
        with open(environ.get("GITHUB_EVENT_PATH", ""), encoding="utf-8") as file:
            pull_request = json.load(file)["pull_request"]
            base = pull_request["base"]["repo"]["full_name"]
            # null if the fork has been deleted.
            head = pull_request["head"]["repo"]
            return head is None or bool(head["full_name"] != base)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
