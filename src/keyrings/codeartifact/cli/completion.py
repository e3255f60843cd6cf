"""Print the completion script of a shell.

Completing runs the shell alone, not this program.

Examples:
    eval "$(keyrings-codeartifact completion bash)"
    keyrings-codeartifact completion fish > ~/.config/fish/completions/keyrings-codeartifact.fish
"""

import argparse
import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from .output import write
from .shells import quote_fish, quote_powershell

_PROGRAM = "keyrings-codeartifact"


class Place(NamedTuple):
    """What can follow some words of a command line: ``words``, with a summary of each.

    ``values`` are those of the options that take one, empty for any.  Where ``runs_command``, any other word is the
    start of another command line.
    """

    words: Mapping[str, str]
    values: Mapping[str, tuple[str, ...]]
    runs_command: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", choices=tuple(_SCRIPTS), help="the shell")


def run(options: argparse.Namespace) -> int:
    """Print the script; return 0."""
    # Imported lazily: it imports this module.
    from .main import parser_of

    write(script(options.shell, parser_of([])))
    return 0


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """Return the script with which ``shell`` completes what ``parser`` accepts."""
    with open(f"{os.path.splitext(__file__)[0]}.{shell}", encoding="utf-8") as file:
        text = file.read()
    for field, value in _SCRIPTS[shell](dict(places(parser))).items():
        text = text.replace(f"@{field}@", value)
    return text.rstrip("\n")


def places(parser: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, Place]]:
    """Yield the places of a command line, by the words before each; a positional's choices count as commands."""
    words: dict[str, str] = {}
    values: dict[str, tuple[str, ...]] = {}
    following: dict[str, argparse.ArgumentParser | None] = {}
    runs_command = False
    for action in parser._actions:  # noqa: SLF001 - argparse has no other list of them
        summary = (action.help or "") % {**vars(action), "prog": parser.prog}
        choices = tuple(map(str, action.choices or ()))
        for option in action.option_strings:
            words[option] = summary
            if action.nargs != 0:
                values[option] = choices
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            words |= {one.dest: one.help or "" for one in action._choices_actions}  # noqa: SLF001
            following |= action.choices
        elif not action.option_strings:
            words |= dict.fromkeys(choices, summary)
            following |= dict.fromkeys(choices)
            runs_command |= action.nargs == argparse.REMAINDER
    yield path, Place(words, values, runs_command)
    for word, command in following.items():
        name = f"{path} {word}".lstrip()
        if command:
            yield from places(command, name)
        else:
            options = {option: summary for option, summary in words.items() if option not in following}
            yield name, Place(options, values, runs_command)


def _bash(found: Mapping[str, Place]) -> dict[str, str]:
    words = {name: shlex.quote(" ".join(place.words)) for name, place in found.items()}
    values = {name: shlex.quote(" ".join(choices)) for name, choices in _values(found)}
    return {
        "WORDS": _lines(f"{shlex.quote(name)}) echo {text} ;;" for name, text in words.items()),
        "VALUES": _lines(f"{shlex.quote(name)}) echo {text} ;;" for name, text in values.items()),
        "RUNNING": "|".join(map(shlex.quote, _running(found))),
    }


def _zsh(found: Mapping[str, Place]) -> dict[str, str]:
    words = {
        name: " ".join(shlex.quote(f"{word}:{summary}") for word, summary in place.words.items())
        for name, place in found.items()
    }
    values = {name: " ".join(map(shlex.quote, choices)) for name, choices in _values(found)}
    return {
        "WORDS": _lines(f"({shlex.quote(name)}) candidates=({text}) ;;" for name, text in words.items()),
        "VALUES": _lines(f"({shlex.quote(name)}) candidates=({text}) ;;" for name, text in values.items()),
        "RUNNING": "|".join(map(shlex.quote, _running(found))),
    }


def _fish(found: Mapping[str, Place]) -> dict[str, str]:
    lines = []
    for name, place in found.items():
        begin = f"complete -c {_PROGRAM} -n {quote_fish(f'__keyrings_codeartifact_at {name}'.rstrip())}"
        if any(not word.startswith("-") for word in place.words):
            lines.append(f"{begin} -f")
        if place.runs_command:
            lines.append(f"{begin} -x -a '(__fish_complete_command)'")
        for word, summary in place.words.items():
            option = f"-l {word[2:]}" if word.startswith("--") else f"-s {word[1:]}" if word[0] == "-" else f"-a {word}"
            choices = place.values.get(word)
            value = "" if choices is None else f" -x -a {quote_fish(' '.join(choices))}" if choices else " -r"
            lines.append(f"{begin} {option}{value} -d {quote_fish(summary)}")
    return {
        "WORDS": "\n".join(lines),
        "OPTIONS": " ".join(quote_fish(name) for name, _ in _values(found)),
        "PLACES": " ".join(quote_fish(name) for name in found if name),
        "RUNNING": " ".join(map(quote_fish, _running(found))),
    }


def _powershell(found: Mapping[str, Place]) -> dict[str, str]:
    words = {
        name: "; ".join(
            # The text beside a candidate cannot be empty.
            f"{quote_powershell(word)} = {quote_powershell(summary or word)}"
            for word, summary in place.words.items()
        )
        for name, place in found.items()
    }
    values = {name: ", ".join(map(quote_powershell, choices)) for name, choices in _values(found)}
    return {
        "WORDS": _lines(f"{quote_powershell(name)} = [ordered]@{{ {text} }}" for name, text in words.items()),
        "VALUES": _lines(f"{quote_powershell(name)} = @({text})" for name, text in values.items()),
        "RUNNING": ", ".join(map(quote_powershell, _running(found))),
    }


def _values(found: Mapping[str, Place]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the options that take a value, after the words before each, and the values."""
    for name, place in found.items():
        for option, choices in place.values.items():
            yield f"{name} {option}".lstrip(), choices


def _running(found: Mapping[str, Place]) -> list[str]:
    return [name for name, place in found.items() if place.runs_command]


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(f"        {line}" for line in lines)


_SCRIPTS: dict[str, Callable[[Mapping[str, Place]], dict[str, str]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "powershell": _powershell,
}
