"""What is installed is pinned, and written down for who looks for it by machine."""

import json
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from support.server import running

ROOT = Path(__file__).parents[2]


def test_the_bill_of_materials(tmp_path):
    """Every pin of the bundle's, with the hashes by which pip takes it."""
    subprocess.run(["make", "--silent", "--old-file=.venv/tools", "sbom", f"SBOM={tmp_path}"], cwd=ROOT, check=True)
    [path] = tmp_path.iterdir()
    bill = json.loads(path.read_text())
    found = {
        (one["name"], one["version"], digest["content"])
        for one in bill["components"]
        for reference in one["externalReferences"]
        for digest in reference["hashes"]
    }
    pins = (ROOT / "bundle" / "requirements.txt").read_text()
    pinned = re.findall(r"^([a-z0-9-]+)==([^ ]+)((?:.*\\\n)+.*)", pins, re.MULTILINE)
    assert found == {
        (name, version, digest)
        for name, version, hashes in pinned
        for digest in re.findall("sha256:([0-9a-f]+)", hashes)
    }
    assert bill["metadata"]["component"]["name"] == "keyrings.codeartifact"


@pytest.fixture
def database():
    """A database of vulnerabilities, in which there is one in a version of some packages."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            package = asked["package"]
            name = package.get("name") or package["purl"]
            found = [f"TEST-{one}" for one in server.vulnerable if one in name]
            affected = {"package": {"name": name, "ecosystem": "PyPI"}}
            events = [{"introduced": "0"}, {"fixed": "999"}]
            affected["ranges"] = [{"type": "ECOSYSTEM", "events": events}]
            body = {"vulns": [{"id": one, "affected": [affected]} for one in found]} if found else {}
            content = json.dumps(body).encode() if server.is_up else b"<html>"
            self.send_response(200 if server.is_up else 503)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with running(Handler) as server:
        server.vulnerable, server.is_up = (), True
        yield server


def audit(database, *options, pins=(ROOT / "docker" / "clients.txt",)):
    url = f"http://127.0.0.1:{database.server_port}/v1/query"
    command = [sys.executable, ROOT / "tests" / "audit.py", *pins, "--osv-url", url, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_nothing_is_known_to_be_vulnerable(database):
    done = audit(database)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"audited: none of \d+ pins is known to be vulnerable\n", done.stdout)


@pytest.mark.parametrize("options", [(), ("--if-possible",)])
def test_what_is_vulnerable_is_named(database, options):
    database.vulnerable = ("twine",)
    done = audit(database, *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"twine [\d.]+: TEST-twine, mended in 999\n", done.stderr)


def test_two_files_with_a_package_in_common(database):
    """In two versions: the bundle's is for the oldest Python."""
    done = audit(database, pins=(ROOT / "bundle" / "requirements.txt", ROOT / "docker" / "emulator.txt"))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_that_is_not_there(database):
    done = audit(database, "--if-possible", pins=("gone.txt",))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("error: there is no file gone.txt\n")


@pytest.mark.parametrize(("options", "code"), [((), 3), (("--if-possible",), 0)])
def test_nobody_knows(database, options, code):
    """Which is not the same as nothing, and is said."""
    database.is_up = False
    done = audit(database, *options)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("NOT AUDITED: ")
    assert done.stderr.count("\n") == 1
