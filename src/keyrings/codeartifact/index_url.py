"""Which CodeArtifact repository, if any, does a service string name?"""

from __future__ import annotations

import re

from ._util.namedtuple import NamedTuple
from .models import Repository

# The shapes of CodeArtifact's API reference (DomainName, AccountId, RepositoryName).
DOMAIN = r"[a-z][a-z0-9-]{0,48}[a-z0-9]"
ACCOUNT = r"[0-9]{12}"
REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9._-]{1,99}"
# By shape, not by list: AWS adds regions.
REGION = r"[a-z]{2}(?:-[a-z]{2,16}){1,2}-[0-9]{1,2}"

# Patterns are compiled where they are used: a service of others needs none, and most of ours not all.
# Printable ASCII without the backslash, which some clients read as a slash.
_PRINTABLE = r"[!-\[\]-~]+"

# RFC 3986, with nothing left open about where the host begins and ends.
_URL = r"""(?x)
    (?: (?P<scheme>[A-Za-z][A-Za-z0-9+.-]*) :// (?: [A-Za-z0-9._~!$&'()*+,;=:%-]* @ )? )?
    (?P<host>[A-Za-z0-9.-]+)
    (?P<port>:[0-9]*)?
    (?P<path>/[^?#]*)?
    (?P<rest>[?#].*)?
"""
# The hosts of a domain, and of a VPC endpoint without private DNS, whose paths name the domain; in lower case.
HOST = rf"""
    (?P<domain>{DOMAIN})-(?P<account>{ACCOUNT})
    (?: \.d\.codeartifact\.(?P<region>{REGION})\.amazonaws\.com
      | \.codeartifact\.(?P<dual_stack_region>{REGION})\.on\.aws )
"""
VPC_HOST = rf"vpce-[a-z0-9-]{{1,58}}\.d\.codeartifact\.(?P<vpc_region>{REGION})\.vpce\.amazonaws\.com"
# Host and path of each form of address; without a name, the whole domain.
_ADDRESSES = (
    rf"(?x){HOST} (?: /pypi/(?P<name>{REPOSITORY})(?P<tail>/.*)? | /? )",
    rf"{VPC_HOST}/pypi/d/(?P<domain>{DOMAIN})-(?P<account>{ACCOUNT})/(?P<name>{REPOSITORY})(?P<tail>/.*)?",
)
# A parent segment, spelled in any of the ways that some client or server takes for one.
_PARENT_SEGMENT = r"(?i)(?:/|%2f|%5c)(?:\.|%2e){2}(?:/|%2f|%5c|;|$)"


class Reading(NamedTuple):
    """What a service string was read as: the repository, and what keeps it from being answered (empty: nothing)."""

    repository: Repository
    fault: str


def parse(service: str) -> Repository | None:
    """Return the repository that ``service`` names, None if it is not one that may be handed a token.  Never raises."""
    reading = read(service)
    return reading.repository if reading and not reading.fault else None


def read(service: str) -> Reading | None:
    """Read ``service`` as `parse` does, but tell a CodeArtifact address with a wrong scheme or port from any other."""
    if not re.fullmatch(_PRINTABLE, service):
        return None
    url = re.fullmatch(_URL, service)
    if url is None:
        return None
    repository = _read_address(url)
    if repository is None:
        return None
    scheme, port = url["scheme"], url["port"]
    if scheme and scheme.lower() != "https":
        return Reading(repository, f"the scheme is {scheme}, and a token travels by https only")
    if port not in (None, ":443"):
        return Reading(repository, f"the port is '{port[1:]}', and CodeArtifact answers on 443 only")
    return Reading(repository, "")


def read_in_the_clear(service: str) -> Repository | None:
    """Return the domain whose host ``service`` names for another scheme than https, whatever stands behind the host."""
    host = rf"(?ix) (?!https:) [a-z][a-z0-9+.-]* :// (?: [^/\\?\#]* @ )? {HOST} (?![a-z0-9.-])"
    match = re.match(host, service)
    if match is None:
        return None
    domain, account, *regions = (match[name] for name in ("domain", "account", "region", "dual_stack_region"))
    return Repository(domain.lower(), account, next(filter(None, regions)).lower())


def _read_address(url: re.Match[str]) -> Repository | None:
    """Read host and path of a split service string."""
    address = url["host"].lower() + (url["path"] or "")
    match = next((match for form in _ADDRESSES if (match := re.fullmatch(form, address))), None)
    if match is None:
        return None
    parts = match.groupdict()
    # Without a scheme, only as pip and uv ask for a whole host: HOST[:443].
    if url["scheme"] is None and (url["path"] or url["rest"]):
        return None
    if re.search(_PARENT_SEGMENT, parts["tail"] or ""):
        return None
    region = next(parts[key] for key in ("region", "dual_stack_region", "vpc_region") if parts.get(key))
    return Repository(parts["domain"], parts["account"], region, parts["name"])
