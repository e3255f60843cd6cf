"""Nothing is imported before it is needed.  Each case is a process of its own."""

import os
import subprocess
import sys

import pytest

HEAVY = ("boto3", "botocore", "moto", "yaml", "trustme")
URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"


def imported(code, *names, **environ):
    """Return which of these modules ``code`` imports."""
    program = f"{code}\nimport sys\nprint(*(name for name in {names!r} if name in sys.modules), file=sys.stderr)"
    environ |= {"SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}  # without it, Windows starts no Python
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    return done.stderr.splitlines()[-1].split()


def lookup(service, username):
    return (
        "from keyrings.codeartifact import lookup\n"
        f"assert lookup.find_token({service!r}, {username!r}, {{}}, is_command=False) is None"
    )


def test_the_package_imports_not_even_keyring():
    assert imported("import keyrings.codeartifact", "keyring", "configparser", "logging", *HEAVY) == []


def test_the_backend_imports_keyring_and_nothing_heavy():
    assert imported("import keyrings.codeartifact.backend", "keyring", *HEAVY) == ["keyring"]


def test_the_name_that_keyring_is_configured_with_is_the_backend():
    code = (
        "from keyrings.codeartifact import CodeArtifactBackend\n"
        "from keyrings.codeartifact.backend import CodeArtifactBackend as backend\n"
        "assert CodeArtifactBackend is backend"
    )
    assert imported(code, *HEAVY) == []


def test_any_other_name_is_an_attribute_error():
    imported("import keyrings.codeartifact as package\nassert not hasattr(package, 'Other')")


@pytest.mark.parametrize("service", ["https://example.com/", "http://acme.example/codeartifact/", "system"])
def test_other_services_import_nothing_heavy(service):
    assert imported(lookup(service, "user"), "keyring", "logging", *HEAVY) == []


def test_other_user_names_import_nothing_heavy():
    assert imported(lookup(URL, "__token__"), "keyring", "logging", *HEAVY) == []


@pytest.mark.parametrize("arguments", [["get", URL, "aws"], ["--mode", "creds", "get", URL]])
def test_the_keyring_command_fails_without_importing_keyring(arguments):
    code = (
        "import sys\nfrom keyrings.codeartifact.cli import keyring\n"
        f"sys.argv[1:] = {arguments!r}\nassert keyring.main() == 2"
    )
    environ = {"CODEARTIFACT_TOKEN_DURATION": "5"}
    assert imported(code, "keyring", *HEAVY, **environ) == []


def test_the_keyring_command_prints_a_token_without_importing_keyring():
    code = (
        "import sys\nfrom keyrings.codeartifact.cli import keyring\n"
        f"sys.argv[1:] = ['get', {URL!r}, 'aws']\nassert keyring.main() == 0"
    )
    environ = {"CODEARTIFACT_AUTH_TOKEN": "a-token", "CODEARTIFACT_INDEX_URL": URL}
    assert imported(code, "keyring", "typing", "logging", "ssl", *HEAVY, **environ) == []


def test_the_commands_import_nothing_heavy_before_they_run():
    assert imported("import keyrings.codeartifact.cli.main", "keyring", *HEAVY) == []
