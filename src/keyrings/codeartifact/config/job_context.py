"""Which CI job is this, if it is one?"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# STS API reference: AssumeRole, RoleSessionName.
_LONGEST_SESSION_NAME = 64
_DEFAULT_SESSION_NAME = "keyrings-codeartifact"
# The events whose jobs run what is proposed, as it stands there: GitHub Docs, "Events that trigger workflows".
_PULL_REQUESTS = ("pull_request", "pull_request_review", "pull_request_review_comment")


def is_github(environ: Mapping[str, str]) -> bool:
    """Say whether this is a job of GitHub Actions."""
    return environ.get("GITHUB_ACTIONS") == "true"


def session_name(environ: Mapping[str, str]) -> str:
    """Return what a role's session is called where nobody says: after the CI job, for CloudTrail to tell which it was.

    Sources: GitHub Docs, "Variables reference"; GitLab Docs, "Predefined CI/CD variables reference".
    """
    for name, run in (("GITHUB_REPOSITORY", "GITHUB_RUN_ID"), ("CI_PROJECT_PATH", "CI_PIPELINE_ID")):
        if environ.get(name) and environ.get(run):
            prefix, suffix = (re.sub(r"[^\w+=,.@-]", "-", environ[key], flags=re.ASCII) for key in (name, run))
            suffix = suffix[: _LONGEST_SESSION_NAME // 2]
            return f"{prefix[: _LONGEST_SESSION_NAME - 1 - len(suffix)]}-{suffix}"
    return _DEFAULT_SESSION_NAME


def is_from_fork(environ: Mapping[str, str]) -> bool | None:
    """Say whether this is a job for a pull or merge request from a fork, None if it may be and nobody can tell.

    GitHub gives such a job no OIDC token; GitLab has it in the parent's project only where a member starts it.
    """
    if source := environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"):
        return source != environ.get("CI_PROJECT_ID")
    if environ.get("GITHUB_EVENT_NAME") not in _PULL_REQUESTS:
        return False
    # Here and not above: nearly nobody comes here.
    import json

    try:
        with open(environ.get("GITHUB_EVENT_PATH", ""), encoding="utf-8") as file:
            pull_request = json.load(file)["pull_request"]
            base = pull_request["base"]["repo"]["full_name"]
            # A fork that was deleted meanwhile is null.
            head = pull_request["head"]["repo"]
            return head is None or bool(head["full_name"] != base)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
