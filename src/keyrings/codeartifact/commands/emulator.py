"""Run a CodeArtifact on this machine, moto behind it.

Prints what a shell needs to use it, then serves until it is ended by a signal.
"""

from __future__ import annotations

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--proxy-port", type=int, default=0, metavar="PORT", help="the HTTPS proxy (default: any free)")
    parser.add_argument("--tls-port", type=int, default=0, metavar="PORT", help="the TLS listener (default: any free)")
    parser.add_argument("--seed", metavar="FILE", help="YAML file of domains, repositories, packages and users")
    parser.add_argument("--ca", metavar="FILE", help="where to write the certificate to trust (default: temporary)")


def run(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; return 0."""
    emulator_type, load = require_emulator()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with emulator_type(
        load(options.seed),
        host=options.host,
        proxy_port=options.proxy_port,
        tls_port=options.tls_port,
        ca_path=options.ca,
    ) as emulator:
        print(_announcement(emulator), flush=True)
        stopped.wait()
    print("emulator: stopped", file=sys.stderr)
    return 0


def require_emulator() -> tuple[type[Emulator], Callable[[str | None], Seed]]:
    """Return what the emulator is made of; raise ConfigurationError where its extra is not installed."""
    # Here and not above: moto and its friends take a second to import, and are an extra.
    try:
        from keyrings.codeartifact.emulator import Emulator, load
    except ImportError as error:
        raise ConfigurationError(
            f"the emulator is not installed ({error})", "pip install 'keyrings.codeartifact[emulator]'"
        ) from error
    return Emulator, load


def _announcement(emulator: Emulator) -> str:
    """Return the shell commands that bring clients to ``emulator``, with what else there is to know as comments."""
    user = emulator.seed.users[0] if emulator.seed.users else None
    keys = {"AWS_ACCESS_KEY_ID": user.access_key_id, "AWS_SECRET_ACCESS_KEY": user.secret_access_key} if user else {}
    variables = {**emulator.environment(), **keys}
    return "\n".join(
        (
            "# CodeArtifact emulator; Ctrl-C or SIGTERM ends it.  In another shell:",
            *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
            f"# TLS without the proxy, for whoever resolves the host names to this machine: port {emulator.tls_port}",
            f"# Requests so far: {emulator.proxy_url}/_emulator/requests",
            *(f"# Index: {url}" for url in emulator.index_urls()),
        )
    )
