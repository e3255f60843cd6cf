"""`completion`: real shells complete commands and options when a user presses Tab."""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest
from shtab import SUPPORTED_SHELLS

from support.project import PATIENCE

COMMAND = "keyrings-codeartifact"
PROMPT = "now you>"
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$($TOOL completion bash)"; PS1={}'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -U compinit; compinit -u -D; eval "$($TOOL completion zsh)"; PS1={}'),
    # It reads whole lines unless the terminal is that of its session.
    "tcsh": (
        ["setsid", "--ctty", "tcsh", "-f"],
        "$TOOL completion tcsh >~/.completion; source ~/.completion; set prompt={}",
    ),
}
EVERY = ("bash", "zsh", "fish", "tcsh")
LINES = {
    "exp\t": (["explain"], EVERY),
    "--vers\t": (["--version"], EVERY),
    "token --js\t": (["token", "--json"], EVERY),
    "ca\tli\t--js\t": (["cache", "list", "--json"], EVERY),
    "completion ba\t--he\t": (["completion", "bash", "--help"], EVERY),
    "env --for\tpow\t": (["env", "--format", "powershell"], EVERY),
    "env --format=do\t": (["env", "--format=dotenv"], ("fish", "tcsh")),
    # The value is the name of a command too.
    "login --profile token --dr\t": (["login", "--profile", "token", "--dry-run"], EVERY),
    "emulator --seed fil\t": (["emulator", "--seed", "file-of-the-user"], EVERY),
    "emulator --state fold\tsub": (["emulator", "--state", "folder-of-the-user/sub"], EVERY),
    "emulator --state file-\tx": (["emulator", "--state", "file-x"], ("bash", "fish", "tcsh")),
    "token file-\tx": (["token", "file-x"], EVERY),
    "jo\tx": (["jox"], EVERY),
    "exec acme-own-c\t": (["exec", "acme-own-command"], EVERY),
    "exec --with-p\tacme-own-c\t": (["exec", "--with-password", "acme-own-command"], ("bash", "zsh", "fish")),
    "exec -- acme-own-c\tfil\t": (["exec", "--", "acme-own-command", "file-of-the-user"], ("bash", "zsh", "fish")),
    "exec --index-mode rep\tacme-own-c\tfil\t": (
        ["exec", "--index-mode", "replace", "acme-own-command", "file-of-the-user"],
        ("bash", "zsh", "fish"),
    ),
    "exec --index-mode=extra acme-own-c\tfil\t": (
        ["exec", "--index-mode=extra", "acme-own-command", "file-of-the-user"],
        ("bash", "zsh", "fish"),
    ),
    # No option of exec.
    "exec -- acme-own-command --che\t to\t": (
        ["exec", "--", "acme-own-command", "--che", "to"],
        ("bash", "zsh", "fish"),
    ),
}


def lines(*shells):
    """Return the lines that these shells complete."""
    return [
        pytest.param(shell, line, words, id=f"{shell}: {line}")
        for line, (words, able) in LINES.items()
        for shell in shells
        if shell in able
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
    """A folder with a file and a folder, and an environment with two commands that print their arguments."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "file-of-the-user").touch()
    (folder / "folder-of-the-user").mkdir()
    (folder / "bin").mkdir()
    for command in (COMMAND, "acme-own-command"):
        (folder / "bin" / command).write_text("#!/bin/sh\nprintf ran; printf '<%s>' \"$@\"; echo\n")
        (folder / "bin" / command).chmod(0o755)
    path = f"{folder / 'bin'}:/usr/bin:/bin"
    return folder, {"HOME": str(folder), "TERM": "xterm", "PATH": path, "TOOL": f"{tool.bin / COMMAND}"}


@pytest.fixture(scope="module")
def terminals(user):
    """Return a function that returns a terminal with a shell that completes."""
    folder, environ = user
    started = {}

    def terminal(shell):
        needs(shell)
        if shell not in started:
            command, setup = SHELLS[shell]
            started[shell] = Terminal(command, environ, folder)
            prompt = f"'{PROMPT[:-1]}''{PROMPT[-1]}'"
            started[shell].type(f"{setup.format(prompt)}\r{COMMAND} ready\r")
            started[shell].read_until("ran<ready>")
            started[shell].read_until(PROMPT)
        return started[shell]

    yield terminal
    for terminal in started.values():
        terminal.close()


@pytest.mark.parametrize(("shell", "line", "words"), lines(*SHELLS))
def test_tab(terminals, shell, line, words):
    terminal = terminals(shell)
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
    code = "$TOOL completion fish | source; while read -l line; complete -C $line; echo; end"
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(["fish", "--no-config", "-c", code], env=environ, cwd=folder, **options) as process:

        def complete(line):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            return [text.partition("\t")[0] for text in iter(process.stdout.readline, "\n")]

        yield complete
        process.stdin.close()


@pytest.mark.parametrize(("shell", "line", "words"), lines("fish"))
def test_fish(fish, shell, line, words):
    *parts, rest = line.split("\t")
    typed = f"{COMMAND} "
    for part in parts:
        *before, last = f"{typed}{part}".split(" ")
        # As Tab: one candidate takes the place of the word.
        found = [text.strip() for text in fish(f"{typed}{part}")]
        assert len(found) <= 1
        space = "" if not found or found[0].endswith("/") else " "
        typed = " ".join([*before, *(found or [last])]) + space
    assert f"{typed}{rest}".split() == [COMMAND, *words]


def test_the_completions_of_a_command_of_exec(call, home):
    """With the package bash-completion, whose function gets the number of the word that is the command."""
    code = """
        _command_offset() { COMPREPLY=("install-$1"); }
        COMP_WORDS=(keyrings-codeartifact exec --check --index-mode = extra -- pip --user ins) COMP_CWORD=9
        _shtab_keyrings_codeartifact
        echo "${COMPREPLY[@]}"
    """
    assert home.succeed("bash", "-c", call("completion", "bash").stdout + code).stdout == "install-7\n"


@pytest.mark.parametrize("shell", EVERY)
def test_the_syntax(call, home, shell):
    needs(shell)
    script = call("completion", shell)
    assert (script.returncode, script.stderr) == (0, "")
    done = home.run(shell, "-n", stdin=script.stdout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_command_and_option(call):
    """In each script, as the help of each command has them."""
    scripts = {shell: call("completion", shell).stdout for shell in SUPPORTED_SHELLS}
    commands = re.findall(r"^    ([a-z]+)\b", call("--help").stdout, re.MULTILINE)
    assert "completion" in commands
    assert "job" not in commands
    for shell, script in scripts.items():
        assert script.isascii()
        assert not re.search(r"\bjob\b", script), shell
    for command in commands:
        options = {*re.findall(r"--[a-z-]*[a-z]", call(command, "--help").stdout)}
        for shell, script in scripts.items():
            assert re.search(rf"\b{command}\b", script)
            for option in options:
                # fish and tcsh name an option without its dashes.
                name = {"fish": f"-l {option[2:]}", "tcsh": f"[( ]{option[2:]}"}.get(shell, option)
                assert re.search(rf"{name}\b", script), (shell, option)


def test_powershell(call):
    """It is on no index in reach here: this reads the tables as it does."""
    script = call("completion", "powershell").stdout
    prefix = "_shtab_keyrings_codeartifact"
    tables = {
        name: dict(re.findall(r"^    '([^']+)' = (.*)$", text, re.MULTILINE))
        for name, text in re.findall(rf"^\${prefix}_([a-z_]+) = @\{{\n(.*?)^\}}$", script, re.MULTILINE | re.DOTALL)
    }
    assert tables["subparsers"][f"{prefix}_cache"] == "@('list', 'clear')"
    assert tables["option_strings"][f"{prefix}_cache_list"] == "@('-h', '--help', '--json', '--color')"
    assert tables["choices"][f"{prefix}_exec___index_mode"] == "@('replace', 'extra', 'credentials')"
    assert tables["compgens"][f"{prefix}_emulator___seed"] == "'_shtab_powershell_compgen_files'"
    assert tables["compgens"][f"{prefix}_emulator___state"] == "'_shtab_powershell_compgen_dirs'"
    assert tables["help"][f"{prefix}_cache_list___json"] == "'output JSON'"
    assert tables["help"][f"{prefix}_login___domain_owner"] == "'account ID of the domain''s owner (default: yours)'"
    # All strings and brackets are closed.
    code = re.sub(r"'(?:[^'\n]|'')*'|#.*", "", script)
    assert "'" not in code
    for opening, closing in ("()", "{}", "[]"):
        assert code.count(opening) == code.count(closing)


def test_a_shell_that_is_none(call):
    done = call("completion", "cmd")
    assert (done.returncode, done.stdout) == (2, "")
    assert "invalid choice: 'cmd'" in done.stderr
