"""Print the completion script of a shell.

Completion does not start this program.

Examples:
    eval "$(keyrings-codeartifact completion bash)"
    keyrings-codeartifact completion fish > ~/.config/fish/completions/keyrings-codeartifact.fish
"""

import argparse
from typing import Any

from .output import write

_SHELLS = ("bash", "zsh", "fish", "powershell", "tcsh")
# What completes the command line behind `exec`; OPTIONS are those of exec that take a value.
_COMMAND_LINE = {
    "bash": """
# By this name, shtab treats candidates as file names.
_keyrings_codeartifact_command_or_file() {
  local position=2 word=${COMP_WORDS[COMP_CWORD]}
  while ((position < COMP_CWORD)) && [[ ${COMP_WORDS[position]} == -* ]]; do
    case ${COMP_WORDS[position++]} in
      # bash makes three words of --option=value.
      OPTIONS) [[ ${COMP_WORDS[position++]} != "=" ]] || ((position++)) ;;
    esac
  done
  if ((position >= COMP_CWORD)); then
    compgen -c -- "$word"
    return
  fi
  # From bash-completion, if that is installed.
  ! declare -F _command_offset >/dev/null || _command_offset "$position"
  if ((${#COMPREPLY[@]})); then printf '%s\\n' "${COMPREPLY[@]}"; else compgen -f -- "$word"; fi
}
""",
    "zsh": """
_keyrings_codeartifact_command() {
  while ((CURRENT > 1)) && [[ $words[1] == -* ]]; do
    shift words
    ((CURRENT--))
  done
  _normal
}
""",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", choices=_SHELLS, help="the shell")


def run(options: argparse.Namespace) -> int:
    """Print the script; return 0."""
    # Imported lazily: it imports this module.
    from .main import parser_of

    write(script(options.shell, parser_of([])))
    return 0


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """Return the script with which ``shell`` completes what ``parser`` accepts."""
    # Imported lazily: every help imports this module.
    import shtab

    _prepare(parser, {"FILE": shtab.FILE, "FOLDER": shtab.DIRECTORY, "PLACE": shtab.DIRECTORY})
    return shtab.complete(parser, shell).rstrip("\n")


def _prepare(parser: argparse.ArgumentParser, files: dict[str, Any]) -> None:
    """Set what completes the arguments of ``parser`` and of its commands; ``files`` by metavar."""
    actions = parser._actions  # noqa: SLF001 - argparse has no other list of them
    valued = [option for action in actions if action.nargs != 0 for option in action.option_strings]
    for action in actions:
        # PowerShell decodes a program's output by the system's code page.
        action.help = (action.help or "").replace("…", "...")
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                _prepare(command, files)
        elif action.nargs == argparse.REMAINDER:
            _set(action, _command_line(valued))
        elif action.metavar in files:
            _set(action, files[action.metavar])
        elif not action.option_strings and not action.choices:
            # Where zsh has only a message for an argument, it does not insert the option that fits.
            _set(action, {"zsh": "true"})


def _set(action: argparse.Action, completion: dict[str, Any]) -> None:
    action.complete = completion  # type: ignore[attr-defined]  # shtab's name


def _command_line(valued: list[str]) -> dict[str, Any]:
    """Return what completes a command line behind options, of which ``valued`` take a value."""
    return {
        "bash": "_keyrings_codeartifact_command_or_file",
        "zsh": "_keyrings_codeartifact_command",
        # The dash ends the options of this function.
        "fish": f"(__fish_complete_subcommand --fcs-skip=2 - {' '.join(valued)})",
        "tcsh": "c",
        "preamble": {shell: text.replace("OPTIONS", "|".join(valued)) for shell, text in _COMMAND_LINE.items()},
    }
