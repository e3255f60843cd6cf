"""Compare this package with its predecessor, and print one table.  Nothing here passes or fails."""

import argparse
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import fleet
import scale
import yaml
from measure import Bench, Program
from programs import BUNDLE, INDEX, PREDECESSOR, SECOND_INDEX, UV, Journal, emulator, environment, variables, wheel

OLD, NEW, NONE = "2.1.2", "3", "no plugin"
BACKEND = {"PYTHON_KEYRING_BACKEND": "keyrings.codeartifact.CodeArtifactBackend"}
KEYRINGRC = """
[codeartifact]
token_duration = 3600
[codeartifact domain="other"]
profile_name = other
[codeartifact account="111122223333" name="release"]
aws_access_key_id = AKIABENCH00000000001
aws_secret_access_key = made-up
"""
CROWDS = (1, 10, 50, 200)
SIZES = (1, 10, 100)
# Hosts that start at once, and the quota that they have together, per second.
RUSHES = ((40, 1), (300, 4))
# Hundreds of processes share two processors: none gives up before its turn, as 2.1.2 does not.
PATIENT = {f"CODEARTIFACT_{name}": "600" for name in ("DEADLINE", "CONNECT_TIMEOUT", "READ_TIMEOUT")}
SECTIONS = {}


def section(title):
    """Register a function that measures rows, under this title."""

    def register(function):
        SECTIONS[title] = function
        return function

    return register


class Setting:
    """The environments, the emulator and the bench that all sections use."""

    def __init__(self, folder, environ, rounds):
        self.rounds, self.folder = rounds, folder
        self.old = environment(folder / "old", PREDECESSOR, "keyring")
        self.new = environment(folder / "new", wheel(), "keyring")
        self.none = environment(folder / "none", "keyring")
        self.pip = environment(folder / "pip", "pip>=26.2") / "pip"
        # The name under which the image and the action put it on PATH.
        (folder / "front").mkdir()
        (folder / "front" / "keyring").symlink_to(self.new / "codeartifact-keyring")
        self.front = folder / "front"
        self.environ = variables(folder, environ)
        self.config = folder / "keyringrc.cfg"
        self.config.write_text(KEYRINGRC)
        self.bench = Bench(Journal(environ), environ["CODEARTIFACT_CACHE_DIR"], folder)

    def get(self, name, program, service=INDEX, user="aws", *, cold=False, **environ):
        return Program(name, (program, "get", service, user), self.environ | environ, cold)


@section("lookup")
def lookups(setting):
    old = setting.get(OLD, setting.old / "keyring")
    rows = {
        "warm, codeartifact-keyring get": setting.get(NEW, setting.new / "codeartifact-keyring"),
        "warm, keyring get": setting.get(NEW, setting.new / "keyring"),
        "warm, keyring get, PYTHON_KEYRING_BACKEND": setting.get(NEW, setting.new / "keyring", **BACKEND),
        "cold, codeartifact-keyring get": setting.get(NEW, setting.new / "codeartifact-keyring", cold=True),
        "cold, keyring get": setting.get(NEW, setting.new / "keyring", cold=True),
        "python -c pass": Program(NEW, (setting.new / "python", "-c", "pass"), setting.environ),
    }
    for title, new in rows.items():
        yield title, setting.bench.compare([old, new], rounds=setting.rounds)
    # Bazel's request is on standard input, for both.
    request = f"echo '{json.dumps({'uri': INDEX})}' | "
    piped = [
        one._replace(command=("/bin/sh", "-c", f"{request} exec {' '.join(map(str, command))}"))
        for one, command in ((old, old.command), (new, (setting.new / "codeartifact-credential-helper", "get")))
    ]
    yield "warm, codeartifact-credential-helper get", setting.bench.compare(piped, rounds=setting.rounds)
    # keyring's own place for the file is what 2.1.2 reads.
    config = Path(setting.environ["HOME"], ".config", "python_keyring", "keyringrc.cfg")
    config.parent.mkdir(parents=True)
    config.write_text(KEYRINGRC)
    new = setting.get(NEW, setting.new / "codeartifact-keyring")
    yield "warm, codeartifact-keyring get, with sections", setting.bench.compare([old, new], rounds=setting.rounds)
    config.unlink()


@section("lookup, the bundle")
def bundles(setting):
    """Through a link to it, and through the command that its `exec` puts on PATH; both are unpacked and compiled."""
    path = {"PATH": f"{setting.new}:{setting.environ['PATH']}"}
    link = setting.folder / "link" / "keyring"
    link.parent.mkdir()
    link.symlink_to(BUNDLE)
    which = (setting.new / "python", BUNDLE, "exec", "--", "/bin/sh", "-c", "command -v keyring")
    command = subprocess.run(which, env=setting.environ, check=True, capture_output=True, text=True).stdout.strip()
    old = setting.get(OLD, setting.old / "keyring")
    for title, program in (("its link", link), ("its command", command)):
        for state, cold in (("warm", False), ("cold", True)):
            new = setting.get(NEW, program, cold=cold, **path)
            yield f"{state}, keyring get, {title}", setting.bench.compare([old, new], rounds=setting.rounds)


@section("setting a CI job up, to aws codeartifact login")
def jobs(setting):
    """Each in a new job, with a token cache of its own; the first row of the bundle has it unpacked already."""
    aws = environment(setting.folder / "aws", "awscli", "pip")
    parts = ("--domain", "acme", "--domain-owner", "111122223333", "--repository", "release", "--region", "us-east-1")
    login = Program(
        "aws codeartifact login --tool pip",
        (aws / "aws", "codeartifact", "login", "--tool", "pip", *parts),
        setting.environ | {"PATH": f"{aws}:{setting.environ['PATH']}", "PIP_CONFIG_FILE": ""},
    )
    folder, python = setting.folder / "job", setting.new / "python"
    environ = {name: value for name, value in setting.environ.items() if name != "CODEARTIFACT_CACHE_DIR"}
    environ |= {f"GITHUB_{name}": str(setting.folder / name) for name in ("ENV", "OUTPUT", "PATH")}
    environ |= {"INPUTS": json.dumps({"index-url": INDEX, "check": "true"}), "RUNNER_TEMP": str(folder)}
    # TARGET is a new folder for each run.
    step = f"exec {python} -IS {BUNDLE.parent / 'action' / 'start.py'}"
    run = f"exec {python} {BUNDLE} exec --check -- true"
    folder.mkdir()
    first = setting.folder / "first"
    subprocess.run(("/bin/sh", "-c", step), env=environ | {"GITHUB_ENV": str(first)}, check=True, capture_output=True)
    include = {
        "CI_JOB_ID": "42",
        "CODEARTIFACT_INPUT_BUNDLE_URL": str(BUNDLE),
        "CODEARTIFACT_INPUT_CHECK": "true",
        "CODEARTIFACT_INPUT_INDEX_URL": INDEX,
        "PATH": f"{setting.new.parent.parent / 'bare' / 'bin'}:/usr/bin:/bin",
    }
    environment(setting.folder / "bare")
    pipeline = yaml.safe_load((BUNDLE.parent / "gitlab-ci" / "codeartifact.yml").read_text().partition("---\n")[2])
    [set_up] = pipeline[".$[[ inputs.job-prefix ]]"]["before_script"]
    in_folder = setting.environ | {"CODEARTIFACT_INDEX_URL": INDEX, "XDG_CACHE_HOME": str(folder)}
    for title, script, variables_ in (
        ("the action's step", f"export RUNNER_TEMP=TARGET; {step}", environ),
        # With the variables that the first one has set, as the runner hands them on.
        ("the action's step, the second in a job", f"set -a; . {first}; set +a; {step}", environ),
        ("the include's before_script", f"export TMPDIR=TARGET; {set_up}", environ | include),
        ("X.pyz exec --check -- true", run, in_folder),
        ("X.pyz exec --check -- true, not yet unpacked", f"export XDG_CACHE_HOME=TARGET; {run}", in_folder),
    ):
        new = Program(NEW, ("/bin/sh", "-c", script), variables_, cold=True)
        yield title, setting.bench.compare([login, new], rounds=setting.rounds)


@section("hosts at once, each with its own cache, against a quota")
def hosts(setting):
    """Two processors start some six lookups in a second: 40 hosts against 1 a second stand for 1600 against AWS' 40."""
    for number, quota in RUSHES:
        folder = setting.folder / f"quota-{quota}"
        folder.mkdir()
        with emulator(folder, 1, quota) as environ:
            bench = Bench(Journal(environ), None, setting.folder)
            variables_ = setting.environ | environ | PATIENT | {"CACHES": str(folder / "caches")}
            old = Program(OLD, (setting.old / "keyring", "get", INDEX, "aws"), variables_)
            new = Program(NEW, (setting.new / "codeartifact-keyring", "get", INDEX, "aws"), variables_)
            yield f"{number} hosts, {quota} a second", {one.name: bench.rush(one, number) for one in (old, new)}


@section("peak memory")
def memory(setting):
    old = setting.get(OLD, setting.old / "keyring")
    for title, cold in (("warm", False), ("cold", True)):
        for name in ("codeartifact-keyring", "keyring"):
            new = setting.get(NEW, setting.new / name, cold=cold)
            yield f"{title}, {name} get", setting.bench.memory([old, new], rounds=min(5, setting.rounds))


@section("unrelated service, to no plugin")
def unrelated(setting):
    programs = [
        setting.get(name, bin_ / "keyring", "https://example.com/", "user") for name, bin_ in
        ((NONE, setting.none), (OLD, setting.old), (NEW, setting.new))
    ]  # fmt: skip
    for program in programs:
        # keyring itself ends with 1 where it knows no password.
        wrapped = ("/bin/sh", "-c", '"$@" || [ $? = 1 ]', "sh", *program.command)
        programs[programs.index(program)] = program._replace(command=wrapped)
    yield "keyring get https://example.com/", setting.bench.compare(programs, rounds=setting.rounds)


@section("processes at once, cold")
def crowds(setting):
    for number in CROWDS:
        programs = [
            setting.get(OLD, setting.old / "keyring"),
            setting.get(NEW, setting.new / "codeartifact-keyring", cold=True, **PATIENT),
            setting.get(f"{NEW}, keyring get", setting.new / "keyring", cold=True, **PATIENT),
        ]
        yield f"{number}", setting.bench.compare(programs, rounds=1, at_once=number)


@section("install, cold")
def installs(setting):
    for number in SIZES:
        packages = [f"package-{index}" for index in range(number)]
        pip = (setting.pip, "install", "--quiet", "--target", "TARGET", "--index-url", INDEX, *packages)
        user = "https://aws@"
        uv = (
            *(UV, "pip", "install", "--quiet", "--target", "TARGET", "--index-strategy", "unsafe-best-match"),
            *("--default-index", INDEX.replace("https://", user), "--index", SECOND_INDEX.replace("https://", user)),
            *packages,
        )
        for client, command in (("pip", pip), ("uv, two indexes", uv)):
            programs = [
                Program(name, command, setting.environ | {"PATH": f"{bin_}:{setting.environ['PATH']}"}, cold=True)
                for name, bin_ in ((OLD, setting.old), (NEW, setting.front))
            ]
            yield f"{client}, {number} packages", setting.bench.compare(programs, rounds=min(3, setting.rounds))


@section("docker run, to no entrypoint")
def containers(setting):
    """Of the image that the Docker tests or the command in docs/how-to/docker.md have left, if there is one."""
    docker, image = shutil.which("docker"), "keyrings-codeartifact"
    if not docker or subprocess.run([docker, "image", "inspect", image], capture_output=True, check=False).returncode:
        print(f"  there is no engine here, or no image {image}")
        return
    run = (docker, "run", "--rm")
    programs = [
        Program("no entrypoint", (*run, "--entrypoint", "true", image), setting.environ),
        Program(NEW, (*run, image, "true"), setting.environ),
        Program(
            f"{NEW}, configured", (*run, "--env", f"CODEARTIFACT_INDEX_URL={INDEX}", image, "true"), setting.environ
        ),
    ]
    yield "docker run IMAGE true", setting.bench.compare(programs, rounds=setting.rounds)


@section("emulator")
def emulators(setting):
    """Of few projects and of many, of few versions and of many; and how much memory a wheel of 1 GiB takes."""
    folder = setting.folder / "scale"
    folder.mkdir()
    yield from scale.rows(folder, setting.rounds)


def shown(title, results):
    """Return the lines of a row: for each program what was measured, and its ratio to the first one's."""
    yield f"  {title}"
    base = next(iter(results.values()))
    for name, result in results.items():
        measure = "seconds" if "seconds" in result else "mebibytes"
        value = f"{result[measure] * 1000:9.1f} ms" if measure == "seconds" else f"{result[measure]:8.1f} MiB"
        ratio = "" if result is base else f"{result[measure] / base[measure]:.3f}"
        calls = f"{result['calls']:4} AWS calls" if "calls" in result else ""
        most = (
            f", {result['most_calls']} at most of one host, {result['failed']:.0%} failed" if "failed" in result else ""
        )
        yield f"    {name:<16} {value} {ratio:>7}  {calls}{most}".rstrip()


def simulated_days():
    """Return the rows of a fleet's day."""
    return {
        f"{one.machines} machines, {one.jobs} jobs a day, {one.lookups} lookups each": {
            way: fleet.simulate(one, way) for way in fleet.WAYS
        }
        for one in fleet.FLEETS
    }


def simulated_rushes():
    """Return the rows of hosts that start in the same second."""
    return {
        f"{crowd.hosts} hosts in {crowd.spread} s, throttle_timeout {crowd.throttle_timeout}": {
            name: fleet.rush(crowd, rule) for name, rule in fleet.RULES.items()
        }
        for crowd in fleet.CROWDS
    }


def shown_simulations(figures):
    """Return the lines of both simulations."""
    yield f"a day of a fleet, simulated; the quota is {fleet.QUOTA} calls a second"
    for title, ways in figures["fleet"].items():
        yield f"  {title}"
        for way, found in ways.items():
            busiest = f"{found['busiest_second']:5} in the busiest second, {found['above_quota']:6} above the quota"
            yield f"    {way:<18} {found['calls']:8} calls, {busiest}"
    yield f"hosts with a cache each that start in the same second, simulated; the quota is {fleet.QUOTA} calls a second"
    for title, rules in figures["rush"].items():
        yield f"  {title}"
        for name, found in rules.items():
            calls = f"{found['requests']:4.1f} calls per host, {found['most_requests']:2} at most"
            yield f"    {name:<6} {found['failed']:6.1%} failed, the last token after {found['last']:5.0f} s, {calls}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="of each comparison (default: %(default)s)")
    parser.add_argument("--json", default="benchmark.json", help="where to write the figures (default: %(default)s)")
    parser.add_argument(
        "sections",
        nargs="*",
        metavar="SECTION",
        help=f"any of: {'; '.join(SECTIONS)} (default: all); the file keeps its figures of the others",
    )
    options = parser.parse_args()
    path = Path(options.json)
    figures = json.loads(path.read_text()) if options.sections and path.exists() else {}
    figures |= {"python": platform.python_version(), "processors": os.cpu_count(), "predecessor": PREDECESSOR}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="codeartifact-bench-") as name:
        folder = Path(name)
        with emulator(folder, max(SIZES)) as environ:
            setting = Setting(folder, environ, options.rounds)
            for title, measure in SECTIONS.items():
                if options.sections and title not in options.sections:
                    continue
                print(title)
                rows = []
                for row in measure(setting):
                    rows.append(row)
                    print(*shown(*row), sep="\n", flush=True)
                figures[title] = dict(rows)
    figures["fleet"], figures["rush"] = simulated_days(), simulated_rushes()
    print(*shown_simulations(figures), sep="\n")
    # With as many digits as mean something.
    figures = json.loads(json.dumps(figures), parse_float=lambda text: float(f"{float(text):.4g}"))
    path.write_text(json.dumps(figures, indent=1) + "\n")
    print(f"done in {time.monotonic() - began:.0f} s; the figures are in {path}")


if __name__ == "__main__":
    main()
