"""A repository's life with boto3 alone, through the fixtures that other projects use."""

import os
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from keyrings.codeartifact.emulator.index import wheels


def test_from_creating_a_domain_to_deleting_it(codeartifact_client, codeartifact_environment, tmp_path, home):
    client = codeartifact_client
    created = client.create_domain(domain="story")["domain"]
    owner = {"domain": "story", "domainOwner": created["owner"]}
    release = {**owner, "repository": "release"}
    assert client.create_repository(**release, description="a story")["repository"]["name"] == "release"

    endpoint = client.get_repository_endpoint(**release, format="pypi")["repositoryEndpoint"]
    token = client.get_authorization_token(**owner, durationSeconds=900)["authorizationToken"]
    wheel = wheels.build(tmp_path, "story-tools")
    upload = [sys.executable, "-m", "twine", "upload", "--repository-url", endpoint, wheel]
    variables = {**home.environ, **codeartifact_environment, "TWINE_USERNAME": "aws", "TWINE_PASSWORD": token}
    subprocess.run(upload, env=variables, check=True, capture_output=True)

    package = {**release, "format": "pypi", "package": "story-tools"}
    [found] = client.list_packages(**release)["packages"]
    assert found["package"] == "story-tools"
    [version] = client.list_package_versions(**package)["versions"]
    [asset] = client.list_package_version_assets(**package, packageVersion=version["version"])["assets"]
    assert asset["name"] == os.path.basename(wheel)

    deleted = client.delete_package_versions(**package, versions=[version["version"]])
    assert deleted["successfulVersions"][version["version"]]["status"] == "Deleted"
    assert client.delete_repository(**release)["repository"]["name"] == "release"
    assert client.delete_domain(**owner)["domain"]["name"] == "story"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.describe_domain(**owner)


def test_the_session_is_the_first_user_s(codeartifact_session, codeartifact_emulator):
    assert codeartifact_session.region_name == "us-east-1"
    keys = codeartifact_session.get_credentials().get_frozen_credentials()
    user = codeartifact_emulator.seed.users[0]
    assert (keys.access_key, keys.secret_key) == (user.access_key_id, user.secret_access_key)
