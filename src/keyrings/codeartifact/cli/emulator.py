"""Run a local CodeArtifact emulator.

Prints the shell commands that direct clients to it, then serves until a signal ends it, with one line on standard
error for each request.

Examples:
    keyrings-codeartifact emulator --seed seed.yaml
    keyrings-codeartifact emulator --state ~/codeartifact --quiet
"""

import argparse
import gc
import shlex
import signal
import sys
import threading

from .output import write

_LAST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--host", type=address, default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--proxy-port", type=port, default=0, metavar="PORT", help="port of the HTTPS proxy (default: any free port)"
    )
    parser.add_argument(
        "--tls-port", type=port, default=0, metavar="PORT", help="port of the TLS listener (default: any free port)"
    )
    parser.add_argument("--seed", metavar="FILE", help="YAML file with domains, repositories, packages and users")
    parser.add_argument(
        "--pypi",
        metavar="PLACE",
        help="where the external connection public:pypi leads: a folder of wheels, the URL of an index, or pip for the "
        "index that pip uses here (default: nowhere)",
    )
    parser.add_argument(
        "--state",
        metavar="FOLDER",
        help="keep domains, repositories, packages and identities in this folder, and continue with what is in it; the "
        "content of the seed is only for a new folder (default: keep nothing)",
    )
    parser.add_argument(
        "--write-ca",
        metavar="FILE",
        help="write the CA certificate that clients must trust to this new file (default: temporary file)",
    )
    parser.add_argument("--quiet", action="store_true", help="do not print the requests")


def run(options: argparse.Namespace) -> int:
    """Serve until a signal ends the command; return 0."""
    from keyrings.codeartifact.emulator.process import ENDING_SIGNALS, require_emulator

    # `main` has turned it off for short commands.
    gc.enable()
    emulator_type, load = require_emulator()
    # Not above: the bundle has no emulator, and the line above says so.
    from keyrings.codeartifact.emulator.request_log import write_to

    stopped = threading.Event()
    for number in (signal.SIGINT, *ENDING_SIGNALS):
        signal.signal(number, lambda *_: stopped.set())
    seed = load(options.seed)
    with emulator_type(
        seed._replace(pypi=options.pypi) if options.pypi else seed,
        host=options.host,
        proxy_port=options.proxy_port,
        tls_port=options.tls_port,
        ca_path=options.write_ca,
        state=options.state,
        # Standard error may be closed.
        log=None if options.quiet or sys.stderr is None else write_to(sys.stderr),
    ) as emulator:
        variables = emulator.environment() | emulator.credentials()
        write(
            "# CodeArtifact emulator, stopped by Ctrl-C or SIGTERM.  Run this in another shell:",
            *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
            f"# TLS without the proxy, for clients that resolve the host names to this host: port {emulator.tls_port}",
            f"# What it holds, and the last requests: {emulator.proxy_url}/_emulator/",
            *(f"# Index: {url}" for url in emulator.index_urls()),
        )
        # With a timeout: on Windows, Ctrl-C does not interrupt a wait without one.
        while not stopped.wait(1):
            pass
    print("emulator: stopped", file=sys.stderr)
    return 0


# argparse's messages name these two functions.
def address(text: str) -> str:
    """Return an address to listen on; raise ValueError for an empty one, which would mean all addresses."""
    if not text:
        raise ValueError
    return text


def port(text: str) -> int:
    """Return a port number; raise ValueError for any other text."""
    number = int(text)
    if not 0 <= number <= _LAST_PORT:
        raise ValueError
    return number
