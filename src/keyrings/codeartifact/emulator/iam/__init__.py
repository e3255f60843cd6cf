"""IAM and STS: identities, signatures, OIDC tokens, and policy evaluation."""
