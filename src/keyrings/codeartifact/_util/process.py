"""The process: lazy imports in one that forks, and whether it runs a single command or has only loaded the backend."""

import os
from _thread import RLock

# Held around lazy imports, so that a fork in another thread never leaves a child with a module half imported.
importing = RLock()
if hasattr(os, "register_at_fork"):
    # A child inherits the import system's locks as they are: a fork waits until no lazy import of ours is under way.
    os.register_at_fork(before=importing.acquire, after_in_parent=importing.release, after_in_child=importing.release)

_is_own = False


class Environment(dict[str, str]):
    """Variables whose repr hides them: a program that prints the locals of a traceback would print secrets."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<environment>"


def own() -> None:
    """Declare that this process runs a single command, ours or `keyring`."""
    global _is_own  # noqa: PLW0603 - a property of the process
    _is_own = True


def ignore_warnings(message: str) -> None:
    """Ignore warnings that begin with ``message`` if this process runs a single command.

    Another program's filters are its own, and cannot be changed for a while: other threads would see that.
    """
    if _is_own:
        import warnings

        warnings.filterwarnings("ignore", message)
