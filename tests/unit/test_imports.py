"""What an import costs: nothing is loaded before it is needed.  Each case is a fresh process."""

import os
import subprocess
import sys

import pytest

HEAVY = ("boto3", "botocore", "moto", "yaml", "trustme")
URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"


def loaded(code, *names, **environ):
    """Return which of these modules ``code`` loads."""
    ask = f"{code}\nimport sys\nprint(*(name for name in {names!r} if name in sys.modules), file=sys.stderr)"
    environ |= {"SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}  # without it, Windows starts no Python
    done = subprocess.run([sys.executable, "-c", ask], env=environ, capture_output=True, text=True, check=True)
    return done.stderr.splitlines()[-1].split()


def test_the_package_loads_not_even_keyring():
    assert loaded("import keyrings.codeartifact", "keyring", "configparser", "logging", *HEAVY) == []


def test_the_backend_loads_keyring_and_nothing_heavy():
    assert loaded("import keyrings.codeartifact.backend", "keyring", *HEAVY) == ["keyring"]


def test_the_name_that_keyring_is_configured_with_is_the_backend():
    code = (
        "from keyrings.codeartifact import CodeArtifactBackend\n"
        "from keyrings.codeartifact.backend import CodeArtifactBackend as backend\n"
        "assert CodeArtifactBackend is backend"
    )
    assert loaded(code, *HEAVY) == []


def test_any_other_name_is_an_attribute_error():
    loaded("import keyrings.codeartifact as package\nassert not hasattr(package, 'Other')")


@pytest.mark.parametrize("service", ["https://example.com/", "http://acme.example/codeartifact/", "system"])
def test_a_service_of_others_loads_nothing_heavy(service):
    code = f"from keyrings.codeartifact.lookup import find\nassert find({service!r}, 'user') is None"
    assert loaded(code, "keyring", "logging", *HEAVY) == []


def test_a_user_of_others_loads_nothing_heavy():
    code = f"from keyrings.codeartifact.lookup import find\nassert find({URL!r}, '__token__') is None"
    assert loaded(code, "keyring", "logging", *HEAVY) == []


@pytest.mark.parametrize("arguments", [["get", URL, "aws"], ["--mode", "creds", "get", URL]])
def test_the_keyring_command_answers_without_keyring(arguments):
    code = (
        "import sys\nfrom keyrings.codeartifact.cli import keyring_get as keyring_cli\n"
        f"sys.argv[1:] = {arguments!r}\nassert keyring_cli.main() == 2"
    )
    environ = {"CODEARTIFACT_TOKEN_DURATION": "5"}
    assert loaded(code, "keyring", *HEAVY, **environ) == []


def test_the_commands_load_nothing_heavy_before_they_run():
    assert loaded("import keyrings.codeartifact.cli.main", "keyring", *HEAVY) == []
