"""The lock around lazy imports, which a fork waits for."""

import subprocess
import sys

PATIENCE = 60

# A thread imports a module that takes a moment, while the main thread forks.  The child imports the same module: it is
# whole there, and no lock of the import system is held by a thread that the child does not have.
FORK_DURING_AN_IMPORT = """
import os, sys, threading, time
from keyrings.codeartifact._util.process import importing

begun = threading.Event()
sys.begun = begun

def load():
    with importing:
        import slow

thread = threading.Thread(target=load)
thread.start()
begun.wait()
began = time.monotonic()
child = os.fork()
if child == 0:
    with importing:
        import slow
    os._exit(0 if slow.is_whole else 1)
waited = time.monotonic() - began
thread.join()
with importing:
    pass
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), waited > 0.2)
"""
SLOW = """
import sys, time
sys.begun.set()
time.sleep(0.5)
is_whole = True
"""


def run(folder, code):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    ).stdout.split()


def test_a_fork_waits_for_an_import_of_another_thread(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    assert run(tmp_path, FORK_DURING_AN_IMPORT) == ["0", "True"]


def test_a_fork_during_an_import_of_the_same_thread_goes_on(tmp_path):
    code = """
import os
from keyrings.codeartifact._util.process import importing
with importing:
    child = os.fork()
    if child == 0:
        with importing:
            os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(tmp_path, code) == ["0"]


def test_the_lock_is_free_after_a_fork_in_both_processes(tmp_path):
    code = """
import os, threading
from keyrings.codeartifact._util.process import importing

def is_free():
    found = []
    def acquire():
        found.append(importing.acquire(timeout=5))
    thread = threading.Thread(target=acquire)
    thread.start()
    thread.join()
    return found == [True]

child = os.fork()
if child == 0:
    os._exit(0 if is_free() else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), is_free())
"""
    assert run(tmp_path, code) == ["0", "True"]
