"""What a bare host is answered after a refusal, a failure and an answer."""

import pytest

from keyrings.codeartifact.emulator.faults import aws_error
from support.failures import ASK, INDEX


@pytest.mark.parametrize("first", [INDEX.replace("https", "http"), INDEX], ids=["refused", "failed"])
def test_a_bare_host_after_a_refusal_is_not_answered(home, tool, emulator, first):
    """pip goes on with the bare host, which says neither by which scheme it will send nor for which repository."""
    home.config.write_text('[codeartifact name="release"]\nprofile_name = gone\n')
    host = INDEX.split("/")[2]
    code = (
        "from keyrings.codeartifact.backend import CodeArtifactBackend as backend\n"
        f"print(backend().get_credential({first!r}, None), backend().get_credential({host!r}, None))"
    )
    done = home.succeed(tool.python, "-c", code)
    assert done.stdout == "None None\n"
    assert len(done.stderr.splitlines()) == 1
    assert emulator.journal.entries(ASK) == []


def test_a_bare_host_after_an_answer_is_answered(home, tool, emulator):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403))
    host = INDEX.split("/")[2]
    code = (
        "from keyrings.codeartifact.backend import CodeArtifactBackend as backend\n"
        f"for service in ({INDEX!r}, {host!r}, {INDEX!r}, {host!r}):\n"
        "    print(bool(backend().get_credential(service, None)))"
    )
    done = home.succeed(tool.python, "-c", code, CODEARTIFACT_CACHE="off")
    assert done.stdout.split() == ["False", "False", "True", "True"]


def test_a_bare_host_that_failed_itself_may_be_asked_for_again(home, tool, emulator):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403))
    host = INDEX.split("/")[2]
    code = (
        "from keyrings.codeartifact.backend import CodeArtifactBackend as backend\n"
        f"print(*(bool(backend().get_credential({host!r}, None)) for _ in '12'))"
    )
    assert home.succeed(tool.python, "-c", code, CODEARTIFACT_CACHE="off").stdout == "False True\n"
