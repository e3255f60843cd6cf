"""The `keyring` command that clients run: which it is, which `exec` prefers, and the backend beside a client."""

import os
import sys

import pytest

from keyrings.codeartifact.clients import keyring, pdm
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.models import Check, Repository
from support.scripts import script

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
INDEX = Index(RELEASE, "", "", "codeartifact")
PATH = {"PATH": "/bin:/usr/bin"}
BACKENDS = "echo 'keyring.backends.fail.Keyring (priority: 0)'; echo 'keyrings.codeartifact.CodeArtifactBackend'"
OURS = ("from keyrings.codeartifact.cli.keyring import main", "main()")
INSTALL = "run `uv tool install keyring --with keyrings.codeartifact`"


@pytest.fixture(params=[True, False], ids=["with our folder", "without"])
def folder(request, tmp_path, monkeypatch):
    """The folder of our command, None as on Windows."""
    path = os.path.dirname(script(tmp_path / "ours", "keyring", "exec codeartifact-keyring")) if request.param else None
    monkeypatch.setattr(keyring, "own_folder", lambda: path)
    return path


@pytest.fixture
def other_python(tmp_path):
    """The path of a Python without this package."""
    return script(tmp_path / "other", "python3", f'exec {sys.executable} -S -I "$@"')


@pytest.mark.parametrize(
    ("lines", "is_own"),
    [
        (OURS, True),
        (['exec "${0%/*}/../../../bin/codeartifact-keyring" "$@"'], True),
        (["from keyring.cli import main", "main()"], False),
        (["# keyrings.codeartifact"], False),
        (["x" * 5000, *OURS], False),
    ],
)
def test_a_script_that_is_ours(tmp_path, lines, is_own):
    assert keyring.is_own(script(tmp_path, "keyring", *lines)) is is_own
    assert not keyring.is_own(str(tmp_path / "gone"))


def test_a_tool_environment_with_our_name_does_not_make_a_script_ours(tmp_path):
    python = "/home/u/.local/share/uv/tools/keyrings-codeartifact/bin/python"
    assert not keyring.is_own(script(tmp_path, "keyring", "from keyring.cli import main", interpreter=python))


def test_the_folder_of_this_installation():
    folder = keyring.own_folder()
    assert os.listdir(folder) == ["keyring"]
    assert keyring.is_own(os.path.join(folder, "keyring"))


class TestCheck:
    """What doctor says of the command."""

    @staticmethod
    def remedy(folder, otherwise):
        return f"run `keyrings-codeartifact login`, or put {folder} first on PATH" if folder else otherwise

    @staticmethod
    def check(tmp_path, *lines, **environ):
        script(tmp_path / "bin", "keyring", *lines)
        [found] = keyring.check({"PATH": f"{tmp_path}/bin:/bin:/usr/bin", **environ})
        return found[1:4]

    def test_none(self, tmp_path, folder):
        [found] = keyring.check({"PATH": str(tmp_path)})
        assert found[1:4] == (
            "warning",
            "no `keyring` command on PATH for pip and uv",
            self.remedy(folder, INSTALL),
        )

    def test_ours(self, tmp_path):
        assert self.check(tmp_path, "exit 1", "# codeartifact-keyring", *OURS) == ("ok", f"{tmp_path}/bin/keyring", "")

    @pytest.mark.parametrize("backend", ["", "keyrings.codeartifact.CodeArtifactBackend"])
    def test_that_of_keyring_is_slow(self, tmp_path, folder, backend):
        lines = f'[ "$1" = --list-backends ] || exit 1; {BACKENDS}'
        assert self.check(tmp_path, lines, PYTHON_KEYRING_BACKEND=backend) == (
            "ok",
            f"{tmp_path}/bin/keyring is keyring's own: it takes ten times as long for a token as codeartifact-keyring",
            self.remedy(folder, ""),
        )

    @pytest.mark.parametrize("line", ["echo keyring.backends.fail.Keyring", "exit 1"])
    def test_one_without_the_backend(self, tmp_path, folder, line):
        assert self.check(tmp_path, line) == (
            "warning",
            f"{tmp_path}/bin/keyring lacks the CodeArtifact backend",
            self.remedy(folder, f"install keyrings.codeartifact in its environment, or {INSTALL}"),
        )

    @pytest.mark.parametrize("lines", [(BACKENDS,), ("exit 1", *OURS)])
    def test_another_backend_in_the_environment(self, tmp_path, lines):
        assert self.check(tmp_path, *lines, PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring") == (
            "warning",
            "PYTHON_KEYRING_BACKEND is keyring.backends.null.Keyring, which replaces this backend",
            "remove it",
        )

    @pytest.mark.parametrize(
        ("backend", "is_replaced"),
        [
            ("keyring.backends.null.Keyring", True),
            ("keyring.backends.chainer.ChainerBackend", False),
            ("keyrings.codeartifact.CodeArtifactBackend", False),
        ],
    )
    def test_a_default_keyring_in_the_file_of_keyring(self, tmp_path, backend, is_replaced):
        """Such as `keyring --disable` writes."""
        config = tmp_path / "config" / "python_keyring" / "keyringrc.cfg"
        config.parent.mkdir(parents=True)
        config.write_text(f"[backend]\ndefault-keyring = {backend}\n")
        status, message, _ = self.check(tmp_path, "exit 1", *OURS, XDG_CONFIG_HOME=str(tmp_path / "config"))
        warning = f"default-keyring of {config} is {backend}, which replaces this backend"
        assert (status, message) == (("warning", warning) if is_replaced else ("ok", f"{tmp_path}/bin/keyring"))


class TestPrefer:
    """Which command `exec` puts first on PATH."""

    @staticmethod
    def prefer(tmp_path, *lines, pip=False, interpreter="/bin/sh"):
        """Return what comes before the PATH of a user with this `keyring`, and the warning."""
        if lines:
            script(tmp_path / "bin", "keyring", *lines, interpreter=interpreter)
        if pip:
            script(tmp_path / "bin", "pip")
        before = {"PATH": f"{tmp_path}/bin", "OTHER": "x"}
        after, warning = keyring.prefer_own(before)
        assert after | before == before | {"PATH": before["PATH"]}
        return after["PATH"].removesuffix(before["PATH"]).removesuffix(os.pathsep), warning

    def test_ours_where_there_is_none(self, tmp_path, folder):
        assert self.prefer(tmp_path) == (folder or "", "")

    def test_ours_where_there_is_no_path(self, folder):
        assert keyring.prefer_own({}) == ({"PATH": f"{folder}:{os.defpath}"} if folder else {}, "")

    def test_none_where_it_is_ours(self, tmp_path):
        assert self.prefer(tmp_path, *OURS) == ("", "")

    def test_none_where_it_has_the_backend(self, tmp_path):
        assert self.prefer(tmp_path, BACKENDS) == ("", "")
        assert self.prefer(tmp_path, "# this", interpreter=sys.executable) == ("", "")

    def test_ours_where_only_the_environment_of_pip_has_it(self, tmp_path, folder):
        assert self.prefer(tmp_path, BACKENDS, pip=True) == (folder or "", "")

    def test_ours_where_it_lacks_the_backend(self, tmp_path, folder, other_python):
        warning = f"{tmp_path}/bin/keyring lacks the CodeArtifact backend; using {folder}/keyring instead"
        for interpreter in ("/bin/sh", other_python):
            found = self.prefer(tmp_path, "# a keyring", interpreter=interpreter)
            assert found == ((folder, warning) if folder else ("", ""))


@pytest.mark.parametrize(
    ("first", "status", "message"),
    [
        ("this", "ok", "7.0, with keyrings.codeartifact in its environment"),
        ("this -I", "ok", "7.0, with keyrings.codeartifact in its environment"),
        ("other", "warning", "7.0, without keyrings.codeartifact in its environment"),
        ("/usr/bin/env sh", "ok", "7.0, in an unknown environment"),
        ("/bin/sh", "ok", "7.0, in an unknown environment"),
    ],
)
def test_clients_that_import_keyring(tmp_path, other_python, first, status, message):
    name, _, option = first.partition(" ")
    python = {"this": sys.executable, "other": other_python}.get(name)
    interpreter = f"{python} {option}".strip() if python else first
    path = script(tmp_path, "twine", "# twine", interpreter=interpreter)
    found = keyring.check_beside("twine", "7.0", path, PATH)
    assert found[:3] == ("twine", status, message)
    assert found.remedy.startswith("run `pipx inject twine keyrings.codeartifact` or ") == (status == "warning")


def test_another_backend_applies_beside_a_client_too(tmp_path):
    path = script(tmp_path, "twine", "# twine", interpreter=sys.executable)
    environ = PATH | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    message = "7.0: PYTHON_KEYRING_BACKEND is keyring.backends.null.Keyring, which replaces this backend"
    assert keyring.check_beside("twine", "7.0", path, environ) == Check("twine", "warning", message, "remove it")


@pytest.mark.parametrize(
    ("python", "has_command", "status", "message"),
    [
        ("other", True, "ok", "2.29, with {}/keyring"),
        ("other", False, "warning", "2.29, without keyrings.codeartifact in its environment"),
        ("this", True, "ok", "2.29, with keyrings.codeartifact in its environment"),
        ("this", False, "ok", "2.29, with keyrings.codeartifact in its environment"),
    ],
)
def test_pdm_runs_a_command_where_it_has_no_keyring(tmp_path, other_python, python, has_command, status, message):
    interpreter = other_python if python == "other" else sys.executable
    path = script(tmp_path, "pdm", "print('PDM, version 2.29')", interpreter=interpreter)
    if has_command:
        script(tmp_path, "keyring")
    [found] = pdm.check(path, INDEX, {"PATH": f"{tmp_path}:/bin:/usr/bin" if has_command else "/none"})
    assert found[:3] == ("pdm", status, message.format(tmp_path))
