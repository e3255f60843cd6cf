"""IAM policies that are missing where AWS denies access."""

import json
from typing import Any

from keyrings.codeartifact.aws.oidc import Claims
from keyrings.codeartifact.models import Repository, Role


def identity_policy(repository: Repository) -> str:
    """Return the policy, in JSON, of an identity that installs from ``repository``.

    Source: CodeArtifact User Guide, "AWS CodeArtifact authentication and tokens".
    """
    domain, domain_owner, region, name = repository
    arn = f"arn:aws:codeartifact:{region}:{domain_owner}"
    service = {"StringEquals": {"sts:AWSServiceName": "codeartifact.amazonaws.com"}}
    read = ["codeartifact:GetRepositoryEndpoint", "codeartifact:ReadFromRepository"]
    return _document(
        {"Effect": "Allow", "Action": "codeartifact:GetAuthorizationToken", "Resource": f"{arn}:domain/{domain}"},
        {"Effect": "Allow", "Action": "sts:GetServiceBearerToken", "Resource": "*", "Condition": service},
        {"Effect": "Allow", "Action": read, "Resource": f"{arn}:repository/{domain}/{name or '*'}"},
    )


def secret_policy(secret: str) -> str:
    """Return the policy, in JSON, of an identity that reads the shared token in ``secret`` (an ARN).

    Source: Secrets Manager User Guide, "Secret encryption and decryption", for the encryption context.
    """
    _, partition, _, region, account, _ = secret.split(":", 5)
    keys = {
        "kms:ViaService": f"secretsmanager.{region}.amazonaws.com",
        "kms:EncryptionContext:SecretARN": secret,
    }
    key = f"arn:{partition}:kms:{region}:{account}:key/*"
    return _document(
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": {"StringEquals": keys}},
    )


def trust_policy(role: Role, claims: Claims) -> str:
    """Return the trust policy, in JSON, with which ``role`` is assumed with an OIDC token of these claims.

    Source: IAM User Guide, "Create a role for OpenID Connect federation".
    """
    provider = claims.issuer.removeprefix("https://")
    account = role.arn.split(":")[4]
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{provider}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{provider}:aud": claims.audience, f"{provider}:sub": claims.subject}},
        }
    )


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
