"""Runs Python commands in forks of a process that has already imported what they import.

``python fork_server.py SOCKET [MODULE…]`` imports modules, by default those of a lookup, and listens until its standard
input ends.  A connection sends one line of JSON (``command``, ``cwd``, ``environ``, ``is_session``, ``prelude``), with
standard input, output and error as descriptors, and receives the process ID, and when the process has ended its exit
status as of waitpid, a line each.
"""

import atexit
import contextlib
import functools
import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import tempfile
import threading
from importlib import import_module
from types import FunctionType

SCRIPTS = {
    "keyrings-codeartifact": "keyrings.codeartifact.cli.main",
    "codeartifact-keyring": "keyrings.codeartifact.cli.keyring",
    "keyring": "keyring.cli",
}
# What a lookup imports at some time, apart from the package itself.
IMPORTED = (
    *("botocore.auth", "botocore.credentials", "botocore.endpoint", "botocore.httpsession", "botocore.parsers"),
    *("botocore.session", "botocore.tokens", "botocore.utils", "concurrent.futures.thread", "filelock", "http.server"),
    *(
        "importlib.metadata",
        "json",
        "keyring.cli",
        "keyring.credentials",
        "logging",
        "platformdirs",
        "queue",
        "tempfile",
    ),
    *(
        "keyring.backends.SecretService",
        "keyring.backends.Windows",
        "keyring.backends.chainer",
        "keyring.backends.kwallet",
    ),
    *(
        "keyring.backends.libsecret",
        "keyring.backends.macOS",
        "unittest.mock",
        "urllib.request",
        "uuid",
        "xml.etree.ElementTree",
    ),
)
# The server's own, which exists nowhere.
HOME = "/home-of-the-fork-server"
UNUSED = ("keyrings.codeartifact.emulator", "keyrings.codeartifact.pytest_plugin", "keyrings.codeartifact.__main__")


def preload(modules):
    for name in modules or _all_modules():
        import_module(name)
    if not modules:
        _parse_botocore_data()
    _paths.extend(_find_paths())
    # Collections in a fork would copy every page.
    gc.collect()
    gc.freeze()


def _all_modules():
    import keyrings.codeartifact as package

    names = [found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return (*IMPORTED, *(name for name in names if not name.startswith(UNUSED)))


def _parse_botocore_data():
    """Parse the files that describe services once, not in each fork, which takes a third of the time of a request."""
    from botocore.loaders import JSONFileLoader
    from botocore.session import Session

    load = functools.cache(JSONFileLoader().load_file)
    JSONFileLoader.load_file = lambda _, path: load(path)
    for service in ("codeartifact", "sts"):
        keys = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
        Session().create_client(service, region_name="us-east-1", **keys)


# botocore joins some paths to the home when it is imported: the attributes and defaults that a fork has to correct.
_paths = []


def _find_paths():
    modules = [module for name, module in sys.modules.items() if name.startswith("botocore.")]
    for owner in {found for module in modules for found in vars(module).values() if isinstance(found, type)}:
        for name, value in vars(owner).items():
            if isinstance(value, str) and value.startswith(HOME):
                yield owner, name, value
            defaults = (isinstance(value, FunctionType) and value.__defaults__) or ()
            if any(isinstance(default, str) and default.startswith(HOME) for default in defaults):
                yield value, "__defaults__", defaults


def _correct_paths():
    def correct(value):
        return value.replace(HOME, os.path.expanduser("~"), 1) if isinstance(value, str) else value

    for owner, name, value in _paths:
        setattr(owner, name, tuple(map(correct, value)) if isinstance(value, tuple) else correct(value))


def serve(path):
    """Fork for each connection; return only in the forks, with the request."""
    ended, wakeup = socket.socketpair()
    for end in (ended, wakeup):
        end.setblocking(False)  # noqa: FBT003 - as the library has it
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
    waiting = {}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(512)
        print("ready", flush=True)
        while True:
            readable, _, _ = select.select([listener, sys.stdin, ended], [], [])
            if sys.stdin in readable:
                os._exit(0)
            if ended in readable:
                ended.recv(1 << 12)
                _report(waiting)
            if listener in readable:
                connection, _ = listener.accept()
                line, descriptors = _receive(connection)
                child = os.fork()
                if child == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    for end in (connection, ended, wakeup, *waiting.values()):
                        end.close()
                    _take(descriptors)
                    return json.loads(line)
                for descriptor in descriptors:
                    os.close(descriptor)
                waiting[child] = connection
                _send(connection, child)


def _receive(connection):
    line, descriptors, _, _ = socket.recv_fds(connection, 1 << 16, 3)
    while not line.endswith(b"\n"):
        more = connection.recv(1 << 16)
        assert more, "half a request"
        line += more
    return line, descriptors


def _take(descriptors):
    """Make them standard input, output and error."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)


def _report(waiting):
    """Tell who waits for them of the processes that have ended."""
    while waiting:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        with waiting.pop(child) as connection:
            _send(connection, status)


def _send(connection, number):
    # Who asked may be gone.
    with contextlib.suppress(OSError):
        connection.sendall(f"{number}\n".encode())


def run(request):
    """Do what the request's process would do after its start."""
    if request["is_session"]:
        os.setsid()
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    tempfile.tempdir = None
    _correct_paths()
    program, *arguments = request["command"]
    exec(request["prelude"], {"command": request["command"]})
    if (name := os.path.basename(program)) in SCRIPTS:
        sys.argv = [program, *arguments]
        return import_module(SCRIPTS[name]).main()
    while arguments[0].startswith("-I"):
        del arguments[0]
    if arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), sys.modules["__main__"].__dict__)
        return 0
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        return runpy.run_module(arguments[1], run_name="__main__", alter_sys=True) and 0
    sys.argv = arguments
    return runpy.run_path(arguments[0], run_name="__main__") and 0


def end(code):
    """End as Python does, but for the modules, which are many: to take them down takes longer than most commands."""
    if isinstance(code, str):
        print(code, file=sys.stderr)
    threading._shutdown()  # noqa: SLF001 - as Python calls it
    atexit._run_exitfuncs()  # noqa: SLF001 - the same
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    preload(sys.argv[2:])
    request = serve(sys.argv[1])
    try:
        code = run(request)
    except SystemExit as ended:
        code = ended.code
    end(code)
