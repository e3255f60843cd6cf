"""Evaluation of policies, and the policies that the emulator rejects."""

import json

import pytest

from keyrings.codeartifact.emulator.iam.policies import Kind, Request, evaluate, parse

USER = "arn:aws:iam::111122223333:user/jane"
DOMAIN = "arn:aws:codeartifact:us-east-1:111122223333:domain/acme"
ASK = "codeartifact:GetAuthorizationToken"
CONTEXT = {"sts:externalid": "Acme-1", "aws:securetransport": "true"}
REQUEST = Request(frozenset({("AWS", USER), ("AWS", "*")}), ASK, DOMAIN, CONTEXT)
ALLOW = {"Effect": "Allow", "Action": ASK, "Resource": "*"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    ("statement", "concerns"),
    [
        pytest.param({}, True, id="as it is"),
        pytest.param({"Action": ["codeartifact:ReadFromRepository", "CodeArtifact:getauth*"]}, True, id="any case"),
        pytest.param({"Action": "*"}, True, id="all actions"),
        pytest.param({"Action": "codeartifact:Get?uthorizationToken"}, True, id="one character"),
        pytest.param({"Resource": DOMAIN.replace("acme", "a.me")}, False, id="no regular expression"),
        pytest.param({"Action": "codeartifact:ReadFromRepository"}, False, id="another action"),
        pytest.param({"Action": "codeartifact:GetAuthorization"}, False, id="half an action"),
        pytest.param({"Action": None, "NotAction": "codeartifact:ReadFromRepository"}, True, id="NotAction"),
        pytest.param({"Action": None, "NotAction": ["s3:*", "codeartifact:*"]}, False, id="NotAction, this one"),
        pytest.param({"Resource": DOMAIN}, True, id="the resource"),
        pytest.param({"Resource": [DOMAIN.replace("acme", "other"), DOMAIN[:-1] + "?"]}, True, id="one of them"),
        pytest.param({"Resource": "arn:aws:codeartifact:*:111122223333:domain/*"}, True, id="patterns in parts"),
        pytest.param({"Resource": "arn:aws:codeartifact:*:domain/acme"}, False, id="no * over a colon"),
        pytest.param({"Resource": "arn:aws:codeartifact:*"}, True, id="but one at the end"),
        pytest.param({"Resource": DOMAIN.replace("1111", "4444")}, False, id="another account"),
        pytest.param({"Resource": DOMAIN + "/*"}, False, id="below the resource"),
        pytest.param({"Resource": None, "NotResource": DOMAIN}, False, id="NotResource"),
        pytest.param({"Resource": None, "NotResource": DOMAIN + "x"}, True, id="NotResource, another"),
        pytest.param({"Principal": {"AWS": USER}}, True, id="the principal"),
        pytest.param({"Principal": "*"}, True, id="any principal"),
        pytest.param({"Principal": {"AWS": [USER + "x", "*"]}}, True, id="or any principal"),
        pytest.param({"Principal": {"AWS": USER + "x"}}, False, id="another principal"),
        pytest.param({"Principal": {"AWS": f"{USER}x"}}, False, id="a user with the same prefix"),
        pytest.param({"Principal": {"Federated": USER}}, False, id="a principal of another kind"),
        pytest.param({"Principal": {"AWS": "111122223333"}}, False, id="the account, which is not the user"),
        *(
            pytest.param({"Condition": {operator: {"sts:ExternalId": value}}}, holds, id=f"{operator} {value}")
            for operator, value, holds in [
                ("StringEquals", "Acme-1", True),
                ("StringEquals", ["x", "Acme-1"], True),
                ("StringEquals", "acme-1", False),
                ("StringEquals", "Acme*", False),
                ("StringNotEquals", "Acme-1", False),
                ("StringNotEquals", ["x", "y"], True),
                ("StringNotEquals", ["x", "Acme-1"], False),
                ("StringEqualsIgnoreCase", "aCME-1", True),
                ("StringNotEqualsIgnoreCase", "aCME-1", False),
                ("StringLike", "Acme-?", True),
                ("StringLike", "*", True),
                ("StringLike", "Acme", False),
                ("StringNotLike", "Acme-*", False),
                ("ForAnyValue:StringLike", "Acme-*", True),
                ("ForAllValues:StringLike", "Acme-*", True),
                ("ForAllValues:StringLike", "x", False),
                ("StringEqualsIfExists", "x", False),
            ]
        ),
        *(
            pytest.param(
                {"Condition": {operator: {"aws:RequestedRegion": "x"}}}, holds, id=f"{operator} of a missing key"
            )
            for operator, holds in [
                ("StringEquals", False),
                ("StringNotEquals", True),
                ("StringEqualsIfExists", True),
                ("ForAnyValue:StringEquals", False),
                ("ForAnyValue:StringNotEquals", False),
                ("ForAllValues:StringEquals", True),
            ]
        ),
        pytest.param({"Condition": {"Bool": {"aws:SecureTransport": "True"}}}, True, id="Bool"),
        pytest.param({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False, id="Bool, false"),
        pytest.param({"Condition": {"Bool": {"aws:SecureTransport": True}}}, True, id="JSON's true"),
        pytest.param(
            {"Condition": {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"sts:ExternalId": "x"}}},
            False,
            id="all conditions",
        ),
        pytest.param(
            {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}},
            False,
            id="ArnLike of a missing key",
        ),
    ],
)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_statement(statement, concerns, effect):
    said = {key: value for key, value in {**ALLOW, **statement, "Effect": effect}.items() if value is not None}
    kind = Kind.RESOURCE if "Principal" in said else Kind.IDENTITY
    verdict = evaluate([document(said)], kind, REQUEST)
    assert (verdict.allows, verdict.denies) == (concerns and effect == "Allow", concerns and effect == "Deny")


@pytest.mark.parametrize(
    ("operator", "pattern", "holds"),
    [
        ("ArnLike", "arn:aws:iam::*:user/*", True),
        ("ArnLike", "arn:aws:iam::*:role/*", False),
        ("ArnLike", "arn:aws:iam:*", True),
        ("ArnLike", "arn:aws:iam::1111*", False),
        ("ArnLike", "arn:aws:iam", False),
        ("ArnEquals", "arn:aws:iam::*:user/j?ne", True),
        ("ArnEquals", "arn:aws:iam::*:user/j?e", False),
        ("ArnNotEquals", USER, False),
        ("ArnNotEquals", f"{USER}x", True),
        ("ArnNotLike", "arn:aws:iam::*:user/*", False),
        ("ArnNotLike", "arn:aws:iam::*:role/*", True),
    ],
)
def test_arns_in_conditions(operator, pattern, holds):
    request = REQUEST._replace(context={"aws:principalarn": USER})
    statement = {**ALLOW, "Condition": {operator: {"aws:PrincipalArn": pattern}}}
    assert evaluate([document(statement)], Kind.IDENTITY, request).allows == holds


def test_all_keys_of_an_operator_are_evaluated():
    both = {"sts:ExternalId": "Acme-1", "aws:SecureTransport": "false"}
    assert not evaluate([document({**ALLOW, "Condition": {"StringEquals": both}})], Kind.IDENTITY, REQUEST).allows


def test_only_account_ids_of_aws_principals_become_root_arns():
    request = REQUEST._replace(names=frozenset({("Federated", "111122223333")}))
    statement = {**ALLOW, "Principal": {"Federated": "111122223333"}}
    assert evaluate([document(statement)], Kind.RESOURCE, request).allows


def test_a_resource_may_have_colons_in_its_last_part():
    request = REQUEST._replace(resource=f"{DOMAIN}:a:b")
    assert evaluate([document({**ALLOW, "Resource": f"{DOMAIN}:*"})], Kind.IDENTITY, request).allows


def test_a_single_statement_needs_no_list():
    assert evaluate([json.dumps({"Statement": ALLOW})], Kind.IDENTITY, REQUEST).allows


def test_all_documents_are_evaluated():
    deny = {**ALLOW, "Effect": "Deny"}
    assert evaluate([], Kind.IDENTITY, REQUEST) == (False, False)
    assert evaluate([document(deny), document(ALLOW)], Kind.IDENTITY, REQUEST) == (True, True)


def test_an_account_id_means_the_account_root():
    request = REQUEST._replace(names=frozenset({("AWS", "arn:aws:iam::111122223333:root")}))
    assert evaluate([document({**ALLOW, "Principal": {"AWS": "111122223333"}})], Kind.RESOURCE, request).allows


def test_a_request_without_resource_matches_only_a_star():
    request = REQUEST._replace(resource="*")
    assert evaluate([document(ALLOW)], Kind.IDENTITY, request).allows
    assert not evaluate([document({**ALLOW, "Resource": "arn:aws:*"})], Kind.IDENTITY, request).allows


IDENTITY, TRUST, RESOURCE = Kind.IDENTITY, Kind.TRUST, Kind.RESOURCE
ASSUME = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
SHARE = {**ALLOW, "Principal": "*"}


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (IDENTITY, "", "Expecting value"),
        (IDENTITY, "[" * 100_000, "nested too deeply"),
        (IDENTITY, "[]", "an object with a Statement"),
        (IDENTITY, "{}", "an object with a Statement"),
        (IDENTITY, document(), "an object with a Statement"),
        (IDENTITY, '{"Version": "1999", "Statement": [1]}', "the Version must be 2012-10-17"),
        (IDENTITY, '{"Statements": [], "Statement": [1]}', "unknown element Statements"),
        (IDENTITY, '{"Statement": [1]}', "Effect Allow or Deny"),
        (IDENTITY, document({**ALLOW, "Effect": "allow"}), "Effect Allow or Deny"),
        (IDENTITY, document({"Effect": "Allow", "Resource": "*"}), "either Action or NotAction"),
        (IDENTITY, document({**ALLOW, "NotAction": "x"}), "either Action or NotAction"),
        (IDENTITY, document({**ALLOW, "NotResource": "x"}), "either Resource or NotResource"),
        (IDENTITY, document({**ALLOW, "Ressource": "x"}), "unknown element Ressource"),
        (IDENTITY, document({**ALLOW, "NotPrincipal": "x"}), "unknown element NotPrincipal"),
        (IDENTITY, document({"Effect": "Allow", "Action": "*"}), "has a Resource"),
        (IDENTITY, document(SHARE), "has no Principal"),
        (RESOURCE, document(ALLOW), "has a Principal"),
        (RESOURCE, document(ASSUME), "has a Resource"),
        (TRUST, document(SHARE), "has no Resource"),
        (TRUST, document({"Effect": "Allow", "Action": "sts:AssumeRole"}), "has a Principal"),
        (RESOURCE, document({**SHARE, "Principal": USER}), "Principal and Condition must be objects"),
        (RESOURCE, document({**SHARE, "Principal": {"Foo": USER}}), "invalid type of Principal 'Foo'"),
        (
            RESOURCE,
            document({**SHARE, "Principal": {"AWS": "user/*"}}),
            "invalid Principal 'user/\\*'; expected: an account, or the ARN",
        ),
        (
            RESOURCE,
            document({**SHARE, "Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}}),
            "invalid Principal 'arn:aws:iam::111122223333:user/\\*'",
        ),
        (IDENTITY, document({**ALLOW, "Action": []}), "expected strings, or lists of strings"),
        (IDENTITY, document({**ALLOW, "Action": [1]}), "expected strings, or lists of strings"),
        (IDENTITY, document({**ALLOW, "Action": "whatever"}), "invalid action 'whatever'; expected: SERVICE:OPERATION"),
        (IDENTITY, document({**ALLOW, "Resource": "acme"}), "invalid resource 'acme'; expected: an ARN"),
        (IDENTITY, document({**ALLOW, "Resource": "arn:${aws:PrincipalAccount}"}), "policy variables"),
        (IDENTITY, document({**ALLOW, "Resource": ["arn:aws:*", "arn:${aws:PrincipalAccount}"]}), "policy variables"),
        (IDENTITY, document({**ALLOW, "Condition": {"NumericEquals": {"x": "1"}}}), "NumericEquals is not known"),
        (IDENTITY, document({**ALLOW, "Condition": {"Some:StringEquals": {"x": "1"}}}), "Some:StringEquals is not kn"),
        (IDENTITY, document({**ALLOW, "Condition": {"StringEquals": {"aws:username": "x"}}}), "aws:username is not"),
        (IDENTITY, document({**ALLOW, "Condition": {"StringEquals": "x"}}), "Principal and Condition must be objects"),
        (
            IDENTITY,
            document({**ALLOW, "Condition": {"StringEquals": {"sts:ExternalId": [{}]}}}),
            "expected strings, or lists",
        ),
    ],
    ids=lambda value: value[-60:] if isinstance(value, str) else "",
)
def test_invalid_policies(kind, text, message):
    with pytest.raises(ValueError, match=message):
        parse(text, kind)


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        (IDENTITY, ALLOW),
        (TRUST, ASSUME),
        (RESOURCE, SHARE),
        (TRUST, {**ASSUME, "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}}}),
        (TRUST, {**ASSUME, "Condition": {"StringLike": {"gitlab.acme.example/path:aud": "x"}}}),
        (TRUST, {**ASSUME, "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/reader/me"}}),
    ],
)
def test_valid_policies(kind, statement):
    assert len(parse(document(statement), kind)) == 1


def test_the_time_to_match_a_pattern_is_not_exponential():
    """A regular expression would try all ways to split the text, and block the emulator."""
    pattern = {**ALLOW, "Resource": DOMAIN.replace("acme", "*a" * 20 + "*b")}
    request = REQUEST._replace(resource=DOMAIN.replace("acme", "a" * 2000))
    assert not evaluate([document(pattern)], Kind.IDENTITY, request).allows
    assert evaluate([document(pattern)], Kind.IDENTITY, request._replace(resource=f"{request.resource}b")).allows
