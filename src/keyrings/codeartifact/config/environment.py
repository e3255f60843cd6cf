"""Which repository does the environment mean, where no URL is given?"""

from __future__ import annotations

import re

from keyrings.codeartifact import index_url as service
from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact.errors import ConfigurationError, redacted
from keyrings.codeartifact.models import Repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

INDEX_URL = "CODEARTIFACT_INDEX_URL"
DOMAIN, OWNER, REPOSITORY = "CODEARTIFACT_DOMAIN", "CODEARTIFACT_DOMAIN_OWNER", "CODEARTIFACT_REPOSITORY"
REGIONS = ("CODEARTIFACT_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
ENDPOINT_TYPE, INDEX_NAME = "CODEARTIFACT_ENDPOINT_TYPE", "CODEARTIFACT_INDEX_NAME"
ENDPOINT_TYPES = ("ipv4", "dualstack")

_ACCEPTED = "accepted: https://DOMAIN-ACCOUNT.d.codeartifact.REGION.amazonaws.com/pypi/REPOSITORY/simple/"
_BASE = rf"(?i)[a-z]+://(?:[^/@]*@)?(?P<address>[^/]+/pypi/(?:d/[^/]+/)?{service.REPOSITORY})"


class Target(NamedTuple):
    """A repository, with the URLs that packages are installed from and published to, and what clients call it.

    Both URLs are empty where only a domain is known.
    """

    repository: Repository
    index_url: str
    publish_url: str
    index_name: str


def choose(url: str | None, environ: Mapping[str, str]) -> Target:
    """Return the target that ``url`` names, or without one ``environ``; raise ConfigurationError if none is named."""
    found = find(environ) if url is None else _of_url(url, "the URL", _Named(environ, {}))
    if found is None:
        raise ConfigurationError(
            "no URL is given, and the environment names no repository",
            f"give a URL, or set {INDEX_URL}, or {DOMAIN}, {OWNER}, {REPOSITORY} and {REGIONS[0]}",
        )
    return found


def find(environ: Mapping[str, str], names: Mapping[str, str] | None = None) -> Target | None:
    """Return the target that ``environ`` names, None if it names none.

    ``names`` says what messages call the variables, for whom they have other names.  Raises ConfigurationError where
    half of a target is named, or something else.
    """
    named = _Named(environ, names or {})
    if url := environ.get(INDEX_URL):
        found = _of_url(url, named.by(INDEX_URL), named)
        if not found.index_url:
            raise ConfigurationError(f"{named.by(INDEX_URL)} names no repository", _ACCEPTED)
        return found
    if not any(environ.get(variable) for variable in (DOMAIN, OWNER, REPOSITORY)):
        return None
    repository = _of_parts(named)
    kinds = "|".join(ENDPOINT_TYPES), " or ".join(ENDPOINT_TYPES)
    base = f"https://{host(repository, named.read(ENDPOINT_TYPE, *kinds) or ENDPOINT_TYPES[0])}/pypi/{repository.name}/"
    return Target(repository, f"{base}simple/", base, _index_name(named))


def named_domain(environ: Mapping[str, str]) -> Repository | None:
    """Return the domain that ``environ`` names, None if it names none; of one named by its parts some may be empty.

    An index URL that cannot be read names a domain all the same, which is no other's.
    """
    if url := environ.get(INDEX_URL):
        return service.parse(url) or Repository("?", "?", "?")
    if domain := environ.get(DOMAIN):
        region = next((environ[variable] for variable in REGIONS if environ.get(variable)), "")
        return Repository(domain, environ.get(OWNER, ""), region)
    return None


def host(repository: Repository, endpoint_type: str) -> str:
    """Return the host name of a repository's domain; ``endpoint_type`` is ``ipv4`` or ``dualstack``."""
    domain, region = f"{repository.domain}-{repository.account}", repository.region
    if endpoint_type == "dualstack":
        return f"{domain}.codeartifact.{region}.on.aws"
    return f"{domain}.d.codeartifact.{region}.amazonaws.com"


class _Named(NamedTuple):
    """What names a repository, and what messages call that."""

    environ: Mapping[str, str]
    names: Mapping[str, str]

    def by(self, variable: str) -> str:
        return self.names.get(variable, variable)

    def read(self, variable: str, pattern: str, accepted: str) -> str:
        value = self.environ.get(variable, "")
        if value and not re.fullmatch(pattern, value):
            shown = "used" if "@" in value else repr(redacted(value)[:80])
            raise ConfigurationError(f"{self.by(variable)} cannot be {shown}", f"accepted: {accepted}")
        return value


def _of_url(url: str, which: str, named: _Named) -> Target:
    """Return the target that ``url`` names, ``which`` in messages; raise ConfigurationError if it names none."""
    reading = service.read(url)
    if reading is None:
        raise ConfigurationError(f"{which} is not that of a CodeArtifact repository", _ACCEPTED)
    if reading.fault:
        raise ConfigurationError(f"{which} is never answered: {reading.fault}", _ACCEPTED)
    # Without userinfo, and what stands behind the repository's name.
    match = re.match(_BASE, url) if reading.repository.name else None
    base = f"https://{match['address']}/" if match else ""
    return Target(reading.repository, base and f"{base}simple/", base, _index_name(named))


def _index_name(named: _Named) -> str:
    accepted = "up to 64 letters, digits or any of ._-"
    return named.read(INDEX_NAME, r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", accepted) or "codeartifact"


def _of_parts(named: _Named) -> Repository:
    """Return the repository that its parts name; raise ConfigurationError if one is missing."""
    domain = named.read(DOMAIN, service.DOMAIN, "2 to 50 small letters, digits or -")
    owner = named.read(OWNER, service.ACCOUNT, "an account: 12 digits")
    name = named.read(REPOSITORY, service.REPOSITORY, "2 to 100 letters, digits or any of ._-")
    region_variable = next((variable for variable in REGIONS if named.environ.get(variable)), REGIONS[0])
    region = named.read(region_variable, service.REGION, "a region such as us-east-1")
    found = {DOMAIN: domain, OWNER: owner, REPOSITORY: name, REGIONS[0]: region}
    if missing := [named.by(variable) for variable, value in found.items() if not value]:
        raise ConfigurationError(
            f"half of a repository is named: {' and '.join(missing)} not set",
            f"set what is missing, or {named.by(INDEX_URL)} in the place of all",
        )
    return Repository(domain, owner, region, name)
