"""The host names that the emulator serves, and the service and region of each."""

from __future__ import annotations

import re
from typing import NamedTuple

from keyrings.codeartifact.index_url import HOST, REGION, VPC_HOST

_DATA = re.compile(f"{HOST}|{VPC_HOST}", re.VERBOSE)
_API = re.compile(
    rf"""
    (?P<service>codeartifact|sts)\.(?P<region>{REGION})\.(?:amazonaws\.com|api\.aws)
    | (?P<json_service>secretsmanager)\.(?P<json_region>{REGION})\.amazonaws\.com
    | (?P<global_service>sts|iam)\.amazonaws\.com
    | vpce-[a-z0-9-]{{1,58}}\.(?:api\.(?P<vpc_service>codeartifact)|(?P<vpc_sts>sts))\.(?P<vpc_region>{REGION})
      \.vpce\.amazonaws\.com
    """,
    re.VERBOSE,
)
# Where runners of GitHub Actions request OIDC tokens.
_RUNNER = re.compile(r"[a-z0-9-]{1,63}\.actions\.githubusercontent\.com")
# The region of services without a region in their host name.
_GLOBAL_REGION = "us-east-1"


class DataHost(NamedTuple):
    """A host of the data plane; that of a VPC endpoint names no domain, its paths do."""

    region: str
    domain: str | None
    domain_owner: str | None


def is_own(host: str) -> bool:
    """Return whether the emulator serves ``host``."""
    return bool(_DATA.fullmatch(host) or _API.fullmatch(host) or is_runner_host(host))


def is_runner_host(host: str) -> bool:
    """Return whether a GitHub runner requests OIDC tokens from ``host``."""
    return bool(_RUNNER.fullmatch(host))


def api_host(host: str) -> tuple[str, str] | None:
    """Return service and region of an API ``host``, None for any other."""
    match = _API.fullmatch(host)
    if match is None:
        return None
    names = ("service", "json_service", "global_service", "vpc_service", "vpc_sts")
    service = next(match[name] for name in names if match[name])
    return service, match["region"] or match["json_region"] or match["vpc_region"] or _GLOBAL_REGION


def data_host(host: str) -> DataHost | None:
    """Return region, domain and domain owner of a data plane ``host``, None for any other."""
    match = _DATA.fullmatch(host)
    if match is None:
        return None
    region = match["region"] or match["dual_stack_region"] or match["vpc_region"]
    return DataHost(region, match["domain"], match["domain_owner"])
