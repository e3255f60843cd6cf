"""Evaluation of IAM policies, for the elements that CodeArtifact, STS and trust policies use.

moto's evaluation treats an unmet condition as a denial and a trust policy's ``Deny`` as a permission, and ignores
CodeArtifact's resource policies.  Sources: IAM User Guide, "IAM JSON policy elements", "Policy evaluation logic".
"""

from __future__ import annotations

import enum
import json
import operator
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_ARN_PARTS = 6
_ELEMENTS = {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_VERSIONS = ("2012-10-17", "2008-10-17")
# The condition keys of requests to the emulator, and those of KMS, which stand in the same policies.  Those of an OIDC
# provider begin with its URL.
_KEYS = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:requestedregion",
    "aws:securetransport",
    "kms:encryptioncontext:secretarn",
    "kms:viaservice",
    "sts:awsservicename",
    "sts:externalid",
    "sts:rolesessionname",
}
_PROVIDER_KEY = re.compile(r"[a-z0-9.-]+\.[a-z0-9./-]+:(?:aud|sub)")
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_AWS_PRINCIPAL = re.compile(
    r"\*|[0-9]{12}|arn:aws:iam::[0-9]{12}:(?:root|(?:user|role)/[\w+=,.@/-]+)|arn:aws:sts::[0-9]{12}:assumed-role/[\w+=,.@/-]+",
    re.ASCII,
)


class Kind(enum.Enum):
    """The kind of a policy: identity-based, a role's trust policy, or resource-based."""

    IDENTITY = "identity"
    TRUST = "trust"
    RESOURCE = "resource"


class Request(NamedTuple):
    """A request to evaluate: principal, action, resource, and the values of condition keys, which are in lower case.

    ``names`` are the names by which a policy's ``Principal`` may refer to the caller, as pairs of type and name.
    """

    names: frozenset[tuple[str, str]]
    action: str
    resource: str
    context: Mapping[str, str]


class Verdict(NamedTuple):
    """Whether a statement allows a request, and whether one denies it."""

    allows: bool
    denies: bool


class _Condition(NamedTuple):
    """A condition: the value of ``key`` matches one of ``expected``, or none of them if it ``is_negated``."""

    test: Callable[[str, str], bool]
    is_negated: bool
    if_absent: bool
    key: str
    expected: tuple[str, ...]

    def holds(self, context: Mapping[str, str]) -> bool:
        """Return whether ``context`` meets the condition."""
        if self.key not in context:
            return self.if_absent
        return any(self.test(expected, context[self.key]) for expected in self.expected) != self.is_negated


class Statement(NamedTuple):
    """A policy statement; ``actions`` and ``resources`` are patterns, after a flag that is True for Not… elements.

    ``principals`` is None in an identity-based policy.
    """

    is_allowing: bool
    principals: frozenset[tuple[str, str]] | None
    actions: tuple[bool, tuple[str, ...]]
    resources: tuple[bool, tuple[str, ...]]
    conditions: tuple[_Condition, ...]

    def concerns(self, request: Request) -> bool:
        """Return whether this statement applies to ``request``."""
        excludes_actions, actions = self.actions
        excludes_resources, resources = self.resources
        return (
            (self.principals is None or bool(self.principals & request.names))
            and any(_like(pattern.lower(), request.action.lower()) for pattern in actions) != excludes_actions
            and any(_is_arn_like(pattern, request.resource) for pattern in resources) != excludes_resources
            and all(condition.holds(request.context) for condition in self.conditions)
        )


def parse(document: str, kind: Kind) -> tuple[Statement, ...]:
    """Return the statements of a policy document in JSON; raise ValueError if it is invalid.

    Elements that this evaluation does not support are invalid too: none is ignored.
    """
    try:
        policy = json.loads(document)
    except RecursionError:
        raise ValueError("the document is nested too deeply") from None
    if not isinstance(policy, dict) or not policy.get("Statement"):
        raise ValueError("expected an object with a Statement")
    if unknown := set(policy) - {"Version", "Id", "Statement"}:
        raise ValueError(f"unknown element {min(unknown)}")
    if policy.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise ValueError(f"the Version must be {_VERSIONS[0]}")
    statements = policy["Statement"]
    return tuple(_statement(item, kind) for item in (statements if isinstance(statements, list) else [statements]))


def evaluate(documents: Iterable[str], kind: Kind, request: Request) -> Verdict:
    """Return the result of ``documents``, policies in JSON, for ``request``; raise ValueError as `parse` does."""
    effects = {
        statement.is_allowing
        for document in documents
        for statement in parse(document, kind)
        if statement.concerns(request)
    }
    return Verdict(allows=True in effects, denies=False in effects)


def _statement(statement: Any, kind: Kind) -> Statement:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        raise ValueError("a statement must be an object with the Effect Allow or Deny")
    if unknown := set(statement) - _ELEMENTS:
        raise ValueError(f"unknown element {min(unknown)} in a statement")
    if (kind is Kind.IDENTITY) == ("Principal" in statement):
        raise ValueError(f"a statement of this policy has {'no' if kind is Kind.IDENTITY else 'a'} Principal")
    has_resource = bool({"Resource", "NotResource"} & set(statement))
    if (kind is Kind.TRUST) == has_resource:
        raise ValueError(f"a statement of this policy has {'no' if kind is Kind.TRUST else 'a'} Resource")
    actions = _patterns(statement, "Action")
    if wrong := next((action for action in actions[1] if not _ACTION.fullmatch(action)), None):
        raise ValueError(f"invalid action {wrong!r}; expected: SERVICE:OPERATION")
    # A trust policy applies to its role.
    resources = _patterns(statement, "Resource") if has_resource else (False, ("*",))
    if wrong := next((arn for arn in resources[1] if arn != "*" and not arn.startswith("arn:")), None):
        raise ValueError(f"invalid resource {wrong!r}; expected: an ARN, or *")
    return Statement(
        is_allowing=statement["Effect"] == "Allow",
        principals=_principals(statement["Principal"]) if "Principal" in statement else None,
        actions=actions,
        resources=resources,
        conditions=tuple(
            _condition(name, key, expected)
            for name, tests in _mapping(statement.get("Condition", {})).items()
            for key, expected in _mapping(tests).items()
        ),
    )


def _principals(principal: Any) -> frozenset[tuple[str, str]]:
    if principal == "*":
        return frozenset({("AWS", "*")})
    named = [(kind, name) for kind, names in _mapping(principal).items() for name in _texts(names)]
    for kind, name in named:
        if kind not in ("AWS", "Federated", "Service", "CanonicalUser"):
            raise ValueError(f"invalid type of Principal {kind!r}")
        if kind == "AWS" and not _AWS_PRINCIPAL.fullmatch(name):
            raise ValueError(f"invalid Principal {name!r}; expected: an account, or the ARN of a user, role or session")
    return frozenset(
        # An account ID means the whole account, as the ARN of its root does.
        (kind, f"arn:aws:iam::{name}:root" if kind == "AWS" and name.isdecimal() else name)
        for kind, name in named
    )


def _patterns(statement: Mapping[str, Any], element: str) -> tuple[bool, tuple[str, ...]]:
    if (f"Not{element}" in statement) == (element in statement):
        raise ValueError(f"a statement must have either {element} or Not{element}")
    is_excluding = element not in statement
    return is_excluding, _texts(statement[f"Not{element}" if is_excluding else element])


def _condition(name: str, key: str, expected: Any) -> _Condition:
    quantifier, _, unquantified = name.rpartition(":")
    plain = unquantified.removesuffix("IfExists")
    if plain not in _TESTS or quantifier not in ("", "ForAnyValue", "ForAllValues"):
        raise ValueError(f"the condition operator {name} is not known here")
    if key.lower() not in _KEYS and not _PROVIDER_KEY.fullmatch(key.lower()):
        raise ValueError(f"the condition key {key} is not known here")
    test, is_negated = _TESTS[plain]
    # Each key has one value or none: ForAllValues is true for none, ForAnyValue false.
    absent = {"": is_negated, "ForAnyValue": False, "ForAllValues": True}[quantifier]
    # JSON's true, false and numbers are accepted as well.
    values = expected if isinstance(expected, list) else [expected]
    texts = [json.dumps(value) if isinstance(value, (bool, int)) else value for value in values]
    return _Condition(test, is_negated, absent or plain != unquantified, key.lower(), _texts(texts))


def _like(pattern: str, text: str) -> bool:
    """Return whether ``text`` matches ``pattern``, in which * is any text and ? any character.

    The time is at most proportional to the product of their lengths; a regular expression could take exponential time.
    """
    at, star, mark = 0, -1, 0
    index = 0
    while index < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, index
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[index]):
            at += 1
            index += 1
        elif star >= 0:
            mark += 1
            at, index = star + 1, mark
        else:
            return False
    return not pattern[at:].strip("*")


def _is_arn_like(pattern: str, arn: str) -> bool:
    """Return whether ``arn`` matches ``pattern`` part by part: only a * at the end matches across colons."""
    if "*" in (pattern, arn):
        return pattern == "*"
    patterns, parts = (text.split(":", _ARN_PARTS - 1) for text in (pattern, arn))
    patterns += ["*"] * (_ARN_PARTS - len(patterns) if patterns[-1] == "*" else 0)
    return len(patterns) == len(parts) and all(map(_like, patterns, parts))


def _is_alike(expected: str, value: str) -> bool:
    return expected.lower() == value.lower()


# The test of each operator, and whether it is negated.
_TESTS = {
    "StringEquals": (operator.eq, False),
    "StringNotEquals": (operator.eq, True),
    "StringEqualsIgnoreCase": (_is_alike, False),
    "StringNotEqualsIgnoreCase": (_is_alike, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_is_arn_like, False),
    "ArnNotEquals": (_is_arn_like, True),
    "ArnLike": (_is_arn_like, False),
    "ArnNotLike": (_is_arn_like, True),
    "Bool": (_is_alike, False),
}


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("Principal and Condition must be objects")  # noqa: TRY004 - invalid input, not an invalid argument
    return value


def _texts(value: Any) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError("expected strings, or lists of strings")
    if any("${" in text for text in texts):
        raise ValueError("policy variables (${…}) are not supported")
    return tuple(texts)
