"""A cache on a full disk, with another user's files in it, or with something planted in the place of its files."""

import os
import time
from pathlib import Path

import pytest

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from support.vault import ASK, FAILURE_IS_OVER, answered, ask_command, body, holder

IS_LINUX = Path("/proc/self/ns/mnt").exists()
linux = pytest.mark.skipif(not IS_LINUX, reason="mounts of its own are Linux's")

# In mounts of its own, which are this process' alone, and which need no root.
UNSHARE = ("unshare", "--map-root-user", "--mount", "sh", "-euc")
TROUBLES = {
    "no room": "mount -t tmpfs -o size=4k tmpfs $CACHE; head -c 4096 /dev/zero > $CACHE/full",
    "no room for another file": "mount -t tmpfs -o nr_inodes=3 tmpfs $CACHE",
    "no file may grow": "ulimit -f 0",
    "read-only": "mount -t tmpfs -o ro tmpfs $CACHE; mount -t tmpfs -o ro tmpfs /dev/shm; export XDG_CACHE_HOME=$CACHE",
}


@linux
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_a_disk_that_takes_no_token(user, tool, calls, trouble):
    """Costs a call each time; nothing is said, nothing left, and nobody waits for anybody."""
    home = user()
    ask = " ".join(map(str, ask_command(home, tool)))
    look = "find $CACHE -type f ! -name full '(' ! -size 0 -o -name '*.new' ')' >&2"
    done = home.run(*UNSHARE, f"{trouble}; {ask}; {ask} & {ask}; wait; {look}", CACHE=str(home.cache))
    assert (done.returncode, done.stderr) == (0, "")
    assert [holder(token) for token in done.stdout.split()] == ["user/one"] * 3
    assert calls() == 3


@linux
def test_a_disk_that_fills_up_keeps_what_it_has(user, tool, calls):
    """Where there is no room for another token, that takes nothing from the first."""
    home = user()
    ask = " ".join(map(str, ask_command(home, tool)))
    script = (
        f"mount -t tmpfs -o size=8k tmpfs $CACHE; {ask}; (head -c 8192 /dev/zero > $CACHE/full || true) 2>/dev/null; "
        f"CODEARTIFACT_TOKEN_DURATION=900 {ask}; {ask}; rm $CACHE/full; CODEARTIFACT_TOKEN_DURATION=900 {ask}"
    )
    done = home.run(*UNSHARE, script, CACHE=str(home.cache))
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third, fourth = done.stdout.split()
    assert first == third
    assert len({first, second, fourth}) == 3
    assert calls() == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("what", ["the folder", "the file"])
def test_what_is_somebody_else_s_is_neither_read_nor_written(user, tool, calls, what):
    home = user()
    (home.folder / "run").mkdir()
    home.environ["XDG_RUNTIME_DIR"] = str(home.folder / "run")
    command = ask_command(home, tool)
    before = home.succeed(*command).stdout
    [path] = home.cache.rglob("*.token")
    content = path.read_bytes()
    os.chown(path.parent if what == "the folder" else path, 65534, 65534)
    assert home.succeed(*command).stdout != before
    assert calls() == 2
    after = home.succeed(*command).stdout
    assert after != before
    assert calls() == 0
    if what == "the folder":
        assert path.read_bytes() == content
        assert [found.suffix for found in (home.folder / "run").rglob("*.token")] == [".token"]


PLANTS = ["symlink", "dangling", "hard link", "fifo", "folder"]


@pytest.fixture
def victim(tmp_path):
    """A file that nothing here may change."""
    path = tmp_path / "victim"
    path.write_text("precious")
    path.chmod(0o644)
    yield path
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("precious", 0o644)
    assert not (tmp_path / "victim.gone").exists()


@pytest.mark.parametrize("kind", PLANTS)
@pytest.mark.parametrize("suffix", [".token", ".lock", ".new"])
def test_what_is_planted_in_the_place_of_a_file(user, tampered, tool, victim, suffix, kind):
    """In the last moment before it is opened: a token is answered all the same, then and with the next question."""
    home = user()
    told = {"folder": str(home.cache), "plant": [suffix, kind, str(victim)]}
    assert answered(home.fork(*tampered(**told))) == "user/one"
    assert any(path.suffix == suffix for path in home.cache.rglob("*")) or suffix == ".new"
    assert answered(home.fork(*ask_command(home, tool))) == "user/one"


@pytest.mark.parametrize("kind", PLANTS)
@pytest.mark.parametrize("suffix", [".failure", ".uncacheable"])
def test_what_is_planted_where_a_failure_is_kept(emulator, user, tampered, tool, victim, suffix, kind):
    """It is as good as not kept; the victim is as before."""
    home = user()
    text = body(ASK, token="short", expiration=str(time.time() + 60))
    short = Fault(ASK, 200, {"Content-Type": "application/json"}, text)
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403) if suffix == ".failure" else short)
    told = {"folder": str(home.cache), "plant": [suffix, kind, str(victim)]}
    done = home.fork(*tampered(**told))
    if suffix == ".failure":
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    else:
        assert (done.returncode, done.stdout, done.stderr) == (0, "short\n", "")
    assert answered(home.fork(*tampered(clock=[FAILURE_IS_OVER]))) == "user/one"
