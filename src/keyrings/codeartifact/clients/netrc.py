"""netrc files, whose passwords clients use before any keyring's."""

import os
from collections.abc import Iterator, Mapping
from netrc import NetrcParseError, netrc

from keyrings.codeartifact import index_url
from keyrings.codeartifact.models import WARNING, Check, Repository


def check(repository: Repository, environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield a warning if a netrc file has a password for the repository's host."""
    home = os.path.expanduser("~")
    paths = [environ["NETRC"]] if environ.get("NETRC") else [os.path.join(home, name) for name in (".netrc", "_netrc")]
    hosts = [index_url.host(repository, endpoint_type) for endpoint_type in index_url.ENDPOINT_TYPES]
    for path in paths:
        try:
            found = netrc(path).hosts
        except (OSError, NetrcParseError, UnicodeDecodeError):
            continue
        if host := next((host for host in hosts if host in found), None):
            message = f"{path} has a password for {host}, which clients use instead of a keyring's"
            yield Check("netrc", WARNING, message, "remove that entry")
            return
