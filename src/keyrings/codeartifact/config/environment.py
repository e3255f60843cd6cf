"""The repository that CODEARTIFACT_… variables name, for commands that get no URL."""

from __future__ import annotations

import re

from keyrings.codeartifact import index_url
from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact._util.text import redact
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

INDEX_URL = "CODEARTIFACT_INDEX_URL"
DOMAIN, DOMAIN_OWNER, REPOSITORY = "CODEARTIFACT_DOMAIN", "CODEARTIFACT_DOMAIN_OWNER", "CODEARTIFACT_REPOSITORY"
REGIONS = ("CODEARTIFACT_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
ENDPOINT_TYPE, INDEX_NAME = "CODEARTIFACT_ENDPOINT_TYPE", "CODEARTIFACT_INDEX_NAME"
INDEX_MODE = "CODEARTIFACT_INDEX_MODE"
VARIABLES = (INDEX_URL, DOMAIN, DOMAIN_OWNER, REPOSITORY, REGIONS[0], ENDPOINT_TYPE, INDEX_NAME, INDEX_MODE)
# What clients do with the index: use it instead of the public one, beside it, or only authenticate to it.
REPLACE, EXTRA, CREDENTIALS = MODES = ("replace", "extra", "credentials")

# Of the registry that Cargo gets a token for.  Source: The Cargo Book, cargo:token-from-stdout.
CARGO_INDEX_URL = "CARGO_REGISTRY_INDEX_URL"

_HOST = "https://DOMAIN-OWNER.d.codeartifact.REGION.amazonaws.com"
_EXPECTED = f"expected: {_HOST}/pypi/REPOSITORY/simple/"
_EXPECTED_FORMATS = f"expected: {_HOST}/FORMAT/REPOSITORY/, with the format {', '.join(index_url.FORMATS)}"
_BASE = rf"(?i)[a-z]+://(?:[^/@]*@)?(?P<base>[^/]+/pypi/(?:d/[^/]+/)?{index_url.REPOSITORY})"


class Index(NamedTuple):
    """A repository with the URLs to install from and to publish to (empty for a whole domain), and its index name.

    ``mode`` is one of ``MODES``.
    """

    repository: Repository
    url: str
    publish_url: str
    name: str
    mode: str = REPLACE


def require_repository(url: str | None, environ: Mapping[str, str]) -> Repository:
    """Return the repository of ``url``, of Cargo's registry or of ``environ`` if that is None.

    ``url`` and Cargo's may be of any package format.  Raises ConfigurationError if none of them names one.
    """
    label = "the URL"
    if url is None:
        url, label = environ.get(CARGO_INDEX_URL) or None, CARGO_INDEX_URL
    if url is not None:
        return _checked(index_url.parse_any_format(url), label, "URL", _EXPECTED_FORMATS).repository
    return require_index(None, environ).repository


def require_index(url: str | None, environ: Mapping[str, str]) -> Index:
    """Return the index of ``url``, of ``environ`` if that is None; raise ConfigurationError if neither names one."""
    index = find_index(environ) if url is None else _from_url(url, "the URL", _Variables(environ, {}))
    if index is None:
        raise ConfigurationError(
            "CA101",
            "no URL is given, and the environment names no repository",
            f"pass a URL, or set {INDEX_URL}, or {DOMAIN}, {DOMAIN_OWNER}, {REPOSITORY} and {REGIONS[0]}",
        )
    return index


def find_index(environ: Mapping[str, str], labels: Mapping[str, str] | None = None) -> Index | None:
    """Return the index that ``environ`` names, None if none; raise ConfigurationError for invalid or missing parts.

    Messages call a variable by its name, or by its label in ``labels``.
    """
    variables = _Variables(environ, labels or {})
    if url := environ.get(INDEX_URL):
        index = _from_url(url, variables.label(INDEX_URL), variables)
        if not index.url:
            raise ConfigurationError("CA102", f"{variables.label(INDEX_URL)} names no repository", _EXPECTED)
        return index
    if not is_named(environ):
        return None
    repository = _from_parts(variables)
    types = index_url.ENDPOINT_TYPES
    endpoint_type = variables.get(ENDPOINT_TYPE, "|".join(types), " or ".join(types)) or types[0]
    base = f"https://{index_url.host(repository, endpoint_type)}/pypi/{repository.name}/"
    return Index(repository, f"{base}simple/", base, _index_name(variables), index_mode(environ, labels))


def is_named(environ: Mapping[str, str]) -> bool:
    """Return whether ``environ`` names a repository, or a part of one."""
    return any(environ.get(variable) for variable in (INDEX_URL, DOMAIN, DOMAIN_OWNER, REPOSITORY))


def index_mode(environ: Mapping[str, str], labels: Mapping[str, str] | None = None) -> str:
    """Return the mode that ``environ`` sets, by default ``REPLACE``; raise ConfigurationError for an invalid one."""
    return _Variables(environ, labels or {}).get(INDEX_MODE, "|".join(MODES), ", ".join(MODES)) or REPLACE


def named_domain(environ: Mapping[str, str]) -> Repository | None:
    """Return the domain that ``environ`` names, with empty parts where it names only some, None if it names none.

    An index URL that cannot be parsed names a domain too, which equals no other.
    """
    if url := environ.get(INDEX_URL):
        return index_url.parse_repository(url) or Repository("?", "?", "?")
    if domain := environ.get(DOMAIN):
        region = next((environ[variable] for variable in REGIONS if environ.get(variable)), "")
        return Repository(domain, environ.get(DOMAIN_OWNER, ""), region)
    return None


class _Variables(NamedTuple):
    """The environment, and what messages call its variables."""

    environ: Mapping[str, str]
    labels: Mapping[str, str]

    def label(self, variable: str) -> str:
        return self.labels.get(variable, variable)

    def get(self, variable: str, pattern: str, expected: str) -> str:
        """Return the value, empty if unset; raise ConfigurationError if it does not match ``pattern``."""
        value = self.environ.get(variable, "")
        if value and not re.fullmatch(pattern, value):
            # Possibly a URL with a password.
            shown = "is invalid" if "@" in value else f"cannot be {redact(value)[:80]!r}"
            raise ConfigurationError("CA104", f"{self.label(variable)} {shown}", f"expected: {expected}")
        return value


def _from_url(url: str, label: str, variables: _Variables) -> Index:
    """Return the index of ``url``, ``label`` in messages; raise ConfigurationError if it is none."""
    parsed = _checked(index_url.parse(url), label, "index URL", _EXPECTED)
    # Without userinfo, and without what follows the repository's name.
    match = re.match(_BASE, url) if parsed.repository.name else None
    base = f"https://{match['base']}/" if match else ""
    mode = index_mode(variables.environ, variables.labels)
    return Index(parsed.repository, base and f"{base}simple/", base, _index_name(variables), mode)


def _checked(parsed: index_url.IndexURL | None, label: str, kind: str, expected: str) -> index_url.IndexURL:
    """Return ``parsed``; raise ConfigurationError if it is none, or gets no token."""
    if parsed is None:
        raise ConfigurationError("CA102", f"{label} is not a CodeArtifact {kind}", expected)
    if parsed.problem:
        raise ConfigurationError("CA103", f"{label} gets no token: {parsed.problem}", expected)
    return parsed


def _index_name(variables: _Variables) -> str:
    expected = "up to 64 letters, digits or any of ._-"
    return variables.get(INDEX_NAME, r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", expected) or "codeartifact"


def _from_parts(variables: _Variables) -> Repository:
    """Return the repository that the variables of its parts name; raise ConfigurationError if one is missing."""
    region_variable = next((variable for variable in REGIONS if variables.environ.get(variable)), REGIONS[0])
    parts = {
        DOMAIN: variables.get(DOMAIN, index_url.DOMAIN, "2 to 50 lower-case letters, digits or -"),
        DOMAIN_OWNER: variables.get(DOMAIN_OWNER, index_url.DOMAIN_OWNER, "an account ID: 12 digits"),
        REGIONS[0]: variables.get(region_variable, index_url.REGION, "a region such as us-east-1"),
        REPOSITORY: variables.get(REPOSITORY, index_url.REPOSITORY, "2 to 100 letters, digits or any of ._-"),
    }
    if missing := [variables.label(variable) for variable, value in parts.items() if not value]:
        raise ConfigurationError(
            "CA105",
            f"incomplete settings: {_enumerated(missing)} missing",
            f"set what is missing, or {variables.label(INDEX_URL)} instead",
        )
    return Repository(*parts.values())


def _enumerated(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last} are" if others else f"{last} is"
