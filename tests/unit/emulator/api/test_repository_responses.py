"""Repositories in CodeArtifact's API: what describes one, its upstreams, and its external connection."""

import pytest

from keyrings.codeartifact.emulator.api.repository import PUBLIC
from support.guarded import refusal

ACME = {"domain": "acme"}
RELEASE = {**ACME, "repository": "release"}
GONE = ("ResourceNotFoundException", 404, "Repository not found. Repository 'gone' does not exist.")
CONNECTION = {"externalConnectionName": PUBLIC, "packageFormat": "pypi", "status": "Available"}


def upstreams(*names):
    return [{"repositoryName": name} for name in names]


@pytest.fixture
def create(client):
    """A function that creates a repository with these upstreams, and describes it."""

    def create(name, *names, **options):
        return client.create_repository(**ACME, repository=name, upstreams=upstreams(*names), **options)["repository"]

    return create


@pytest.fixture
def names(client):
    """A function that lists the names of repositories."""
    return lambda **options: [one["name"] for one in client.list_repositories(**options)["repositories"]]


def test_a_repository_is_described_as_it_was_created(client, create):
    created = create("team", "release", description="For all", tags=[{"key": "team", "value": "blue"}])
    assert client.describe_repository(**ACME, repository="team")["repository"] == created
    arn = "arn:aws:codeartifact:us-east-1:123456789012:repository/acme/team"
    created.pop("createdTime")
    assert created == {
        "name": "team",
        "administratorAccount": "123456789012",
        "domainName": "acme",
        "domainOwner": "123456789012",
        "arn": arn,
        "description": "For all",
        "upstreams": upstreams("release"),
        "externalConnections": [],
    }
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "team", "value": "blue"}]


def test_a_name_is_taken_once(create, names):
    error = ("ConflictException", 409, "Repository 'release' already exists.")
    assert refusal(create, "release") == error
    assert names() == ["release"]


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (["gone"], GONE),
        (
            ["release", "release"],
            ("ValidationException", 400, "A repository can have 10 upstream repositories, each of them once."),
        ),
    ],
    ids=["unknown", "twice"],
)
def test_a_repository_with_invalid_upstreams_is_not_created(create, names, wanted, error):
    assert refusal(create, "team", *wanted) == error
    assert names() == ["release"]


def test_an_update_changes_what_it_names(client, create):
    create("team", "release", description="For all")

    def update(**options):
        changed = client.update_repository(**ACME, repository="team", **options)["repository"]
        return changed["description"], changed["upstreams"]

    assert update() == ("For all", upstreams("release"))
    assert update(description="For some") == ("For some", upstreams("release"))
    assert update(upstreams=[]) == ("For some", [])
    assert update(upstreams=upstreams("release"), description="") == ("", upstreams("release"))


def test_upstreams_form_no_cycle(client, create):
    create("team", "release")
    create("project", "team")
    message = "Upstream repository 'project' would form a cycle with 'release'."
    error = ("ValidationException", 400, message)
    assert refusal(client.update_repository, **RELEASE, description="x", upstreams=upstreams("project")) == error
    described = client.describe_repository(**RELEASE)["repository"]
    assert (described["upstreams"], described.get("description")) == ([], "")


def test_the_external_connection(client):
    connection = {**RELEASE, "externalConnection": PUBLIC}
    missing = f"External-connection not found. External-connection '{PUBLIC}' does not exist."
    assert refusal(client.disassociate_external_connection, **connection) == ("ResourceNotFoundException", 404, missing)
    connected = client.associate_external_connection(**connection)["repository"]
    assert connected["externalConnections"] == [CONNECTION]
    assert client.describe_repository(**RELEASE)["repository"] == connected
    twice = f"Repository 'release' already has the external connection '{PUBLIC}'."
    assert refusal(client.associate_external_connection, **connection) == ("ConflictException", 409, twice)
    assert client.disassociate_external_connection(**connection)["repository"]["externalConnections"] == []


@pytest.mark.parametrize("operation", ["associate_external_connection", "disassociate_external_connection"])
def test_one_external_connection_is_supported(client, operation):
    message = "the emulator supports the external connection public:pypi only, not public:npmjs"
    call = getattr(client, operation)
    assert refusal(call, **RELEASE, externalConnection="public:npmjs") == ("ValidationException", 400, message)
    assert refusal(call, **ACME, repository="gone", externalConnection=PUBLIC) == GONE


def test_lists_are_sorted_and_have_a_prefix(client, create, names):
    create("team-b")
    create("team-a")
    client.create_domain(domain="other")
    client.create_repository(domain="other", repository="team-0")
    assert names() == ["release", "team-a", "team-b", "team-0"]
    assert names(repositoryPrefix="team") == ["team-a", "team-b", "team-0"]
    found = client.list_repositories_in_domain(**ACME, repositoryPrefix="team", maxResults=1)
    assert ([one["name"] for one in found["repositories"]], found["nextToken"]) == (["team-a"], "1")


def test_a_deleted_repository_is_described_once_more(client, publish, names):
    publish()
    described = client.describe_repository(**RELEASE)["repository"]
    assert client.delete_repository(**RELEASE)["repository"] == described
    assert names() == []
    assert refusal(client.delete_repository, **RELEASE)[0] == "ResourceNotFoundException"
