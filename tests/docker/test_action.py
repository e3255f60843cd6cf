"""The action's step in a job's container, such as `container: python:3.13`."""

import json
import os

import pytest
import yaml

from support.containers import KEYS, PYTHON_IMAGE, RELEASE, ROOT

ACTION = yaml.safe_load((ROOT / "github-actions" / "action.yml").read_text())
# As the runner hands variables and PATH on to the next step.
NEXT_STEP = 'set -a; . "$GITHUB_ENV"; PATH="$(cat "$GITHUB_PATH"):$PATH"; set +a'


@pytest.mark.parametrize("owner", [1001, 0], ids=["the runner's temporary folder", "its own"])
def test_a_job_in_a_container(network, calls, tmp_path, owner):
    """Its user is root, and the folder that the runner mounts belongs to another."""
    os.chmod(tmp_path, 0o755)
    if os.geteuid() == 0:
        os.chown(tmp_path, owner, owner)
    action = ROOT / "dist" / "action"
    files = {f"GITHUB_{name}": f"/__w/_temp/{name}" for name in ("ENV", "OUTPUT", "PATH")}
    step = ACTION["runs"]["steps"][0]["run"]
    install = "pip install --quiet --root-user-action ignore acme-tools; python3 -c 'import acme_tools'"
    said = network.succeed(
        *("bash", "-euo", "pipefail", "-c", f"({step})\n{NEXT_STEP}\n{install}\ncommand -v keyring"),
        options=("--volume", f"{action}:/action:ro", "--volume", f"{tmp_path}:/__w/_temp"),
        image=PYTHON_IMAGE,
        GITHUB_ACTION_PATH="/action",
        INPUTS=json.dumps({"index-url": f"{RELEASE}/simple/", "check": "true"}),
        RUNNER_TEMP="/__w/_temp",
        **files,
        **KEYS,
    )
    assert said.endswith("\n/__w/_temp/keyrings-codeartifact/commands/keyring\n")
    assert calls() == 1
