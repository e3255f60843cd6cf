"""What does the emulated CodeArtifact hold?  Domains, repositories, packages and the tokens it has given out.

A model of moto's: the second part of this module's dotted name has to be the service's, which it is.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import ServiceException

from keyrings.codeartifact import index_url as service

if TYPE_CHECKING:
    from keyrings.codeartifact.emulator.iam.identities import Principal

# AWS API reference: GetAuthorizationToken, durationSeconds.
DEFAULT_DURATION = 43200
SHORTEST_DURATION = 900
# The length of AWS's own tokens is about this (base64 of an encrypted document).
_TOKEN_BYTES = 600


class NotFoundError(ServiceException):
    """ResourceNotFoundException, with the members that CodeArtifact gives it."""

    code = "ResourceNotFoundException"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind.capitalize()} not found. {kind.capitalize()} '{name}' does not exist.")
        self.resourceId = name
        self.resourceType = kind


class ConflictError(ServiceException):
    """ConflictException, with the members that CodeArtifact gives it."""

    code = "ConflictException"

    def __init__(self, kind: str, name: str, how: str = "already exists") -> None:
        super().__init__(f"{kind.capitalize()} '{name}' {how}.")
        self.resourceId = name
        self.resourceType = kind


class ValidationError(ServiceException):
    """ValidationException."""

    code = "ValidationException"


@dataclass(frozen=True)
class Asset:
    """A file of a package version; ``path`` is where its bytes are on this machine, ``yanked`` the reason if it is."""

    package: str
    version: str
    filename: str
    path: str
    size: int
    sha256: str
    requires_python: str = ""
    yanked: str = ""


@dataclass
class Repository:
    """A repository: the files of each package, by normalised name; times are seconds since the epoch.

    ``policy`` is its permissions policy, in JSON, empty if it has none.
    """

    name: str
    administrator: str
    description: str = ""
    policy: str = ""
    created: float = field(default_factory=time.time)
    _packages: dict[str, list[Asset]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, asset: Asset) -> None:
        """Add a file; raise ConflictError if the package has it already (CodeArtifact's files never change)."""
        with self._lock:
            assets = self._packages.setdefault(normalize(asset.package), [])
            if asset.filename in (present.filename for present in assets):
                raise ConflictError("asset", asset.filename)
            assets.append(asset)

    def packages(self) -> list[str]:
        """Return the normalised names of all packages, in alphabetical order."""
        with self._lock:
            return sorted(self._packages)

    def remove(self, package: str, version: str) -> bool:
        """Remove a version with all its files, and with its last version the package; say whether it was there."""
        with self._lock:
            assets = self._packages.pop(normalize(package), [])
            rest = [asset for asset in assets if asset.version != version]
            if rest:
                self._packages[normalize(package)] = rest
        for asset in assets:
            if asset.version == version:
                os.unlink(asset.path)
        return len(rest) < len(assets)

    def assets(self, package: str) -> list[Asset]:
        """Return the files of ``package`` as they are now, none if there is no such package."""
        with self._lock:
            return list(self._packages.get(normalize(package), ()))


class Grant(NamedTuple):
    """What a token is good for: a domain, until its expiration (seconds since the epoch), in a principal's name."""

    domain: str
    expiration: float
    principal: Principal | None


@dataclass
class Domain:
    """A domain: an owner's name for a set of repositories in one region; ``policy`` as a repository's."""

    name: str
    owner: str
    region: str
    policy: str = ""
    created: float = field(default_factory=time.time)
    repositories: dict[str, Repository] = field(default_factory=dict)

    def arn(self, *path: str) -> str:
        """Return the ARN of the domain, or of a repository in it."""
        kind = "repository" if path else "domain"
        return f"arn:aws:codeartifact:{self.region}:{self.owner}:{'/'.join((kind, self.name, *path))}"

    def package_arn(self, repository: str, package: str) -> str:
        """Return the ARN of a package; PyPI's have no namespace."""
        return f"arn:aws:codeartifact:{self.region}:{self.owner}:package/{self.name}/{repository}/pypi//{package}"

    def repository(self, name: str) -> Repository:
        """Return the repository called ``name``; raise NotFoundError if there is none."""
        if name not in self.repositories:
            raise NotFoundError("repository", name)
        return self.repositories[name]

    def host(self, endpoint_type: str) -> str:
        """Return the host name of the domain's repositories; ``endpoint_type`` is ``ipv4`` or ``dualstack``."""
        if endpoint_type == "dualstack":
            return f"{self.name}-{self.owner}.codeartifact.{self.region}.on.aws"
        return f"{self.name}-{self.owner}.d.codeartifact.{self.region}.amazonaws.com"

    def endpoint(self, repository: str, endpoint_type: str = "ipv4") -> str:
        """Return the URL that packages are published to; the index is ``simple/`` below it."""
        return f"https://{self.host(endpoint_type)}/pypi/{repository}/"


class CodeArtifactBackend(BaseBackend):
    """The domains of one account in one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.domains: dict[str, Domain] = {}
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def create_domain(self, name: str) -> Domain:
        """Create a domain; raise ValidationError or ConflictError."""
        _check("domain", name, service.DOMAIN)
        with self._lock:
            if name in self.domains:
                raise ConflictError("domain", name)
            self.domains[name] = Domain(name, self.account_id, self.region_name)
            return self.domains[name]

    def domain(self, name: str) -> Domain:
        """Return the domain called ``name``; raise ValidationError or NotFoundError."""
        _check("domain", name, service.DOMAIN)
        if name not in self.domains:
            raise NotFoundError("domain", name)
        return self.domains[name]

    def delete_domain(self, name: str) -> Domain:
        """Delete a domain without repositories; raise NotFoundError or ConflictError."""
        with self._lock:
            domain = self.domain(name)
            if domain.repositories:
                raise ConflictError("domain", name, "still has repositories")
            return self.domains.pop(name)

    def delete_repository(self, domain: str, name: str) -> Repository:
        """Delete a repository with all that is in it; raise NotFoundError."""
        with self._lock:
            repository = self.domain(domain).repository(name)
            return self.domain(domain).repositories.pop(repository.name)

    def create_repository(self, domain: str, name: str, administrator: str, description: str = "") -> Repository:
        """Create a repository; raise ValidationError, NotFoundError or ConflictError."""
        _check("repository", name, service.REPOSITORY)
        repositories = self.domain(domain).repositories
        with self._lock:
            if name in repositories:
                raise ConflictError("repository", name)
            repositories[name] = Repository(name, administrator, description)
            return repositories[name]

    def issue_token(self, domain: str, duration: int, principal: Principal | None = None) -> tuple[str, float]:
        """Return a new token for ``domain`` and its expiration; ``duration`` in seconds.

        A duration of 0 is as long as the session of ``principal``, or the longest there is.  Raises ValidationError or
        NotFoundError.
        """
        self.domain(domain)
        if duration and not SHORTEST_DURATION <= duration <= DEFAULT_DURATION:
            raise ValidationError(
                f"1 validation error detected: Value '{duration}' at 'durationSeconds' failed to satisfy constraint: "
                f"Member must be 0, or between {SHORTEST_DURATION} and {DEFAULT_DURATION}"
            )
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        expiration = time.time() + (duration or DEFAULT_DURATION)
        if principal and not duration:
            expiration = min(expiration, principal.expiration)
        with self._lock:
            self._grants[token] = Grant(domain, expiration, principal)
        return token, expiration

    def grant(self, token: str, domain: str) -> Grant | None:
        """Return what ``token`` is good for, None if it was not issued for ``domain`` or has expired."""
        grant = self._grants.get(token)
        return grant if grant and grant.domain == domain and time.time() < grant.expiration else None

    def expire_tokens(self) -> None:
        """Let all tokens come to their end now."""
        with self._lock:
            self._grants = {token: grant._replace(expiration=0) for token, grant in self._grants.items()}

    def issued_tokens(self) -> list[str]:
        """Return all tokens ever issued, for who wants to prove that they are nowhere else."""
        return list(self._grants)


def normalize(name: str) -> str:
    """Return a project's normalised name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _check(member: str, value: str, pattern: str) -> None:
    if not re.fullmatch(pattern, value):
        raise ValidationError(
            f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {pattern}"
        )


codeartifact_backends = BackendDict(CodeArtifactBackend, "codeartifact")


def all_backends() -> list[CodeArtifactBackend]:
    """Return the backends of all accounts and regions that have any."""
    return [backend for regions in list(codeartifact_backends.values()) for backend in list(regions.values())]


def backend_of(account: str, region: str) -> CodeArtifactBackend:
    """Return the domains of ``account`` in ``region``.

    Raises ValidationError for a malformed account, NotFoundError where there is no CodeArtifact.
    """
    _check("domainOwner", account, service.ACCOUNT)
    regions = codeartifact_backends[account]
    if region not in regions:
        raise NotFoundError("region", region)
    return regions[region]
