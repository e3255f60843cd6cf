"""Run a CodeArtifact on this machine, moto behind it.

Prints what a shell needs to use it, then serves until it is ended by a signal.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import sys
import threading
from typing import TYPE_CHECKING

from keyrings.codeartifact.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from keyrings.codeartifact.emulator import Emulator, Seed


_LAST_PORT = 65535
# Ctrl-C apart; Windows has no SIGHUP.
ENDING_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
# This machine's own AWS and moto settings are not the emulator's: a stale profile would end it, and moto has switches.
_FOREIGN = re.compile(r"AWS_.*|MOTO_.*|INITIAL_NO_AUTH_ACTION_COUNT")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--host", type=_address, default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--proxy-port", type=_port, default=0, metavar="PORT", help="the HTTPS proxy (default: any free)"
    )
    parser.add_argument(
        "--tls-port", type=_port, default=0, metavar="PORT", help="the TLS listener (default: any free)"
    )
    parser.add_argument("--seed", metavar="FILE", help="YAML file of domains, repositories, packages and users")
    parser.add_argument("--ca", metavar="FILE", help="where to write the certificate to trust (default: temporary)")


def run(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; return 0."""
    emulator_type, load = require_emulator()
    stopped = threading.Event()
    for number in (signal.SIGINT, *ENDING_SIGNALS):
        signal.signal(number, lambda *_: stopped.set())
    with emulator_type(
        load(options.seed),
        host=options.host,
        proxy_port=options.proxy_port,
        tls_port=options.tls_port,
        ca_path=options.ca,
    ) as emulator:
        print(_announcement(emulator), flush=True)
        # In slices: on Windows Ctrl-C does not end an endless one.
        while not stopped.wait(1):
            pass
    print("emulator: stopped", file=sys.stderr)
    return 0


def require_emulator() -> tuple[type[Emulator], Callable[[str | None], Seed]]:
    """Return what the emulator is made of, making this process ready to run it.

    Raises ConfigurationError where its extra is not installed.
    """
    for name in [name for name in os.environ if _FOREIGN.fullmatch(name)]:
        del os.environ[name]
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    # Here and not above: moto and its friends take a second to import, and are an extra.
    try:
        from keyrings.codeartifact.emulator import Emulator, load
    except ImportError as error:
        raise ConfigurationError(
            f"the emulator is not installed ({error})", "pip install 'keyrings.codeartifact[emulator]'"
        ) from error
    return Emulator, load


def _address(text: str) -> str:
    """Return an address to listen on; raise ValueError for none, which would be all of them."""
    if not text:
        raise ValueError
    return text


def _port(text: str) -> int:
    """Return a port number; raise ValueError for what is none."""
    port = int(text)
    if not 0 <= port <= _LAST_PORT:
        raise ValueError
    return port


# What argparse calls them.
_address.__name__, _port.__name__ = "address", "port"


def _announcement(emulator: Emulator) -> str:
    """Return the shell commands that bring clients to ``emulator``, with what else there is to know as comments."""
    variables = emulator.environment() | emulator.credentials()
    return "\n".join(
        (
            "# CodeArtifact emulator; Ctrl-C or SIGTERM ends it.  In another shell:",
            *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
            f"# TLS without the proxy, for whoever resolves the host names to this machine: port {emulator.tls_port}",
            f"# Requests so far: {emulator.proxy_url}/_emulator/requests",
            *(f"# Index: {url}" for url in emulator.index_urls()),
        )
    )
