"""A job of GitHub Actions: who vouches for it, and what AWS makes of it."""

import json
from urllib.parse import quote

from support.pages import IAM

ACCOUNT = "777788889999"
ASK = "GetAuthorizationToken"
ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:acme/tools:ref:refs/heads/main"
URL = f"https://crew-{ACCOUNT}.d.codeartifact.us-east-1.amazonaws.com/pypi"
INDEX = f"{URL}/release/simple/"
OTHER = "https://band-777700001111.d.codeartifact.eu-west-1.amazonaws.com/pypi/shared/simple/"
ROLE, OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci", "arn:aws:iam::777700001111:role/ci"
_PROVIDER = ISSUER.removeprefix("https://")


def _role(account, name="ci", actions=("codeartifact:*", "sts:GetServiceBearerToken")):
    return {
        "name": name,
        "account": account,
        "trust": {
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{_PROVIDER}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{_PROVIDER}:aud": "sts.amazonaws.com"},
                    "StringLike": {f"{_PROVIDER}:sub": "repo:acme/*"},
                },
            }
        },
        "policies": [{"Statement": {"Effect": "Allow", "Action": [*actions], "Resource": "*"}}] if actions else [],
    }


SEED = {
    "domains": [
        {
            "name": "crew",
            "owner": ACCOUNT,
            "region": "us-east-1",
            "repositories": [{"name": "release", "packages": ["crew_tools-*.whl"]}, {"name": "staging"}],
        },
        {
            "name": "band",
            "owner": "777700001111",
            "region": "eu-west-1",
            "repositories": [{"name": "shared", "packages": ["band_tools-*.whl"]}],
        },
    ],
    "roles": [
        # As the pages have it, for their own repository.
        {
            "name": "github",
            "account": "111122223333",
            "trust": json.loads(IAM.block("github")),
            "policies": [json.loads(IAM.block("reading")), json.loads(IAM.block("publishing"))],
        },
        _role("444455556666", "partner-of-acme"),
        _role(ACCOUNT),
        _role("777700001111"),
        _role(ACCOUNT, "powerless", ()),
        _role(ACCOUNT, "secret-reader", ("secretsmanager:GetSecretValue",)),
    ],
    "identity_providers": [
        {"account": account, "issuer": ISSUER, "audiences": ["sts.amazonaws.com", "other"]}
        for account in (ACCOUNT, "777700001111", "111122223333", "444455556666")
    ],
}


def runner(emulator, subject=SUBJECT):
    """Return the variables by which GitHub's runner gives a job its OIDC tokens."""
    query = f"issuer={quote(ISSUER, safe='')}&subject={quote(subject, safe='')}"
    return {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{emulator.proxy_url}/_emulator/identity-token?{query}",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "MARKED-runner",
    }
