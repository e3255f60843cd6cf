"""What has been found out about the way to a token?"""

from __future__ import annotations

from typing import NamedTuple

OK, WARNING, FAILED = "ok", "warning", "failed"


class Finding(NamedTuple):
    """One link of the chain, or one client: its status, what was seen, how to mend it, and a document to paste.

    Nothing in it is secret.
    """

    link: str
    status: str
    said: str
    fix: str = ""
    paste: str = ""
