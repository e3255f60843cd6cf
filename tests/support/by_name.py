"""Run a client where host names lead to the emulator: for clients that take no notice of HTTPS_PROXY.

``unshare --map-root-user --net --mount python by_name.py SEED HOST COMMAND…`` has a network of its own, in which port 443
is free, and mounts of its own, among which /etc/hosts can be another.  Needs no root.  Prints what the emulator was asked.
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from dataclasses import asdict

from keyrings.codeartifact.emulator.process import require_emulator

# Linux: SIOCSIFFLAGS, struct ifreq, IFF_UP.
_SET_FLAGS, _REQUEST, _UP = 0x8914, "16sh22x", 1


def main(seed, host, *command):
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack(_REQUEST, b"lo", _UP))
    with tempfile.NamedTemporaryFile("w") as hosts:
        hosts.write(f"127.0.0.1 localhost {host}\n")
        hosts.flush()
        subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)
        environ = dict(os.environ)
        emulator_type, load = require_emulator()
        with emulator_type(load(seed), tls_port=443) as emulator:
            done = subprocess.run(command, env=environ | emulator.environment(), stdin=subprocess.DEVNULL, check=False)
            print(json.dumps([asdict(entry) for entry in emulator.journal.entries()]))
    return done.returncode


sys.exit(main(*sys.argv[1:]))
