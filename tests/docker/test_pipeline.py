"""GitLab's include on the image, run by `gitlab-ci-local` in a container."""

import json
import os
import shutil
import subprocess
import urllib.request
from urllib.parse import urlencode

import pytest

from support.containers import IMAGE, PATIENCE, RELEASE, ROOT, TOKEN

PIPELINE = f"""
include:
  - local: ci/codeartifact.yml
    inputs:
      index-url: {RELEASE}/simple/
      role-to-assume: arn:aws:iam::111122223333:role/gitlab
      image: {IMAGE}
      install-check: true
test:
  extends: .codeartifact
  script:
    - pip install --quiet --target packages acme-tools
    - uv venv --quiet && uv pip install --quiet acme-tools
    - echo "FOUND $(ls packages/acme_tools.py) by $(command -v keyring)"
"""


@pytest.fixture
def id_token(network):
    """A token as GitLab would mint it for the job."""
    query = urlencode(
        {"issuer": "https://gitlab.com", "subject": "project_path:acme/tools", "audience": "sts.amazonaws.com"}
    )
    request = urllib.request.Request(
        f"{network.proxy_url}/_emulator/identity-token?{query}", headers={"Authorization": "bearer any"}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
        return json.load(answer)["value"]


def test_a_pipeline_on_the_image(network, id_token, calls, tmp_path):
    (tmp_path / "ci").mkdir()
    shutil.copy(ROOT / "gitlab-ci" / "codeartifact.yml", tmp_path / "ci")
    (tmp_path / ".gitlab-ci.yml").write_text(PIPELINE)
    git = ("git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@acme.example")
    for words in (
        ("init", "--quiet"),
        ("remote", "add", "origin", "git@gitlab.com:acme/tools.git"),
        ("add", "."),
        ("commit", "--quiet", "--message", "x"),
    ):
        subprocess.run([*git, *words], check=True)
    variables = dict.fromkeys(("AWS_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE"), "/ca/ca.pem") | {
        "CODEARTIFACT_ID_TOKEN": id_token
    }
    command = [ROOT / ".venv" / "node" / "node_modules" / ".bin" / "gitlab-ci-local"]
    # There is no other image here to copy the project's files with.
    command += ["--helper-image", IMAGE, "--pull-policy", "if-not-present", "--network", f"{network.project}_default"]
    command += ["--volume", f"{network.project}_ca:/ca:ro"]
    command += [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
    path = os.pathsep.join((str(ROOT / ".venv" / "bin"), os.environ["PATH"]))
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PATH": path, "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    log = done.stdout + done.stderr
    assert done.returncode == 0, log
    assert "FOUND packages/acme_tools.py by /tmp/keyrings-codeartifact-" in log
    assert f"accepts the token: {RELEASE}/simple/" in log
    assert id_token not in log
    assert not TOKEN.search(log)
    # One for each job.
    assert calls() == 2
