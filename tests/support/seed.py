"""The seed of the emulator that integration tests share, and the URLs of its repositories."""

SEED = """
domains:
  - name: acme
    owner: "111122223333"
    region: us-east-1
    repositories: [{name: release, packages: [acme_tools-*.whl]}, {name: staging, packages: [acme_tools-*.whl]}]
  - name: partner
    owner: "444455556666"
    region: eu-west-1
    repositories: [{name: shared, packages: [acme_tools-*.whl]}]
users:
  - {name: chain, account: "111122223333", access_key_id: AKIACHAIN00000000001, secret_access_key: chain-s3cret}
"""
# Whatever holds one of these is a key's secret, a session's token or the like.
SECRETS = ("MARKED", "s3cret")
ACME = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi"
PARTNER = "https://partner-444455556666.d.codeartifact.eu-west-1.amazonaws.com/pypi"
HOST = ACME.split("/")[2]
DUAL_STACK = "acme-111122223333.codeartifact.us-east-1.on.aws"
VPC = "vpce-0f1e2d3c.d.codeartifact.us-east-1.vpce.amazonaws.com"
PAGE = "/pypi/release/simple/acme-tools/"
RELEASE = f"{ACME}/release"
STAGING = f"{ACME}/staging"
SHARED = f"{PARTNER}/shared"
INDEX = f"{RELEASE}/simple/"
ASK = "GetAuthorizationToken"
