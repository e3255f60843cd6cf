"""Explain which settings apply to an index URL, and why.

Works offline.

Examples:
    keyrings-codeartifact explain
    keyrings-codeartifact explain --json
"""

import argparse
import json
import os
from collections.abc import Iterator
from typing import Any

from keyrings.codeartifact._util.text import printable
from keyrings.codeartifact.config.environment import require_repository
from keyrings.codeartifact.config.explanation import Explanation, explain

from . import terminal
from .output import write
from .token import URL_HELP


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("url", metavar="URL", nargs="?", help=URL_HELP)
    parser.add_argument("--json", action="store_true", help="output JSON")


def run(options: argparse.Namespace) -> int:
    """Print the explanation; return 0."""
    explanation = explain(require_repository(options.url, os.environ), os.environ)
    if options.json:
        write(json.dumps(as_json(explanation), indent=1))
    else:
        write(*lines(explanation))
    return 0


def as_json(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as a JSON object."""
    return {
        "repository": _repository(explanation),
        "file": explanation.file,
        "sections": [section._asdict() for section in explanation.sections],
        "tied": explanation.tied,
        "options": {name: {"value": value, "origin": origin} for name, value, origin in explanation.options},
        "identity": explanation.settings.identity,
        "warnings": explanation.warnings,
    }


def lines(explanation: Explanation) -> Iterator[str]:
    """Yield the lines of the explanation."""
    rows = [(key.replace("_", " "), value or "(the whole domain)") for key, value in _repository(explanation).items()]
    yield from terminal.table(rows)
    yield from ("", terminal.bold(f"Sections of {explanation.file}"))
    sections = [
        (f"[{one.name}]", "no" if one.score is None else str(one.score), "applies" if one.applies else one.mismatch)
        for one in explanation.sections
    ]
    yield from terminal.table([*sections, ("[codeartifact]", "", "defaults")])
    yield from ("", terminal.bold("Options"))
    yield from terminal.table(explanation.options)
    yield from ("", terminal.bold("Identity"), f"  {explanation.settings.identity}")
    if warnings := explanation.warnings:
        yield from ("", terminal.bold("Warnings"), *(f"  {printable(warning)}" for warning in warnings))


def _repository(explanation: Explanation) -> dict[str, str | None]:
    domain, domain_owner, region, name = explanation.repository
    return {"domain": domain, "domain_owner": domain_owner, "region": region, "repository": name}
