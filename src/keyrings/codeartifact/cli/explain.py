"""Explain which settings apply to an index URL, and why.

Works offline.

Examples:
    keyrings-codeartifact explain
    keyrings-codeartifact explain --all
    keyrings-codeartifact explain --json
"""

import argparse
import json
import os
from collections.abc import Iterator
from typing import Any

from keyrings.codeartifact.config.explanation import BUILT_IN, Explanation, explain

from .default_index import URL_HELP, require_repository
from .output import write
from .terminal import GREEN, Terminal, add_color

_INDENT = "  "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("url", metavar="URL", nargs="?", help=URL_HELP)
    parser.add_argument("--all", action="store_true", help="also list the options with built-in values")
    parser.add_argument("--json", action="store_true", help="output JSON")
    add_color(parser)


def run(options: argparse.Namespace) -> int:
    """Print the explanation; return 0."""
    explanation = explain(require_repository(options.url), os.environ)
    if options.json:
        write(json.dumps(_as_json(explanation), indent=1))
    else:
        write(*_lines(explanation, Terminal(options.color), is_all=options.all))
    return 0


def _as_json(explanation: Explanation) -> dict[str, Any]:
    return {
        "repository": _repository(explanation),
        "file": explanation.file,
        "file_exists": explanation.file_exists,
        "sections": [section._asdict() for section in explanation.sections],
        "tied": explanation.tied,
        "options": {name: {"value": value, "origin": origin} for name, value, origin in explanation.options},
        "identity": explanation.identity,
        "warnings": explanation.warnings,
    }


def _lines(explanation: Explanation, terminal: Terminal, *, is_all: bool) -> Iterator[str]:
    for key, value in _repository(explanation).items():
        yield from terminal.wrapped(value or "(the whole domain)", f"{_INDENT}{key.replace('_', ' '):12}  ")
    yield ""
    if explanation.file_exists:
        yield from terminal.heading(f"Sections of {explanation.file}")
        yield from _sections(explanation, terminal)
    else:
        yield from terminal.heading(f"No configuration file: {explanation.file} does not exist")
    yield from ("", *terminal.heading("Options"))
    shown = [option for option in explanation.options if is_all or option[2] != BUILT_IN]
    for name, value, origin in shown:
        # The heading names the file.
        place = origin.removesuffix(f" of {explanation.file}")
        yield from terminal.wrapped(f"{name} = {value} ({place})", _INDENT, _INDENT * 2)
    if not shown:
        yield f"{_INDENT}none is set; see the built-in values with --all"
    yield from ("", *terminal.heading("Identity"), *terminal.wrapped(explanation.identity, _INDENT))
    if explanation.warnings:
        yield from ("", *terminal.heading("Warnings"))
        for warning in explanation.warnings:
            yield from terminal.wrapped(warning, f"{_INDENT}! ")


def _sections(explanation: Explanation, terminal: Terminal) -> Iterator[str]:
    """Yield the lines of the sections, of which the one that applies is marked."""
    mark = terminal.styled(GREEN, terminal.symbol("✓", "+"))
    for section in explanation.sections:
        score = "1 qualifier" if section.score == 1 else f"{section.score} qualifiers"
        result = f"applies, with {score}" if section.applies else f"also matches, with {score}"
        if section.score is None:
            result = section.mismatch
        yield from terminal.wrapped(f"[{section.name}]", f"{mark if section.applies else ' '} ")
        yield from terminal.wrapped(result, _INDENT * 3)
    is_only = not any(section.applies for section in explanation.sections)
    yield f"{mark if is_only else ' '} [codeartifact]"
    yield f"{_INDENT * 3}{'applies: no other section matches' if is_only else 'defaults'}"


def _repository(explanation: Explanation) -> dict[str, str | None]:
    domain, domain_owner, region, name = explanation.repository
    return {"domain": domain, "domain_owner": domain_owner, "region": region, "repository": name}
