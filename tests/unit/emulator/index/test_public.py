"""Where an external connection leads: a folder, an index by its pages, or the index of this machine's pip."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import urllib3

from keyrings.codeartifact.emulator.api.repository import Asset
from keyrings.codeartifact.emulator.index import public, wheels
from keyrings.codeartifact.errors import ConfigurationError

JSON = "application/vnd.pypi.simple.v1+json"
NAME = "some_tools-1.0-py3-none-any.whl"


@pytest.fixture
def index(monkeypatch):
    """A function that starts an index with these responses, status, type and body by path, and returns its URL."""
    servers = []
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)

    def serve(responses):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, kind, body = responses.get(self.path, (404, "text/plain", b""))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/simple"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def page(*files):
    return 200, JSON, json.dumps({"files": files}).encode()


HTML = f"""<!DOCTYPE html><html><body>
<a href="../../files/{NAME}#sha256=abc" data-requires-python="&gt;=3.9" data-yanked="it is &lt;broken&gt;">x</a>
<a href="/files/some%5Ftools-2.0.tar.gz" data-yanked="">y</a>
<a href="ftp://evil.example/{NAME.replace("1.0", "3.0")}">z</a>
<a href="../../files/{NAME}.asc">signature</a> <a>no link</a>
<a href="other_tools-1.0.tar.gz">another project</a></body></html>"""


def test_a_page_in_html(index):
    url = index({"/simple/some-tools/": (200, "text/html; charset=utf-8", HTML.encode())})
    files = public.find(url).files("some-tools")
    root = url.removesuffix("simple")
    assert files == [
        Asset("some_tools", "1.0", NAME, "", 0, "abc", ">=3.9", "it is <broken>", f"{root}files/{NAME}"),
        Asset(
            "some_tools",
            "2.0",
            "some_tools-2.0.tar.gz",
            "",
            0,
            "",
            "",
            "yanked",
            f"{root}files/some%5Ftools-2.0.tar.gz",
        ),
    ]


@pytest.mark.parametrize("yanked", [False, None])
def test_a_page_in_json(index, yanked):
    file = {"filename": NAME, "url": "f", "hashes": {"sha256": "abc"}, "requires-python": None, "yanked": yanked}
    url = index({"/simple/some-tools/": page(file, {"filename": "x.exe", "url": "x.exe"})})
    asset = Asset("some_tools", "1.0", NAME, "", 0, "abc", "", "", f"{url}/some-tools/f")
    assert public.find(f"{url}/").files("some-tools") == [asset]


def test_a_project_that_does_not_exist(index):
    assert public.find(index({})).files("some-tools") == []


@pytest.mark.parametrize(
    "response",
    [
        pytest.param((500, "text/plain", b"oops"), id="500"),
        pytest.param((200, JSON, b"{"), id="half a JSON"),
        pytest.param((200, JSON, b"[]"), id="a list"),
        pytest.param((200, JSON, b'{"files": [{"url": 1}]}'), id="a file without a name"),
        pytest.param((200, JSON, b'{"files": [1]}'), id="a number"),
    ],
)
def test_pages_that_are_none(index, response):
    url = index({"/simple/some-tools/": response})
    with pytest.raises(public.PublicError, match=r"^the public index did not answer for some-tools \(\w+\)$"):
        public.find(url).files("some-tools")


def test_nobody_listens():
    with pytest.raises(public.PublicError, match="did not answer"):
        public.find("http://127.0.0.1:9/simple").files("some-tools")


def test_a_file_of_an_index(index):
    url = index({"/f.whl": (200, "application/octet-stream", b"content")})
    asset = Asset("some_tools", "1.0", NAME, "", 0, "", url=url.replace("simple", "f.whl"))
    with public.find(url).open(asset) as file:
        assert file.read(3) + file.read() == b"content"
    gone = asset._replace(url=f"{url}/gone")
    with pytest.raises(public.PublicError, match="did not send some_tools"), public.find(url).open(gone):
        pass


def test_a_download_that_is_cut(index):
    """What fails while a file is read, too."""
    url = index({"/f.whl": (200, "application/octet-stream", b"content")})
    asset = Asset("some_tools", "1.0", NAME, "", 0, "", url=url.replace("simple", "f.whl"))
    source = public.find(url)
    with pytest.raises(public.PublicError, match=r"did not send some_tools.*ProtocolError"), source.open(asset):
        raise urllib3.exceptions.ProtocolError


def test_a_folder(tmp_path):
    path = Path(wheels.build(tmp_path, "some-tools", requires_python=">=3.11"))
    wheels.build(tmp_path, "other-tools")
    (tmp_path / "some_tools-2.0-py3-none-any.whl").write_bytes(b"no wheel")
    (tmp_path / "notes.txt").touch()
    (tmp_path / "some_tools-3.0.tar.gz").mkdir()
    source = public.find(str(tmp_path))
    first, second = source.files("some-tools")
    assert first == Asset(
        "some_tools", "1.0", path.name, "", 0, hashlib.sha256(path.read_bytes()).hexdigest(), ">=3.11", url=str(path)
    )
    assert (second.version, second.requires_python) == ("2.0", "")
    with source.open(first) as file:
        assert file.read() == path.read_bytes()
    path.unlink()
    with pytest.raises(public.PublicError, match="cannot be read"):
        source.open(first)
    assert [asset.version for asset in source.files("some-tools")] == ["2.0"]


def test_a_folder_is_listed_again_only_if_it_has_changed(tmp_path):
    def set_age(seconds):
        os.utime(tmp_path, (0, time.time() - seconds))

    def versions():
        return [asset.version for asset in source.files("some-tools")]

    source = public.find(str(tmp_path))
    # Within the resolution of a file system's times, a second change does not show.
    for version in ("1.0", "2.0"):
        wheels.build(tmp_path, "some-tools", version)
        os.utime(tmp_path, (0, 2_000_000_000))
        assert versions()[-1] == version
    set_age(3600)
    assert versions() == ["1.0", "2.0"]
    modified = tmp_path.stat().st_mtime_ns
    wheels.build(tmp_path, "some-tools", "3.0")
    os.utime(tmp_path, ns=(0, modified))
    assert versions() == ["1.0", "2.0"]
    set_age(3500)
    assert versions() == ["1.0", "2.0", "3.0"]


def test_the_index_of_pip(monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple/")
    assert public._pip_s_index() == "https://mirror.example/simple/"  # noqa: SLF001 - no request
    # Without one it has its own.
    monkeypatch.delenv("PIP_INDEX_URL")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    own = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--help"], capture_output=True, text=True, check=True
    )
    assert public._pip_s_index() in "".join(own.stdout.split())  # noqa: SLF001


@pytest.mark.parametrize("setting", ["/no/such/folder", "ftp://evil.example/", "https://", "file:///etc"])
def test_what_is_neither(setting):
    with pytest.raises(ConfigurationError, match="is neither a folder nor a URL; name a folder"):
        public.find(setting)
