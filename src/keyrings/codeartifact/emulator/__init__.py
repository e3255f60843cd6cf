"""A local CodeArtifact emulator on moto: `Emulator`, the class to run, with `Seed` and `load` for what it holds.

`mock_codeartifact` is CodeArtifact within a process, for boto3 alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .emulator import Emulator
    from .mock import mock_codeartifact
    from .seed import Seed, load

__all__ = ["Emulator", "Seed", "load", "mock_codeartifact"]

_MODULES = {"Emulator": "emulator", "Seed": "seed", "load": "seed", "mock_codeartifact": "mock"}


def __getattr__(name: str) -> Any:
    """Return a public name, imported on first use: moto takes a second to import, and is an extra."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
