"""What is there when the emulator starts?  Domains, repositories with their packages, and users, from a YAML file."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml
from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends

from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.service import ACCOUNT

from .models import backend_of

if TYPE_CHECKING:
    from .models import Repository
    from .pypi import PyPI


@dataclass(frozen=True)
class PackageSeed:
    """Wheels and source distributions: a path or a pattern, and the reason if they are yanked."""

    path: str
    yanked: str = ""


@dataclass(frozen=True)
class RepositorySeed:
    """A repository and the packages in it."""

    name: str
    packages: tuple[PackageSeed, ...]


@dataclass(frozen=True)
class DomainSeed:
    """A domain of the account ``owner``."""

    name: str
    owner: str
    region: str
    repositories: tuple[RepositorySeed, ...]


@dataclass(frozen=True)
class UserSeed:
    """An IAM user with one access key."""

    name: str
    account: str
    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True)
class Seed:
    """All of it."""

    domains: tuple[DomainSeed, ...]
    users: tuple[UserSeed, ...]

    def plant(self, pypi: PyPI) -> None:
        """Create all of it; raise ConfigurationError for what CodeArtifact would refuse."""
        try:
            for user in self.users:
                _create_user(user)
            for domain in self.domains:
                backend = backend_of(domain.owner, domain.region)
                backend.create_domain(domain.name)
                for repository in domain.repositories:
                    created = backend.create_repository(domain.name, repository.name, domain.owner)
                    for package in repository.packages:
                        _add(package, created, pypi)
        except ServiceException as error:
            refusal = str(error.message).rstrip(".")
            raise ConfigurationError(f"the seed cannot be planted: {refusal}", "correct the seed file") from None


def load(path: str | None = None) -> Seed:
    """Return the seed in the YAML file at ``path``, the built-in one for None; raise ConfigurationError."""
    if path is None:
        return parse(
            resources.files("keyrings.codeartifact.emulator").joinpath("seed.yaml").read_text("utf-8"),
            "the built-in seed",
        )
    try:
        with open(path, encoding="utf-8") as file:
            return parse(file.read(), path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the seed file {path} cannot be read ({error})", "name a YAML file") from None


def parse(text: str, origin: str) -> Seed:
    """Return the seed in a YAML ``text``; raise ConfigurationError naming ``origin`` and the place in it.

    Paths of packages are relative to the folder of ``origin``.
    """
    try:
        # Everything as text: an account is no number, a version no date.
        content = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - the loader that makes the least of it
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{origin} is not YAML: {error}", "correct it") from None
    folder = os.path.dirname(os.path.abspath(origin))
    top = _Node({} if content in (None, "") else content, origin).mapping("domains", "users")
    users = tuple(_user(node) for node in top.items("users"))
    if len({user.access_key_id for user in users}) < len(users):
        raise ConfigurationError(f"{origin}: users has an access_key_id twice", "give each user its own")
    return Seed(tuple(_domain(node, folder) for node in top.items("domains")), users)


def _domain(node: _Node, folder: str) -> DomainSeed:
    node = node.mapping("name", "owner", "region", "repositories")
    return DomainSeed(
        node.text("name"),
        node.text("owner", ACCOUNT, "12 digits"),
        node.text("region"),
        tuple(_repository(item, folder) for item in node.items("repositories")),
    )


def _repository(node: _Node, folder: str) -> RepositorySeed:
    node = node.mapping("name", "packages")
    return RepositorySeed(node.text("name"), tuple(_package(item, folder) for item in node.items("packages")))


def _package(node: _Node, folder: str) -> PackageSeed:
    if isinstance(node.value, dict):
        node = node.mapping("path", "yanked")
        return PackageSeed(os.path.join(folder, node.text("path")), node.text("yanked"))
    return PackageSeed(os.path.join(folder, node.value_text()))


def _user(node: _Node) -> UserSeed:
    node = node.mapping("name", "account", "access_key_id", "secret_access_key")
    return UserSeed(
        node.text("name"),
        node.text("account", ACCOUNT, "12 digits"),
        # moto recognises keys of this form in a request's signature.
        node.text("access_key_id", r"[A-Z0-9]{20}", "20 capitals and digits"),
        node.text("secret_access_key"),
    )


@dataclass(frozen=True)
class _Node:
    """A part of the YAML document, and where it is, for messages."""

    value: Any
    place: str

    def mapping(self, *keys: str) -> _Node:
        """Return this node, known to be a mapping with no other than these keys."""
        if not isinstance(self.value, dict):
            raise self._wrong(f"a mapping of {', '.join(keys)}")
        for key in self.value:
            if key not in keys:
                raise ConfigurationError(f"{self.place} has the unknown key {key!r}", f"there are {', '.join(keys)}")
        return self

    def items(self, key: str) -> list[_Node]:
        """Return the nodes of the list under ``key``, none if it is absent."""
        node = _Node(self.value.get(key) or [], f"{self.place}: {key}")
        if not isinstance(node.value, list):
            raise node._wrong("a list")
        return [_Node(item, f"{node.place}[{index}]") for index, item in enumerate(node.value)]

    def text(self, key: str, pattern: str = r".+", accepted: str = "a text") -> str:
        """Return the text under ``key``."""
        return _Node(self.value.get(key), f"{self.place}.{key}").value_text(pattern, accepted)

    def value_text(self, pattern: str = r".+", accepted: str = "a text") -> str:
        """Return the text that this node is."""
        if not isinstance(self.value, str) or not re.fullmatch(pattern, self.value):
            raise self._wrong(accepted)
        return self.value

    def _wrong(self, accepted: str) -> ConfigurationError:
        return ConfigurationError(f"{self.place} cannot be used", f"accepted: {accepted}")


def _create_user(user: UserSeed) -> None:
    backend = iam_backends[user.account]["aws"]
    backend.create_user("us-east-1", user.name)
    key = backend.create_access_key(user.name)
    # moto makes keys up; the seed knows better.
    del backend.access_keys[key.access_key_id]
    key.access_key_id, key.secret_access_key = user.access_key_id, user.secret_access_key
    backend.access_keys[key.access_key_id] = key


def _add(package: PackageSeed, repository: Repository, pypi: PyPI) -> None:
    paths = sorted(glob.glob(package.path))
    if not paths:
        raise ConfigurationError(f"no package is at {package.path}", "build it, or correct the path in the seed file")
    for path in paths:
        try:
            with open(path, "rb") as file:
                pypi.take_in(repository, os.path.basename(path), file, yanked=package.yanked)
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read ({error.strerror})", "name files") from None
        except ValueError as error:
            raise ConfigurationError(f"{path} cannot be taken in: {error}", "name packages") from None
