"""Does a call fit the rules that its operation has for anybody?  Who asks does not matter here.

moto lets pass much of what AWS refuses, and fails on some of the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from keyrings.codeartifact.emulator.iam.policies import Kind, parse

from .errors import RefusedError

if TYPE_CHECKING:
    from .calls import Call

# moto answers these without looking at who asks, or with keys that are nobody's.
_ABSENT = (
    "AssumeRoleWithSAML",
    "GetFederationToken",
    "GetSessionToken",
    "PutRolePermissionsBoundary",
    "PutUserPermissionsBoundary",
)
# What would make somebody less than they are here, or be asked about where nobody asks.
_ABSENT_PARAMETERS = (
    "Policy",
    "PolicyArns",
    "Tags",
    "TransitiveTagKeys",
    "SourceIdentity",
    "SerialNumber",
    "TokenCode",
    "ProvidedContexts",
)
_DOCUMENTS = {
    "CreatePolicy": ("PolicyDocument", Kind.IDENTITY),
    "CreatePolicyVersion": ("PolicyDocument", Kind.IDENTITY),
    "PutGroupPolicy": ("PolicyDocument", Kind.IDENTITY),
    "PutRolePolicy": ("PolicyDocument", Kind.IDENTITY),
    "PutUserPolicy": ("PolicyDocument", Kind.IDENTITY),
    "CreateRole": ("AssumeRolePolicyDocument", Kind.TRUST),
    "UpdateAssumeRolePolicy": ("PolicyDocument", Kind.TRUST),
}
_ASSUMING = ("AssumeRole", "AssumeRoleWithWebIdentity")
# STS API reference, AssumeRole.
_ROLE_ARN = r"arn:aws:iam::[0-9]{12}:role/[\w+=,.@/-]+"
_SESSION_NAME = r"[\w+=,.@-]{2,64}"
_DURATION = r"[0-9]{1,9}"
_SHORTEST_SESSION, _LONGEST_SESSION = 900, 43200
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "list": list,
    "map": dict,
    "structure": dict,
}


def check(call: Call) -> None:
    """Raise RefusedError for a call that AWS would refuse to anybody, or that this emulator cannot answer truly."""
    if call.name in _ABSENT:
        raise RefusedError("UnknownOperationException", 501, f"this emulator has no {call.name}")
    _check_members(call)
    if call.name in _ASSUMING:
        _check_assuming(call)
    if call.name in _DOCUMENTS:
        parameter, kind = _DOCUMENTS[call.name]
        try:
            parse(call.params.get(parameter, ""), kind)
        except ValueError as error:
            raise RefusedError("MalformedPolicyDocument", 400, f"{parameter}: {error}") from None


def invalid(call: Call, message: str) -> RefusedError:
    """Return the error of a value that cannot be, as the call's protocol calls it."""
    return RefusedError("ValidationError" if call.is_query else "ValidationException", 400, message)


def _check_members(call: Call) -> None:
    """Raise RefusedError if a member is missing, or one of a JSON body is of another type than its."""
    shape = call.operation.input_shape if call.operation else None
    if shape is None:
        return
    for name in shape.required_members:
        is_listed = any(key.startswith(f"{name}.") for key in call.params)
        if not (call.parameter(name) or is_listed or call.members.get(name)):
            raise invalid(
                call,
                f"1 validation error detected: Value null at '{name}' failed to satisfy constraint: "
                "Member must not be null",
            )
    for name, value in call.members.items():
        if not _fits(value, shape.members[name]):
            raise RefusedError(
                "SerializationException", 400, f"'{name}' is not of the type {shape.members[name].type_name}"
            )


def _fits(value: Any, shape: Any) -> bool:
    """Say whether a JSON value is of a shape's type, all the way down."""
    expected: Any = _TYPES.get(shape.type_name)
    if expected is None:  # a timestamp or a blob, which no operation here has in its body
        return True
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        return False
    if shape.type_name == "list":
        return all(_fits(item, shape.member) for item in value)
    if shape.type_name == "map":
        return all(_fits(item, shape.value) for item in value.values())
    if shape.type_name == "structure":
        return all(_fits(item, shape.members[name]) for name, item in value.items() if name in shape.members)
    return True


def _check_assuming(call: Call) -> None:
    for name in _ABSENT_PARAMETERS:
        if any(key == name or key.startswith(f"{name}.") for key in call.params):
            raise RefusedError("UnknownOperationException", 501, f"this emulator knows no {name} of {call.name}")
    for name, pattern in (("RoleArn", _ROLE_ARN), ("RoleSessionName", _SESSION_NAME)):
        if not re.fullmatch(pattern, call.params.get(name, ""), re.ASCII):
            value = call.params.get(name, "")[:80]
            raise invalid(
                call,
                f"1 validation error detected: Value '{value}' at '{name[0].lower()}{name[1:]}' failed to "
                f"satisfy constraint: Member must satisfy regular expression pattern: {pattern}",
            )
    duration = call.params.get("DurationSeconds", str(_SHORTEST_SESSION))
    if not re.fullmatch(_DURATION, duration) or not _SHORTEST_SESSION <= int(duration) <= _LONGEST_SESSION:
        raise invalid(
            call,
            f"1 validation error detected: Value '{duration[:80]}' at 'durationSeconds' failed to satisfy "
            f"constraint: Member must be between {_SHORTEST_SESSION} and {_LONGEST_SESSION}",
        )
