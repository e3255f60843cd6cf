"""Later steps of a job get exactly the variables that a set-up sets, and no text in them is executed."""

import argparse
import contextlib
import io
import json
import os
import shutil
import subprocess
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyrings.codeartifact.cli import job
from keyrings.codeartifact.errors import ConfigurationError
from support.hostile import ROLE, URL, examples, mutated

PIECES = (
    *("'", '"', "''", "'\"'", "\\", "\\'", "$", "$(touch ran)", "`touch ran`", "${HOME}", "$HOME", ";touch ran;", "&touch ran&", "|touch ran"),
    *(" ", "  ", "\t", "\n", "\r", "\ntouch ran\n", "\n\n", "#", " # ", "~", "*", "?", "[a]", "{a,b}", "!", "!!", "(", ")", "<", ">", ">ran", "-n"),
    *("=", "A=b", "EOF", "<<EOF", ":", "%", "%s", "\x01", "\x7f", "\x1b", "\x85", "\u2028", "é", "\U0001f511"),
)  # fmt: skip
# Of folders on PATH.
NAMES = mutated(st.sampled_from(["job", "a b", "a\nB=c", "a\rB=c"]), PIECES, most=3).filter(
    lambda name: name.strip("./") and "/" not in name and len(name.encode()) < 200
)
INPUTS = st.fixed_dictionaries(
    {"index-url": st.just(URL) | mutated(st.just(URL), PIECES, most=1)},
    optional={
        "index-name": st.just("acme.x-1") | mutated(st.just("acme"), PIECES, most=1),
        "publish": st.sampled_from(["true", "false"]),
        "role-to-assume": st.just(ROLE) | mutated(st.just(ROLE), PIECES, most=1),
        "keyringrc": mutated(st.just("[codeartifact domain=acme]\nprofile_name = x\n"), PIECES, most=2),
    },
)
# A second set-up in the same folder removes variables of the first.
CASES = st.lists(st.tuples(NAMES, INPUTS, st.none() | INPUTS), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("jobs")


def set_up(ci, base, name, given):
    """Set a job up in this environment; return what it prints, None for invalid inputs."""
    path = os.path.join(base, name)
    os.makedirs(path, 0o700, exist_ok=True)
    if ci == "github":
        os.environ["INPUTS"] = json.dumps(given)
    else:
        for variable in [one for one in os.environ if one.startswith("CODEARTIFACT_INPUT_")]:
            del os.environ[variable]
        os.environ.update(
            {f"CODEARTIFACT_INPUT_{key.upper().replace('-', '_')}": value for key, value in given.items()}
        )
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        try:
            if job.run(argparse.Namespace(ci=ci, folder=path)):
                return None
        except ConfigurationError:
            return None
    return out.getvalue()


@contextlib.contextmanager
def environment(base, **more):
    with mock.patch.dict(os.environ, {"PATH": "/usr/bin:/bin", "HOME": str(base), **more}, clear=True):
        yield os.environ


@examples(0.25)
@given(CASES)
def test_the_shell_code_for_gitlab(folder, cases):
    """Several jobs in one shell, each in a subshell."""
    base = folder / "gitlab"
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir()
    (base / "cwd").mkdir()
    script, expected = [], []
    for number, (name, *uses) in enumerate(cases):
        with environment(base) as environ:
            printed = [set_up("gitlab", base, f"{number}{name}", given) for given in uses if given is not None]
            after = {one: value for one, value in environ.items() if not one.startswith("CODEARTIFACT_INPUT_")}
        if None in printed:
            continue
        expected.append(after)
        script.append("(")
        for turn, text in enumerate(printed):
            (base / f"{number}-{turn}").write_text(text, newline="")
            # As the include evaluates it.
            script.append(f'eval "$(/bin/cat {base}/{number}-{turn})"')
        script.append("/usr/bin/env -0; printf '\\1\\0' )")
    shell = subprocess.run(
        ["/bin/sh", "-eu"],
        input="\n".join(script).encode(),
        env={"PATH": "/usr/bin:/bin", "HOME": str(base)},
        cwd=base / "cwd",
        capture_output=True,
        check=False,
    )
    assert (shell.returncode, shell.stderr) == (0, b"")
    assert os.listdir(base / "cwd") == []
    found = [
        dict(line.split("=", 1) for line in os.fsdecode(part).split("\0") if line)
        for part in shell.stdout.split(b"\1\0")
        if part
    ]
    for one in found:
        for variable in ("PWD", "OLDPWD", "SHLVL", "_"):
            one.pop(variable, None)
    assert found == expected


def as_the_runner_reads(text):
    """Source: github.com/actions/runner, FileCommandManager.cs: lines, NAME=VALUE or NAME<<DELIMITER."""
    found = {}
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        name, equals, value = line.partition("=")
        assert equals, line
        assert "<<" not in name, line
        found[name] = value
    return found


@examples(1.5)
@given(NAMES, INPUTS)
def test_the_files_for_the_runner_of_github(folder, name, given):
    base = folder / "github"
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir()
    files = {variable: str(base / variable.lower()) for variable in ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT")}
    with environment(base, **files) as environ:
        before = dict(environ)
        out = set_up("github", base, f"job{name}", given)
        after = {
            one: value for one, value in environ.items() if value != before.get(one) and one not in ("PATH", "INPUTS")
        }
    texts = {}
    for variable, path in files.items():
        with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8", newline="") as file:
            texts[variable] = file.read()
    if out is None:
        assert texts == {}
        return
    assert as_the_runner_reads(texts["GITHUB_ENV"]) == after
    assert as_the_runner_reads(texts["GITHUB_OUTPUT"]).keys() == {"index-url", "publish-url"}
    assert texts["GITHUB_PATH"] == f"{base}/job{name}/commands\n"
    assert all(not line.startswith("::") or line.startswith("::warning title=keyrings") for line in out.splitlines())
