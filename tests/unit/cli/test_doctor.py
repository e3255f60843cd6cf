"""What `doctor` shows of its checks."""

import pytest

from keyrings.codeartifact.cli import doctor
from keyrings.codeartifact.cli.terminal import Terminal
from keyrings.codeartifact.errors import CodeArtifactError
from keyrings.codeartifact.models import FAILED, OK, WARNING, Check
from support.project import ROOT

PAGE = "https://keyrings-codeartifact.readthedocs.io/en/latest/reference/messages.html"
FINE, WARNED = Check("cache", OK, "off"), Check("uv", WARNING, "no keyring", "log in")
BROKEN = Check("token", FAILED, "AWS refused it", "allow it", "{}", "CA405")


@pytest.mark.parametrize(
    ("check", "lines"),
    [
        (FINE, ["✓ cache          off"]),
        (WARNED, ["! uv             no keyring", "                 → log in"]),
        (BROKEN, ["✗ token          AWS refused it [CA405]", "                 → allow it"]),
    ],
)
def test_lines(check, lines):
    assert list(doctor.lines(check, Terminal())) == lines


@pytest.mark.parametrize(
    ("checks", "summary"),
    [
        ([FINE], "No problems."),
        ([FINE, WARNED], f"1 warning: {PAGE}#warnings"),
        ([WARNED, BROKEN, WARNED], f"1 problem, 2 warnings: {PAGE}#ca405"),
        ([BROKEN, BROKEN], f"2 problems: {PAGE}#ca405"),
    ],
)
def test_summary(checks, summary):
    assert doctor._summary(checks) == summary  # noqa: SLF001 - its own line of the output


def test_the_page_lists_the_keys_of_the_json():
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text()
    keys = ", ".join(f"`{key}`" for key in doctor._as_json(BROKEN))  # noqa: SLF001 - its own keys
    assert f"| `doctor` | `ok`, `checks` ({keys}) |" in page
    error = ", ".join(f"`{key}`" for key in CodeArtifactError("CA100", "", "").as_json())
    assert f"`error` ({error}) |" in page
