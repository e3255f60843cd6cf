"""A lock around lazy imports, so that a fork in another thread never leaves a child with a module half imported."""

from __future__ import annotations

import os
from _thread import RLock

importing = RLock()

if hasattr(os, "register_at_fork"):
    # A child inherits the import system's locks as they are: a fork waits until no lazy import of ours is under way.
    os.register_at_fork(before=importing.acquire, after_in_parent=importing.release, after_in_child=importing.release)
