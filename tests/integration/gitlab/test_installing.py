"""How the include installs its tool, and why it cannot."""

import re
import shutil
import sys
from base64 import b64encode
from http.server import BaseHTTPRequestHandler

import pytest

from support.gitlab_pipeline import Shell, needs_rsync
from support.scripts import script
from support.server import running

pytestmark = needs_rsync


class Bare(Shell):
    """The same, with nothing on PATH but what every system has, and a Python."""

    def __init__(self, home, tool, emulator, python):
        self.tool = tool
        self.bin = home.folder / "bare"
        super().__init__(home, tool, emulator, self.bin)
        self.bin.mkdir()
        for name in ("sh", "mkdir", "chmod", "rm", "cat"):
            (self.bin / name).symlink_to(shutil.which(name))
        script(self.bin, "python3", f'exec {python.python} "$@"')
        home.environ["PATH"] = str(self.bin)

    def fail(self, **environ):
        """Run it where it has to fail; return the last line, behind which nothing is left of an index."""
        done = self.run(**environ)
        assert (done.returncode, done.stdout) == (1, "")
        assert not (self.folder / "pip.conf").exists()
        *others, last = done.stderr.splitlines()
        assert "MARK" not in done.stderr
        assert not [line for line in others if line.startswith("keyrings-codeartifact")]
        return last.removeprefix("keyrings-codeartifact: error: ")


@pytest.fixture
def bare(nobody, tool, gitlab_accounts, emulator, package_index, job_python, tmp_path):
    bare = Bare(nobody, tool, emulator, job_python(tmp_path / "python"))
    bare.index = package_index
    return bare


WRONG_URL = (
    "the input package-index-url is invalid; percent-encode characters such as / and @ in its password (%2F, %40)"
)


@pytest.mark.parametrize(
    ("environ", "error"),
    [
        pytest.param({"TMPDIR": "/nowhere/at/all"}, "/nowhere/at/all is not a folder; create it, or set TMPDIR to another", id="no TMPDIR"),
        pytest.param({"TMPDIR": "/proc"}, "/proc/keyrings-codeartifact-7 cannot be created; set TMPDIR to a folder that this user can write", id="no room"),
        pytest.param({"CI_JOB_ID": ""}, "CI_JOB_ID is not set; run this as a job of GitLab CI", id="no job"),
        pytest.param({"CODEARTIFACT_INPUT_UPLOADER": "none"}, "the input publish is 'none'; expected: twine or uv", id="nothing to publish with"),
        pytest.param({"CODEARTIFACT_INPUT_UPLOADER": " twine"}, "the input publish is ' twine'; expected: twine or uv", id="a blank"),
        pytest.param({"CODEARTIFACT_INPUT_UPLOADER": "twine --index-url x"}, "the input publish is 'twine --index-url x'; expected: twine or uv", id="more than a name"),
        pytest.param({"CODEARTIFACT_INPUT_WRITTEN": "package-index-url $NOWHERE\n"}, "the input package-index-url is a variable that is not set for this job; set it", id="a variable that is not set"),
        *(
            pytest.param({"CODEARTIFACT_INPUT_PACKAGE_INDEX_URL": url}, WRONG_URL, id=url)
            for url in ("https://u:MARK/ED@x/", "https://u:MARK#ED@x/", "https://u:MARK[ED@x/", "x", "https://x\nMARKED")
        ),
        pytest.param({"CODEARTIFACT_INPUT_PACKAGE_INDEX_URL": "file:///nowhere"}, "cannot install keyrings.codeartifact; check the input package-index-url", id="an index that is not there"),
    ],
)  # fmt: skip
def test_why_nothing_is_installed(bare, environ, error):
    assert bare.fail(**environ) == error


def test_a_python_that_will_not_do(bare):
    (bare.bin / "python3").unlink()
    assert bare.fail() == "no python3 is on PATH; set the input image to one with Python 3.10 or newer"
    old = bare.home.folder / "old.py"
    old.write_text("import sys\nsys.version_info = (3, 9)\nexec(sys.stdin.read())\n")
    (bare.bin / "python3").write_text(f'#!/bin/sh\nshift 2\nexec {sys.executable} {old} "$@"\n')
    (bare.bin / "python3").chmod(0o755)
    assert bare.fail() == "python3 is 3.9; set the input image to one with Python 3.10 or newer"


def test_what_is_installed_sees_no_secret(bare):
    """Nor does the Python that makes the environment: here it tells what it sees."""
    python = bare.bin / "python3"
    python.unlink()
    python.write_text(
        '#!/bin/sh\ncase "$*" in *venv*) export -p; exit 1 ;; esac\nshift 2\n'
        f'exec {sys.executable} -c \'import sys; sys.executable = "{python}"; exec(sys.stdin.read())\' "$@"\n'
    )
    python.chmod(0o755)
    said = bare.run(AWS_ACCESS_KEY_ID="x", CI_JOB_TOKEN="x", TWINE_PASSWORD="x", NO_PROXY="x").stderr
    assert said.endswith("error: cannot create an environment; install Python's venv module\n")
    assert {"PIP_CONFIG_FILE", "PATH", "NO_PROXY", "SSL_CERT_FILE"} <= set(re.findall(r"export (\w+)=", said))
    assert not re.search("AWS_|CODEARTIFACT_|CI_JOB_|TWINE_", said)


def test_the_image_s_tool_is_the_one_that_is_used(bare):
    """Also where twine is missing, and comes from an index that somebody else has named."""
    (bare.bin / "keyrings-codeartifact").symlink_to(bare.tool.bin / "keyrings-codeartifact")
    for name in ("env", "test"):
        (bare.bin / name).symlink_to(shutil.which(name))
    assert bare.fail(CODEARTIFACT_INPUT_UPLOADER="twine", CODEARTIFACT_INPUT_PACKAGE_INDEX_URL="file:///nowhere")
    done = bare.run(
        script='echo "TOOL $codeartifact_tool"',
        CODEARTIFACT_INPUT_UPLOADER="uv",
        CODEARTIFACT_INPUT_PACKAGE_INDEX_URL=bare.index,
    )
    assert done.stdout == f"TOOL {bare.bin}/keyrings-codeartifact\n", done.stderr


def test_a_disk_that_is_full(bare):
    bare.folder.mkdir(0o700)
    (bare.folder / "pip.conf").symlink_to("/dev/full")
    said = bare.fail(CODEARTIFACT_INPUT_PACKAGE_INDEX_URL="file:///nowhere")
    assert said == f"{bare.folder}/pip.conf cannot be written (No space left on device); free space"


def test_a_package_index_s_password(bare):
    """Is neither in the log nor left, whatever pip makes of its signs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers["Authorization"])
            self.send_error(401 if self.headers["Authorization"] is None else 404)

        def log_message(self, *_):
            pass

    asked = []
    with running(Handler) as server:
        url = f"http://user:MARK'%45D@127.0.0.1:{server.server_port}/simple/"
        said = bare.fail(CODEARTIFACT_INPUT_PACKAGE_INDEX_URL=url)
    assert said == "cannot install keyrings.codeartifact; check the input package-index-url"
    assert {one for one in asked if one} == {"Basic " + b64encode(b"user:MARK'ED").decode()}
