"""Principals by access key: IAM users and sessions of assumed roles, as moto stores them."""

from __future__ import annotations

import math
from datetime import timezone
from typing import TYPE_CHECKING, NamedTuple

from moto.core.utils import utcnow
from moto.iam.models import get_account_id_from, iam_backends
from moto.sts.models import sts_backends

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from moto.iam.models import Group, IAMBackend, Role, User
    from moto.sts.models import STSBackend

PARTITION = "aws"
_REGION = "us-east-1"
# Of an issuer's certificate: IAM requires one, and no longer checks it.
_THUMBPRINT = "0" * 40


class Principal(NamedTuple):
    """An IAM user, or a session of the role ``role_arn`` that ``expires`` (in seconds since the epoch)."""

    arn: str
    account: str
    role_arn: str = ""
    expires: float = math.inf

    @property
    def names(self) -> frozenset[tuple[str, str]]:
        """The names by which a policy may refer to this principal or to its role, not to its whole account."""
        return frozenset(("AWS", name) for name in (self.arn, self.role_arn, "*") if name)

    @property
    def account_name(self) -> tuple[str, str]:
        """The name by which a policy refers to the whole account, whose own policies decide further."""
        return "AWS", f"arn:aws:iam::{self.account}:root"

    def documents(self) -> list[str]:
        """Return the policies of the user and its groups, or of the role; none if it has been deleted."""
        iam = iam_of(self.account)
        users = [user for user in iam.users.values() if user.arn == self.arn]
        groups = [group for user in users for group in iam.get_groups_for_user(user.name)]
        roles = [role for role in iam.get_roles() if role.arn == self.role_arn]
        entities: list[User | Group | Role] = [*users, *groups, *roles]
        return [document for entity in entities for document in _documents(entity)]


def _documents(entity: User | Group | Role) -> list[str]:
    """Return the inline policies of an entity, and the managed policies attached to it."""
    attached = [
        version.document
        for policy in entity.managed_policies.values()
        for version in policy.versions
        if version.is_default
    ]
    return [*entity.policies.values(), *attached]


def find(access_key_id: str) -> Principal | None:
    """Return the principal that an active access key belongs to, None if there is none."""
    account = get_account_id_from(access_key_id)
    if session := _sts_of(account).get_assumed_role_from_access_key(access_key_id):
        # moto's times are in UTC, without a time zone.
        expires = session.expiration.replace(tzinfo=timezone.utc).timestamp()
        return Principal(session.arn, account, session.role_arn, expires)
    user = iam_of(account).get_user_from_access_key_id(access_key_id)
    keys = [key for key in user.access_keys if key.access_key_id == access_key_id] if user else []
    return Principal(user.arn, account) if user and keys[0].status == "Active" else None


def account_of(access_key_id: str) -> str:
    """Return the account that an access key belongs to, for an unknown key moto's default account."""
    return str(get_account_id_from(access_key_id))


def role(arn: str) -> Role | None:
    """Return the role with this ARN, None if there is none."""
    account = arn.split(":")[4] if arn.count(":") >= 5 else ""  # noqa: PLR2004 - an ARN's colons
    # Not iam_of() for any text: moto would create the account.
    if account not in iam_backends:
        return None
    return next((role for role in iam_of(account).get_roles() if role.arn == arn), None)


def create_user(
    account: str, name: str, keys: Mapping[str, tuple[str, str]], policies: Mapping[str, str], path: str = "/"
) -> None:
    """Create an IAM user with these access keys (ID, secret and status) and inline policies (name and JSON)."""
    backend = iam_of(account)
    backend.create_user(_REGION, name, path)
    for access_key_id, (secret_access_key, status) in keys.items():
        key = backend.create_access_key(name)
        # moto generates a key; replace it.
        del backend.access_keys[key.access_key_id]
        key.access_key_id, key.secret_access_key, key.status = access_key_id, secret_access_key, status
        backend.access_keys[access_key_id] = key
    for policy, document in policies.items():
        backend.put_user_policy(name, policy, document)


def create_role(  # noqa: PLR0913, PLR0917 - as in a state file
    account: str,
    name: str,
    trust: str,
    policies: Mapping[str, str],
    path: str = "/",
    max_session_duration: str | None = None,
) -> None:
    """Create an IAM role with a trust policy (JSON) and inline policies (name and JSON)."""
    backend = iam_of(account)
    backend.create_role(name, trust, path, None, "", [], max_session_duration)
    for policy, document in policies.items():
        backend.put_role_policy(name, policy, document)


def create_provider(account: str, issuer: str, audiences: Iterable[str]) -> None:
    """Create an OIDC identity provider for the URL of an issuer."""
    iam_of(account).create_open_id_connect_provider(issuer, [_THUMBPRINT], list(audiences), [])


def accounts() -> list[str]:
    """Return the accounts that have users, roles or identity providers."""
    return list(iam_backends)


def expire_sessions() -> None:
    """Let the sessions of all roles expire now."""
    for account in list(sts_backends):
        for session in _sts_of(account).assumed_roles:
            session.expiration = utcnow()


def iam_of(account: str) -> IAMBackend:
    """Return moto's IAM of an account."""
    return iam_backends[account][PARTITION]


def _sts_of(account: str) -> STSBackend:
    return sts_backends[account][PARTITION]
