"""The host names that the emulator serves."""

import pytest

from keyrings.codeartifact.emulator.transport.hosts import DataHost, api_host, data_host, is_own, is_runner_host

OWNER = "111122223333"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (f"acme-{OWNER}.d.codeartifact.us-east-1.amazonaws.com", DataHost("us-east-1", "acme", OWNER)),
        (f"acme-{OWNER}.codeartifact.eu-west-1.on.aws", DataHost("eu-west-1", "acme", OWNER)),
        ("vpce-0a1b-2c.d.codeartifact.us-east-1.vpce.amazonaws.com", DataHost("us-east-1", None, None)),
        (f"acme-{OWNER}.d.codeartifact.us-east-1.amazonaws.com.example", None),
        (f"acme-{OWNER[1:]}.d.codeartifact.us-east-1.amazonaws.com", None),
        ("codeartifact.us-east-1.amazonaws.com", None),
    ],
)
def test_data_hosts(host, expected):
    assert data_host(host) == expected
    assert expected is None or (is_own(host) and api_host(host) is None)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("codeartifact.us-east-1.amazonaws.com", ("codeartifact", "us-east-1")),
        ("codeartifact.eu-west-1.api.aws", ("codeartifact", "eu-west-1")),
        ("sts.ap-southeast-2.amazonaws.com", ("sts", "ap-southeast-2")),
        ("sts.amazonaws.com", ("sts", "us-east-1")),
        ("iam.amazonaws.com", ("iam", "us-east-1")),
        ("vpce-0a1b.api.codeartifact.eu-west-1.vpce.amazonaws.com", ("codeartifact", "eu-west-1")),
        ("vpce-0a1b.sts.eu-west-1.vpce.amazonaws.com", ("sts", "eu-west-1")),
        ("secretsmanager.eu-west-1.amazonaws.com", ("secretsmanager", "eu-west-1")),
        ("secretsmanager.amazonaws.com", None),
        ("secretsmanager.eu-west-1.api.aws", None),
        ("iam.us-east-1.amazonaws.com", None),
        ("s3.us-east-1.amazonaws.com", None),
        ("codeartifact.us-east-1.amazonaws.com.", None),
        ("evil-codeartifact.us-east-1.amazonaws.com", None),
    ],
)
def test_api_hosts(host, expected):
    assert api_host(host) == expected
    assert is_own(host) == bool(expected)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("runner.actions.githubusercontent.com", True),
        ("actions.githubusercontent.com", False),
        ("a.b.actions.githubusercontent.com", False),
        ("runner.actions.githubusercontent.com.example", False),
    ],
)
def test_runner_hosts(host, expected):
    assert is_runner_host(host) == is_own(host) == expected
