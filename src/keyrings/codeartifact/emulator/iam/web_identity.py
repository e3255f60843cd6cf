"""Who vouches for a CI job?  The issuer of all OIDC tokens here, and what STS finds when it looks at one.

Source of the checks, in their order, and of the codes: STS API reference, AssumeRoleWithWebIdentity.
"""

from __future__ import annotations

import time
import uuid
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import RSAKey

from keyrings.codeartifact.emulator.api.errors import RefusedError

from .identities import iam_of

if TYPE_CHECKING:
    from moto.iam.models import OpenIDConnectProvider

# GitHub's live so long, in seconds.
LIFETIME = 300
_ALGORITHM = "RS256"
_KEY_BITS = 2048


class WebIdentity(NamedTuple):
    """What a token that was looked at says: the provider in the role's account, the audience and the subject."""

    provider_arn: str
    provider_url: str
    audience: str
    subject: str


class Issuer:
    """Stands in for the issuers of all CIs, whose names its tokens bear; its key is new each time."""

    @cached_property
    def _key(self) -> RSAKey:
        return RSAKey.generate_key(_KEY_BITS)

    def mint(self, issuer: str, subject: str, audience: str, *, lifetime: float = LIFETIME, **claims: Any) -> str:
        """Return an OIDC token (a JWT) of ``issuer``, an https URL, that expires after ``lifetime`` seconds."""
        now = int(time.time())
        said = {"iss": issuer, "sub": subject, "aud": audience, "iat": now, "exp": now + lifetime, **claims}
        return jwt.encode({"alg": _ALGORITHM}, {"jti": str(uuid.uuid4()), **said}, self._key)

    def examine(self, token: str, account: str) -> WebIdentity:
        """Return what ``token`` says to the IAM of ``account``; raise RefusedError if it is not to be believed."""
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
        except BadSignatureError:
            raise RefusedError(
                "InvalidIdentityToken", 400, "The signature of the ID Token does not match its issuer's key"
            ) from None
        except (JoseError, ValueError):
            raise RefusedError(
                "InvalidIdentityToken",
                400,
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            ) from None
        provider = _provider(str(claims.get("iss")), account)
        if claims["exp"] <= time.time():
            raise RefusedError(
                "ExpiredTokenException",
                400,
                f"Token expired: current date/time {time.time():.0f} must be before the expiration date/time "
                f"{claims['exp']:.0f}",
            )
        if claims["aud"] not in provider.client_id_list:
            raise RefusedError("InvalidIdentityToken", 400, "Incorrect token audience")
        return WebIdentity(provider.arn, provider.url, claims["aud"], claims["sub"])


def _provider(issuer: str, account: str) -> OpenIDConnectProvider:
    for provider in iam_of(account).open_id_providers.values():
        if issuer == f"https://{provider.url}":
            return provider
    raise RefusedError("InvalidIdentityToken", 400, f"No OpenIDConnect provider found in your account for {issuer}")
