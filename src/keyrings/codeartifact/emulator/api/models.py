"""The state of the emulated CodeArtifact: domains, repositories, packages and issued tokens.

This is a moto model, and moto requires that the second part of the module's dotted name is the service's name.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from moto.core.base_backend import BackendDict, BaseBackend

from keyrings.codeartifact import index_url

from .errors import ConflictError, NotFoundError, ValidationError
from .repository import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyrings.codeartifact.emulator.iam.identities import Principal

# AWS API reference: GetAuthorizationToken, durationSeconds.
DEFAULT_DURATION = 43200
SHORTEST_DURATION = 900
# In bytes, of the parts of a token behind its header: about the length of AWS' own.
_TOKEN_PARTS = (24, 12, 480, 16)


# CodeArtifact User Guide, "Quotas in AWS CodeArtifact" and "Requesting a package version with upstream repositories".
_MOST_UPSTREAMS, _MOST_SEARCHED = 10, 25


class Grant(NamedTuple):
    """A token's scope: its domain, when it expires (seconds since the epoch), and the principal that requested it."""

    domain: str
    expires: float
    principal: Principal | None


@dataclass
class Domain:
    """A domain: a set of repositories of one domain owner in one region; ``policy`` as in `Repository`."""

    name: str
    owner: str
    region: str
    policy: str = ""
    created: float = field(default_factory=time.time)
    repositories: dict[str, Repository] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def arn(self, *path: str) -> str:
        """Return the ARN of the domain, or of a repository in it."""
        kind = "repository" if path else "domain"
        return f"arn:aws:codeartifact:{self.region}:{self.owner}:{'/'.join((kind, self.name, *path))}"

    def package_arn(self, repository: str, package: str) -> str:
        """Return the ARN of a package; PyPI packages have no namespace."""
        return f"arn:aws:codeartifact:{self.region}:{self.owner}:package/{self.name}/{repository}/pypi//{package}"

    def repository(self, name: str) -> Repository:
        """Return the repository ``name``; raise NotFoundError if it does not exist."""
        if name not in self.repositories:
            raise NotFoundError("repository", name)
        return self.repositories[name]

    def search_order(self, repository: Repository, package: str = "") -> list[Repository]:
        """Return the repositories that a package of ``repository`` is looked up in: itself, then its upstreams.

        The upstreams of one whose origin controls block them for ``package`` are not searched.  CodeArtifact User
        Guide, "Upstream repository priority order": level by level.
        """
        found = [repository]
        for one in found:  # grows meanwhile
            if len(found) >= _MOST_SEARCHED:
                break
            names = one.upstreams if one.origin(package).upstream else ()
            upstreams = [self.repositories[name] for name in names if name in self.repositories]
            found += [upstream for upstream in upstreams if upstream not in found]
        return found[:_MOST_SEARCHED]

    def set_upstreams(self, name: str, upstreams: Sequence[str]) -> None:
        """Replace the upstreams of the repository ``name``; raise NotFoundError, or ValidationError for a circle."""
        if len(upstreams) > _MOST_UPSTREAMS or len(set(upstreams)) < len(upstreams):
            raise ValidationError(f"A repository can have {_MOST_UPSTREAMS} upstream repositories, each of them once.")
        for upstream in upstreams:
            if name in (one.name for one in self.search_order(self.repository(upstream))):
                raise ValidationError(f"Upstream repository '{upstream}' would form a cycle with '{name}'.")
        self.repository(name).upstreams = tuple(upstreams)

    def host(self, endpoint_type: str) -> str:
        """Return the host name of the domain's endpoints; ``endpoint_type`` is ``ipv4`` or ``dualstack``."""
        if endpoint_type == "dualstack":
            return f"{self.name}-{self.owner}.codeartifact.{self.region}.on.aws"
        return f"{self.name}-{self.owner}.d.codeartifact.{self.region}.amazonaws.com"

    def endpoint(self, repository: str, endpoint_type: str = "ipv4") -> str:
        """Return the URL to publish packages to; the index URL is ``simple/`` below it."""
        return f"https://{self.host(endpoint_type)}/pypi/{repository}/"


class CodeArtifactBackend(BaseBackend):
    """The domains of one domain owner in one region, and their tokens."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.domains: dict[str, Domain] = {}
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def create_domain(self, name: str) -> Domain:
        """Create a domain; raise ValidationError or ConflictError."""
        _check("domain", name, index_url.DOMAIN)
        with self._lock:
            if name in self.domains:
                raise ConflictError("domain", name)
            self.domains[name] = Domain(name, self.account_id, self.region_name)
            return self.domains[name]

    def domain(self, name: str) -> Domain:
        """Return the domain ``name``; raise ValidationError or NotFoundError."""
        _check("domain", name, index_url.DOMAIN)
        if name not in self.domains:
            raise NotFoundError("domain", name)
        return self.domains[name]

    def delete_domain(self, name: str) -> Domain:
        """Delete a domain; raise NotFoundError, or ConflictError if it has repositories."""
        with self._lock:
            domain = self.domain(name)
            if domain.repositories:
                raise ConflictError("domain", name, "still has repositories")
            return self.domains.pop(name)

    def delete_repository(self, domain: str, name: str) -> Repository:
        """Delete a repository with its packages; raise NotFoundError."""
        with self._lock:
            repository = self.domain(domain).repository(name)
            for package in repository.packages():
                repository.remove_package(package)
            return self.domain(domain).repositories.pop(repository.name)

    def create_repository(self, domain: str, name: str, administrator: str, description: str = "") -> Repository:
        """Create a repository; raise ValidationError, NotFoundError or ConflictError."""
        _check("repository", name, index_url.REPOSITORY)
        repositories = self.domain(domain).repositories
        with self._lock:
            if name in repositories:
                raise ConflictError("repository", name)
            repositories[name] = Repository(name, administrator, description)
            return repositories[name]

    def issue_token(self, domain: str, duration: int, principal: Principal | None = None) -> tuple[str, float]:
        """Return a new token for ``domain``, and when it expires, in seconds since the epoch.

        ``duration`` is in seconds; with 0 the token expires with the session of ``principal``, or after the longest
        duration.  Raises ValidationError or NotFoundError.
        """
        self.domain(domain)
        if duration and not SHORTEST_DURATION <= duration <= DEFAULT_DURATION:
            raise ValidationError(
                f"1 validation error detected: Value '{duration}' at 'durationSeconds' failed to satisfy constraint: "
                f"Member must be 0, or between {SHORTEST_DURATION} and {DEFAULT_DURATION}"
            )
        expires = time.time() + (duration or DEFAULT_DURATION)
        if principal and not duration:
            expires = min(expires, principal.expires)
        token = _new_token(expires)
        with self._lock:
            self._grants[token] = Grant(domain, expires, principal)
        return token, expires

    def grant(self, token: str, domain: str) -> Grant | None:
        """Return the scope of ``token``, None if it was not issued for ``domain`` or has expired."""
        grant = self._grants.get(token)
        return grant if grant and grant.domain == domain and time.time() < grant.expires else None

    def expire_tokens(self) -> None:
        """Let all tokens expire now."""
        with self._lock:
            self._grants = {token: grant._replace(expires=0) for token, grant in self._grants.items()}

    def issued_tokens(self) -> list[str]:
        """Return all tokens issued so far."""
        return list(self._grants)


def _new_token(expires: float) -> str:
    """Return a token of the form that AWS' own have: five parts in base64, the first an object with its times."""
    header = {
        "ver": 1,
        "isu": int(time.time()),
        "enc": "A128GCM",
        "tag": secrets.token_urlsafe(16),
        "exp": int(expires),
        "alg": "A128GCMKW",
        "iv": secrets.token_urlsafe(12),
    }
    parts = (secrets.token_urlsafe(length) for length in _TOKEN_PARTS)
    return ".".join((urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("="), *parts))


def _check(member: str, value: str, pattern: str) -> None:
    if not re.fullmatch(pattern, value):
        raise ValidationError(
            f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {pattern}"
        )


codeartifact_backends = BackendDict(CodeArtifactBackend, "codeartifact")


def all_backends() -> list[CodeArtifactBackend]:
    """Return the existing backends of all domain owners and regions."""
    return [backend for regions in list(codeartifact_backends.values()) for backend in list(regions.values())]


def backend_of(domain_owner: str, region: str) -> CodeArtifactBackend:
    """Return the backend of ``domain_owner`` in ``region``.

    Raises ValidationError for a malformed account ID, NotFoundError for a region without CodeArtifact.
    """
    _check("domainOwner", domain_owner, index_url.DOMAIN_OWNER)
    regions = codeartifact_backends[domain_owner]
    if region not in regions:
        raise NotFoundError("region", region)
    return regions[region]
