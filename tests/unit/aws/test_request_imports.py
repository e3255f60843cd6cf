"""The thread of a request to AWS imports nothing."""

import socket
import subprocess
import sys

import pytest

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/"
ROLE = "arn:aws:iam::111122223333:role/reader"
KEYS = "aws_access_key_id = AKIASECTION\naws_secret_access_key = MARKED\n"

# Prints the modules that the thread of a request imports, and then the error.
IMPORTS = """
import os, sys, threading
from keyrings.codeartifact.aws.client import Client
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import CodeArtifactError
from keyrings.codeartifact.index_url import parse_repository

class Finder:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is not threading.main_thread():
            print(name)

sys.meta_path.insert(0, Finder())
repository = parse_repository(sys.argv[1])
try:
    token = Client(repository, resolve(repository, os.environ), os.environ).get_token()
    print("END", "token" if token.value else "")
except CodeArtifactError as error:
    print("END", error.cause)
"""


def imported(environ, url):
    """Return the modules that the thread of a request imports in a process with this environment, and its result."""
    done = subprocess.run([sys.executable, "-c", IMPORTS, url], env=environ, capture_output=True, text=True, check=True)
    modules, _, result = done.stdout.rpartition("END ")
    return modules.split(), result.strip()


def test_the_thread_of_a_request_imports_nothing(codeartifact_environment, codeartifact_index_url):
    """A fork during an import would leave the child with a module half imported."""
    assert imported(codeartifact_environment, codeartifact_index_url) == ([], "token")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(KEYS, id="keys"),
        pytest.param(f"{KEYS}role_arn = {ROLE}\n", id="role"),
        pytest.param("profile_name = keys\n", id="profile"),
        pytest.param("profile_name = role\n", id="profile with a role"),
        pytest.param("profile_name = process\n", id="profile with a credential_process"),
        pytest.param("profile_name = web\n", id="profile with a web identity"),
        pytest.param(f"role_arn = {ROLE}\noidc_token_variable = TOKEN\n", id="OIDC"),
    ],
)
def test_the_thread_of_a_failing_request_imports_nothing(tmp_path, text):
    (tmp_path / "token").write_text("e30.e30.x")
    script = '{"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "MARKED"}'
    (tmp_path / "config").write_text(
        f"[profile keys]\n{KEYS}"
        f"[profile role]\nrole_arn = {ROLE}\nsource_profile = keys\n"
        f"[profile process]\ncredential_process = echo '{script}'\n"
        f"[profile web]\nrole_arn = {ROLE}\nweb_identity_token_file = {tmp_path / 'token'}\n"
    )
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        environ = {
            "CODEARTIFACT_CONFIG": f"[codeartifact]\n{text}max_attempts = 1\n",
            "CODEARTIFACT_ENDPOINT_URL": endpoint,
            "CODEARTIFACT_STS_ENDPOINT_URL": endpoint,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "TOKEN": "e30.e30.x",
        }
        assert imported(environ, URL) == ([], f"cannot connect to {endpoint}")
