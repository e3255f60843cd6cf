"""What is there when the emulator starts?  Domains with their packages, IAM's users and roles, from a YAML file."""

from __future__ import annotations

import glob
import json
import os
import re
from dataclasses import dataclass, fields
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml
from moto.core.exceptions import ServiceException

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.emulator.iam.policies import Kind
from keyrings.codeartifact.emulator.iam.policies import parse as parse_policy
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.index_url import ACCOUNT

from . import faults
from .faults import Fault

if TYPE_CHECKING:
    from keyrings.codeartifact.emulator.api.models import Repository
    from keyrings.codeartifact.emulator.index.pypi import PyPI
    from keyrings.codeartifact.emulator.transport.application import Application

# Of the certificate of an issuer: IAM wants one, and no longer looks at it.
_THUMBPRINT = "0" * 40
_ISSUER = r"https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._-]+)*"
# IAM API reference: CreateUser, CreateRole.
_IAM_NAME, _IAM_NAME_IN_WORDS = r"[A-Za-z0-9_+=,.@-]{1,64}", "up to 64 letters, digits or any of _+=,.@-"
# The members of a fault that are no texts, and how they look.
_NO_TEXTS = ("status", "hang", "cut", "times")
_NO_TEXT = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?|true|false")


@dataclass(frozen=True)
class PackageSeed:
    """Wheels and source distributions: a path or a pattern, and the reason if they are yanked."""

    path: str
    yanked: str = ""


@dataclass(frozen=True)
class RepositorySeed:
    """A repository and the packages in it; ``policy`` is its permissions policy, in JSON, empty if it has none."""

    name: str
    packages: tuple[PackageSeed, ...]
    policy: str = ""


@dataclass(frozen=True)
class DomainSeed:
    """A domain of the account ``owner``; ``policy`` as a repository's."""

    name: str
    owner: str
    region: str
    repositories: tuple[RepositorySeed, ...]
    policy: str = ""


@dataclass(frozen=True)
class UserSeed:
    """An IAM user with one access key; ``policies`` are the documents, in JSON, of what it may do."""

    name: str
    account: str
    access_key_id: str
    secret_access_key: str
    policies: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoleSeed:
    """An IAM role; ``trust`` is the document that says who may assume it, ``policies`` as a user's."""

    name: str
    account: str
    trust: str
    policies: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProviderSeed:
    """An OIDC provider that an account believes: the issuer's URL, and the audiences that its tokens may be for."""

    account: str
    issuer: str
    audiences: tuple[str, ...]


@dataclass(frozen=True)
class Seed:
    """All of it; ``enforce_iam`` says whether policies and signatures count."""

    domains: tuple[DomainSeed, ...] = ()
    users: tuple[UserSeed, ...] = ()
    roles: tuple[RoleSeed, ...] = ()
    identity_providers: tuple[ProviderSeed, ...] = ()
    faults: tuple[Fault, ...] = ()
    enforce_iam: bool = False

    def plant(self, application: Application) -> None:
        """Create all of it; raise ConfigurationError for what AWS would refuse."""
        what = ""
        try:
            for user in self.users:
                what = f"user {user.name}"
                _create_user(user)
            for role in self.roles:
                what = f"role {role.name}"
                _create_role(role)
            for provider in self.identity_providers:
                what = f"identity provider {provider.issuer}"
                identities.iam_of(provider.account).create_open_id_connect_provider(
                    provider.issuer, [_THUMBPRINT], list(provider.audiences), []
                )
            for domain in self.domains:
                what = f"domain {domain.name}"
                backend = backend_of(domain.owner, domain.region)
                backend.create_domain(domain.name).policy = domain.policy
                for repository in domain.repositories:
                    what = f"repository {repository.name} of domain {domain.name}"
                    created = backend.create_repository(domain.name, repository.name, domain.owner)
                    created.policy = repository.policy
                    for package in repository.packages:
                        _add(package, created, application.pypi)
        except ServiceException as error:
            refusal = str(error.message).rstrip(".")
            raise ConfigurationError(
                f"the seed cannot be planted: {what}: {refusal}", "correct the seed file"
            ) from None
        for fault in self.faults:
            application.faults.add(fault)
        application.access.is_enforced |= self.enforce_iam


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
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(f"{origin} is not YAML: {error}", "correct it") from None
    folder = os.path.dirname(os.path.abspath(origin))
    top = _Node({} if content in (None, "") else content, origin).mapping(
        "domains", "users", "roles", "identity_providers", "faults", "enforce_iam"
    )
    users = tuple(_user(node) for node in top.items("users"))
    if len({user.access_key_id for user in users}) < len(users):
        raise ConfigurationError(f"{origin}: users has an access_key_id twice", "give each user its own")
    return Seed(
        domains=tuple(_domain(node, folder) for node in top.items("domains")),
        users=users,
        roles=tuple(_role(node) for node in top.items("roles")),
        identity_providers=tuple(_provider(node) for node in top.items("identity_providers")),
        faults=tuple(_fault(node) for node in top.items("faults")),
        enforce_iam=top.flag("enforce_iam"),
    )


def _domain(node: _Node, folder: str) -> DomainSeed:
    node = node.mapping("name", "owner", "region", "repositories", "policy")
    return DomainSeed(
        node.text("name"),
        node.account("owner"),
        node.text("region"),
        tuple(_repository(item, folder) for item in node.items("repositories")),
        node.policy("policy", Kind.RESOURCE) if "policy" in node.value else "",
    )


def _repository(node: _Node, folder: str) -> RepositorySeed:
    node = node.mapping("name", "packages", "policy")
    return RepositorySeed(
        node.text("name"),
        tuple(_package(item, folder) for item in node.items("packages")),
        node.policy("policy", Kind.RESOURCE) if "policy" in node.value else "",
    )


def _package(node: _Node, folder: str) -> PackageSeed:
    if isinstance(node.value, dict):
        node = node.mapping("path", "yanked")
        return PackageSeed(os.path.join(folder, node.text("path")), node.text("yanked"))
    return PackageSeed(os.path.join(folder, node.value_text()))


def _user(node: _Node) -> UserSeed:
    node = node.mapping("name", "account", "access_key_id", "secret_access_key", "policies")
    return UserSeed(
        node.text("name", _IAM_NAME, _IAM_NAME_IN_WORDS),
        node.account("account"),
        # moto recognises keys of this form in a request's signature.
        node.text("access_key_id", r"[A-Z0-9]{20}", "20 capitals and digits"),
        node.text("secret_access_key"),
        tuple(item.value_policy(Kind.IDENTITY) for item in node.items("policies")),
    )


def _role(node: _Node) -> RoleSeed:
    node = node.mapping("name", "account", "trust", "policies")
    policies = tuple(item.value_policy(Kind.IDENTITY) for item in node.items("policies"))
    name = node.text("name", _IAM_NAME, _IAM_NAME_IN_WORDS)
    return RoleSeed(name, node.account("account"), node.policy("trust", Kind.TRUST), policies)


def _provider(node: _Node) -> ProviderSeed:
    node = node.mapping("account", "issuer", "audiences")
    audiences = tuple(item.value_text() for item in node.items("audiences"))
    if not audiences:
        raise ConfigurationError(f"{node.place} has no audiences", "name those that its tokens may be for")
    return ProviderSeed(node.account("account"), node.text("issuer", _ISSUER, "https://HOST[/PATH]"), audiences)


def _fault(node: _Node) -> Fault:
    node = node.mapping(*(field.name for field in fields(Fault)))
    # All is text here, and a fault's members are numbers, too.
    described = {key: _plain(value) if key in _NO_TEXTS else value for key, value in node.value.items()}
    try:
        return faults.check(described)
    except ValueError as error:
        raise ConfigurationError(f"{node.place} is not a fault: {error}", "correct it") from None


def _plain(text: Any) -> Any:
    return json.loads(text) if isinstance(text, str) and _NO_TEXT.fullmatch(text) else text


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

    def account(self, key: str) -> str:
        """Return the account under ``key``."""
        return self.text(key, ACCOUNT, "12 digits")

    def flag(self, key: str) -> bool:
        """Return whether ``true`` is under ``key``; absent is false."""
        return self.value.get(key) is not None and self.text(key, "true|false", "true or false") == "true"

    def policy(self, key: str, kind: Kind) -> str:
        """Return the policy document under ``key``, in JSON."""
        return _Node(self.value.get(key), f"{self.place}.{key}").value_policy(kind)

    def value_policy(self, kind: Kind) -> str:
        """Return the policy document that this node is, in JSON."""
        # moto wants the version, which is always the same.
        versioned = {"Version": "2012-10-17", **self.value} if isinstance(self.value, dict) else self.value
        document = json.dumps(versioned)
        try:
            parse_policy(document, kind)
        except ValueError as error:
            raise self._wrong(f"a policy document as AWS has it ({error})") from None
        return document

    def _wrong(self, accepted: str) -> ConfigurationError:
        return ConfigurationError(f"{self.place} cannot be used", f"accepted: {accepted}")


def _create_role(role: RoleSeed) -> None:
    backend = identities.iam_of(role.account)
    backend.create_role(role.name, role.trust, "/", None, "", [], None)
    for number, policy in enumerate(role.policies):
        backend.put_role_policy(role.name, f"policy-{number}", policy)


def _create_user(user: UserSeed) -> None:
    backend = identities.iam_of(user.account)
    backend.create_user("us-east-1", user.name)
    key = backend.create_access_key(user.name)
    # moto makes keys up; the seed knows better.
    del backend.access_keys[key.access_key_id]
    key.access_key_id, key.secret_access_key = user.access_key_id, user.secret_access_key
    backend.access_keys[key.access_key_id] = key
    for number, policy in enumerate(user.policies):
        backend.put_user_policy(user.name, f"policy-{number}", policy)


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
