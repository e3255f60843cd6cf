"""A job of GitLab CI: who vouches for it, and what AWS makes of it."""

import json

from support.pages import IAM

ACCOUNT, PARTNER = "888899990000", "888800001111"
ISSUER = "https://gitlab.com"
SUBJECT = "project_path:acme/tools:ref_type:branch:ref:main"
AUDIENCE = "sts.amazonaws.com"
URL = f"https://fleet-{ACCOUNT}.d.codeartifact.us-east-1.amazonaws.com/pypi"
INDEX = f"{URL}/release/simple/"
OTHER = f"https://dock-{PARTNER}.d.codeartifact.eu-west-1.amazonaws.com/pypi/shared/simple/"
ROLE, OTHER_ROLE = (f"arn:aws:iam::{account}:role/gitlab" for account in (ACCOUNT, PARTNER))


def _role(account, name="gitlab", actions=("codeartifact:*", "sts:GetServiceBearerToken")):
    return {
        "name": name,
        "account": account,
        "trust": {
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/gitlab.com"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringLike": {"gitlab.com:sub": "project_path:acme/*"}},
            }
        },
        "policies": [
            {
                "Statement": {
                    "Effect": "Allow",
                    "Action": [*actions],
                    "Resource": "*",
                }
            }
        ],
    }


def _domain(name, owner, region, *repositories):
    return {"name": name, "owner": owner, "region": region, "repositories": [*repositories]}


SEED = {
    "domains": [
        _domain("fleet", ACCOUNT, "us-east-1", {"name": "release", "packages": ["fleet_tools-*.whl"]}),
        _domain("dock", PARTNER, "eu-west-1", {"name": "shared", "packages": ["dock_tools-*.whl"]}),
    ],
    "roles": [
        # As the pages have it, for their own repository.
        {
            "name": "gitlab",
            "account": "111122223333",
            "trust": json.loads(IAM.block("gitlab")),
            "policies": [json.loads(IAM.block("reading")), json.loads(IAM.block("publishing"))],
        },
        _role(ACCOUNT),
        _role(ACCOUNT, "secret-reader", ("secretsmanager:GetSecretValue",)),
        _role(PARTNER),
    ],
    "identity_providers": [
        {"account": account, "issuer": ISSUER, "audiences": [AUDIENCE, "https://gitlab.com"]}
        for account in (ACCOUNT, PARTNER, "111122223333")
    ],
}
