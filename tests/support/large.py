"""A large wheel, generated while it is sent, on its way through a running emulator."""

import http.client
import re
import ssl
import zipfile
from base64 import b64encode
from pathlib import Path

import boto3

HOST = "demo-123456789012.d.codeartifact.us-east-1.amazonaws.com"
FILENAME = "large-1.0-py3-none-any.whl"
MEBIBYTE = 1 << 20


class _Chunks:
    """A file that keeps what is written until it is taken."""

    def __init__(self):
        self._written = []

    def write(self, data):
        self._written.append(bytes(data))
        return len(data)

    def flush(self):
        """Do nothing: `take` does."""

    def take(self):
        taken, self._written = self._written, []
        return taken


def wheel(mebibytes):
    """Yield a wheel with a file of so many MiB, in parts."""
    file = _Chunks()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("large-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: large\nVersion: 1.0\n")
        with archive.open("large/data", "w") as member:
            for _ in range(mebibytes):
                member.write(bytes(MEBIBYTE))
                yield from file.take()
    yield from file.take()


def pass_through(exports, process, mebibytes):
    """Upload and download such a wheel; return by how many MiB the emulator's peak memory has grown.

    ``exports`` are the variables that the emulator prints, with its built-in seed, and ``process`` is its ID.
    """
    size = sum(map(len, wheel(1))) + (mebibytes - 1) * MEBIBYTE
    fields = {":action": "file_upload", "name": "large", "version": "1.0"}
    parts = [f'name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    parts.append(f'name="content"; filename="{FILENAME}"\r\n\r\n')
    head = "".join(f"--b\r\nContent-Disposition: form-data; {part}" for part in parts).encode()
    tail = b"\r\n--b--\r\n"

    def body():
        yield head
        yield from wheel(mebibytes)
        yield tail

    connection, headers = connect(exports)
    before = _peak(process)
    length = str(len(head) + size + len(tail))
    framing = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": length}
    connection.request("POST", "/pypi/private/", body(), headers | framing)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    connection.request("GET", f"/pypi/private/simple/large/1.0/{FILENAME}", headers=headers)
    answer = connection.getresponse()
    received = 0
    while chunk := answer.read(MEBIBYTE):
        received += len(chunk)
    connection.close()
    assert received == size
    return _peak(process) - before


def connect(exports):
    """Return a connection to the domain, and the headers of a request with a token."""
    codeartifact = boto3.client(
        "codeartifact",
        region_name="us-east-1",
        endpoint_url=exports["HTTPS_PROXY"],
        aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
    )
    token = codeartifact.get_authorization_token(domain="demo")["authorizationToken"]
    context = ssl.create_default_context(cafile=exports["SSL_CERT_FILE"])
    proxy_port = int(exports["HTTPS_PROXY"].rpartition(":")[2])
    connection = http.client.HTTPSConnection("127.0.0.1", proxy_port, context=context)
    connection.set_tunnel(HOST, 443)
    return connection, {"Authorization": f"Basic {b64encode(f'aws:{token}'.encode()).decode()}"}


def _peak(process):
    """Return the most memory that a process has had, in MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1]) >> 10
