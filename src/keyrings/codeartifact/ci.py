"""Which CI job is this, if it is one?"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# STS API reference: AssumeRole, RoleSessionName.
_LONGEST_SESSION_NAME = 64
_DEFAULT_SESSION_NAME = "keyrings-codeartifact"


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


def is_from_fork(environ: Mapping[str, str]) -> bool:
    """Say whether this is GitHub's job for a pull request from a fork, which gets no OIDC token."""
    if environ.get("GITHUB_EVENT_NAME") != "pull_request":
        return False
    # Here and not above: nearly nobody comes here.
    import json

    try:
        with open(environ.get("GITHUB_EVENT_PATH", ""), encoding="utf-8") as file:
            pull_request = json.load(file)["pull_request"]
            return bool(pull_request["head"]["repo"]["full_name"] != pull_request["base"]["repo"]["full_name"])
    except (OSError, ValueError, LookupError, TypeError):
        return False
