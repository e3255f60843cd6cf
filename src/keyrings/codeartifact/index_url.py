"""Index URLs: which repository one names, and the hosts of a repository.

A URL names a repository only if nothing about it is ambiguous; every other text names none, and gets no token.
"""

from __future__ import annotations

import re

from ._util.namedtuple import NamedTuple
from .models import Repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# CodeArtifact API reference: DomainName, AccountId, RepositoryName.
DOMAIN = r"[a-z][a-z0-9-]{0,48}[a-z0-9]"
DOMAIN_OWNER = r"[0-9]{12}"
REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9._-]{1,99}"
# By shape, not by list: AWS adds regions.
REGION = r"[a-z]{2}(?:-[a-z]{2,16}){1,2}-[0-9]{1,2}"
ENDPOINT_TYPES = ("ipv4", "dualstack")

# Patterns are compiled where they are used: other services need none of them, and CodeArtifact URLs not all.
# Printable ASCII without the backslash, which some clients read as a slash.
_PRINTABLE = r"[!-\[\]-~]+"

# RFC 3986, narrowed until host and path are unambiguous.
_URL = r"""(?x)
    (?: (?P<scheme>[A-Za-z][A-Za-z0-9+.-]*) :// (?: [A-Za-z0-9._~!$&'()*+,;=:%-]* @ )? )?
    (?P<host>[A-Za-z0-9.-]+)
    (?P<port>:[0-9]*)?
    (?P<path>/[^?#]*)?
    (?P<rest>[?#].*)?
"""
# The hosts of a domain, in lower case.
HOST = rf"""
    (?P<domain>{DOMAIN})-(?P<domain_owner>{DOMAIN_OWNER})
    (?: \.d\.codeartifact\.(?P<region>{REGION})\.amazonaws\.com
      | \.codeartifact\.(?P<dual_stack_region>{REGION})\.on\.aws )
"""
# A VPC endpoint without private DNS, whose paths name the domain.
VPC_HOST = rf"vpce-[a-z0-9-]{{1,58}}\.d\.codeartifact\.(?P<vpc_region>{REGION})\.vpce\.amazonaws\.com"
# What the hosts would be in AWS' partition for China, which has no CodeArtifact.
_CHINA = ".amazonaws.com.cn"
# Host and path of each form of URL; without a name, the whole domain.
_FORMS = (
    rf"(?x){HOST} (?: /pypi/(?P<name>{REPOSITORY})(?P<tail>/.*)? | /? )",
    rf"{VPC_HOST}/pypi/d/(?P<domain>{DOMAIN})-(?P<domain_owner>{DOMAIN_OWNER})/(?P<name>{REPOSITORY})(?P<tail>/.*)?",
    rf"(?P<domain>{DOMAIN})-(?P<domain_owner>{DOMAIN_OWNER})\.d\.codeartifact\.(?P<region>{REGION}){re.escape(_CHINA)}"
    rf"(?:/pypi/(?P<name>{REPOSITORY}))?(?P<tail>/.*)?",
)
# The package formats of CodeArtifact's repositories.  Source: GetRepositoryEndpoint in its API reference.
FORMATS = ("cargo", "generic", "maven", "npm", "nuget", "pypi", "ruby", "swift")
# A parent segment in any spelling that some client or server reads as one.
_PARENT_SEGMENT = r"(?i)(?:/|%2f|%5c)(?:\.|%2e){2}(?:/|%2f|%5c|;|$)"


class IndexURL(NamedTuple):
    """A parsed index URL: the repository that it names, and why it gets no token (empty if it may get one)."""

    repository: Repository
    problem: str
    is_bare_host: bool  # HOST[:443] without a scheme, which pip and uv look up after the full URL
    is_plain_http: bool


def parse(url: str) -> IndexURL | None:
    """Return ``url`` parsed, None unless it has host and path of a CodeArtifact repository or domain.  Never raises."""
    match = re.fullmatch(_URL, url) if re.fullmatch(_PRINTABLE, url) else None
    repository = _match_repository(match) if match else None
    if match is None or repository is None:
        return None
    scheme, port = match["scheme"], match["port"]
    is_plain_http = scheme is not None and scheme.lower() != "https"
    problem = ""
    if is_plain_http:
        problem = f"refusing to send a token over {scheme}; use https"
    elif match["host"].lower().endswith(_CHINA):
        problem = "AWS has no CodeArtifact in China"
    elif port not in (None, ":443"):
        problem = f"refusing to send a token to port '{port[1:]}'; use 443, CodeArtifact's only port"
    return IndexURL(repository, problem, scheme is None, is_plain_http)


def parse_any_format(url: str, formats: Sequence[str] = FORMATS) -> IndexURL | None:
    """Return ``url`` parsed as `parse` does, but for a repository of any of these package formats.  Never raises."""
    # Cargo puts `sparse+` before the URL of a registry.
    host = r"(?:sparse\+(?=[^/?#]*//[^/?#]*/cargo/))?([^/?#]*//[^/?#]*)"
    match = re.match(rf"(?s){host}/(?:{'|'.join(formats)})(/.*)", url)
    return parse(f"{match[1]}/pypi{match[2]}" if match else url)


def parse_repository(url: str) -> Repository | None:
    """Return the repository that ``url`` names if it may get a token, else None.  Never raises."""
    parsed = parse(url)
    return parsed.repository if parsed and not parsed.problem else None


def parse_plain_http(url: str) -> Repository | None:
    """Return the domain whose host ``url`` names with a scheme other than https, whatever follows the host."""
    host = rf"(?ix) (?!https:) [a-z][a-z0-9+.-]* :// (?: [^/\\?\#]* @ )? {HOST} (?![a-z0-9.-])"
    match = re.match(host, url)
    if match is None:
        return None
    region = match["region"] or match["dual_stack_region"]
    return Repository(match["domain"].lower(), match["domain_owner"], region.lower())


def host(repository: Repository, endpoint_type: str) -> str:
    """Return the host of a repository's domain; ``endpoint_type`` is one of ``ENDPOINT_TYPES``."""
    domain, region = f"{repository.domain}-{repository.domain_owner}", repository.region
    if endpoint_type == "dualstack":
        return f"{domain}.codeartifact.{region}.on.aws"
    return f"{domain}.d.codeartifact.{region}.amazonaws.com"


def _match_repository(url: re.Match[str]) -> Repository | None:
    """Return the repository that host and path of a split URL name."""
    address = url["host"].lower() + (url["path"] or "")
    match = next((match for form in _FORMS if (match := re.fullmatch(form, address))), None)
    # Without a scheme, only the host itself: HOST[:443].
    if match is None or (url["scheme"] is None and (url["path"] or url["rest"])):
        return None
    parts = match.groupdict()
    if re.search(_PARENT_SEGMENT, parts["tail"] or ""):
        return None
    region = next(parts[key] for key in ("region", "dual_stack_region", "vpc_region") if parts.get(key))
    return Repository(parts["domain"], parts["domain_owner"], region, parts["name"])
