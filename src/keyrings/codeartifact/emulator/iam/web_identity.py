"""OIDC tokens of CI jobs: issued under any issuer's name, and verified as STS does.

Source of the checks, their order and the error codes: STS API reference, AssumeRoleWithWebIdentity.
"""

from __future__ import annotations

import time
import uuid
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import RSAKey

from keyrings.codeartifact.emulator.api.errors import APIError

from .identities import iam_of

if TYPE_CHECKING:
    from moto.iam.models import OpenIDConnectProvider

# The lifetime of GitHub's tokens, in seconds.
LIFETIME = 300
_ALGORITHM = "RS256"
_KEY_BITS = 2048


class WebIdentity(NamedTuple):
    """The claims of a verified token: audience and subject, and the identity provider in the role's account."""

    provider_arn: str
    provider_url: str
    audience: str
    subject: str


class Issuer:
    """Issues the OIDC tokens of all CIs, under their issuers' names; its key is new for each emulator."""

    @cached_property
    def _key(self) -> RSAKey:
        return RSAKey.generate_key(_KEY_BITS)

    def mint(self, issuer: str, subject: str, audience: str, *, lifetime: float = LIFETIME, **claims: Any) -> str:
        """Return an OIDC token (a JWT) of ``issuer``, an https URL, that expires after ``lifetime`` seconds."""
        now = int(time.time())
        standard = {"iss": issuer, "sub": subject, "aud": audience, "iat": now, "exp": now + lifetime}
        return jwt.encode({"alg": _ALGORITHM}, {"jti": str(uuid.uuid4()), **standard, **claims}, self._key)

    def verify(self, token: str, account: str) -> WebIdentity:
        """Return the claims of ``token`` for the IAM of ``account``; raise APIError if the token is not valid there."""
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
        except BadSignatureError:
            raise APIError(
                "InvalidIdentityToken", 400, "The signature of the ID Token does not match its issuer's key"
            ) from None
        except (JoseError, ValueError):
            raise APIError(
                "InvalidIdentityToken",
                400,
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            ) from None
        provider = _provider(str(claims.get("iss")), account)
        if claims["exp"] <= time.time():
            raise APIError(
                "ExpiredTokenException",
                400,
                f"Token expired: current date/time {time.time():.0f} must be before the expiration date/time "
                f"{claims['exp']:.0f}",
            )
        if claims["aud"] not in provider.client_id_list:
            raise APIError("InvalidIdentityToken", 400, "Incorrect token audience")
        return WebIdentity(provider.arn, provider.url, claims["aud"], claims["sub"])


def _provider(issuer: str, account: str) -> OpenIDConnectProvider:
    for provider in iam_of(account).open_id_providers.values():
        if issuer == f"https://{provider.url}":
            return provider
    raise APIError("InvalidIdentityToken", 400, f"No OpenIDConnect provider found in your account for {issuer}")
