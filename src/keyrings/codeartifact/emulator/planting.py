"""Creates the content of a seed in the emulator."""

from __future__ import annotations

import glob
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from moto.core.exceptions import ServiceException

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.emulator.index import public
from keyrings.codeartifact.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyrings.codeartifact.emulator.api.repository import Repository
    from keyrings.codeartifact.emulator.index.pypi import PyPI
    from keyrings.codeartifact.emulator.transport.application import Application

    from .seed import DomainSeed, PackageSeed, Seed


def plant(seed: Seed, application: Application) -> None:
    """Create the content of ``seed`` in ``application``; raise ConfigurationError for what AWS rejects."""
    for user in seed.users:
        with _planting(f"user {user.name}"):
            keys = {user.access_key_id: (user.secret_access_key, "Active")}
            identities.create_user(user.account, user.name, keys, _numbered(user.policies))
    for role in seed.roles:
        with _planting(f"role {role.name}"):
            identities.create_role(role.account, role.name, role.trust, _numbered(role.policies))
    for provider in seed.identity_providers:
        with _planting(f"identity provider {provider.issuer}"):
            identities.create_provider(provider.account, provider.issuer, provider.audiences)
    for domain in seed.domains:
        _create_domain(domain, application.pypi)
    apply_settings(seed, application)


def apply_settings(seed: Seed, application: Application) -> None:
    """Apply what is no content in ``seed``: faults, quotas, IAM's enforcement, and where external connections lead."""
    for fault in seed.faults:
        application.faults.add(fault)
    application.access.is_enforced |= seed.enforce_iam
    if seed.quotas:
        application.quotas.set(dict(seed.quotas))
    if seed.pypi:
        application.pypi.public = public.find(seed.pypi)


@contextmanager
def _planting(what: str) -> Iterator[None]:
    """Raise ConfigurationError for what AWS rejects of ``what``."""
    try:
        yield
    except ServiceException as error:
        reason = str(error.message).rstrip(".")
        raise ConfigurationError(
            "CA903", f"the seed cannot be planted: {what}: {reason}", "correct the seed file"
        ) from None


def _numbered(policies: tuple[str, ...]) -> dict[str, str]:
    return {f"policy-{number}": policy for number, policy in enumerate(policies)}


def _create_domain(domain: DomainSeed, pypi: PyPI) -> None:
    with _planting(f"domain {domain.name}"):
        backend = backend_of(domain.owner, domain.region)
        created = backend.create_domain(domain.name)
        created.policy = domain.policy
    for seed in domain.repositories:
        with _planting(f"repository {seed.name} of domain {domain.name}"):
            repository = backend.create_repository(domain.name, seed.name, domain.owner)
            repository.policy, repository.is_public = seed.policy, seed.is_public
            for package in seed.packages:
                _add(package, repository, pypi)
            for name, origin in seed.origins:
                repository.set_origin(name, origin)
    # An upstream may follow in the file.
    for seed in domain.repositories:
        with _planting(f"repository {seed.name} of domain {domain.name}"):
            created.set_upstreams(seed.name, seed.upstreams)


def _add(package: PackageSeed, repository: Repository, pypi: PyPI) -> None:
    paths = sorted(glob.glob(package.path))
    if not paths:
        raise ConfigurationError(
            "CA903", f"no file matches {package.path}", "build it, or correct the path in the seed file"
        )
    for path in paths:
        try:
            with open(path, "rb") as file:
                pypi.store(repository, os.path.basename(path), file, yanked=package.yanked)
        except OSError as error:
            raise ConfigurationError("CA903", f"{path} cannot be read ({error.strerror})", "name files") from None
        except ValueError as error:
            raise ConfigurationError("CA903", f"{path} cannot be added: {error}", "name distributions") from None
