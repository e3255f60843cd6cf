"""`completion`: real shells complete commands and options when a user presses Tab."""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from support.project import PATIENCE

COMMAND = "keyrings-codeartifact"
PROMPT = "now you>"
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(keyrings-codeartifact completion bash)"'),
    "zsh": (
        ["zsh", "-f", "-i"],
        'autoload -U compinit; compinit -u -D; eval "$(keyrings-codeartifact completion zsh)"',
    ),
}
LINES = [
    pytest.param("exp\t", ["explain"], id="command"),
    pytest.param("--vers\t", ["--version"], id="option before a command"),
    pytest.param("token --js\t", ["token", "--json"], id="option"),
    pytest.param("ca\tli\t--js\t", ["cache", "list", "--json"], id="command of a command"),
    pytest.param("completion ba\t--he\t", ["completion", "bash", "--help"], id="choice of an argument"),
    pytest.param("env --for\tpow\t", ["env", "--format", "powershell"], id="choice of an option"),
    pytest.param("env --format=do\t", ["env", "--format=dotenv"], id="choice after an equals sign"),
    pytest.param(
        "login --profile token --dr\t", ["login", "--profile", "token", "--dry-run"], id="value that is a command"
    ),
    pytest.param(
        "exec --with-p\tacme-own-c\t", ["exec", "--with-password", "acme-own-command"], id="a command of exec"
    ),
    pytest.param(
        "exec -- acme-own-c\tfil\t", ["exec", "--", "acme-own-command", "file-of-the-user"], id="its own arguments"
    ),
    pytest.param(
        "exec acme-own-command --che\t to\t", ["exec", "acme-own-command", "--che", "to"], id="no option of exec"
    ),
]


class Terminal:
    """A shell on a terminal."""

    def __init__(self, command, environ, folder):
        self.master, other = pty.openpty()
        self.process = subprocess.Popen(
            command, env=environ, cwd=folder, stdin=other, stdout=other, stderr=other, start_new_session=True
        )
        os.close(other)
        self.said = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def read_until(self, pattern):
        """Return the match of a pattern in what the shell has said since the last one."""
        end = time.monotonic() + PATIENCE / 4
        while not (match := re.search(pattern, self.said)):
            assert time.monotonic() < end, self.said
            if select.select([self.master], [], [], 1)[0]:
                self.said += os.read(self.master, 65536).decode(errors="replace")
        self.said = self.said[match.end() :]
        return match

    def close(self):
        self.process.kill()
        self.process.wait(timeout=PATIENCE)
        os.close(self.master)


def needs(shell):
    if not shutil.which(shell) and os.environ.get("REQUIRE_TOOLS") != "1":
        pytest.skip(f"needs {shell}; with REQUIRE_TOOLS=1 its lack is a failure")


@pytest.fixture(scope="module")
def user(tool, tmp_path_factory):
    """A folder with a file, and an environment with a command of the user's own."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "file-of-the-user").touch()
    own = folder / "bin" / "acme-own-command"
    own.parent.mkdir()
    own.touch(0o755)
    return folder, {"HOME": str(folder), "TERM": "xterm", "PATH": f"{tool.bin}:{own.parent}:/usr/bin:/bin"}


@pytest.fixture(scope="module", params=SHELLS)
def terminal(request, user):
    """A terminal with a shell that completes, in which the command prints its arguments."""
    needs(request.param)
    command, completion = SHELLS[request.param]
    folder, environ = user
    terminal = Terminal(command, environ, folder)
    function = f"{COMMAND}() {{ printf ran; printf '<%s>' \"$@\"; echo; }}"
    terminal.type(f"PS1='{PROMPT[:-1]}''{PROMPT[-1]}'\r{completion}\r{function}\r{COMMAND} ready\r")
    terminal.read_until("ran<ready>")
    terminal.read_until(PROMPT)
    yield terminal
    terminal.close()


@pytest.mark.parametrize(("line", "words"), LINES)
def test_tab(terminal, line, words):
    terminal.type(f"{COMMAND} {line}\r")
    ran = terminal.read_until("ran(<.*>)")
    # Before it, the shell does not read a line yet.
    terminal.read_until(PROMPT)
    assert ran[1] == "".join(f"<{word}>" for word in words)


@pytest.fixture(scope="module")
def fish(user):
    """Return a function that returns what fish completes a line to."""
    needs("fish")
    folder, environ = user
    code = "keyrings-codeartifact completion fish | source; while read -l line; complete -C $line; echo; end"
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(["fish", "--no-config", "-c", code], env=environ, cwd=folder, **options) as process:

        def complete(line):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            return [text.partition("\t")[0] for text in iter(process.stdout.readline, "\n")]

        yield complete
        process.stdin.close()


@pytest.mark.parametrize(("line", "words"), LINES)
def test_fish(fish, line, words):
    *parts, rest = line.split("\t")
    typed = f"{COMMAND} "
    for part in parts:
        *before, last = f"{typed}{part}".split(" ")
        # As Tab: one candidate takes the place of the word.
        found = [text.strip() for text in fish(f"{typed}{part}")]
        assert len(found) <= 1
        typed = " ".join([*before, *(found or [last]), ""]) if found else f"{typed}{part}"
    assert f"{typed}{rest}".split() == [COMMAND, *words]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_syntax(call, home, shell):
    needs(shell)
    script = call("completion", shell)
    assert (script.returncode, script.stderr) == (0, "")
    done = home.run(shell, "-n", stdin=script.stdout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_command_and_option(call):
    """In each script, as the help of each command has them."""
    scripts = {shell: call("completion", shell).stdout for shell in ("bash", "zsh", "fish", "powershell")}
    commands = re.findall(r"^    ([a-z]+)\b", call("--help").stdout, re.MULTILINE)
    assert "completion" in commands
    for command in commands:
        options = {*re.findall(r"--[a-z-]*[a-z]", call(command, "--help").stdout)}
        for shell, script in scripts.items():
            assert re.search(rf"\b{command}\b", script)
            for option in options:
                # fish names an option without its dashes.
                assert re.search(rf"-l {option[2:]}\b" if shell == "fish" else rf"{option}\b", script), (shell, option)


def test_powershell(call):
    """It is on no index in reach here: this reads the table as it does."""
    script = call("completion", "powershell").stdout
    assert script.isascii()
    place = r"'((?:[^']|'')*)' = \[ordered\]@\{ (.*) \}"
    words = {
        name: dict(re.findall(r"'([^']+)' = '((?:[^']|'')+)'(?:; |$)", text))
        for name, text in re.findall(place, script)
    }
    assert list(words["cache"]) == ["-h", "--help", "list", "clear"]
    assert words["cache list"]["--json"] == "output JSON"
    assert words["login"]["--domain-owner"] == "account ID of the domain''s owner (default: yours)"
    assert "'exec --index-mode' = @('replace', 'extra', 'credentials')" in script
    assert "$running = @('exec')" in script
    # All of each line is read, and all brackets are closed.
    for name, text in re.findall(place, script):
        assert text == "; ".join(f"'{word}' = '{summary}'" for word, summary in words[name].items())
    code = re.sub(r"'(?:[^']|'')*'|#.*|\[ordered\]", "", script)
    for opening, closing in ("()", "{}", "[]"):
        assert code.count(opening) == code.count(closing)


def test_a_shell_that_is_none(call):
    done = call("completion", "tcsh")
    assert (done.returncode, done.stdout) == (2, "")
    assert "invalid choice: 'tcsh'" in done.stderr
