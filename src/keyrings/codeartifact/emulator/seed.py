"""The emulator's initial content from a YAML file: domains, packages, IAM users and roles, and faults."""

from __future__ import annotations

import json
import os
import re
from dataclasses import fields
from importlib import resources
from typing import Any, NamedTuple

import yaml

from keyrings.codeartifact.emulator.api.repository import PUBLIC, Origin
from keyrings.codeartifact.emulator.iam.policies import Kind
from keyrings.codeartifact.emulator.index import public
from keyrings.codeartifact.errors import ConfigurationError

from . import faults
from .faults import Fault
from .node import Node

_ISSUER = r"https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._-]+)*"
# IAM API reference: CreateUser, CreateRole.
_IAM_NAME, _IAM_NAME_DESCRIPTION = r"[A-Za-z0-9_+=,.@-]{1,64}", "up to 64 letters, digits or any of _+=,.@-"
# The members of a fault that are numbers or booleans, and the form of these.
_TYPED = ("status", "hang", "cut", "times")
_RATE = r"(?!0*\.?0*$)[0-9]{1,6}(?:\.[0-9]{1,6})?"
_LITERAL = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?|true|false")


class PackageSeed(NamedTuple):
    """Wheels and source distributions: a path or glob pattern, and the reason if they are yanked."""

    path: str
    yanked: str = ""


class RepositorySeed(NamedTuple):
    """A repository and its packages; ``policy`` is its permissions policy as JSON, or empty.

    ``upstreams`` are names of the same domain, ``is_public`` is whether it has the external connection, and ``origins``
    are the origin controls of packages by name.
    """

    name: str
    packages: tuple[PackageSeed, ...]
    policy: str = ""
    upstreams: tuple[str, ...] = ()
    is_public: bool = False
    origins: tuple[tuple[str, Origin], ...] = ()


class DomainSeed(NamedTuple):
    """A domain; ``owner`` is the domain owner, ``policy`` as in `RepositorySeed`."""

    name: str
    owner: str
    region: str
    repositories: tuple[RepositorySeed, ...]
    policy: str = ""


class UserSeed(NamedTuple):
    """An IAM user with one access key; ``policies`` are its identity-based policies as JSON."""

    name: str
    account: str
    access_key_id: str
    secret_access_key: str
    policies: tuple[str, ...] = ()


class RoleSeed(NamedTuple):
    """An IAM role; ``trust`` is its trust policy as JSON, ``policies`` as in `UserSeed`."""

    name: str
    account: str
    trust: str
    policies: tuple[str, ...] = ()


class ProviderSeed(NamedTuple):
    """An OIDC identity provider of an account: the issuer's URL, and the accepted audiences."""

    account: str
    issuer: str
    audiences: tuple[str, ...]


class Seed(NamedTuple):
    """The whole content; with ``enforce_iam``, policies and signatures are checked.

    ``quotas`` are operations and how many requests of each an account may send per second in a region.  ``pypi`` is
    where external connections lead: a folder, a URL, or ``pip``; empty for nowhere.
    """

    domains: tuple[DomainSeed, ...] = ()
    users: tuple[UserSeed, ...] = ()
    roles: tuple[RoleSeed, ...] = ()
    identity_providers: tuple[ProviderSeed, ...] = ()
    faults: tuple[Fault, ...] = ()
    enforce_iam: bool = False
    quotas: tuple[tuple[str, float], ...] = ()
    pypi: str = ""


def load(path: str | None = None) -> Seed:
    """Return the seed in the YAML file at ``path``, by default the built-in seed; raise ConfigurationError."""
    if path is None:
        return parse(resources.files(__package__).joinpath("seed.yaml").read_text("utf-8"), "the built-in seed")
    try:
        with open(path, encoding="utf-8") as file:
            return parse(file.read(), path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            "CA903", f"the seed file {path} cannot be read ({error})", "name a YAML file"
        ) from None


def parse(text: str, origin: str) -> Seed:
    """Return the seed in a YAML ``text``; raise ConfigurationError naming ``origin`` and the place in it.

    Paths of packages are relative to the folder of ``origin``.
    """
    try:
        # All scalars as strings: an account ID is not a number.
        content = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - creates no objects but strings, lists and dicts
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError("CA903", f"{origin} is not valid YAML: {error}", "correct it") from None
    folder = os.path.dirname(os.path.abspath(origin))
    top = Node({} if content in (None, "") else content, origin).mapping(
        "domains", "users", "roles", "identity_providers", "faults", "enforce_iam", "quotas", "pypi"
    )
    users = tuple(_user(node) for node in top.items("users"))
    if len({user.access_key_id for user in users}) < len(users):
        raise ConfigurationError("CA903", f"{origin}: two users have the same access_key_id", "give each user its own")
    return Seed(
        domains=tuple(_domain(node, folder) for node in top.items("domains")),
        users=users,
        roles=tuple(_role(node) for node in top.items("roles")),
        identity_providers=tuple(_provider(node) for node in top.items("identity_providers")),
        faults=tuple(_fault(node) for node in top.items("faults")),
        enforce_iam=top["enforce_iam"].flag(),
        quotas=_quotas(top["quotas"]),
        pypi=_pypi(top["pypi"], folder),
    )


def _domain(node: Node, folder: str) -> DomainSeed:
    node = node.mapping("name", "owner", "region", "repositories", "policy")
    return DomainSeed(
        node["name"].text(),
        node["owner"].account(),
        node["region"].text(),
        tuple(_repository(item, folder) for item in node.items("repositories")),
        node["policy"].policy(Kind.RESOURCE) if "policy" in node.value else "",
    )


def _repository(node: Node, folder: str) -> RepositorySeed:
    node = node.mapping("name", "packages", "policy", "upstreams", "external_connections", "origin_controls")
    connections = [item.text(re.escape(PUBLIC), PUBLIC) for item in node.items("external_connections")]
    if len(connections) > 1:
        raise ConfigurationError("CA903", f"{node.place} has more than one external connection", "remove all but one")
    return RepositorySeed(
        node["name"].text(),
        tuple(_package(item, folder) for item in node.items("packages")),
        node["policy"].policy(Kind.RESOURCE) if "policy" in node.value else "",
        tuple(item.text() for item in node.items("upstreams")),
        is_public=bool(connections),
        origins=tuple(_origin(item) for item in node.items("origin_controls")),
    )


def _origin(node: Node) -> tuple[str, Origin]:
    node = node.mapping("package", "publish", "upstream")
    allowed = (node[name].text("ALLOW|BLOCK", "ALLOW or BLOCK") == "ALLOW" for name in Origin._fields)
    return node["package"].text(), Origin(*allowed)


def _pypi(node: Node, folder: str) -> str:
    """Return where external connections lead; a path is relative to ``folder``."""
    setting = "" if node.value is None else node.text()
    return setting if setting in ("", public.PIP) or "://" in setting else os.path.join(folder, setting)


def _package(node: Node, folder: str) -> PackageSeed:
    if isinstance(node.value, dict):
        node = node.mapping("path", "yanked")
        return PackageSeed(os.path.join(folder, node["path"].text()), node["yanked"].text())
    return PackageSeed(os.path.join(folder, node.text()))


def _user(node: Node) -> UserSeed:
    node = node.mapping("name", "account", "access_key_id", "secret_access_key", "policies")
    return UserSeed(
        node["name"].text(_IAM_NAME, _IAM_NAME_DESCRIPTION),
        node["account"].account(),
        # moto recognizes keys of this form in a request's signature.
        node["access_key_id"].text(r"[A-Z0-9]{20}", "20 capital letters and digits"),
        node["secret_access_key"].text(),
        tuple(item.policy(Kind.IDENTITY) for item in node.items("policies")),
    )


def _role(node: Node) -> RoleSeed:
    node = node.mapping("name", "account", "trust", "policies")
    policies = tuple(item.policy(Kind.IDENTITY) for item in node.items("policies"))
    name = node["name"].text(_IAM_NAME, _IAM_NAME_DESCRIPTION)
    return RoleSeed(name, node["account"].account(), node["trust"].policy(Kind.TRUST), policies)


def _provider(node: Node) -> ProviderSeed:
    node = node.mapping("account", "issuer", "audiences")
    audiences = tuple(item.text() for item in node.items("audiences"))
    if not audiences:
        raise ConfigurationError(
            "CA903", f"{node.place} has no audiences", "list the audiences that its tokens may have"
        )
    return ProviderSeed(node["account"].account(), node["issuer"].text(_ISSUER, "https://HOST[/PATH]"), audiences)


def _fault(node: Node) -> Fault:
    node = node.mapping(*(field.name for field in fields(Fault)))
    # All scalars are strings here; some of a fault's members are not.
    described = {key: _typed(value) if key in _TYPED else value for key, value in node.value.items()}
    try:
        return faults.check(described)
    except ValueError as error:
        raise ConfigurationError("CA903", f"{node.place} is not a valid fault: {error}", "correct it") from None


def _quotas(node: Node) -> tuple[tuple[str, float], ...]:
    if node.value is None:
        return ()
    if not isinstance(node.value, dict) or not faults.api_operations().issuperset(node.value):
        expected = "a mapping of operations of CodeArtifact, STS or IAM to requests per second"
        raise ConfigurationError("CA903", f"{node.place} is invalid", f"expected: {expected}")
    return tuple((name, float(node[name].text(_RATE, "requests per second, more than 0"))) for name in node.value)


def _typed(text: Any) -> Any:
    return json.loads(text) if isinstance(text, str) and _LITERAL.fullmatch(text) else text
