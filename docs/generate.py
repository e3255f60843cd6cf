"""Writes what the reference pages say about commands, options, inputs and fixtures, from the code itself.

A page has the comments ``<!-- generated: KIND NAME -->`` and ``<!-- end -->``; what is between them is replaced.  With
``--check`` nothing is written: the names of the pages that would change are printed, and the exit code is 1.

A command, an option or a table that is on no page is an error.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from keyrings.codeartifact.cli import main as cli
from keyrings.codeartifact.config.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
_PAGES = ROOT / "docs" / "reference"
_SPAN = re.compile(r"(<!-- generated: (\w+) ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
# Addresses, paths, file names and variables.
_CODE = re.compile(
    r"(?:https?|arn):[^\s,)]*[^\s,).]|dist/\*|/run/[\w/]+|(?<![\w/])(?:\./)?[\w-]+\.(?:toml|pyz|cfg)\b|\b[A-Z]+_(?:…|[A-Z_]+(?:=\w+)?)|(?<![\w-])--[a-z-]+"
)


def main() -> int:
    """Write the pages, or check them; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing, and print the pages that would change")
    is_check = parser.parse_args().check
    paths = sorted(_PAGES.glob("*.md"))
    expected, found = _expected(), {span for path in paths for span in _spans(path)}
    for kind, name in sorted(expected ^ found):
        print(f"{'no page has' if (kind, name) in expected else 'nothing is called'}: {kind} {name}")
    if expected != found:
        return 1
    is_stale = False
    for path in paths:
        text = path.read_text(encoding="utf-8")
        new = _SPAN.sub(lambda match: f"{match[1]}{_generated(match[2], match[3])}{match[4]}", text)
        if new != text:
            is_stale = True
            print(path.relative_to(ROOT))
            if not is_check:
                path.write_text(new, encoding="utf-8")
    return int(is_stale and is_check)


def _spans(path: Path) -> list[tuple[str, str]]:
    """Return kind and name of what a page shows."""
    return [(kind, name) for _, kind, name, _ in _SPAN.findall(path.read_text(encoding="utf-8"))]


def _expected() -> set[tuple[str, str]]:
    """Return what the pages must show."""
    commands = {("command", name) for name in _parsers()}
    options = {("option", name) for name in OPTIONS}
    return (
        commands
        | options
        | {("action", "inputs"), ("action", "outputs"), ("include", "inputs"), ("pytest", "fixtures")}
    )


def _generated(kind: str, name: str) -> str:
    """Return the text of a span, with a line break at its end."""
    lines = {"command": _command, "option": _option, "action": _action, "include": _include, "pytest": _fixtures}[kind](
        name
    )
    return "".join(f"{line}\n" for line in ("", *lines, ""))


def _parsers() -> dict[str, Any]:
    return _subparsers(cli.parser_of(()))


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Return the subcommands that have a help."""
    return {
        listed.dest: action.choices[listed.dest]
        for action in parser._actions  # noqa: SLF001 - argparse has no other way to list them
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
        for listed in action._choices_actions  # noqa: SLF001
    }


def _command(name: str) -> Iterator[str]:
    parser = _parsers()[name]
    details, _, examples = parser.details.strip().partition("Examples:\n")
    yield _marked_up(parser.description)
    for paragraph in filter(None, details.strip().split("\n\n")):
        yield ""
        yield _marked_up(" ".join(paragraph.split()))
    yield ""
    yield "```text"
    children = _subparsers(parser)
    yield from (_usage(child) for child in (children.values() or [parser]))
    yield "```"
    rows = [
        (cell, text if not children else f"with `{child}`: {text}")
        for child, each in (children or {name: parser}).items()
        for cell, text in _arguments(each)
    ]
    if rows:
        yield ""
        yield from _table(("argument", "meaning"), rows)
    if examples:
        yield ""
        yield "Examples:"
        yield ""
        yield "```console"
        yield from textwrap.dedent(examples).rstrip().splitlines()
        yield "```"


def _usage(parser: argparse.ArgumentParser) -> str:
    words = [parser.prog]
    for action in parser._actions:  # noqa: SLF001
        if action.option_strings:
            words.append(f"[{_spelling(action)}]" if action.dest != "help" else "")
        elif action.nargs == argparse.REMAINDER:
            words.append(f"[--] {action.metavar} ...")
        else:
            words.append(f"[{_value(action)}]" if action.nargs == "?" else _value(action))
    return textwrap.fill(" ".join(filter(None, words)), 100, subsequent_indent="    ", break_on_hyphens=False)


def _arguments(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in parser._actions:  # noqa: SLF001
        if action.dest != "help":
            text = (action.help or "") % {**vars(action), "prog": parser.prog}
            choices = "" if action.choices is None else f": `{'`, `'.join(action.choices)}`"
            yield f"`{_spelling(action)}`", f"{_marked_up(text)}{choices}"


def _spelling(action: argparse.Action) -> str:
    if not action.option_strings:
        return _value(action)
    return action.option_strings[-1] + ("" if action.nargs == 0 else f" {_value(action)}")


def _value(action: argparse.Action) -> str:
    return str(action.metavar or action.dest.upper())


def _option(name: str) -> Iterator[str]:
    option = OPTIONS[name]
    yield f"- Variable: `{option.variable}`"
    yield f"- Value: {_marked_up(option.form)}"
    if option.default is not None:
        yield f"- Default: `{_as_text(option.default)}`"


def _action(name: str) -> Iterator[str]:
    declared = yaml.safe_load((ROOT / "github-actions" / "action.yml").read_text(encoding="utf-8"))[name]
    if name == "outputs":
        rows = [(f"`{key}`", _marked_up(one["description"])) for key, one in declared.items()]
        return _table(("output", "meaning"), rows)
    return _inputs(declared)


def _include(_: str) -> Iterator[str]:
    spec, _jobs = yaml.safe_load_all((ROOT / "gitlab-ci" / "codeartifact.yml").read_text(encoding="utf-8"))
    return _inputs(spec["spec"]["inputs"])


def _inputs(declared: dict[str, dict[str, Any]]) -> Iterator[str]:
    rows = []
    for name, one in declared.items():
        choices = f": `{'`, `'.join(one['options'])}`" if "options" in one else ""
        default = _as_text(one.get("default", ""))
        # In the same cell, as a third column is too narrow on a telephone.
        shown = f" (default `{default}`)" if default else ""
        rows.append((f"`{name}`", f"{_marked_up(one['description'])}{choices}{shown}"))
    return _table(("input", "meaning"), rows)


def _as_text(value: object) -> str:
    """Return a value as it is written in a file."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _fixtures(_: str) -> Iterator[str]:
    # Not imported: pytest is no dependency.
    tree = ast.parse((ROOT / "src" / "keyrings" / "codeartifact" / "pytest_plugin.py").read_text(encoding="utf-8"))
    rows = [
        (f"`{node.name}`", _marked_up(" ".join((ast.get_docstring(node) or "").split()).replace("``", "`")))
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    ]
    return _table(("fixture", "value"), rows)


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (heading, ("---",) * len(heading), *rows):
        cells = " | ".join(cell.replace("|", r"\|") for cell in row)
        yield f"| {cells} |"


def _marked_up(text: str | None) -> str:
    """Return text with variables, paths, URLs and ARNs as code, where it is none already."""
    parts = re.split(r"(`[^`]*`)", text or "")
    return "".join(part if part.startswith("`") else _CODE.sub(r"`\g<0>`", part) for part in parts)


if __name__ == "__main__":
    sys.exit(main())
