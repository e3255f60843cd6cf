"""Which host names are the emulator's own, and what is behind each?"""

from __future__ import annotations

import re
from typing import NamedTuple

from keyrings.codeartifact.index_url import HOST, REGION, VPC_HOST

_DATA = re.compile(f"{HOST}|{VPC_HOST}", re.VERBOSE)
_API = re.compile(
    rf"""
    (?P<service>codeartifact|sts)\.(?P<region>{REGION})\.(?:amazonaws\.com|api\.aws)
    | (?P<global_service>sts|iam)\.amazonaws\.com
    | vpce-[a-z0-9-]{{1,58}}\.(?:api\.(?P<vpc_service>codeartifact)|(?P<vpc_sts>sts))\.(?P<vpc_region>{REGION})
      \.vpce\.amazonaws\.com
    """,
    re.VERBOSE,
)
# Where runners of GitHub Actions ask for OIDC tokens.
_RUNNER = re.compile(r"[a-z0-9-]{1,63}\.actions\.githubusercontent\.com")
# Where those services are that have no region in their host's name.
_GLOBAL_REGION = "us-east-1"


class DataHost(NamedTuple):
    """A host of the data plane; a VPC endpoint's names no domain, its paths do."""

    region: str
    domain: str | None
    owner: str | None


def is_own(host: str) -> bool:
    """Say whether ``host`` is one of the emulator's own."""
    return bool(_DATA.fullmatch(host) or _API.fullmatch(host) or is_runner_host(host))


def is_runner_host(host: str) -> bool:
    """Say whether ``host`` is one at which a CI's runner gets OIDC tokens."""
    return bool(_RUNNER.fullmatch(host))


def api_host(host: str) -> tuple[str, str] | None:
    """Return service and region of an API's ``host``, None if it is none's."""
    match = _API.fullmatch(host)
    if match is None:
        return None
    service = next(match[name] for name in ("service", "global_service", "vpc_service", "vpc_sts") if match[name])
    return service, match["region"] or match["vpc_region"] or _GLOBAL_REGION


def data_host(host: str) -> DataHost | None:
    """Return what ``host`` says of a domain, None if it is none of the data plane's."""
    match = _DATA.fullmatch(host)
    if match is None:
        return None
    region = match["region"] or match["dual_stack_region"] or match["vpc_region"]
    return DataHost(region, match["domain"], match["account"])
