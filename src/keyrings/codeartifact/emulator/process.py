"""Preparation of the process that runs the emulator: its environment, its signals, and the extra `emulator`."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

from keyrings.codeartifact.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import Emulator, Seed

# The signals that end a command, besides SIGINT (Ctrl-C); Windows has no SIGHUP.
ENDING_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
# The user's AWS settings must not apply to the emulator: botocore fails on a stale profile, and moto has switches.
_FOREIGN = re.compile(r"AWS_.*|MOTO_.*|INITIAL_NO_AUTH_ACTION_COUNT")


def require_emulator() -> tuple[type[Emulator], Callable[[str | None], Seed]]:
    """Return `Emulator` and `load`, after removing AWS and moto settings from this process's environment.

    Raises ConfigurationError if the extra ``emulator`` is not installed.
    """
    for name in [name for name in os.environ if _FOREIGN.fullmatch(name)]:
        del os.environ[name]
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    try:
        from . import Emulator, load
    except ImportError as error:
        raise ConfigurationError(
            "CA901", f"the emulator is not installed ({error})", "pip install 'keyrings.codeartifact[emulator]'"
        ) from error
    return Emulator, load
