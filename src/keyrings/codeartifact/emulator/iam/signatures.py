"""Authentication of API calls: the principal that signed a call with AWS Signature Version 4.

Source: IAM User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import hashlib
import re
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from moto.core.exceptions import InvalidClientTokenIdError, SignatureDoesNotMatchError
from moto.iam.access_control import IAMRequest
from werkzeug.datastructures import EnvironHeaders

from keyrings.codeartifact.emulator.api.errors import forbidden

from . import identities

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from keyrings.codeartifact.emulator.api.calls import Call

    from .identities import Principal

# The maximum difference between a signature's time and the current time.
_SKEW = timedelta(minutes=5)
# Error codes of the two protocols: CodeArtifact's, and that of STS and IAM.
_UNKNOWN_KEY = ("UnrecognizedClientException", "InvalidClientTokenId")
_WRONG_SIGNATURE = ("InvalidSignatureException", "SignatureDoesNotMatch")
_EXPIRED = ("ExpiredTokenException", "ExpiredToken")


def authenticate(call: Call, environ: WSGIEnvironment) -> Principal:
    """Return the principal that signed ``call``; raise APIError if its key, signature, time or session is invalid."""
    principal = identities.find(call.access_key_id)
    unknown = forbidden(_UNKNOWN_KEY, "The security token included in the request is invalid.", is_query=call.is_query)
    if principal is None:
        raise unknown
    headers = EnvironHeaders(environ)
    if error := _scope_error(call, headers):
        raise forbidden(_WRONG_SIGNATURE, error, is_query=call.is_query)
    try:
        request = IAMRequest(
            account_id=principal.account,
            method=environ["REQUEST_METHOD"],
            path=environ["RAW_URI"],
            # Signed if there is no body: moto's default, an empty dict, would be signed differently.
            data=b"",  # type: ignore[arg-type]
            body=call.body,
            headers=dict(headers),
            action=call.name,
        )
        request.check_signature()
    except InvalidClientTokenIdError:
        raise unknown from None
    except SignatureDoesNotMatchError:
        message = (
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )
        raise forbidden(_WRONG_SIGNATURE, message, is_query=call.is_query) from None
    if error := _time_error(headers["X-Amz-Date"]):
        raise forbidden(_WRONG_SIGNATURE, error, is_query=call.is_query)
    if principal.expires <= time.time():
        raise forbidden(_EXPIRED, "The security token included in the request is expired", is_query=call.is_query)
    return principal


def _scope_error(call: Call, headers: EnvironHeaders) -> str:
    """Return the error in the scope of a signature, its date and its signed headers; empty if there is none.

    moto checks none of them.
    """
    signature = call.signature
    date = headers.get("X-Amz-Date", "")
    if signature is None or not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", date, re.ASCII):
        return "Date must be in ISO-8601 'basic format'."
    if (signature.service, signature.region) != (call.service, call.region):
        return f"Credential should be scoped to a valid region and the correct service: '{call.service}'."
    if signature.date != date[:8] or signature.terminator != "aws4_request":
        return "Date in Credential scope does not match YYYYMMDD from the request's date, or it has no aws4_request."
    needed = {"host"} | {name.lower() for name, _ in headers if name.lower().startswith("x-amz-")}
    if missing := needed - signature.headers:
        return f"'{min(missing)}' must be a 'SignedHeader' in the AWS Authorization."
    digest = hashlib.sha256(call.body).hexdigest()
    if headers.get("X-Amz-Content-Sha256", digest) != digest:
        return "The provided 'x-amz-content-sha256' header does not match what was computed."
    return ""


def _time_error(date: str) -> str:
    """Return the error in the time of a signature, empty if there is none."""
    form = "%Y%m%dT%H%M%SZ"
    try:
        signed_at = datetime.strptime(date, form).replace(tzinfo=timezone.utc)
    except ValueError:
        return "Date must be in ISO-8601 'basic format'."
    now = datetime.now(timezone.utc)
    if signed_at < now - _SKEW:
        return f"Signature expired: {date} is now earlier than {now - _SKEW:{form}} ({now:{form}} - 5 min.)"
    if signed_at > now + _SKEW:
        return f"Signature not yet current: {date} is still later than {now + _SKEW:{form}} ({now:{form}} + 5 min.)"
    return ""
