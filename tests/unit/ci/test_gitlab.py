"""A job of GitLab CI: inputs in variables, messages on standard error, shell code for the job."""

import os
import subprocess

import pytest

from keyrings.codeartifact.ci.gitlab import GitLab
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError


def test_inputs():
    environ = {"CODEARTIFACT_INPUT_INDEX_URL": "x", "CODEARTIFACT_INPUT_ROLE_TO_ASSUME": "", "CODEARTIFACT_X": "y"}
    expected = {"index-url": "x", "role-to-assume": "", "oidc-token-variable": "CODEARTIFACT_ID_TOKEN"}
    assert GitLab(environ).inputs() == expected


def test_the_variable_of_the_oidc_token_cannot_be_set():
    environ = {"CODEARTIFACT_INPUT_OIDC_TOKEN_VARIABLE": "OTHER"}
    assert GitLab(environ).inputs() == {"oidc-token-variable": "CODEARTIFACT_ID_TOKEN"}


def test_messages_are_printed_on_standard_error(capsys):
    gitlab = GitLab({})
    gitlab.say("a line")
    gitlab.warn("a warning")
    assert capsys.readouterr() == ("", "a line\nkeyrings-codeartifact: warning: a warning\n")


@pytest.mark.parametrize(("error", "exit_code"), [(CodeArtifactError, 1), (ConfigurationError, 2)])
def test_an_error_is_one_line_with_its_exit_code(capsys, monkeypatch, error, exit_code):
    monkeypatch.delenv("CODEARTIFACT_DEBUG", raising=False)
    assert GitLab({}).fail(error("CA100", "cause\nof it", "fix"), ["not printed"]) == exit_code
    out, err = capsys.readouterr()
    line, page = err.splitlines()
    assert (out, line) == ("", "keyrings-codeartifact: error: cause of it; fix [CA100]")
    assert page.endswith("/reference/messages.html#ca100")


def test_the_shell_code():
    code = GitLab({}).hand_on("/com mands", {"A": "b c", "GONE": ""}, None, None)
    assert code == ("export A='b c'", "unset GONE", f"export PATH='/com mands':\"${{PATH:-{os.defpath}}}\"")


@pytest.mark.parametrize("value", ["plain", "two words", "'", '"', "$(touch ran)", "`touch ran`", "a\nb", "\\", "é"])
def test_the_shell_sets_what_was_given(tmp_path, value):
    lines = GitLab({}).hand_on(f"/{value}", {"A": value, "GONE": ""}, None, None)
    script = "\n".join((*lines, 'printf "%s|%s|%s" "$A" "$PATH" "${GONE-unset}"'))
    environ = {"PATH": "/usr/bin:/bin", "GONE": "x", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["/bin/sh", "-eu", "-c", script], env=environ, cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout.decode() == f"{value}|/{value}:/usr/bin:/bin|unset"
    assert list(tmp_path.iterdir()) == []
