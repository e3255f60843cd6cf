"""What the AWS default chain finds, as far as variables and AWS' files tell; botocore finds the same."""

import os

import pytest
from botocore.credentials import create_credential_resolver
from botocore.session import Session

from keyrings.codeartifact.config.default_chain import describe

KEYS = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = MARKED\n"
ROLE = "role_arn = arn:aws:iam::111122223333:role/x\n"
INSTANCE = "the role of the EC2 instance, if this machine is one, else no credentials"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "MARKED"}
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/x"}


# With the method of the credentials that botocore finds, None where it would send a request.
@pytest.mark.parametrize(
    ("config", "credentials", "environ", "words", "method"),
    [
        ("", "", {}, INSTANCE, None),
        ("", "", {"AWS_EC2_METADATA_DISABLED": "true"}, "no credentials", "none"),
        ("", f"[default]\n{KEYS}", {}, "profile 'default', which has an access key", "shared-credentials-file"),
        (f"[profile team]\n{KEYS}", "", {"AWS_PROFILE": "team"}, "profile 'team', which has an access key", "config-file"),
        (f"[default]\n{KEYS}", "", ENVIRONMENT, "the access key in AWS_ACCESS_KEY_ID", "env"),
        (f"[default]\n{ROLE}source_profile = default\n{KEYS}", "", {}, "profile 'default', with a role", "assume-role"),
        (f"[default]\n{ROLE}web_identity_token_file = /x\n", "", {}, "profile 'default', with a role with a web identity", "assume-role-with-web-identity"),
        (f"[default]\n{KEYS}", "", WEB, "the role in AWS_ROLE_ARN, with AWS_WEB_IDENTITY_TOKEN_FILE", "assume-role-with-web-identity"),
        (f"[default]\n{ROLE}source_profile = default\n{KEYS}", "", WEB, "profile 'default', with a role", "assume-role"),
        ("[default]\ncredential_process = echo\n", "", {}, "profile 'default', which has a credential_process", None),
        ("[default]\nsso_session = x\n", "", {}, "profile 'default', which has an SSO session", None),
        ("[default]\nregion = us-east-1\n", "", {}, INSTANCE, None),
        ("", "", {"AWS_PROFILE": "gone"}, "profile 'gone' of AWS_PROFILE, which does not exist", None),
        ("", "", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1"}, "the role of the container, from AWS_CONTAINER_CREDENTIALS_FULL_URI", None),
        (f"[default]\n{KEYS}", "", {**ENVIRONMENT, "AWS_PROFILE": "gone"}, "profile 'gone' of AWS_PROFILE, which does not exist", None),
        ("[profile empty]\n", "", {"AWS_PROFILE": "empty"}, INSTANCE, None),
        ("no section\n", "", {}, INSTANCE, None),
    ],
)  # fmt: skip
def test_what_is_found(tmp_path, monkeypatch, config, credentials, environ, words, method):
    paths = {}
    for variable, text in (("AWS_CONFIG_FILE", config), ("AWS_SHARED_CREDENTIALS_FILE", credentials)):
        paths[variable] = str(tmp_path / variable)
        (tmp_path / variable).write_text(text)
    assert describe({**paths, **environ}) == words
    assert "MARKED" not in words
    if method:
        for name, value in {**paths, **environ}.items():
            monkeypatch.setenv(name, value)
        found = create_credential_resolver(Session()).load_credentials()
        assert (found.method if found else "none") == method


def test_a_pipe_is_not_read(tmp_path):
    """What it holds is for botocore, which reads it after that; one without a writer would block."""
    os.mkfifo(tmp_path / "pipe")
    reader, writer = os.pipe()
    try:
        os.write(writer, f"[default]\n{KEYS}".encode())
        files = {"AWS_CONFIG_FILE": f"/dev/fd/{reader}", "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "pipe")}
        assert describe(files) == INSTANCE
        assert os.read(reader, 9) == b"[default]"
    finally:
        os.close(reader)
        os.close(writer)
