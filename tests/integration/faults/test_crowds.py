"""Many processes and threads of two identities at once."""

import json

import pytest

from keyrings.codeartifact.emulator.faults import Fault
from support.project import PATIENCE
from support.vault import ASK, INDEX, OTHER_INDEX, ask_command, holder, keys


def test_two_hundred_processes_of_two_identities(user, tool, forks, emulator):
    """Each gets a token of its own identity, for which AWS is asked once."""
    home = user()
    processes = []
    try:
        for number in range(200):
            name = ("one", "two")[number % 2]
            environ = home.environ | keys(name) | {"CODEARTIFACT_DEADLINE": "60"}
            processes.append((name, forks.start(ask_command(home, tool), cwd=home.folder, env=environ)))
        ends = [(name, process, *process.communicate(PATIENCE)) for name, process in processes]
    finally:
        for _, process in processes:
            process.kill()
            process.communicate()
    assert {(process.returncode, errors) for _, process, _, errors in ends} == {(0, b"")}
    assert {(name, holder(output.decode().strip())) for name, _, output, _ in ends} == {
        ("one", "user/one"),
        ("two", "user/two"),
    }
    assert len({output for _, _, output, _ in ends}) == 2
    assert len(emulator.journal.entries(ASK)) == 2


THREADS = f"""
import json, threading, warnings
import keyring
keyring.get_keyring()
begin, answers = threading.Barrier(100), []
def ask(index):
    begin.wait()
    answers.append((index, keyring.get_password(index, "aws")))
threads = [threading.Thread(target=ask, args=(index,)) for index in ({INDEX!r}, {OTHER_INDEX!r}) * 50]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with warnings.catch_warnings(record=True) as heard:
    warnings.warn("the program's own")
print(json.dumps([answers, len(heard)]))
"""


@pytest.fixture
def threads(user, tool, emulator):
    """What a hundred threads of one process are answered: two repositories of one domain, each with its own identity."""
    home = user()
    home.config.write_text(
        "".join(
            f'[codeartifact name="{repository}"]\n'
            + "".join(f"{name.lower()} = {value}\n" for name, value in keys(name).items())
            for repository, name in (("release", "one"), ("staging", "two"))
        )
    )
    emulator.faults.add(Fault(ASK, hang=1, times=2))
    done = home.succeed(tool.python, "-c", THREADS, CODEARTIFACT_DEADLINE="60")
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_a_hundred_threads_of_two_identities(threads, emulator):
    answers, _ = threads
    assert len(answers) == 100
    assert {(index, holder(token)) for index, token in answers} == {(INDEX, "user/one"), (OTHER_INDEX, "user/two")}
    assert len({token for _, token in answers}) == 2
    assert len(emulator.journal.entries(ASK)) == 2


def test_threads_leave_the_program_its_warnings(threads):
    """Filters that are changed for a moment in threads may be changed for good: who ends last takes back another's."""
    _, heard = threads
    assert heard == 1
