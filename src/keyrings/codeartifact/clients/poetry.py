"""Poetry's sources in the project's pyproject.toml."""

import re
from collections.abc import Iterator, Mapping

from keyrings.codeartifact import index_url
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.models import USERNAME, WARNING, Check

from .programs import project_file, read_text

# The form that Poetry itself writes; a file in another one has no sources here.
_SOURCE = r"(?ms)^\[\[tool\.poetry\.source\]\](.*?)(?=^\[|\Z)"
_URL = r"""(?m)^url\s*=\s*["']([^"'\n]*)"""


def check(_path: str, index: Index, _environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield a warning for a source that Poetry queries no keyring for, as it has a user name."""
    for url in sources():
        found = index_url.parse_repository(url)
        if found and found.whole_domain() == index.repository.whole_domain() and f"{USERNAME}@" in url:
            message = "a source in pyproject.toml has a user name in its URL, so Poetry does not query the keyring"
            yield Check("poetry", WARNING, message, f"remove {USERNAME}@ from it")


def sources() -> list[str]:
    """Return the URLs of the project's sources."""
    text = read_text(project_file("pyproject.toml") or "") or ""
    return [url for table in re.findall(_SOURCE, text) for url in re.findall(_URL, table)]
