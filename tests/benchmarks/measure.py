"""How long does a program take, how much memory, and how often does it ask AWS?  All of them in turn, in one run."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple


class Program(NamedTuple):
    """A command with its environment; where it is ``cold``, it finds an empty cache each time."""

    name: str
    command: tuple
    environ: dict
    cold: bool = False


# Starts a program and tells its peak memory.  Small itself: what a process had before it became another counts for both.
_WITNESS = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Bench:
    """Runs programs and counts their calls."""

    def __init__(self, journal, cache, folder):
        self._journal, self._cache, self._folder = journal, cache, folder

    def compare(self, programs, *, rounds, at_once=1):
        """Run all programs in turn, ``at_once`` processes of each, so many times.

        Returns for each program the median of the seconds that it took, and the AWS calls of its last run.
        """
        self._warm(programs)
        seconds = {program.name: [] for program in programs}
        calls = {}
        for _ in range(rounds):
            for program in programs:
                self._prepare(program)
                seconds[program.name].append(self._run(program, at_once))
                calls[program.name] = self._journal.calls()
        return {name: {"seconds": statistics.median(took), "calls": calls[name]} for name, took in seconds.items()}

    def memory(self, programs, *, rounds):
        """Return for each program the median of its peak memory, in mebibytes."""
        self._warm(programs)
        found = {program.name: [] for program in programs}
        for _ in range(rounds):
            for program in programs:
                self._prepare(program)
                command = [sys.executable, "-S", "-I", "-c", _WITNESS, *map(str, program.command)]
                said = subprocess.run(
                    command, env=program.environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
                ).stdout
                found[program.name].append(int(said) / 1024)
        return {name: {"mebibytes": statistics.median(used)} for name, used in found.items()}

    def rush(self, program, hosts):
        """Start the program on so many hosts at once, each with a cache and an access key of its own.

        Returns the share that failed, the seconds until the last one ended, and the AWS calls: of all, and the most of
        one.  Its environment's ``CACHES`` is a folder for the caches.
        """
        self._journal.forget()
        caches = program.environ["CACHES"]
        began = time.perf_counter()
        processes = []
        for number in range(hosts):
            own = {"CODEARTIFACT_CACHE_DIR": f"{caches}/{number}", "AWS_ACCESS_KEY_ID": f"AKIAHOST{number:012}"}
            silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
            processes.append(subprocess.Popen(list(map(str, program.command)), env=program.environ | own, **silent))
        failed = sum(process.wait() != 0 for process in processes)
        seconds = time.perf_counter() - began
        calls = self._journal.calls_by_key()
        shutil.rmtree(caches, ignore_errors=True)
        return {"failed": failed / hosts, "seconds": seconds, "calls": calls.total(), "most_calls": max(calls.values())}

    def _warm(self, programs):
        """Run each once: what is warm finds a token then, and the system's caches are filled for all."""
        for program in programs:
            self._run(program, 1)

    def _prepare(self, program):
        if program.cold:
            shutil.rmtree(self._cache, ignore_errors=True)
        self._journal.forget()

    def _run(self, program, at_once):
        """Return how long it took until all have ended; end here if one has failed."""
        # A bundle may still be compiling itself there when the folder is deleted.
        folder = tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True)
        with folder as target, open(os.path.join(target, "said"), "w+") as said:
            command = [str(word).replace("TARGET", target) for word in program.command]
            options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": said}
            began = time.perf_counter()
            processes = [subprocess.Popen(command, env=program.environ, **options) for _ in range(at_once)]
            failed = sum(process.wait() != 0 for process in processes)
            seconds = time.perf_counter() - began
            if failed:
                said.seek(0)
                raise SystemExit(f"{program.name}: {failed} of {at_once} failed: {said.read()[-2000:]}")
            return seconds
