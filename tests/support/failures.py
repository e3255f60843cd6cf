"""Identities that fail, and the one line that a failure is."""

import re

from support.commands import CODE
from support.seed import RELEASE

INDEX = f"{RELEASE}/simple/"
ASK = "GetAuthorizationToken"
DOMAIN = "CodeArtifact domain 'acme' (owner 111122223333) in us-east-1"
DOMAIN_PATTERN = re.escape(DOMAIN)
KEYS = "aws_access_key_id = AKIASECTION000000001\naws_secret_access_key = MARKED-secret\naws_session_token = MARKED-token\n"
ROLE = "arn:aws:iam::111122223333:role/reader"
AWS_CONFIG = f"""
[profile process]
credential_process = sh -c 'echo MARKED-secret >&2; exit 1'
[profile hanging]
credential_process = sleep 5
[profile base]
aws_access_key_id = AKIABASE000000000001
aws_secret_access_key = MARKED-secret
[profile mfa]
role_arn = {ROLE}
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/jane
[profile above]
role_arn = {ROLE}
source_profile = mfa
"""


def assert_one_line(done, message):
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert re.fullmatch(rf"(?:codeartifact-keyring: error: )?{message} {CODE}\n", done.stderr), done.stderr
    assert "MARKED" not in done.stderr
