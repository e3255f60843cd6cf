"""The ZIP file of the rotation function, as AWS Lambda unpacks and imports it."""

import json
import re
import subprocess
import zipfile

import pytest

from support.bundle import build_function
from support.fleet import STEPS
from support.project import PATIENCE

# As the runtime does: the function's folder comes before what the runtime has itself, and the handler is MODULE.NAME.
RUNTIME = """
import importlib, json, sys
sys.path[:0] = sys.argv[1:3]
handler = importlib.import_module("rotation").handler
for event in json.load(sys.stdin):
    assert handler(event, object()) is None
"""


@pytest.fixture
def call(secret, archive, bare, tmp_path):
    """Return a function that has Lambda call the function with events, and returns how that ended."""
    task, runtime, temporary = (tmp_path / name for name in ("task", "runtime", "tmp"))
    zipfile.ZipFile(archive).extractall(task)
    task.chmod(0o555)
    temporary.mkdir()
    # The runtime's own botocore.
    (runtime / "botocore").mkdir(parents=True)
    (runtime / "botocore" / "__init__.py").write_text("raise SystemExit('not this one')\n")

    def invoke(*events, **environ):
        variables = {name: text for name, text in secret.environ.items() if name != "CODEARTIFACT_CACHE_DIR"}
        return subprocess.run(
            [bare.python, "-c", RUNTIME, task, runtime],
            input=json.dumps(events),
            env=variables | {"AWS_REGION": "eu-west-1", "TMPDIR": str(temporary), "PATH": "/usr/bin:/bin"} | environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return invoke


def test_a_rotation(call, secret, emulator):
    version = secret.begin()
    event = {"SecretId": secret.arn, "ClientRequestToken": version}
    done = call(*({"Step": step, **event} for step in STEPS))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert secret.get()["token"] in emulator.issued_tokens()


def test_what_lambda_logs_of_a_failure(call, secret):
    done = call({"Step": STEPS[0], "SecretId": secret.arn, "ClientRequestToken": secret.begin()}, AWS_ACCESS_KEY_ID="AKIAGONE0000000000001", AWS_SECRET_ACCESS_KEY="MARKED", AWS_SESSION_TOKEN="MARKED")  # fmt: skip
    assert done.returncode == 1
    *_, last = done.stderr.splitlines()
    assert re.fullmatch(r"keyrings\.codeartifact\.errors\.CodeArtifactError: .+; .+ \[CA602\]", last)
    assert "MARKED" not in done.stderr


def test_its_size_and_form(archive):
    content = archive.read_bytes()
    assert content.startswith(b"PK\3\4")
    assert len(content) <= 4_000_000
    assert zipfile.ZipFile(archive).namelist() == ["rotation.py", "create.py", "packages.tar.gz"]


def test_another_build_is_equal(built_bundle, archive, tmp_path):
    environ = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    other = build_function(built_bundle, tmp_path / "other.zip", cwd=tmp_path, env=environ, umask=0o077)
    assert other.read_bytes() == archive.read_bytes()
