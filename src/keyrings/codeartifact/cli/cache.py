"""Show which tokens are kept, or remove them.

A token itself is never shown.  What the cache is for, and what it does not notice, is in the README.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from keyrings.codeartifact.aws.tokens import moment
from keyrings.codeartifact.cache import store as caches
from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.config.options import OPTIONS

from . import terminal

if TYPE_CHECKING:
    import argparse

    from keyrings.codeartifact.cache.store import Cache, Entry

_HEADINGS = {
    "domain": "domain",
    "owner": "owner",
    "region": "region",
    "obtained": "obtained",
    "good_until": "handed out until",
    "expiration": "expires",
    "identity": "asked for as",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    listing = actions.add_parser("list", help="show which tokens are kept", description="Show which tokens are kept.")
    listing.add_argument("--json", action="store_true", help="print an object in the place of text")
    summary = "remove them, so that AWS is asked anew"
    actions.add_parser("clear", help=summary, description=f"{summary.capitalize()}.")


def run(options: argparse.Namespace) -> int:
    """Do it; return 0."""
    found = _caches()
    if options.action == "clear":
        for cache in found:
            print(f"{cache.folder}: removed {cache.clear()} tokens")
    elif options.json:
        described = [{"folder": cache.folder, "tokens": [*map(_described, cache.entries())]} for cache in found]
        print(json.dumps(described, indent=1))
    else:
        for cache in found:
            _show(cache)
    if not (found or (options.action == "list" and options.json)):
        print("nothing is kept")
    return 0


def _caches() -> list[Cache]:
    """Return all caches from which a lookup may take; raise ConfigurationError for a file that cannot be used."""
    option = OPTIONS["cache_dir"]
    file = keyringrc.load(os.environ)
    texts = {section.options.get(option.name, "") for section in (file.defaults, *file.sections)} | {""}
    if text := os.environ.get(option.variable):
        # It goes before all that the file says.
        texts = {text}
    found = (cache for cache_dir in map(_read, sorted(texts)) for cache in caches.find_all(cache_dir, os.environ))
    return list({cache.folder: cache for cache in found}.values())


def _read(text: str) -> str | None:
    try:
        return str(OPTIONS["cache_dir"].read(text))
    except ValueError:
        return None  # nor does it name a folder to a lookup, which fails


def _described(entry: Entry) -> dict[str, str]:
    token, obtained, good_until, (domain, owner, region, _), identity = entry
    times = (moment(seconds) for seconds in (obtained, good_until, token.expiration or good_until))
    return dict(zip(_HEADINGS, (domain, owner, region, *times, identity), strict=True))


def _show(cache: Cache) -> None:
    print(terminal.bold(cache.folder))
    rows = [tuple(_described(entry).values()) for entry in cache.entries()]
    for line in terminal.table([tuple(_HEADINGS.values()), *rows] if rows else [("nothing is kept",)]):
        print(line)
