"""A user who asks, and crowds of processes."""

import pytest

from support.seed import INDEX


@pytest.fixture
def ask(home, tool):
    """Return a function that asks for a token, which there has to be, and returns it."""

    def get(url=INDEX, **environ):
        return home.fork_that_succeeds(tool.bin / "codeartifact-keyring", "get", url, "aws", **environ).stdout.strip()

    return get


@pytest.fixture
def imports(home, tool):
    """Return a function that tells which modules, beside ours, `codeartifact-keyring` loads for an answer."""

    def look(**environ):
        code = (
            f"import sys\nbefore = set(sys.modules)\nsys.argv[1:] = ['get', {INDEX!r}, 'aws']\n"
            "from keyrings.codeartifact.cli.keyring import main\nassert main() == 0\n"
            "print(*{name.split('.')[0] for name in set(sys.modules) - before}, file=sys.stderr)"
        )
        return set(home.succeed(tool.python, "-c", code, **environ).stderr.split())

    return look
