"""The completion scripts: which arguments complete to files, folders, commands, and that each shell can read them."""

import argparse
import re

import pytest

from keyrings.codeartifact.cli.completion import script

SHELLS = ("bash", "zsh", "fish", "powershell", "tcsh")
COMMANDS = {"token", "exec", "env", "explain", "doctor", "cache", "login", "logout", "kubernetes", "completion", "emulator", "demo"}  # fmt: skip


@pytest.fixture
def parser():
    """A parser with an argument of each kind."""
    parser = argparse.ArgumentParser(prog="tool")
    parser.add_argument("--seed", metavar="FILE", help="a file …")
    parser.add_argument("--state", metavar="FOLDER")
    parser.add_argument("--name")
    commands = parser.add_subparsers(metavar="COMMAND")
    run = commands.add_parser("run", help="run it")
    run.add_argument("--mode", choices=("a", "b"))
    run.add_argument("--to")
    run.add_argument("--check", action="store_true")
    run.add_argument("command", nargs=argparse.REMAINDER)
    commands.add_parser("show", help="show it").add_argument("url")
    return parser


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell(run, capsys, shell):
    assert run("completion", shell) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert COMMANDS - set(re.findall(r"[\w-]+", out)) == set()
    # PowerShell decodes what it reads by the system's code page.
    assert out.isascii()
    assert re.search(r"\S\n\Z", out)


def test_the_hidden_command_is_not_completed(run, capsys):
    run("completion", "bash")
    [names] = re.findall(r"^_shtab_keyrings_codeartifact_subparsers=\((.*)\)$", capsys.readouterr().out, re.MULTILINE)
    assert set(re.findall(r"[\w-]+", names)) == COMMANDS


@pytest.mark.parametrize(
    ("shell", "pattern", "found"),
    [
        (
            "bash",
            r"_shtab_tool_(\w+)_COMPGEN=(\w+)",
            [
                ("run_pos_0", "_keyrings_codeartifact_command_or_file"),
                ("__seed", "_shtab_compgen_files"),
                ("__state", "_shtab_compgen_dirs"),
            ],
        ),
        # Options of `run` that take a value, which precede its command.
        ("bash", r" *(\S+)\) \[\[ \$\{COMP_WORDS\[position.*", ["--mode|--to"]),
        ("zsh", r' *"--(seed|state)\[.*\]:\w+:(.*)"', [("seed", "_files"), ("state", "_files -/")]),
        ("zsh", r' *"\(-\)\*::command:(\w+)"', ["_keyrings_codeartifact_command"]),
        # No message, which would replace the options that fit.
        ("zsh", r' *":url:(.*)"', ["true"]),
        ("fish", r'complete .* -ka "\((__fish_complete_subcommand .*)\)" .*', ["__fish_complete_subcommand --fcs-skip=2 - --mode --to"]),
        ("powershell", r" *'_shtab_tool___(\w+)' = '(_shtab_\w+)'", [("seed", "_shtab_powershell_compgen_files"), ("state", "_shtab_powershell_compgen_dirs")]),
        ("tcsh", r" *'n/--(seed|state)/(.)/' \\", [("seed", "f"), ("state", "d")]),
    ],
)  # fmt: skip
def test_what_completes_an_argument(parser, shell, pattern, found):
    assert re.findall(f"^{pattern}$", script(shell, parser), re.MULTILINE) == found


def test_an_ellipsis_in_a_help_is_ascii(parser):
    assert "--seed[a file ...]" in script("zsh", parser)
