"""The policies that doctor shows where AWS denies access."""

import json

import pytest

from keyrings.codeartifact.aws.oidc import Claims
from keyrings.codeartifact.doctor.policy import identity_policy, trust_policy
from keyrings.codeartifact.models import Repository, Role

ACME = Repository("acme", "111122223333", "us-east-1")


@pytest.mark.parametrize(("name", "resource"), [("release", "release"), (None, "*")])
def test_the_policy_of_an_identity(name, resource):
    arn = "arn:aws:codeartifact:us-east-1:111122223333"
    assert json.loads(identity_policy(ACME._replace(name=name))) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "codeartifact:GetAuthorizationToken", "Resource": f"{arn}:domain/acme"},
            {
                "Effect": "Allow",
                "Action": "sts:GetServiceBearerToken",
                "Resource": "*",
                "Condition": {"StringEquals": {"sts:AWSServiceName": "codeartifact.amazonaws.com"}},
            },
            {
                "Effect": "Allow",
                "Action": ["codeartifact:GetRepositoryEndpoint", "codeartifact:ReadFromRepository"],
                "Resource": f"{arn}:repository/acme/{resource}",
            },
        ],
    }


@pytest.mark.parametrize("issuer", ["https://gitlab.example/path", "gitlab.example/path"])
def test_the_trust_policy_of_a_role(issuer):
    role = Role("arn:aws:iam::444455556666:role/path/ci", "me", None)
    assert json.loads(trust_policy(role, Claims(issuer, "repo:acme/tools", "sts.amazonaws.com"))) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": "arn:aws:iam::444455556666:oidc-provider/gitlab.example/path"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        "gitlab.example/path:aud": "sts.amazonaws.com",
                        "gitlab.example/path:sub": "repo:acme/tools",
                    }
                },
            }
        ],
    }


def test_a_policy_is_laid_out_for_pasting():
    assert identity_policy(ACME).startswith('{\n  "Version"')
