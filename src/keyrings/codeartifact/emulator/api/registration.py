"""Registration of CodeArtifact as a service of moto."""

from __future__ import annotations

import re
import sys

import moto.backend_index

from . import models, urls

SERVICE = "codeartifact"


def register() -> None:
    """Add CodeArtifact to moto's services, once per process.

    moto looks services up in a list of URL patterns that its modules share, and imports ``moto.SERVICE`` for the
    backends.  Both are private interfaces, so the version of moto is pinned.
    """
    if SERVICE in (name for name, _ in moto.backend_index.backend_url_patterns):
        return
    moto.backend_index.backend_url_patterns.extend((SERVICE, re.compile(base)) for base in urls.url_bases)
    sys.modules[f"moto.{SERVICE}"] = models
