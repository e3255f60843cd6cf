"""Repositories with upstreams, and one with the external connection to the public index: one index for all."""

import json
import re
import sys
from itertools import count
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from keyrings.codeartifact.emulator.index import public, wheels
from support.project import UV

NUMBERS = count()
OWN_VERSIONS, PUBLIC_VERSIONS = ("ALLOW", "BLOCK"), ("BLOCK", "ALLOW")
# Each request through one of the two doors is enough here.
pytestmark = pytest.mark.parametrize("get", ["proxy"], indirect=True)


class Team:
    """A domain with the repository `team`, whose upstreams are `shared` and `old`, whose upstream is `gate`."""

    def __init__(self, client, get, folder):
        self.folder, self.get = folder, get
        self.api = client("codeartifact")
        created = self.api.create_domain(domain=f"team{next(NUMBERS)}")["domain"]
        self.domain = {"domain": created["name"], "domainOwner": created["owner"]}
        for name, upstreams in (("gate", []), ("shared", ["gate"]), ("old", ["gate"]), ("team", ["shared", "old"])):
            self.create(name, upstreams)
        self.connect("gate")
        self.host = f"{created['name']}-{created['owner']}.d.codeartifact.us-east-1.amazonaws.com"
        self.token = self.api.get_authorization_token(**self.domain)["authorizationToken"]

    def create(self, name, upstreams):
        listed = [{"repositoryName": upstream} for upstream in upstreams]
        return self.api.create_repository(**self.domain, repository=name, upstreams=listed)["repository"]

    def update(self, name, upstreams):
        listed = [{"repositoryName": upstream} for upstream in upstreams]
        return self.api.update_repository(**self.domain, repository=name, upstreams=listed)["repository"]

    def connect(self, name):
        described = self.api.associate_external_connection(
            **self.domain, repository=name, externalConnection="public:pypi"
        )
        return described["repository"]["externalConnections"]

    def control(self, repository, package, publish, upstream):
        """Set the origin controls of a package."""
        restrictions = {"publish": publish, "upstream": upstream}
        package = {"format": "pypi", "package": package, "restrictions": restrictions}
        self.api.put_package_origin_configuration(**self.domain, repository=repository, **package)

    def publish(self, repository, package, version="1.0"):
        """Upload a wheel of a project; return the status."""
        return self.upload(repository, wheels.build(self.folder, package, version), package, version)

    def upload(self, repository, wheel, package, version="1.0"):
        path = Path(wheel)
        fields = {":action": "file_upload", "name": package, "version": version}
        parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
        parts.append(f'Content-Disposition: form-data; name="content"; filename="{path.name}"\r\n\r\n')
        body = "\r\n".join(f"--b\r\n{part}" for part in parts).encode() + path.read_bytes() + b"\r\n--b--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        return self.get(self.host, f"/pypi/{repository}/", self.token, method="POST", body=body, headers=headers)[0]

    def versions(self, repository, package):
        """Return the versions on a project page, none if there is no such page."""
        status, _, body = self.get(self.host, f"/pypi/{repository}/simple/{package}/", self.token)
        assert status in (200, 404)
        return re.findall(r'href="([^/"]+)/', body.decode())

    def fetch(self, repository, package, version="1.0"):
        """Download a wheel; return status and content."""
        filename = f"{package.replace('-', '_')}-{version}-py3-none-any.whl"
        path = f"/pypi/{repository}/simple/{package}/{version}/{filename}"
        status, _, body = self.get(self.host, path, self.token)
        return status, body

    def packages(self, repository):
        """Return the packages that the repository itself has, with their origin controls."""
        found = self.api.list_packages(**self.domain, repository=repository)["packages"]
        controls = {item["package"]: item["originConfiguration"]["restrictions"] for item in found}
        return {package: (one["publish"], one["upstream"]) for package, one in controls.items()}


@pytest.fixture
def team(emulator, client, get, tmp_path):
    (tmp_path / "uploads").mkdir()
    return Team(client, get, tmp_path / "uploads")


@pytest.fixture
def internet(emulator, tmp_path):
    """The folder to which the external connection leads."""
    folder = tmp_path / "public"
    folder.mkdir()
    emulator.application.pypi.public = public.find(str(folder))
    yield folder
    emulator.application.pypi.public = None


def test_a_page_lists_what_all_repositories_have(team, internet):
    for repository, version in (("team", "1.0"), ("shared", "2.0"), ("old", "3.0"), ("gate", "4.0")):
        assert team.publish(repository, "tools", version) == 200
        # What is published first blocks versions from upstream: here they are wanted.
        team.control(repository, "tools", "ALLOW", "ALLOW")
    wheels.build(internet, "tools", "5.0")
    assert team.versions("team", "tools") == ["1.0", "2.0", "3.0", "4.0", "5.0"]
    assert team.versions("old", "tools") == ["3.0", "4.0", "5.0"]
    assert team.versions("gate", "tools") == ["4.0", "5.0"]
    assert team.versions("team", "other") == []


def test_the_first_in_the_order_of_search_wins(team, internet):
    """Level by level: `old` precedes the upstream of `shared`."""
    deep = team.create("deep", [])["name"]
    team.update("shared", [deep])
    contents = {}
    for repository, minor in ((deep, 8), ("old", 9)):
        wheel = wheels.build(team.folder, "tools", requires_python=f">=3.{minor}")
        contents[repository] = Path(wheel).read_bytes()
        assert team.upload(repository, wheel, "tools") == 200
    assert team.fetch("team", "tools") == (200, contents["old"])
    assert team.fetch("shared", "tools") == (200, contents[deep])


def test_what_was_fetched_stays(team):
    assert team.publish("shared", "tools") == 200
    status, content = team.fetch("team", "tools")
    assert status == 200
    assert team.packages("team") == {"tools": PUBLIC_VERSIONS}
    # It is not kept in between.
    assert team.packages("old") == {}
    package = {"repository": "shared", "format": "pypi", "package": "tools"}
    team.api.delete_package_versions(**team.domain, **package, versions=["1.0"])
    team.update("team", [])
    assert team.fetch("team", "tools") == (200, content)


def test_a_public_package_is_kept_where_it_was_fetched_and_where_the_connection_is(team, internet):
    path = Path(wheels.build(internet, "public-tools"))
    assert team.versions("team", "public-tools") == ["1.0"]
    assert team.packages("team") == {}
    assert team.fetch("team", "public-tools") == (200, path.read_bytes())
    kept = {repository: team.packages(repository) for repository in ("team", "shared", "old", "gate")}
    assert kept == {
        "team": {"public-tools": PUBLIC_VERSIONS},
        "shared": {},
        "old": {},
        "gate": {"public-tools": PUBLIC_VERSIONS},
    }
    path.unlink()
    assert team.fetch("team", "public-tools")[0] == 200


def test_a_file_that_is_here_is_looked_up_nowhere_else(team, emulator):
    assert team.publish("gate", "tools") == 200
    team.control("gate", "tools", "ALLOW", "ALLOW")
    emulator.application.pypi.public = public.find("http://127.0.0.1:9/simple")
    try:
        assert team.fetch("gate", "tools")[0] == 200
        assert team.fetch("gate", "tools", "2.0")[0] == 502
    finally:
        emulator.application.pypi.public = None


def test_a_name_that_is_taken_on_the_public_index_too(team, internet):
    """Dependency substitution: after the first own version, no other may come from there."""
    assert team.publish("team", "acme-secret") == 200
    wheels.build(internet, "acme-secret", "99.0")
    assert team.packages("team") == {"acme-secret": OWN_VERSIONS}
    assert team.versions("team", "acme-secret") == ["1.0"]
    assert team.fetch("team", "acme-secret", "99.0")[0] == 404
    team.control("team", "acme-secret", "ALLOW", "ALLOW")
    assert team.versions("team", "acme-secret") == ["1.0", "99.0"]


def test_a_name_of_the_public_index_cannot_be_published(team, internet):
    wheels.build(internet, "public-tools")
    assert team.fetch("team", "public-tools")[0] == 200
    assert team.publish("team", "public-tools", "2.0") == 403
    team.control("team", "public-tools", "ALLOW", "ALLOW")
    assert team.publish("team", "public-tools", "2.0") == 200


def test_origin_controls_of_a_package_that_does_not_exist_yet(team, internet):
    wheels.build(internet, "wanted")
    team.control("team", "wanted", "ALLOW", "BLOCK")
    assert team.versions("team", "wanted") == []
    described = team.api.describe_package(**team.domain, repository="team", format="pypi", package="wanted")["package"]
    assert described == {
        "format": "pypi",
        "name": "wanted",
        "originConfiguration": {"restrictions": {"publish": "ALLOW", "upstream": "BLOCK"}},
    }
    assert team.publish("team", "wanted", "0.1") == 200
    assert team.versions("team", "wanted") == ["0.1"]


def test_controls_where_the_connection_is(team, internet):
    wheels.build(internet, "tools")
    team.control("gate", "tools", "BLOCK", "BLOCK")
    assert team.versions("team", "tools") == []


def test_controls_in_the_middle(team, internet):
    """What an upstream blocks does not come through it."""
    wheels.build(internet, "acme-secret", "9.0")
    team.update("team", ["shared"])
    team.control("shared", "acme-secret", "ALLOW", "BLOCK")
    assert team.versions("team", "acme-secret") == []
    assert team.publish("shared", "acme-secret") == 200
    assert team.versions("team", "acme-secret") == ["1.0"]


def test_a_folder_that_is_gone(team, internet):
    internet.rmdir()
    status, _, body = team.get(team.host, "/pypi/team/simple/tools/", team.token)
    assert status == 502
    assert b"cannot be read" in body


def test_a_connection_that_leads_nowhere(team):
    assert team.versions("team", "tools") == []


def test_a_connection_that_ends(team, internet):
    for package in ("kept", "other"):
        wheels.build(internet, package)
    team.fetch("gate", "kept")
    end = {"repository": "gate", "externalConnection": "public:pypi"}
    ended = team.api.disassociate_external_connection(**team.domain, **end)["repository"]
    assert ended["externalConnections"] == []
    assert (team.versions("team", "kept"), team.versions("team", "other")) == (["1.0"], [])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        team.api.disassociate_external_connection(**team.domain, **end)


def test_what_a_repository_says_of_itself(team):
    described = team.api.describe_repository(**team.domain, repository="team")["repository"]
    assert described["upstreams"] == [{"repositoryName": "shared"}, {"repositoryName": "old"}]
    assert described["externalConnections"] == []
    described = team.api.describe_repository(**team.domain, repository="gate")["repository"]
    connection = {"externalConnectionName": "public:pypi", "packageFormat": "pypi", "status": "Available"}
    assert described["externalConnections"] == [connection]
    changed = team.api.update_repository(**team.domain, repository="team", description="of the team")["repository"]
    assert (changed["description"], len(changed["upstreams"])) == ("of the team", 2)


MISTAKES = [
    pytest.param(lambda team: team.update("gate", ["team"]), "ValidationException.*cycle", id="a circle"),
    pytest.param(lambda team: team.update("team", ["team"]), "ValidationException.*cycle", id="itself"),
    pytest.param(lambda team: team.update("team", ["gone"]), "ResourceNotFoundException", id="unknown"),
    pytest.param(lambda team: team.create("new", ["gone"]), "ResourceNotFoundException", id="unknown at first"),
    pytest.param(lambda team: team.update("team", ["old", "old"]), "ValidationException.*once", id="twice"),
    pytest.param(lambda team: team.update("team", [f"r{number}" for number in range(11)]), "ValidationException", id="11"),
    pytest.param(lambda team: team.connect("gate"), "ConflictException.*already has", id="a second connection"),
    pytest.param(lambda team: team.control("team", "x", "ALLOW", "PERHAPS"), "ValidationException.*restric", id="PERHAPS"),
    pytest.param(
        lambda team: team.api.associate_external_connection(
            **team.domain, repository="team", externalConnection="public:npmjs"
        ),
        "ValidationException.*public:pypi only",
        id="npm",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "message"), MISTAKES)
def test_mistakes_change_nothing(team, mistake, message):
    before = team.api.list_repositories_in_domain(**team.domain)["repositories"]
    with pytest.raises(ClientError, match=f"(?s){message}"):
        mistake(team)
    assert team.api.list_repositories_in_domain(**team.domain)["repositories"] == before
    assert team.api.describe_repository(**team.domain, repository="team")["repository"]["upstreams"] == [
        {"repositoryName": "shared"},
        {"repositoryName": "old"},
    ]


@pytest.fixture
def shop(team, internet, home):
    """A private package, which needs a public one; and the environment of a user of the repository `team`."""
    wheels.build(internet, "public-tools")
    path = wheels.build(team.folder, "private-tools", metadata="Requires-Dist: public-tools\n")
    assert team.upload("team", path, "private-tools") == 200
    home.environ["CODEARTIFACT_INDEX_URL"] = f"https://{team.host}/pypi/team/simple/"
    return home


IMPORT = "import private_tools, public_tools"


def test_pip_installs_both_from_one_index(shop, environment, wheel):
    client = environment("pip>=26.2", wheel)
    target = shop.folder / "target"
    command = (client.python, "-m", "pip", "install", "--no-cache-dir", "--target", target, "private-tools")
    shop.succeed(client.bin / "keyrings-codeartifact", "exec", "--", *command)
    shop.succeed(sys.executable, "-c", IMPORT, PYTHONPATH=str(target))


def test_uv_installs_and_locks_both_from_one_index(shop, tool):
    folder = shop.folder / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "project"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["private-tools"]\n'
    )
    run = (tool.bin / "keyrings-codeartifact", "exec", "--", UV)
    shop.succeed(*run, "sync", "--python", sys.executable, cwd=folder)
    shop.succeed(folder / ".venv" / "bin" / "python", "-c", IMPORT)
    lock = (folder / "uv.lock").read_text()
    assert len(set(re.findall(r'registry = "([^"]*)"', lock))) == 1
    assert json.dumps(shop.environ["CODEARTIFACT_INDEX_URL"]) in lock


def test_poetry_installs_both_from_one_index(shop, environment, wheel):
    client = environment(wheel, "poetry>=2.5")
    folder = shop.folder / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "project"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["private-tools"]\n'
        "[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\n"
        f'name = "codeartifact"\nurl = "{shop.environ["CODEARTIFACT_INDEX_URL"]}"\npriority = "primary"\n'
    )
    shop.environ |= {
        "POETRY_CACHE_DIR": str(shop.folder / "poetry-cache"),
        "POETRY_NO_INTERACTION": "1",
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
    }
    shop.succeed(client.bin / "keyrings-codeartifact", "exec", "--", client.bin / "poetry", "install", cwd=folder)
    shop.succeed(folder / ".venv" / "bin" / "python", "-c", IMPORT)
