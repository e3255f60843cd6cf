"""Index URLs in the settings of clients."""

from __future__ import annotations

import re

from keyrings.codeartifact.models import USERNAME


def has_user(url: str) -> bool:
    """Return whether ``url`` has a user name and no password."""
    return bool(re.match(r"https://[^/@]+@", url))


def without_secrets(url: str) -> str:
    """Return ``url`` without userinfo other than CodeArtifact's user name, and without query and fragment."""
    scheme, _, rest = re.split(r"[?#]", url)[0].partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    return f"{scheme}://{user if user in ('', USERNAME) else '…'}{at}{host}{slash}{path}"
