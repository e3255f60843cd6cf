"""The emulator's content on disk: domains with their packages, and IAM's identities, over a restart.

A JSON file describes all, and is replaced as a whole; the packages' files are beside it.  Tokens, role sessions, faults
and the journal are not kept.
"""

from __future__ import annotations

import json
import os
import re
import threading
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout
from moto.core.exceptions import ServiceException

from keyrings.codeartifact.errors import ConfigurationError

from .api.models import Domain, all_backends, backend_of
from .api.repository import DISPOSED, Asset, Origin, Package, Repository, Version
from .iam import identities
from .seed import DomainSeed, RepositorySeed, Seed, UserSeed

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .transport.application import Application

_VERSION = 1
# The names of the packages' files.
_FILE = "[0-9a-f]{32}"
# The attributes of a domain and of a repository that are kept as they are.
_DOMAIN = ("name", "owner", "region", "policy", "created", "tags")
_REPOSITORY = ("name", "administrator", "description", "policy", "created", "upstreams", "is_public", "tags")


class State:
    """The content in a folder, which is created, and is this process' alone while the context lasts."""

    def __init__(self, folder: str) -> None:
        self.storage = os.path.join(folder, "packages")
        self._path = os.path.join(folder, "state.json")
        self._folder = folder
        self._lock = threading.Lock()
        self._process_lock = FileLock(os.path.join(folder, "lock"), blocking=False)
        self._saved = ""

    def __enter__(self) -> Self:
        """Create the folder; raise ConfigurationError if that fails, or if anything else uses it."""
        try:
            os.makedirs(self.storage, 0o700, exist_ok=True)
            is_ours = all(re.fullmatch(_FILE, name) for name in os.listdir(self.storage))
            if not is_ours and not os.path.exists(self._path):
                problem = f"{self.storage} has files, but no emulator's state is beside it"
                raise ConfigurationError("CA904", problem, "name another folder")
            self._process_lock.acquire()
        except Timeout:
            raise ConfigurationError(
                "CA904", f"another emulator uses {self._folder}", "end it, or name another folder"
            ) from None
        except OSError as error:
            problem = f"the state cannot be kept in {self._folder} ({error.strerror})"
            raise ConfigurationError("CA904", problem, "name a folder that this user can write") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the folder to others."""
        self._process_lock.release()

    def save(self) -> None:
        """Write what has changed, whole or not at all; raise OSError."""
        with self._lock:
            text = json.dumps(_content())
            if text == self._saved:
                return
            new = f"{self._path}.new"
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self._path)
            self._saved = text

    def restore(self, application: Application) -> Seed | None:
        """Create what is kept in ``application``, and return its domains and users; None if nothing is kept.

        Raises ConfigurationError if the file cannot be read, or if it is of another version.
        """
        try:
            with open(self._path, encoding="utf-8") as file:
                text = file.read()
            content = json.loads(text)
            if content["version"] != _VERSION:
                raise ConfigurationError(
                    "CA904", f"{self._path} is of another version of the emulator", "use another folder"
                )
            for user in content["users"]:
                identities.create_user(**user)
            for role in content["roles"]:
                identities.create_role(**role)
            for provider in content["identity_providers"]:
                identities.create_provider(**provider)
            for described in content["domains"]:
                domain = _domain(described, application.pypi.storage)
                backend_of(domain.owner, domain.region).domains[domain.name] = domain
        except FileNotFoundError:
            self._remove_unknown_files()
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ServiceException) as error:
            problem = f"{self._path} cannot be read ({type(error).__name__})"
            raise ConfigurationError("CA904", problem, "use another folder") from None
        self._saved = text
        self._remove_unknown_files()
        return _seed(content)

    def _remove_unknown_files(self) -> None:
        """Remove files that no version refers to: a process that is killed may leave one."""
        known = {
            asset.path
            for backend in all_backends()
            for domain in backend.domains.values()
            for repository in domain.repositories.values()
            for name in repository.packages()
            for version in repository.versions(name)
            for asset in version.assets
        }
        for entry in os.scandir(self.storage):
            if entry.path not in known and re.fullmatch(_FILE, entry.name) and entry.is_file():
                os.unlink(entry.path)


def _seed(content: dict[str, Any]) -> Seed:
    """Return the names of domains and repositories, and the users with their first access key."""
    domains = tuple(
        DomainSeed(
            domain["name"],
            domain["owner"],
            domain["region"],
            tuple(RepositorySeed(repository["name"], ()) for repository in domain["repositories"]),
        )
        for domain in content["domains"]
    )
    keys = [(user, key, secret) for user in content["users"] for key, (secret, _) in list(user["keys"].items())[:1]]
    return Seed(domains, tuple(UserSeed(user["name"], user["account"], key, secret) for user, key, secret in keys))


def _content() -> dict[str, Any]:
    backends = [(account, identities.iam_of(account)) for account in identities.accounts()]
    return {
        "version": _VERSION,
        "users": [
            {
                "account": account,
                "name": user.name,
                "path": user.path,
                "keys": {key.access_key_id: [key.secret_access_key, key.status] for key in user.access_keys},
                "policies": dict(user.policies),
            }
            for account, backend in backends
            for user in list(backend.users.values())
        ],
        "roles": [
            {
                "account": account,
                "name": role.name,
                "trust": role.assume_role_policy_document,
                "policies": dict(role.policies),
                "path": role.path,
                "max_session_duration": role.max_session_duration,
            }
            for account, backend in backends
            for role in list(backend.roles.values())
        ],
        "identity_providers": [
            {"account": account, "issuer": f"https://{provider.url}", "audiences": list(provider.client_id_list)}
            for account, backend in backends
            for provider in list(backend.open_id_providers.values())
        ],
        "domains": [
            _describe_domain(domain) for backend in all_backends() for domain in list(backend.domains.values())
        ],
    }


def _describe_domain(domain: Domain) -> dict[str, Any]:
    repositories = [_describe_repository(repository) for repository in list(domain.repositories.values())]
    return {**{name: getattr(domain, name) for name in _DOMAIN}, "repositories": repositories}


def _describe_repository(repository: Repository) -> dict[str, Any]:
    names = repository.packages()
    packages = {name: _describe_package(package) for name in names if (package := repository.package(name))}
    return {**{name: getattr(repository, name) for name in _REPOSITORY}, "packages": packages}


def _describe_package(package: Package) -> dict[str, Any]:
    versions = [
        {**vars(version), "assets": [asset._replace(path=os.path.basename(asset.path)) for asset in version.assets]}
        for version in list(package.versions.values())
    ]
    return {"origin": package.origin, "is_kept": package.is_kept, "versions": versions}


def _domain(described: dict[str, Any], storage: str) -> Domain:
    repositories = {one["name"]: _repository(one, storage) for one in described["repositories"]}
    return Domain(**{name: described[name] for name in _DOMAIN}, repositories=repositories)


def _repository(described: dict[str, Any], storage: str) -> Repository:
    attributes = {name: described[name] for name in _REPOSITORY} | {"upstreams": tuple(described["upstreams"])}
    found = {name: _package(package, storage) for name, package in described["packages"].items()}
    packages = {name: package for name, package in found.items() if package.versions or package.is_kept}
    return Repository(**attributes, _packages=packages)


def _package(described: dict[str, Any], storage: str) -> Package:
    # Files are deleted before this is written: a process that is killed in between has deleted them.
    found = [_version(one, storage) for one in described["versions"]]
    versions = {version.version: version for version in found if version.assets or version.status == DISPOSED}
    return Package(Origin(*described["origin"]), described["is_kept"], versions)


def _version(described: dict[str, Any], storage: str) -> Version:
    assets = [Asset(*values) for values in described["assets"]]
    stored = [asset._replace(path=os.path.join(storage, os.path.basename(asset.path))) for asset in assets]
    return Version(**{**described, "assets": [asset for asset in stored if os.path.isfile(asset.path)]})
