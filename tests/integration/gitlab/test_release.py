"""The include of a release."""

import hashlib
import subprocess
import sys

import yaml

from support.bundle import FOLDER
from support.project import ROOT

URL = "https://github.com/OWNER/keyrings.codeartifact/releases/download"


def test_it_names_the_version_and_the_hash_of_its_bundle(home, tool, release, tmp_path):
    output = tmp_path / "gitlab-ci" / "codeartifact.yml"
    subprocess.run([sys.executable, FOLDER / "include.py", release.path, output], check=True)
    assert output.read_text() == release.text
    version = home.succeed(tool.bin / "keyrings-codeartifact", "--version").stdout.split()[1]
    spec, _ = yaml.safe_load_all(release.text)
    default = spec["spec"]["inputs"]["bundle-url"]["default"]
    assert default == f"{URL}/v{version}/{release.path.name}"
    assert f"={hashlib.sha256(release.path.read_bytes()).hexdigest()}\n" in release.before_script
    assert f" {version} " in release.before_script


def test_how_it_is_made():
    make = ["make", "--dry-run", "--always-make", "--no-print-directory", "include"]
    *_, last = subprocess.run(make, check=True, capture_output=True, text=True, cwd=ROOT).stdout.splitlines()
    assert last.endswith(" bundle/include.py dist/keyrings-codeartifact.pyz dist/gitlab-ci/codeartifact.yml")
