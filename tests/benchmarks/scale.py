"""How the emulator answers for large repositories, and how much memory a large wheel takes."""

import itertools
import os
import statistics
import sys
import time
from pathlib import Path

from programs import serve

from keyrings.codeartifact.emulator.index import wheels

sys.path.append(str(Path(__file__).parents[1]))
from support import large
from support.uploads import upload

FEW, PROJECTS, VERSIONS = 10, 10_000, 2_000
JSON = "application/vnd.pypi.simple.v1+json"
# How many MiB the emulator's memory may grow by while a wheel passes, whatever the wheel's size.
MOST_MEMORY = 30
SEED = """
domains:
  - {name: demo, owner: "123456789012", region: us-east-1, repositories: [
      {name: few, packages: [few/*.whl]}, {name: many, packages: [many/*.whl]}, {name: private}]}
users:
  - {name: ci, account: "123456789012", access_key_id: AKIABENCH00000000001, secret_access_key: made-up}
"""


class Client:
    """A connection to the emulator."""

    def __init__(self, environ, rounds):
        self.connection, self._headers = large.connect(environ)
        self._rounds = rounds
        self._numbers = itertools.count()

    def publish(self, repository):
        """Upload a new version of `versions`."""
        headers, body = upload("versions", f"2.{next(self._numbers)}")
        self._send("POST", f"/pypi/{repository}/", body, headers)

    def once(self, path, accept="*/*"):
        """Return the seconds that a page takes."""
        began = time.perf_counter()
        self._send("GET", path, None, {"Accept": accept})
        return {"seconds": time.perf_counter() - began}

    def median(self, path, accept="*/*"):
        """Return the median of many times."""
        return {"seconds": statistics.median(self.once(path, accept)["seconds"] for _ in range(10 * self._rounds))}

    def after_uploads(self, path, accept, repository):
        """Return the median of a page that has changed each time."""
        seconds = []
        for _ in range(self._rounds):
            self.publish(repository)
            seconds.append(self.once(path, accept)["seconds"])
        return {"seconds": statistics.median(seconds)}

    def _send(self, method, path, body, headers):
        self.connection.request(method, path, body, self._headers | headers)
        response = self.connection.getresponse()
        response.read()
        if response.status != 200:
            raise SystemExit(f"{path}: status {response.status}")


def rows(folder, rounds):
    """Yield the rows of the section."""
    wheel = wheels.build(folder, "content")
    for name, projects, versions in (("few", FEW, FEW), ("many", PROJECTS, VERSIONS)):
        (folder / name).mkdir()
        for filename in (
            *(f"project_{number}-1.0-py3-none-any.whl" for number in range(projects)),
            *(f"versions-1.{number}-py3-none-any.whl" for number in range(versions)),
        ):
            os.link(wheel, folder / name / filename)
    (folder / "seed.yaml").write_text(SEED)
    with serve("--seed", folder / "seed.yaml") as (environ, _):
        client = Client(environ, rounds)
        yield from _pages(client)
        client.connection.close()
    with serve() as (environ, process):
        began = time.perf_counter()
        grown = large.pass_through(environ, process, 1024)
        if grown > MOST_MEMORY:
            raise SystemExit(f"1 GiB up and down: the emulator's memory has grown by {grown} MiB")
        yield "1 GiB up and down, memory on top of the idle emulator's", {"emulator": {"mebibytes": grown}}
        yield "1 GiB up and down", {"emulator": {"seconds": time.perf_counter() - began}}


def _pages(client):
    """Yield the rows of project pages and files."""

    def compare(title, of, measure):
        few, many = (f"{number:,} {of}" for number in (FEW, PROJECTS if of == "projects" else VERSIONS))
        return title, {few: measure("few"), many: measure("many")}

    page = "/pypi/{}/simple/versions/"
    yield compare("a project page", "projects", lambda name: client.median(f"/pypi/{name}/simple/project-7/"))
    for form, accept in (("HTML", "text/html"), ("JSON", JSON)):
        for when, measure in (
            ("the first time", lambda name, accept=accept: client.once(page.format(name), accept)),
            ("again", lambda name, accept=accept: client.median(page.format(name), accept)),
            ("after an upload", lambda name, accept=accept: client.after_uploads(page.format(name), accept, name)),
        ):
            yield compare(f"a project page in {form}, {when}", "versions", measure)
    file = page + "1.7/versions-1.7-py3-none-any.whl"
    yield compare("a download", "versions", lambda name: client.median(file.format(name)))
