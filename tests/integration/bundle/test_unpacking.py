"""The bundle unpacks itself once, whole or not at all, where no other user can change it."""

import os
import stat
import subprocess
import time

import pytest

from support.bundle import VERSION, with_identity
from support.project import PATIENCE

OWN = f"keyrings-codeartifact-bundle-{os.geteuid()}"


@pytest.fixture
def start(home, bare, bundle):
    """Return a function that starts the bundle for a user who has not unpacked it."""
    home.environ["XDG_CACHE_HOME"] = str(home.folder / "cache")
    return lambda **environ: home.run(bare.python, bundle, "--version", **environ)


def unpacked(folder):
    return [path for path in folder.glob(f"{OWN}/*") if path.is_dir()]


def test_once(start, home):
    assert start().stdout == VERSION
    [folder] = unpacked(home.folder / "cache")
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    module = folder / "packages" / "keyrings" / "codeartifact" / "cli" / "main.py"
    module.write_text(module.read_text().replace("keyrings-codeartifact", "unpacked before"))
    assert start().stdout.startswith("unpacked before")


def test_another_process_compiles_what_a_request_imports(home, start, bare, bundle):
    """It is no child of the command, and holds neither its output nor its input."""
    home.environ["XDG_CACHE_HOME"] = str(home.folder / "cache")
    children = ("exec", "--", "/bin/sh", "-c", 'read -r children </proc/$$/task/$$/children; echo "[$children]"')
    assert home.succeed(bare.python, bundle, *children, stdin="").stdout == "[]\n"
    [folder] = unpacked(home.folder / "cache")
    compiled = folder / "packages" / "keyrings" / "codeartifact" / "aws" / "__pycache__"
    deadline = time.monotonic() + PATIENCE
    while not (compiled.is_dir() and any(path.name.startswith("session.") for path in compiled.iterdir())):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_another_bundle_is_another_folder(start, home, bare, bundle):
    start()
    other = with_identity(bundle, home.folder / "other.pyz")
    assert home.succeed(bare.python, other, "--version").stdout == VERSION
    assert len(unpacked(home.folder / "cache")) == 2


def test_many_at_once(start, home, bare, bundle):
    command = [bare.python, bundle, "--version"]
    processes = [subprocess.Popen(command, env=home.environ, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert [process.communicate(timeout=PATIENCE)[0] for process in processes] == [VERSION] * 6
    assert len(unpacked(home.folder / "cache")) == 1
    assert len(list((home.folder / "cache" / OWN).iterdir())) == 1


@pytest.mark.parametrize(
    "how",
    ["open to others", "opened to others", "link", "file", "in a folder that others can change", "read-only file"],
)
def test_a_folder_that_is_refused(start, home, how):
    """The next place is used."""
    cache = home.folder / "cache"
    cache.mkdir()
    elsewhere = home.folder / "elsewhere"
    elsewhere.mkdir(0o700)
    if how == "open to others":
        (cache / OWN).mkdir()
        (cache / OWN).chmod(0o750)
    elif how == "opened to others":
        start()
        (cache / OWN).chmod(0o750)
        [opened] = unpacked(cache)
        # Moved, as the process that compiles them may still be writing.
        (opened / "packages").rename(home.folder / "moved")
    elif how == "link":
        (cache / OWN).symlink_to(elsewhere)
    elif how == "file":
        (cache / OWN).touch()
    elif how == "read-only file":
        cache.rmdir()
        cache.touch()
    else:
        cache.chmod(0o777)
    assert start().stdout == VERSION
    assert len(unpacked(cache)) == (how == "opened to others")
    assert not any(elsewhere.iterdir())
    assert len(unpacked(home.folder)) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_user_s_folder(start, home):
    start()
    os.chown(home.folder / "cache" / OWN, 12345, 12345)
    assert start().stdout == VERSION
    assert len(unpacked(home.folder)) == 1


def test_a_damaged_bundle(start, home, bare, bundle):
    content = bundle.read_bytes()
    middle = len(content) // 2
    damaged = home.folder / "damaged.pyz"
    for part in (b"\0" * 8, content[middle : middle + 8][::-1]):
        damaged.write_bytes(content[:middle] + part + content[middle + 8 :])
        done = home.run(bare.python, damaged, "--version")
        expected = f"keyrings-codeartifact: error: {damaged} is damaged; download it again, and check its SHA-256\n"
        assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)
    assert not (home.folder / "cache").exists()


@pytest.fixture
def among(home, bare, bundle):
    """Return a function that starts the bundle after these mounts, which are for this process alone."""
    home.environ["XDG_CACHE_HOME"] = str(home.folder / "cache")
    (home.folder / "cache").mkdir()

    def run(mounts, **environ):
        script = f"{mounts}; {bare.python} {bundle} --version; find $XDG_CACHE_HOME -name '*.new'"
        return home.run("unshare", "--map-root-user", "--mount", "sh", "-euc", script, **environ)

    return run


@pytest.mark.parametrize("mount", ["-o ro", "-o size=64k", "-o nr_inodes=5"], ids=["read-only", "no room", "no inode"])
def test_a_disk_that_it_does_not_fit_on(among, home, mount):
    """Nothing is left there, and the next place is used."""
    done = among(f"mount -t tmpfs {mount} tmpfs $XDG_CACHE_HOME")
    assert (done.returncode, done.stdout, done.stderr) == (0, VERSION, "")
    assert len(unpacked(home.folder)) == 1


def test_a_disk_that_has_become_read_only(among, bare, bundle):
    """The commands that `exec` puts on PATH cannot be written any more: it warns."""
    run = f"{bare.python} {bundle}"
    # The folder is busy while the process that compiles ahead writes there.
    remount = "until mount -o remount,ro $XDG_CACHE_HOME 2>/dev/null; do sleep 0.05; done"
    done = among(
        f"mount -t tmpfs tmpfs $XDG_CACHE_HOME; {run} --version >&2; {remount}; {run} exec -- true",
        PATH="/usr/bin:/bin:/usr/sbin:/sbin",
    )
    version, warning = done.stderr.splitlines(keepends=True)
    assert (done.returncode, version) == (0, VERSION)
    assert warning.startswith("keyrings-codeartifact: warning: no `keyring` command on PATH for pip and uv; ")


def test_no_place_at_all(among, home):
    """One line says why."""
    mounts = [f"mount -t tmpfs -o ro tmpfs {folder}" for folder in ("$XDG_CACHE_HOME", "/var/tmp", "/dev/shm")]
    # A view of /tmp, in which this test may be.
    mounts += ["mount --bind /tmp /tmp", "mount -o remount,ro,bind /tmp"]
    done = among("; ".join(mounts), TMPDIR="")
    folders = (home.folder / "cache", "/tmp", "/var/tmp", "/dev/shm")
    problems = ", ".join(f"{folder}/keyrings-codeartifact-bundle-0 (Read-only file system)" for folder in folders)
    remedy = "set XDG_CACHE_HOME to a writable folder of this user"
    expected = f"keyrings-codeartifact: error: cannot unpack the bundle into any of {problems}; {remedy}\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)
