"""The repository to log in to, from arguments like those of `aws codeartifact login`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyrings.codeartifact.aws.client import Client, profile_region
from keyrings.codeartifact.config import environment
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keyrings.codeartifact.config.environment import Index

# The variables that the arguments stand for.
ARGUMENTS = {
    "url": environment.INDEX_URL,
    "domain": environment.DOMAIN,
    "domain-owner": environment.DOMAIN_OWNER,
    "repository": environment.REPOSITORY,
    "region": environment.REGIONS[0],
    "endpoint-type": environment.ENDPOINT_TYPE,
    "name": environment.INDEX_NAME,
}
_PARTS = (environment.DOMAIN, environment.DOMAIN_OWNER, environment.REPOSITORY)


def find(arguments: Mapping[str, str | None], profile: str | None, environ: Mapping[str, str]) -> Index:
    """Return the index that ``arguments`` (keys of ``ARGUMENTS``) name, with ``environ`` for those that are missing.

    The domain owner is by default the account of the identity, the region that of ``profile``.  Raises
    CodeArtifactError if they name none, or if AWS does not say whose account it is.
    """
    given = {ARGUMENTS[name]: value for name, value in arguments.items() if value}
    labels = {variable: "the URL" if name == "url" else f"--{name}" for name, variable in ARGUMENTS.items()}
    named = {**environ, **given}
    if environment.INDEX_URL not in given and not given.keys().isdisjoint(_PARTS):
        named[environment.INDEX_URL] = ""
    if not named.get(environment.INDEX_URL) and named.get(environment.DOMAIN):
        if not any(named.get(variable) for variable in environment.REGIONS):
            named[environment.REGIONS[0]] = profile_region(profile)
        _require_parts(named)
        if not named.get(environment.DOMAIN_OWNER):
            named[environment.DOMAIN_OWNER] = _account(named, profile, environ)
    index = environment.find_index(named, labels)
    if index is None:
        raise ConfigurationError("CA101", "no repository is named", "pass its index URL, or --domain and --repository")
    return index


def _require_parts(named: Mapping[str, str]) -> None:
    """Raise ConfigurationError unless the parts without a default are there: repository and region."""
    has_region = any(named.get(variable) for variable in environment.REGIONS)
    is_there = {"--repository": named.get(environment.REPOSITORY), "--region": has_region}
    missing = [argument for argument, is_set in is_there.items() if not is_set]
    if missing:
        verb = "are" if len(missing) > 1 else "is"
        problem = f"incomplete settings: {' and '.join(missing)} {verb} missing"
        raise ConfigurationError("CA105", problem, "add what is missing, or pass the index URL instead")


def _account(named: Mapping[str, str], profile: str | None, environ: Mapping[str, str]) -> str:
    """Return the account ID of the identity that gets the domain's tokens."""
    region = next(named[variable] for variable in environment.REGIONS if named.get(variable))
    domain = Repository(named[environment.DOMAIN], "", region)
    if profile:
        environ = {**environ, OPTIONS["profile_name"].variable: profile}
    return Client(domain, resolve(domain, environ), environ).get_caller_arn().split(":")[4]
