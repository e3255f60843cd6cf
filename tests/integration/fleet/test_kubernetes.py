"""A token in a Secret of Kubernetes: what the CronJob does, and how pods see a Secret that is renewed."""

import json
import ssl
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
import trustme
import yaml

from support.commands import error_text, split_error
from support.project import ROOT
from support.seed import ASK, INDEX
from support.server import running

MANIFESTS = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all((ROOT / "docs" / "fleet" / "kubernetes.yaml").read_text())}  # fmt: skip
[ROLE] = [one for (kind, _), one in MANIFESTS.items() if kind == "Role"]
[CRON] = [one for (kind, _), one in MANIFESTS.items() if kind == "CronJob"]
POD = CRON["spec"]["jobTemplate"]["spec"]["template"]["spec"]
[CONTAINER] = POD["containers"]
# A file system of this process alone; /var/run is a link to /run.
MOUNT = "mount -t tmpfs tmpfs /run && mkdir -p /run/secrets/kubernetes.io && cp -r {account} /run/secrets/kubernetes.io/serviceaccount && "


@pytest.fixture
def api():
    """Return a function that serves as Kubernetes' API, with a status or without a response, and gives what it got."""
    authority = trustme.CA()

    @contextmanager
    def serve(status):
        class Handler(BaseHTTPRequestHandler):
            def do_PATCH(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append((self.path, dict(self.headers), json.loads(body)))
                if status:
                    self.send_response(status)
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        got = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        with running(Handler) as server:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            yield str(server.server_port), got

    serve.authority = authority
    return serve


@pytest.fixture
def write(home, tool, api):
    """Return a function that runs the CronJob's container, and returns how it ended."""

    def run(port, ca=api.authority, account_token="MARKED-account", **environ):
        account = home.folder / "account"
        account.mkdir()
        ca.cert_pem.write_to_path(account / "ca.crt")
        (account / "token").write_text(f"{account_token}\n")
        (account / "namespace").write_text("builds\n")
        variables = {one["name"]: one["value"] for one in CONTAINER["env"]}
        variables |= {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port} | environ
        command = " ".join(CONTAINER["command"])
        script = f"{MOUNT.format(account=account)} exec {tool.bin}/{command}"
        return home.run("unshare", "--map-root-user", "--mount", "sh", "-c", script, **variables)

    return run


def test_the_cron_job_writes_the_secret(api, write, emulator):
    with api(200) as (port, got):
        done = write(port)
    assert (done.returncode, done.stdout, done.stderr) == (0, "the Secret codeartifact-token has a new token\n", "")
    [(path, headers, patch)] = got
    [rule] = ROLE["rules"]
    [name] = rule["resourceNames"]
    assert ("Secret", name) in MANIFESTS
    assert (path, rule["resources"], rule["verbs"]) == (
        f"/api/v1/namespaces/builds/secrets/{name}",
        ["secrets"],
        ["patch"],
    )
    assert headers["Authorization"] == "Bearer MARKED-account"
    assert headers["Content-Type"] == "application/merge-patch+json"
    [token] = patch.pop("stringData").values()
    assert patch == {}
    assert token in emulator.issued_tokens()
    assert [entry.params["duration"] for entry in emulator.journal.entries(ASK)] == ["43200"]


def test_the_role_is_that_of_the_pod():
    [binding] = [one for (kind, _), one in MANIFESTS.items() if kind == "RoleBinding"]
    [subject] = binding["subjects"]
    assert binding["roleRef"]["name"] == ROLE["metadata"]["name"]
    assert subject == {"kind": "ServiceAccount", "name": POD["serviceAccountName"]}
    assert ("ServiceAccount", subject["name"]) in MANIFESTS


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (401, "Kubernetes responded with HTTP 401 for the Secret; mount the service account's own token", "CA610"),
        (
            403,
            "Kubernetes responded with HTTP 403 for the Secret; allow the service account the verb patch on that Secret",
            "CA610",
        ),
        (404, "Kubernetes responded with HTTP 404 for the Secret; create it, empty", "CA610"),
        (307, "Kubernetes responded with HTTP 307 for the Secret; try again later", "CA610"),
        (500, "Kubernetes responded with HTTP 500 for the Secret; try again later", "CA610"),
        (0, "the Kubernetes API is unreachable (RemoteDisconnected); check network policies", "CA611"),
    ],
)
def test_a_secret_that_is_not_written(api, write, status, message, code):
    with api(status) as (port, _):
        done = write(port)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", error_text(message, code))


@pytest.mark.parametrize("account_token", ["MARKED\naccount", "MARKED account", "", "MARKED\x01"])
def test_an_account_s_token_that_is_none(api, write, emulator, account_token):
    """Nothing shows it."""
    with api(200) as (port, got):
        done = write(port, account_token=account_token)
    assert (done.returncode, done.stdout) == (2, "")
    message, code = split_error(done.stderr)
    assert message.startswith("not in a Kubernetes pod, or the pod has no service acc")
    assert code == "CA612"
    assert "MARKED" not in done.stderr
    assert (got, emulator.journal.entries()) == ([], [])


def test_an_api_that_is_another_s(api, write):
    with api(200) as (port, got):
        done = write(port, trustme.CA())
    message = "the Kubernetes API is unreachable (SSLCertVerificationError); check network policies"
    assert done.stderr == error_text(message, "CA611")
    assert got == []


def test_outside_of_a_pod(home, tool, emulator):
    done = home.fork(tool.bin / "keyrings-codeartifact", "kubernetes", "codeartifact-token", INDEX)
    message = "not in a Kubernetes pod, or the pod has no service account token; run the command in a pod with automountServiceAccountToken"
    assert (done.returncode, done.stderr) == (2, error_text(message, "CA612"))
    assert emulator.journal.entries() == []


@pytest.mark.parametrize("name", ["Token", "../pods", "a/b", "-a", ""])
def test_a_name_that_is_none(home, tool, name):
    done = home.fork(tool.bin / "keyrings-codeartifact", "kubernetes", name, INDEX)
    assert done.returncode == 2
    assert "a Secret's name has lower-case letters, digits, - and . only" in done.stderr


# As kubelet does it (kubernetes/pkg/volume/util/atomic_writer.go): the file is a link into `..data`, which is a link to a
# folder; a new folder is made, `..data` replaced, and the old folder removed.
KUBELET = """
import os, shutil, sys, threading, time
from keyrings.codeartifact.lookup import find_token
FOLDER, FILE, INDEX = "/run/secrets", "CODEARTIFACT_AUTH_TOKEN", sys.argv[1]
os.makedirs(FOLDER, exist_ok=True)

def renew(number):
    data = f"..{number}"
    old = os.readlink(f"{FOLDER}/..data") if number else None
    os.mkdir(f"{FOLDER}/{data}")
    with open(f"{FOLDER}/{data}/{FILE}", "w") as file:
        file.write(f"token-{number}")
    os.symlink(data, f"{FOLDER}/..data_tmp")
    os.rename(f"{FOLDER}/..data_tmp", f"{FOLDER}/..data")
    if old:
        shutil.rmtree(f"{FOLDER}/{old}")
        time.sleep(0.001)
    else:
        os.symlink(f"..data/{FILE}", f"{FOLDER}/{FILE}")

def read():
    return find_token(INDEX, "aws", os.environ, is_command=False).value

renew(0)
assert read() == "token-0"
renew(1)
assert read() == "token-1"
kubelet = threading.Thread(target=lambda: [renew(number) for number in range(2, 700)])
kubelet.start()
seen = set()
while kubelet.is_alive():
    seen.add(read())
assert len(seen) > 10, seen
print(read())
"""


def test_a_mounted_secret_is_renewed(home, tool, emulator):
    script = 'mount -t tmpfs tmpfs /run && exec "$@"'
    done = home.succeed(
        "unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", tool.python, "-c", KUBELET, INDEX
    )
    assert done.stdout == "token-699\n"
    assert emulator.journal.entries() == []
