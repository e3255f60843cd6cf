"""A user of the commands."""

import pytest

from support.commands import NAMED


@pytest.fixture
def call(home, tool):
    """Return a function that runs `keyrings-codeartifact`, in a fork, and returns how it ended."""

    def run(*arguments, **environ):
        return home.fork(tool.bin / "keyrings-codeartifact", *arguments, **environ)

    return run


# exec, with the clients themselves


@pytest.fixture
def run(home, tool):
    """Return a function that runs a client in an environment of these requirements, through `exec --check --publish`."""

    def through(client, command, *arguments, cwd=None, **environ):
        path = f"{client.bin}:{home.environ['PATH']}"
        words = (tool.bin / "keyrings-codeartifact", "exec", "--check", "--publish", "--", command, *arguments)
        return home.succeed(*words, cwd=cwd, **NAMED, **environ, PATH=path)

    return through
