"""A domain whose users, roles and policies are as on AWS: who may what, and the errors that say so."""

import pytest
from botocore.exceptions import ClientError

GITHUB, GITLAB = "https://token.actions.githubusercontent.com", "https://gitlab.com"
CI = "arn:aws:iam::111122223333:role/ci"
PARTNER_ROLE = "arn:aws:iam::111122223333:role/for-partner"


def user(name, *statements, account="111122223333"):
    """A user whose key ends with their name."""
    key = f"AKIA{name.upper():0>16}"
    policies = [{"Statement": list(statements)}] if statements else []
    keys = {"access_key_id": key, "secret_access_key": f"{name}-s3cret"}
    return {"name": name, "account": account, **keys, "policies": policies}


def keys(name):
    return f"AKIA{name.upper():0>16}", f"{name}-s3cret", None


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


ARN = "arn:aws:codeartifact:us-east-1:111122223333"
TOKEN = allow("codeartifact:GetAuthorizationToken", f"{ARN}:domain/guarded")
BEARER = allow(
    "sts:GetServiceBearerToken", Condition={"StringEquals": {"sts:AWSServiceName": "codeartifact.amazonaws.com"}}
)


READ = allow("codeartifact:ReadFromRepository", f"{ARN}:repository/guarded/*")
PUBLISH = allow("codeartifact:PublishPackageVersion", f"{ARN}:package/guarded/*/pypi//acme-*")
PARTNER = {"AWS": "arn:aws:iam::444455556666:root"}
SEED = {
    "domains": [
        {
            "name": "guarded",
            "owner": "111122223333",
            "region": "us-east-1",
            "policy": {"Statement": [allow("codeartifact:GetAuthorizationToken", Principal=PARTNER)]},
            "repositories": [
                {
                    "name": "open",
                    "packages": ["acme_tools-*.whl"],
                    "policy": {
                        "Statement": [
                            allow("codeartifact:ReadFromRepository", Principal=PARTNER),
                            {
                                **allow("*", Principal={"AWS": "arn:aws:iam::111122223333:user/shunned"}),
                                "Effect": "Deny",
                            },
                        ]
                    },
                },
                {"name": "closed", "packages": ["acme_tools-*.whl"]},
            ],
        }
    ],
    "users": [
        user("reader", TOKEN, BEARER, READ),
        user("shunned", TOKEN, BEARER, READ),
        user("publisher", TOKEN, BEARER, PUBLISH),
        user("nobody"),
        user("nobearer", TOKEN, READ),
        user("wrongbearer", TOKEN, allow("sts:GetServiceBearerToken", Condition={"StringEquals": {"sts:AWSServiceName": "s3"}})),
        user("elsewhere", {**TOKEN, "Resource": f"{ARN}:domain/other"}, BEARER),
        user("denied", allow("*"), {**allow("codeartifact:*"), "Effect": "Deny"}),
        user("admin", allow("*")),
        user("partner", allow("*"), account="444455556666"),
        user("bystander", account="444455556666"),
        user("stranger", allow("*"), account="777788889999"),
        user("trusted"),
    ],
    "roles": [
        {
            "name": "ci",
            "account": "111122223333",
            "trust": {
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{GITHUB.removeprefix('https://')}"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                        "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*:ref:refs/heads/*"},
                    },
                }
            },
            "policies": [{"Statement": [TOKEN, BEARER, READ, allow("sts:AssumeRole")]}],
        },
        {
            "name": "for-partner",
            "account": "111122223333",
            "trust": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": PARTNER,
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"sts:ExternalId": "acme-1"}},
                    },
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": ["arn:aws:iam::111122223333:user/trusted", CI]},
                        "Action": "sts:AssumeRole",
                    },
                ]
            },
            "policies": [{"Statement": [TOKEN, BEARER, READ]}],
        },
    ],
}  # fmt: skip


def refusal(call, *arguments, **parameters):
    """Return code, status and message of the error that a call of boto3's ends with."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    said = caught.value.response
    return said["Error"]["Code"], said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Message"]


def denied(name, action, resource, why, account="111122223333"):
    who = name if name.startswith("arn:") else f"arn:aws:iam::{account}:user/{name}"
    said = f"User: {who} is not authorized to perform: {action} on resource: {resource} {why}"
    return "AccessDeniedException", 403, said


def no(kind, action):
    return f"because no {kind}-based policy allows the {action} action"


ASK, ASKED = "codeartifact:GetAuthorizationToken", f"{ARN}:domain/guarded"
BEARER_TOKEN = "sts:GetServiceBearerToken"
SCOPE = "AWS4-HMAC-SHA256 Credential=AKIACHAIN00000000001/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=x"


def session(answer):
    credentials = answer["Credentials"]
    return credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
