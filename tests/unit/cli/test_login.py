"""`login` shows what it writes, writes it once that is confirmed, and shows that a token is available."""

import io
import os
import stat
import sys

import pytest

from keyrings.codeartifact.clients import keyring
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from support.commands import page
from support.scripts import script

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
BASE = URL.removesuffix("simple/")
HATCH = f'[publish.index.repos.codeartifact]\nurl = "{BASE}"\nuser = "aws"\n'
ADDED = "".join(f"+{line}\n" for line in HATCH.splitlines())
WRITTEN = "written; `keyrings-codeartifact logout` restores the files\n"
TOKEN = "got a token: expiry unknown\n"
TOOLS = "pip, uv, twine, poetry, pdm, hatch, flit, pipx"
WARNING = "keyrings-codeartifact: warning: "
posix = pytest.mark.skipif(os.name == "nt", reason="programs on PATH, links and modes are POSIX's")


@pytest.fixture
def hatch(home, monkeypatch):
    """The path of Hatch's settings, of a user with a token; no person is there to ask."""
    monkeypatch.setattr(sys, "stdin", None)
    path = home / "hatch.toml"
    monkeypatch.setenv("HATCH_CONFIG", str(path))
    monkeypatch.setenv("CODEARTIFACT_INDEX_URL", URL)
    monkeypatch.setenv("CODEARTIFACT_AUTH_TOKEN", "t0ken")
    return path


def diff(path):
    return f"--- {os.devnull}\n+++ {path}\n@@ -0,0 +1,3 @@\n{ADDED}"


def test_files_are_written_and_a_token_is_requested(run, hatch, capsys):
    assert run("login", "--tool", "hatch") == 0
    assert capsys.readouterr() == (f"{diff(hatch)}{WRITTEN}{TOKEN}", "")
    assert hatch.read_text() == HATCH


def test_what_is_written_already_is_unchanged(run, hatch, capsys):
    run("login", "--tool", "hatch")
    capsys.readouterr()
    assert run("login", "--tool", "hatch") == 0
    assert capsys.readouterr() == (f"{hatch}: unchanged\n{TOKEN}", "")


@pytest.mark.parametrize(("option", "written", "is_written"), [("--dry-run", "", False), ("--no-check", WRITTEN, True)])
def test_no_token_is_requested(run, hatch, capsys, option, written, is_written):
    assert run("login", URL, "--tool", "hatch", option) == 0
    assert capsys.readouterr() == (f"{diff(hatch)}{written}", "")
    assert hatch.exists() is is_written


def test_the_files_stay_where_no_token_is_available(run, hatch, monkeypatch, capsys):
    monkeypatch.delenv("CODEARTIFACT_AUTH_TOKEN")
    monkeypatch.setenv("CODEARTIFACT_AUTH_TOKEN_FILE", str(hatch.parent / "gone"))
    with pytest.raises(CodeArtifactError) as caught:
        run("login", "--tool", "hatch")
    assert caught.value.code == "CA208"
    assert capsys.readouterr() == (f"{diff(hatch)}{WRITTEN}", "")
    assert hatch.read_text() == HATCH


def test_a_file_that_cannot_be_parsed_is_left_and_the_others_are_written(run, hatch, home, monkeypatch, capsys):
    monkeypatch.setenv("PDM_CONFIG_FILE", str(home / "pdm.toml"))
    (home / "pdm.toml").write_text("no settings")
    assert run("login", "--tool", "pdm", "--tool", "hatch", "--index-mode", "credentials") == 1
    settings = f'[repository.codeartifact]\nurl = "{BASE}"\nusername = "aws"'
    cause = f"{home / 'pdm.toml'} is left as it is: it cannot be parsed"
    error = f"keyrings-codeartifact: error: {cause} [CA803]; correct it, or add:\n{settings}\n{page('CA803')}\n"
    assert capsys.readouterr() == (f"{diff(hatch)}{WRITTEN}{TOKEN}", error)
    assert (home / "pdm.toml").read_text() == "no settings"


class Terminal(io.StringIO):
    """Standard input of a person who types a line."""

    def isatty(self):
        return True


QUESTION = "Write these changes? [Y/n]\n"


@pytest.mark.parametrize("answer", ["\n", "y\n", " Yes\n", ""])
def test_a_person_confirms(run, hatch, monkeypatch, capsys, answer):
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert run("login", "--tool", "hatch") == 0
    assert capsys.readouterr().out == f"{diff(hatch)}{QUESTION}{WRITTEN}{TOKEN}"


@pytest.mark.parametrize("answer", ["n\n", "no\n", "what\n"])
def test_a_person_refuses(run, hatch, monkeypatch, capsys, answer):
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    with pytest.raises(CodeArtifactError) as caught:
        run("login", "--tool", "hatch")
    assert (caught.value.exit_code, str(caught.value)) == (1, "nothing is written; answer y, or pass --yes [CA802]")
    assert capsys.readouterr().out == f"{diff(hatch)}{QUESTION}"
    assert not hatch.exists()


@pytest.mark.parametrize(("option", "rest"), [("--yes", WRITTEN + TOKEN), ("--dry-run", "")])
def test_a_person_is_not_asked(run, hatch, monkeypatch, capsys, option, rest):
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert run("login", "--tool", "hatch", option) == 0
    assert capsys.readouterr().out == f"{diff(hatch)}{rest}"


@pytest.mark.parametrize("stdin", [None, io.StringIO("n\n")], ids=["closed", "a pipe"])
def test_only_a_person_is_asked(run, hatch, monkeypatch, capsys, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    assert run("login", "--tool", "hatch") == 0
    assert capsys.readouterr().out == f"{diff(hatch)}{WRITTEN}{TOKEN}"


def test_the_changes_are_coloured_as_those_of_git(run, hatch, capsys):
    hatch.write_text(HATCH.replace('"aws"', '"me"'))
    run("login", "--tool", "hatch", "--dry-run", "--color", "always")
    assert capsys.readouterr().out == (
        f'--- {hatch}\n+++ {hatch}\n@@ -3 +3 @@\n\033[31m-user = "me"\033[0m\n\033[32m+user = "aws"\033[0m\n'
    )


def test_an_extra_index_is_warned_of(run, hatch, capsys):
    assert run("login", "--tool", "hatch", "--index-mode", "extra", "--publish", "--no-check") == 0
    message = "clients also install from the public index, where anyone can register the name of a private package"
    assert capsys.readouterr().err == f"{WARNING}{message}\n"
    assert hatch.read_text() == f'[publish.index]\nrepo = "codeartifact"\n\n{HATCH}'


def test_a_profile_and_a_duration_are_those_of_the_domain(run, hatch, home, monkeypatch):
    path = home / "keyringrc.cfg"
    monkeypatch.setenv("CODEARTIFACT_CONFIG_FILE", str(path))
    path.write_text("[codeartifact]\n")
    assert run("login", "--tool", "hatch", "--profile", "dev", "--duration-seconds", "900", "--no-check") == 0
    assert path.read_text() == (
        '[codeartifact]\n\n[codeartifact domain="acme" account="111122223333" region="us-east-1"]\n'
        "profile_name = dev\ntoken_duration = 900\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--write"], "--write is set without --project; add --project, or remove --write [CA100]"),
        ([], f"no client is on PATH; name one with --tool: {TOOLS} [CA801]"),
        (["--tool", "pip", "--project"], "none of these clients has settings in a project; name one with --tool: uv, poetry, pdm, hatch [CA801]"),
        (["--tool", "hatch", "--duration-seconds", "5"], "token_duration cannot be '5'; expected: 900 to 43200 seconds, or 0 for the rest of the role's session [CA205]"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit_write_nothing(run, hatch, capsys, arguments, message):
    with pytest.raises(ConfigurationError) as caught:
        run("login", *arguments)
    assert str(caught.value) == message
    assert capsys.readouterr() == ("", "")
    assert not hatch.exists()


PROJECT = f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{URL}"\n'


def test_the_settings_of_a_project_are_printed(run, hatch, capsys, tmp_path):
    assert run("login", "--tool", "pdm", "--project") == 0
    assert capsys.readouterr() == (PROJECT, "")
    assert list((tmp_path / "project").iterdir()) == []


@pytest.mark.parametrize("is_dry", [False, True])
def test_the_settings_of_a_project_are_written(run, hatch, capsys, tmp_path, is_dry):
    path = tmp_path / "project" / "pyproject.toml"
    path.write_text('[project]\nname = "x"\n')
    assert run("login", "--tool", "pdm", "--project", "--write", *(["--dry-run"] if is_dry else [])) == 0
    added = "".join(f"+{line}\n" for line in ("", *PROJECT.splitlines()))
    assert capsys.readouterr() == (f"--- pyproject.toml\n+++ pyproject.toml\n@@ -2,0 +3,4 @@\n{added}", "")
    assert path.read_text() == '[project]\nname = "x"\n' + ("" if is_dry else f"\n{PROJECT}")


@posix
def test_a_new_file_of_a_project_is_for_all_users(run, hatch, tmp_path):
    run("login", "--tool", "pdm", "--project", "--write")
    assert stat.S_IMODE((tmp_path / "project" / "pyproject.toml").stat().st_mode) == 0o644


@posix
def test_the_clients_on_path_are_set_up(run, hatch, home, capsys):
    script(home / "bin", "hatch")
    script(home / "bin", "tox")
    assert run("login", "--no-check") == 0
    assert capsys.readouterr() == (f"{diff(hatch)}{WRITTEN}", "")


@posix
@pytest.mark.parametrize("is_dry", [False, True])
def test_pip_and_uv_get_a_keyring_command(run, hatch, home, monkeypatch, capsys, is_dry):
    monkeypatch.setattr(keyring, "own_folder", lambda: None)
    monkeypatch.setenv("UV_CONFIG_FILE", str(home / "uv.toml"))
    script(home / "bin", "codeartifact-keyring", "from keyrings.codeartifact.cli.keyring import main")
    assert run("login", "--tool", "uv", "--no-check", *(["--dry-run"] if is_dry else [])) == 0
    link = home / "bin" / "keyring"
    out, err = capsys.readouterr()
    assert out.endswith(f"{link}: a link to codeartifact-keyring, for pip and uv\n{'' if is_dry else WRITTEN}")
    assert (link.is_symlink(), err) == (not is_dry, "")


@posix
def test_pip_and_uv_without_a_keyring_command_are_warned_of(run, hatch, home, monkeypatch, capsys):
    monkeypatch.setattr(keyring, "own_folder", lambda: None)
    monkeypatch.setenv("UV_CONFIG_FILE", str(home / "uv.toml"))
    assert run("login", "--tool", "uv", "--no-check") == 0
    install = "run `uv tool install keyring --with keyrings.codeartifact`"
    assert capsys.readouterr().err == f"{WARNING}no `keyring` command on PATH for pip and uv; {install}\n"
