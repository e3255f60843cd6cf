"""The address of the documentation, which the metadata of this package has."""

from __future__ import annotations


def address() -> str:
    """Return the URL of the documentation, which ends in a slash."""
    # Imported lazily: only a help or an error shows it.
    from importlib.metadata import metadata

    urls = dict(url.split(", ", 1) for url in metadata("keyrings.codeartifact").get_all("Project-URL", []))
    return str(urls["Documentation"])


def message(anchor: str) -> str:
    """Return the URL of what explains an error, by its code, or another ``anchor`` of the page of messages."""
    return f"{address()}reference/messages.html#{anchor.lower()}"
