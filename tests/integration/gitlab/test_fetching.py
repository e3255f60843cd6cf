"""How the include fetches the bundle on an image without the tool, and why it cannot."""

import itertools
import os
import re
import shutil
import stat
import sys
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest

from support.gitlab_pipeline import ASK, Shell, needs_rsync
from support.scripts import script
from support.server import running

pytestmark = needs_rsync
NAME = "keyrings-codeartifact.pyz"
IMAGE = "set the input image to one with Python 3.10 or newer"
MIRROR = "set the input bundle-url to a mirror"


class Bare(Shell):
    """The same, with nothing on PATH but what every system has, and a Python without any packages."""

    def __init__(self, home, tool, emulator, release, python):
        self.bin, self.release = home.folder / "bare", release
        super().__init__(home, tool, emulator, self.bin, release)
        for name in ("sh", "mkdir", "chmod", "rm", "cat"):
            script(self.bin, name, f'exec {shutil.which(name)} "$@"')
        script(self.bin, "python3", f'exec {python} "$@"')
        home.environ |= {
            "PATH": str(self.bin),
            "CODEARTIFACT_INPUT_BUNDLE_URL": release.path.as_uri(),
            "CI_JOB_TOKEN": "MARK",
        }

    def fail(self, **environ):
        """Run it where it must fail; return the error, after which no part of the bundle is left."""
        done = self.run(**environ)
        assert (done.returncode, done.stdout) == (1, "")
        assert not (self.folder / NAME).exists()
        [line] = done.stderr.splitlines()
        assert "MARK" not in line
        return line.removeprefix("keyrings-codeartifact: error: ")


@pytest.fixture
def image(nobody, tool, gitlab_accounts, emulator, release, bare):
    emulator.access.is_enforced = True
    return Bare(nobody, tool, emulator, release, bare.python)


class Mirror:
    """Serves responses by their paths, and records the job token of each request."""

    def __init__(self):
        self.requests, self.responses = requests, responses = [], {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                requests.append((self.path, self.headers["JOB-TOKEN"]))
                status, headers, content = responses[self.path.split("?")[0]]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                # The client may have left.
                with suppress(OSError):
                    for chunk in content:
                        self.wfile.write(chunk)

            def do_CONNECT(self):
                self.send_response(502, "no \x1b[31m")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._handler = Handler

    def __enter__(self):
        self._running = running(self._handler)
        self.port = self._running.__enter__().server_port
        return self

    def __exit__(self, *error):
        return self._running.__exit__(*error)


@pytest.fixture
def mirror():
    with Mirror() as mirror:
        yield mirror


@pytest.mark.parametrize(
    ("environ", "error"),
    [
        pytest.param({"TMPDIR": "/nowhere/at/all"}, "/nowhere/at/all is not a folder; create it, or set TMPDIR to another", id="no TMPDIR"),
        pytest.param({"TMPDIR": "/proc"}, "/proc/keyrings-codeartifact-7 cannot be created; set TMPDIR to a folder that this user can write", id="no room"),
        pytest.param({"CI_JOB_ID": ""}, "CI_JOB_ID is not set; run this as a job of GitLab CI", id="no job"),
        pytest.param({"CODEARTIFACT_INPUT_UPLOADER": "none"}, "the input publish is 'none'; expected: twine or uv", id="nothing to publish with"),
        pytest.param({"CODEARTIFACT_INPUT_UPLOADER": " twine"}, "the input publish is ' twine'; expected: twine or uv", id="a blank"),
        pytest.param({"CODEARTIFACT_INPUT_UPLOADER": "twine"}, "no twine is on PATH; set the input image to one that has it", id="no twine"),
        pytest.param({"CODEARTIFACT_INPUT_UPLOADER": "uv"}, "no uv is on PATH; set the input image to one that has it", id="no uv"),
        pytest.param({"CODEARTIFACT_INPUT_BUNDLE_URL": ""}, "the input bundle-url is a variable that is not set for this job; set it", id="a variable that is not set"),
        pytest.param({"CODEARTIFACT_INPUT_BUNDLE_URL": "file:///nowhere/x"}, f"cannot fetch 'file:///nowhere/x' ([Errno 2] No such file or directory: '/nowhere/x'); {MIRROR}", id="no such file"),
        pytest.param({"CODEARTIFACT_INPUT_BUNDLE_URL": "nowhere/x"}, f"cannot fetch 'nowhere/x' ([Errno 2] No such file or directory: '{{cwd}}/nowhere/x'); {MIRROR}", id="no such path"),
        pytest.param({"CODEARTIFACT_INPUT_BUNDLE_URL": "gopher://x/"}, f"cannot fetch 'gopher://x/' (unknown url type: gopher); {MIRROR}", id="another scheme"),
        pytest.param({"CODEARTIFACT_INPUT_BUNDLE_URL": "http://127.0.0.1:1/x?job_token=MARK#x"}, f"cannot fetch 'http://127.0.0.1:1/x' ([Errno 111] Connection refused); {MIRROR}", id="unreachable"),
        *(
            pytest.param({"CODEARTIFACT_INPUT_BUNDLE_URL": url}, f"cannot fetch {shown!r} ({reason}); {MIRROR}", id=url)
            for url, shown, reason in (
                ("https://u:MARK@x/p", "x/p", "invalid URL or response"),
                ("https://u:MARK/ED@x/p?MARK", "x/p", "invalid URL or response"),
                ("https://u:MA?MARK#MARK@x/p", "x/p", "invalid URL or response"),
                ("https://[x/p", "https://[x/p", "invalid URL or response"),
                ("://x", "://x", "invalid URL or response"),
                ("http://x\n/p", "http://x\n/p", "invalid URL or response"),
            )
        ),
    ],
)  # fmt: skip
def test_why_nothing_is_fetched(image, environ, error):
    assert image.fail(**environ) == error.format(cwd=image.home.folder)


def test_a_python_that_is_too_old_or_missing(image):
    (image.bin / "python3").unlink()
    assert image.fail() == f"no python3 is on PATH; {IMAGE}"
    old = image.home.folder / "old.py"
    old.write_text("import sys\nsys.version_info = (3, 9)\nexec(sys.stdin.read())\n")
    script(image.bin, "python3", "shift 2", f'exec {sys.executable} {old} "$@"')
    assert image.fail() == f"python3 is 3.9; {IMAGE}"


def test_an_include_that_is_not_from_a_release(image, tool):
    image.script = image.script.replace(re.findall("=([0-9a-f]{64})\n", image.script)[0], "SHA256")
    assert image.fail() == (
        "this codeartifact.yml contains no SHA-256; "
        "include that of a release, or set the input image to one with keyrings-codeartifact"
    )
    image.home.environ["PATH"] += f":{tool.bin}:/usr/bin:/bin"
    assert image.run().returncode == 0


@pytest.mark.parametrize("times", [1, 2])
def test_a_job_with_no_way_to_a_package_index(image, mirror, emulator, times):
    """A path in the checkout; nothing but AWS is behind the proxy, and the job's index counts its requests."""
    shutil.copy(image.release.path, image.home.folder / "a b.pyz")
    # Modules of the job, which are not imported.
    for name in ("hashlib", "sitecustomize", "botocore"):
        (image.home.folder / f"{name}.py").write_text("raise SystemExit(3)\n")
    url = f"http://127.0.0.1:{mirror.port}/simple/"
    environ = dict.fromkeys(("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"), url)
    environ |= {"PYTHONPATH": str(image.home.folder), "XDG_CACHE_HOME": "/own"}
    environ["CODEARTIFACT_INPUT_BUNDLE_URL"] = "a b.pyz"
    packages = f'echo "{image.folder}"/keyrings-codeartifact-bundle-*/*/packages'
    shown = f'echo "KEYRING $(command -v keyring)"; {packages}; echo "CACHE $XDG_CACHE_HOME"'
    done = image.run(script=shown, times=times, **environ)
    assert done.returncode == 0, done.stderr
    keyring, unpacked, cache = done.stdout.splitlines()
    assert keyring == f"KEYRING {image.folder}/commands/keyring"
    assert os.path.isdir(unpacked)
    assert cache == "CACHE /own"
    assert len(emulator.journal.entries(ASK)) == 1
    assert mirror.requests == []
    file = image.folder / NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes() == image.release.path.read_bytes()


def test_a_mirror(image, mirror):
    mirror.responses["/p/x.pyz"] = (200, {}, [image.release.path.read_bytes()])
    url = f"http://127.0.0.1:{mirror.port}/p/x.pyz?a=b"
    # A path on another host that only starts like this API, and this API on another port.
    apis = (f"http://127.0.0.1:{mirror.port}/p/x", f"http://127.0.0.1:{mirror.port}0", "")
    for api in apis:
        assert _fetched(image, CODEARTIFACT_INPUT_BUNDLE_URL=url, CI_API_V4_URL=api)
    assert mirror.requests == [("/p/x.pyz?a=b", None)] * 3


def _fetched(image, *shell, **environ):
    """Run the include up to the bundle, and return whether it is there."""
    original, image.script = image.script, image.script.replace("codeartifact_settings=$(\n", "exit 0\n")
    assert original != image.script
    try:
        done = image.run(*shell, **environ)
    finally:
        image.script = original
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return (image.folder / NAME).exists()


# BusyBox's is that of Alpine.
SHELLS = [("dash", "-eu"), ("bash", "-euo", "pipefail"), ("bash", "--posix", "-e")]
SHELLS += [("busybox", "sh", "-eu")] if shutil.which("busybox") or os.environ.get("REQUIRE_TOOLS") == "1" else []


@pytest.mark.parametrize("words", SHELLS, ids=" ".join)
def test_in_any_shell(image, words):
    assert _fetched(image, shutil.which(words[0]), *words[1:])


def test_a_package_registry_gets_the_job_token(image, mirror):
    mirror.responses["/api/v4/projects/1/x.pyz"] = (200, {}, [image.release.path.read_bytes()])
    api = f"http://127.0.0.1:{mirror.port}/api/v4"
    assert _fetched(image, CODEARTIFACT_INPUT_BUNDLE_URL=f"{api}/projects/1/x.pyz", CI_API_V4_URL=api)
    assert mirror.requests == [("/api/v4/projects/1/x.pyz", "MARK")]


def test_a_redirect_does_not_get_the_job_token(image, mirror):
    """As of a registry whose files are in an object storage."""
    with Mirror() as storage:
        storage.responses["/x"] = (200, {}, [image.release.path.read_bytes()])
        mirror.responses["/api/v4/x"] = (302, {"Location": f"http://localhost:{storage.port}/x"}, [])
        api = f"http://127.0.0.1:{mirror.port}/api/v4"
        assert _fetched(image, CODEARTIFACT_INPUT_BUNDLE_URL=f"{api}/x", CI_API_V4_URL=api)
        assert (mirror.requests, storage.requests) == ([("/api/v4/x", "MARK")], [("/x", None)])


@pytest.mark.parametrize(
    ("response", "error"),
    [
        pytest.param((200, {}, [b"x"]), "the file at {url!r} is not the bundle of version {version}; copy that release's file", id="another file"),
        pytest.param((200, {}, None), "the file at {url!r} is not the bundle of version {version}; copy that release's file", id="truncated"),
        pytest.param((404, {}, [b"x"]), f"cannot fetch {{url!r}} (HTTP 404); {MIRROR}", id="missing"),
        pytest.param((302, {"Location": "gopher://u:MARK@x/?MARK"}, []), f"cannot fetch {{url!r}} (HTTP 302); {MIRROR}", id="a redirect elsewhere"),
        pytest.param((302, {"Location": "https://u:MARK@x/?MARK"}, []), f"cannot fetch {{url!r}} (invalid URL or response); {MIRROR}", id="a password"),
        pytest.param((200, {"Transfer-Encoding": "chunked"}, [b"MARK"]), f"cannot fetch {{url!r}} (invalid URL or response); {MIRROR}", id="not HTTP"),
    ],
)  # fmt: skip
def test_a_response_that_is_not_the_bundle(image, mirror, response, error):
    status, headers, content = response
    if content is None:
        content = [image.release.path.read_bytes()[:-1]]
    mirror.responses["/x"] = (status, headers, content)
    url = f"http://127.0.0.1:{mirror.port}/x"
    expected = error.format(url=url, version=image.release.version)
    assert image.fail(CODEARTIFACT_INPUT_BUNDLE_URL=f"{url}?MARK") == expected


def test_a_response_that_does_not_end(image, mirror):
    """Within a second, not the two minutes of the include."""

    def drip():
        while True:
            yield b"x"
            time.sleep(0.05)

    unlimited, image.script = image.script, image.script.replace("signal.alarm(120)", "signal.alarm(1)")
    assert image.script != unlimited
    mirror.responses["/x"] = (200, {}, drip())
    url = f"http://127.0.0.1:{mirror.port}/x"
    expected = f"cannot fetch {url!r} (no complete response in 2 minutes); {MIRROR}"
    assert image.fail(CODEARTIFACT_INPUT_BUNDLE_URL=url) == expected


def test_a_response_that_is_too_long(image, mirror):
    mirror.responses["/x"] = (200, {}, itertools.repeat(bytes(10**6)))
    url = f"http://127.0.0.1:{mirror.port}/x"
    assert image.fail(CODEARTIFACT_INPUT_BUNDLE_URL=url).startswith(f"the file at {url!r} is not the bundle")


def test_a_proxy_that_sends_control_characters(image, mirror):
    proxy = f"http://127.0.0.1:{mirror.port}"
    said = image.fail(CODEARTIFACT_INPUT_BUNDLE_URL="https://x.example/", HTTPS_PROXY=proxy, https_proxy=proxy)
    assert said == f"cannot fetch 'https://x.example/' (Tunnel connection failed: 502 no ?[31m); {MIRROR}"


def test_through_the_proxy_and_with_the_job_s_certificates(image):
    """The emulator's proxy and certificate."""
    url = "https://sts.us-east-1.amazonaws.com/x"
    assert re.fullmatch(rf"cannot fetch '{url}' \(HTTP 4..\); {MIRROR}", image.fail(CODEARTIFACT_INPUT_BUNDLE_URL=url))
    said = image.fail(CODEARTIFACT_INPUT_BUNDLE_URL=url, SSL_CERT_FILE="/dev/null")
    assert said.startswith(f"cannot fetch '{url}' ([SSL: CERTIFICATE_VERIFY_FAILED]")
    said = image.fail(CODEARTIFACT_INPUT_BUNDLE_URL="https://github.com/x")
    assert said.startswith("cannot fetch 'https://github.com/x' (Tunnel connection failed: 403")


def test_a_full_disk(image):
    image.folder.mkdir(0o700)
    (image.folder / f"{NAME}.new").symlink_to("/dev/full")
    shown = repr(image.release.path.as_uri())
    assert image.fail() == f"cannot fetch {shown} ([Errno 28] No space left on device); free space"


def test_the_image_s_tool_stays_in_use(image, tool):
    (image.bin / "keyrings-codeartifact").symlink_to(tool.bin / "keyrings-codeartifact")
    done = image.run(script='echo "TOOL $codeartifact_tool"', CODEARTIFACT_INPUT_BUNDLE_URL="file:///nowhere")
    assert done.stdout == f"TOOL {image.bin}/keyrings-codeartifact\n", done.stderr
    assert not (image.folder / NAME).exists()


def test_the_python_in_the_include_is_short(release):
    [block] = re.findall(r"<<'PYTHON' .*\n((?:.*\n)*?)PYTHON\n", release.before_script)
    assert 10 < len(block.splitlines()) <= 20
