"""Constraints on the parameters of API calls that hold for every caller.

moto accepts many values that AWS rejects, and fails on some of the others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.core.utils import camelcase_to_underscores

from keyrings.codeartifact.emulator.iam.policies import Kind, parse

from .calls import JSON_SERVICE
from .errors import APIError
from .registration import SERVICE
from .responses import CodeArtifactResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .calls import Call

# moto answers these without checking the caller, or returns keys that belong to no principal.
_UNSUPPORTED = (
    "AssumeRoleWithSAML",
    "GetFederationToken",
    "GetSessionToken",
    "PutRolePermissionsBoundary",
    "PutUserPermissionsBoundary",
)
# Those of Secrets Manager that have no rotation function or policy of the secret to apply.
_SECRET_OPERATIONS = (
    "CreateSecret",
    "DeleteSecret",
    "DescribeSecret",
    "GetSecretValue",
    "PutSecretValue",
    "RestoreSecret",
    "UpdateSecretVersionStage",
)
# These restrict a session or are used in conditions; the emulator evaluates neither.
_UNSUPPORTED_PARAMETERS = (
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
_ASSUME_ROLE = ("AssumeRole", "AssumeRoleWithWebIdentity")
# STS API reference, AssumeRole.
_ROLE_ARN = r"arn:aws:iam::[0-9]{12}:role/[\w+=,.@/-]+"
_SESSION_NAME = r"[\w+=,.@-]{2,64}"
_DURATION = r"[0-9]{1,9}"
_SHORTEST_SESSION, _LONGEST_SESSION = 900, 43200
# The classes in the model's patterns that Python's regular expressions lack: all but control characters.
_JAVA_CLASSES = {
    r"[\P{C}\s]": r"(?:[^\x00-\x1f\x7f-\x9f]|\s)",
    r"[^\p{C}\p{IsWhitespace}]": r"[^\x00-\x1f\x7f-\x9f\s]",
    r"\P{C}": r"[^\x00-\x1f\x7f-\x9f]",
}
_TYPES = {"string": str, "boolean": bool, "integer": int, "long": int, "list": list, "map": dict, "structure": dict}


def check(call: Call) -> None:
    """Raise APIError for a call that AWS rejects for every caller, or that the emulator does not support."""
    if call.name in _UNSUPPORTED or not _is_built(call):
        raise APIError("UnknownOperationException", 501, f"the emulator does not support {call.name}")
    _check_members(call)
    if call.name in _ASSUME_ROLE:
        _check_assume_role(call)
    if call.name in _DOCUMENTS:
        parameter, kind = _DOCUMENTS[call.name]
        try:
            parse(call.params.get(parameter, ""), kind)
        except ValueError as error:
            raise APIError("MalformedPolicyDocument", 400, f"{parameter}: {error}") from None


def _is_built(call: Call) -> bool:
    """Return whether the emulator has the operation; of STS and IAM, moto has most."""
    if call.service == SERVICE:
        return hasattr(CodeArtifactResponse, camelcase_to_underscores(call.name))
    return call.service != JSON_SERVICE or call.name in _SECRET_OPERATIONS


def invalid(call: Call, message: str) -> APIError:
    """Return the error for an invalid value, with the code of the call's protocol."""
    return APIError("ValidationError" if call.is_query else "ValidationException", 400, message)


def _check_members(call: Call) -> None:
    """Raise APIError if a required member is missing, or a member of a JSON body has the wrong type."""
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
            raise APIError("SerializationException", 400, f"'{name}' must be of type {shape.members[name].type_name}")
    if call.service == SERVICE:
        _check_shapes(call, shape)


def _check_shapes(call: Call, shape: Any) -> None:
    """Raise APIError if a member of the query or the body violates a constraint of its shape."""
    for name, member in shape.members.items():
        is_query = member.serialization.get("location") == "querystring"
        value: Any = call.parameter(name) if is_query else call.members.get(name)
        if value in (None, ""):
            continue
        if is_query and member.type_name == "integer":
            if not re.fullmatch(r"-?[0-9]{1,9}", value):
                raise APIError("SerializationException", 400, f"'{name}' must be of type integer")
            value = int(value)
        for place, violated in _violations(name, value, member):
            shown = str(value)[:80]
            message = f"1 validation error detected: Value '{shown}' at '{place}' failed to satisfy constraint: "
            raise invalid(call, message + violated)


def _violations(place: str, value: Any, shape: Any) -> Iterator[tuple[str, str]]:
    """Yield the constraints of ``shape`` that ``value`` violates, each with its place, in AWS' words."""
    kind = shape.type_name
    if kind == "string" and isinstance(value, str):
        yield from ((place, message) for message in _text_violations(value, shape))
    yield from ((place, message) for message in _size_violations(value, shape))
    if kind == "list" and isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _violations(f"{place}.{number}.member", item, shape.member)
    if kind == "structure" and isinstance(value, dict):
        yield from _structure_violations(place, value, shape)


def _text_violations(value: str, shape: Any) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
    pattern = shape.metadata.get("pattern", "")
    own = pattern
    for java, python in _JAVA_CLASSES.items():
        own = own.replace(java, python)
    if pattern and not re.fullmatch(own, value):
        yield f"Member must satisfy regular expression pattern: {pattern}"


def _size_violations(value: Any, shape: Any) -> Iterator[str]:
    """Yield what is wrong with the size of a number, or with the length of a string, list or map."""
    is_number = shape.type_name == "integer"
    if not isinstance(value, int if is_number else (str, list, dict)):
        return
    size = value if isinstance(value, int) else len(value)
    words = "Member must be" if is_number else "Member must have length"
    if size < shape.metadata.get("min", size):
        yield f"{words} greater than or equal to {shape.metadata['min']}"
    if size > shape.metadata.get("max", size):
        yield f"{words} less than or equal to {shape.metadata['max']}"


def _structure_violations(place: str, value: dict[str, Any], shape: Any) -> Iterator[tuple[str, str]]:
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _violations(f"{place}.{name}", value[name], member)
        elif name in shape.required_members:
            yield f"{place}.{name}", "Member must not be null"


def _fits(value: Any, shape: Any) -> bool:
    """Return whether a JSON value, with all that it contains, has a shape's type."""
    expected: Any = _TYPES.get(shape.type_name)
    if expected is None:  # a timestamp or blob; no supported operation has one in its body
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


def _check_assume_role(call: Call) -> None:
    for name in _UNSUPPORTED_PARAMETERS:
        if any(key == name or key.startswith(f"{name}.") for key in call.params):
            raise APIError("UnknownOperationException", 501, f"the emulator does not support {name} of {call.name}")
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
