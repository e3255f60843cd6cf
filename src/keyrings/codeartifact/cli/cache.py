"""List the cached tokens, or remove them.

Never prints a token.

Examples:
    keyrings-codeartifact cache list
    keyrings-codeartifact cache clear
"""

import argparse
import json
import os
from collections.abc import Iterator

from keyrings.codeartifact._util.text import describe_time, rfc3339
from keyrings.codeartifact.cache import folder
from keyrings.codeartifact.cache.store import Entry, Store
from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.config.options import OPTIONS

from .output import write
from .terminal import Terminal, add_color

_KEYS = ("domain", "domain_owner", "region", "obtained", "good_until", "expires", "identity")
_EMPTY = "no tokens are cached"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    listing = actions.add_parser("list", help="list the cached tokens", description="List the cached tokens.")
    listing.add_argument("--json", action="store_true", help="output JSON")
    add_color(listing)
    actions.add_parser("clear", help="remove the cached tokens", description="Remove the cached tokens.")


def run(options: argparse.Namespace) -> int:
    """Run the action; return 0."""
    stores = _stores()
    if options.action == "clear":
        for store in stores:
            write(f"{store.folder}: removed {store.clear()} tokens")
    elif options.json:
        described = [{"folder": store.folder, "tokens": [*map(_describe, store.entries())]} for store in stores]
        write(json.dumps(described, indent=1))
        return 0
    else:
        terminal = Terminal(options.color)
        for store in stores:
            write(*terminal.heading(store.folder))
            found = list(store.entries())
            write(*(line for entry in found for line in _lines(entry, terminal)) if found else (f"  {_EMPTY}",))
    if not stores:
        write(_EMPTY)
    return 0


def _stores() -> list[Store]:
    """Return all caches that lookups may use; raise ConfigurationError for an invalid file."""
    option = OPTIONS["cache_dir"]
    if text := os.environ.get(option.variable):
        texts = {text}  # overrides the file
    else:
        file = keyringrc.load(os.environ)
        texts = {section.options.get(option.name, "") for section in (file.defaults, *file.sections)} | {""}
    found = (path for cache_dir in map(_parse, sorted(texts)) for path in folder.find_all(cache_dir, os.environ))
    return [Store(path) for path in dict.fromkeys(found)]


def _parse(text: str) -> str | None:
    try:
        return str(OPTIONS["cache_dir"].parse(text))
    except ValueError:
        return None  # lookups with an invalid value fail


def _lines(entry: Entry, terminal: Terminal) -> Iterator[str]:
    """Yield the lines of a token, with local times."""
    token, obtained, good_until, (domain, domain_owner, region, _), identity = entry
    yield from terminal.wrapped(f"domain {domain} of {domain_owner} in {region}", "  ")
    values = {
        "identity": identity,
        "obtained": describe_time(obtained),
        "reused": f"until {describe_time(good_until)}",
        "expires": describe_time(token.expires or good_until),
    }
    for key, value in values.items():
        yield from terminal.wrapped(value, f"    {key:8}  ")


def _describe(entry: Entry) -> dict[str, str]:
    token, obtained, good_until, (domain, domain_owner, region, _), identity = entry
    times = map(rfc3339, (obtained, good_until, token.expires or good_until))
    return dict(zip(_KEYS, (domain, domain_owner, region, *times, identity), strict=True))
