"""`keyrings-codeartifact doctor` and `explain`, run by a user in a folder of a project."""

import json

import pytest

from support.doctor import found
from support.seed import INDEX


@pytest.fixture
def start(home):
    """How the commands are started."""
    return home.fork


@pytest.fixture
def call(home, tool, start):
    """Return a function that runs `keyrings-codeartifact` in a folder of its own, with nothing but it on PATH."""
    aws = home.folder / "home" / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(
        "[staging]\naws_access_key_id = AKIAPROFILE000000004\naws_secret_access_key = MARKED\n"
    )
    (home.folder / "project").mkdir()

    def run(*arguments, **environ):
        environ = {"PATH": str(tool.bin), **environ}
        return start(tool.bin / "keyrings-codeartifact", *arguments, cwd=home.folder / "project", **environ)

    return run


@pytest.fixture
def doctor(call):
    """Return a function that returns the exit code of `doctor --json` and its checks."""

    def examine(*arguments, **environ):
        done = call("doctor", "--json", *(arguments or [INDEX]), **environ)
        assert done.stderr == ""
        assert "MARKED" not in done.stdout
        answer = json.loads(done.stdout)
        assert answer["ok"] == (done.returncode == 0)
        return done.returncode, answer["checks"]

    return examine


# The clients: each mistake in turn.


@pytest.fixture
def examine(doctor, home, tool):
    """Return a function that returns what is found of one client, with these programs on PATH besides ours."""

    def look(link, *bins, **environ):
        path = ":".join((*map(str, bins), str(tool.bin)))
        return found(doctor(PATH=path, **environ)[1], link)

    return look


@pytest.fixture
def pip(environment, home):
    del home.environ["PIP_CONFIG_FILE"]
    del home.environ["PIP_NO_INPUT"]
    return environment("pip>=26.2").bin


@pytest.fixture
def uv(environment, home):
    del home.environ["UV_NO_CONFIG"]
    return environment("uv>=0.13").bin
