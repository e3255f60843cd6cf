"""Which tag may be released, what is said of it, and which names move to it."""

import importlib.util
import io
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".github" / "release.py"
CHANGELOG = """\
# Changelog

## 3.1.0 (unreleased)

- Not yet.

## 3.0.0 (2026-12-31)

The successor of 2.x.

### Added

- The image, [docker/](docker/README.md); [keyring](https://example.com/), [above](#changelog).

## 2.9.0 (2026-02-30)

- On a day that never was.

## 2.8.0 (2026-01-01)

## 2.7.0
"""
GITHUB = {
    "GITHUB_REPOSITORY": "Acme/keyrings.codeartifact",
    "GITHUB_REPOSITORY_OWNER": "Acme",
    "GITHUB_SERVER_URL": "https://github.example",
}


@pytest.fixture(scope="module")
def release():
    spec = importlib.util.spec_from_file_location("release", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path):
    """A project of version 3.0.0."""
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    source = "https://github.com/Acme/keyrings.codeartifact"
    text = f'[project]\nname = "x"\nversion = "3.0.0"\n[project.urls]\nSource = "{source}"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    return tmp_path


def test_a_tag_that_may(release, project):
    notes = release.check("v3.0.0", project)
    assert notes.startswith("The successor of 2.x.\n\n### Added\n")
    assert notes.endswith("[above](#changelog).")


@pytest.mark.parametrize(("beginning", "tag"), [("release-3.0.0", "v3.0.0"), ("release-10.20.30", "v10.20.30")])
def test_a_tag_begins_a_release(release, beginning, tag):
    assert release.tag_of(beginning) == tag


@pytest.mark.parametrize(
    "tag",
    [
        *("v3.0.0", "3.0.0", "release-3", "release-3.0.0rc1", "release-3.0.00", "release-3.0.0\n"),
        *("release-v3.0.0", "release-٣.0.0", "my-release-3.0.0"),
    ],
)
def test_a_tag_that_begins_none(release, tag):
    with pytest.raises(release.ReleaseError) as caught:
        release.tag_of(tag)
    assert str(caught.value) == f"{tag} does not begin a release; name it release-1.2.3"


def test_a_tag_on_another_version(release, project):
    with pytest.raises(release.ReleaseError) as caught:
        release.check("v3.1.0", project)
    assert str(caught.value) == "the tag is for 3.1.0, and pyproject.toml has the version 3.0.0; correct one of them"


@pytest.mark.parametrize(
    ("version", "message"),
    [
        pytest.param(
            "3.1.0", "CHANGELOG.md has no date for 3.1.0; write the heading '## 3.1.0 (YYYY-MM-DD)'", id="unreleased"
        ),
        pytest.param(
            "2.9.0", "CHANGELOG.md has no date for 2.9.0; write the heading '## 2.9.0 (YYYY-MM-DD)'", id="no such day"
        ),
        pytest.param(
            "2.7.0", "CHANGELOG.md has no date for 2.7.0; write the heading '## 2.7.0 (YYYY-MM-DD)'", id="no date"
        ),
        pytest.param("2.8.0", "CHANGELOG.md has an empty section for 2.8.0; add the changes", id="empty"),
        pytest.param(
            "3.0", "CHANGELOG.md has no section for 3.0; write the heading '## 3.0 (YYYY-MM-DD)'", id="no section"
        ),
    ],
)
def test_a_changelog_that_is_not_ready(release, version, message):
    with pytest.raises(release.ReleaseError) as caught:
        release.section(CHANGELOG, version)
    assert str(caught.value) == message


@pytest.fixture
def with_placeholders(project):
    """The project as a repository, with the placeholder of the owner in two files."""
    (project / "README.md").write_text(
        "https://github.com/OWNER/keyrings.codeartifact, ghcr.io/OWNER/keyrings-codeartifact\n"
    )
    (project / "docker").mkdir()
    (project / "docker" / "Dockerfile").write_text(
        "FROM ghcr.io/OWNER/keyrings-codeartifact:3 # DOMAIN-OWNER, OWNER/x\n"
    )
    (project / "picture.png").write_bytes(b"\xff\xfe")
    (project / "not-tracked.md").write_text("OWNER/keyrings.codeartifact")
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    files = ["README.md", "docker", "picture.png", "pyproject.toml", "CHANGELOG.md"]
    subprocess.run(["git", "add", *files], cwd=project, check=True)
    return project


def test_the_owner_is_written_everywhere(release, with_placeholders, capsys):
    release.main(["owner"], with_placeholders)
    assert capsys.readouterr().out == "Acme: written to 2 files\n"
    readme, dockerfile = with_placeholders / "README.md", with_placeholders / "docker" / "Dockerfile"
    assert readme.read_text() == "https://github.com/Acme/keyrings.codeartifact, ghcr.io/acme/keyrings-codeartifact\n"
    assert dockerfile.read_text() == "FROM ghcr.io/acme/keyrings-codeartifact:3 # DOMAIN-OWNER, OWNER/x\n"
    assert (with_placeholders / "not-tracked.md").read_text() == "OWNER/keyrings.codeartifact"
    assert release.write_owner(with_placeholders) == []


def test_a_project_without_an_owner_is_not_released(release, with_placeholders):
    path = with_placeholders / "pyproject.toml"
    path.write_text(path.read_text().replace("Acme", "OWNER"))
    for arguments in (["owner"], ["check", "release-3.0.0"]):
        with pytest.raises(SystemExit, match=r"pyproject\.toml names no owner; replace OWNER in Source"):
            release.main(arguments, with_placeholders)
    assert "OWNER" in (with_placeholders / "README.md").read_text()


def test_links_lead_into_the_tag(release, project):
    notes = release.linked(release.check("v3.0.0", project), "v3.0.0", GITHUB)
    assert "[docker/](https://github.example/Acme/keyrings.codeartifact/blob/v3.0.0/docker/README.md)" in notes
    assert "[keyring](https://example.com/), [above](#changelog)" in notes


def test_lines_end_where_the_text_does(release):
    wrapped = (
        "One\nparagraph.\n\n### Heading\n\n- an item\n  of\n  `several` lines\n- the next\n  - one in\n    it\n\n"
        "1. first\n2. second\n\n```sh\npip install\nkeyring\n```\n\n| a |\n|---|\n| b |"
    )
    assert release.unwrapped(wrapped) == (
        "One paragraph.\n\n### Heading\n\n- an item of `several` lines\n- the next\n  - one in it\n\n"
        "1. first\n2. second\n\n```sh\npip install\nkeyring\n```\n\n| a |\n|---|\n| b |"
    )


@pytest.mark.parametrize(
    ("version", "released", "moved"),
    [
        pytest.param((3, 0, 0), [], ["3.0", "3", "latest"], id="the first"),
        pytest.param((3, 0, 0), [(3, 0, 0)], ["3.0", "3", "latest"], id="itself"),
        pytest.param((3, 1, 0), [(3, 0, 9), (2, 9, 9)], ["3.1", "3", "latest"], id="the newest"),
        pytest.param((3, 10, 0), [(3, 9, 0)], ["3.10", "3", "latest"], id="numbers, not letters"),
        pytest.param((3, 0, 1), [(3, 0, 0), (3, 1, 0)], ["3.0"], id="a fix of an older minor version"),
        pytest.param((3, 1, 1), [(3, 1, 0), (4, 0, 0)], ["3.1", "3"], id="a fix of an older major version"),
        pytest.param((3, 0, 1), [(3, 0, 2)], [], id="an older fix"),
    ],
)
def test_the_names_that_move(release, version, released, moved):
    assert release.aliases(version, released) == moved


def test_what_the_jobs_are_told(release):
    assert release.outputs("v3.0.1", ["v3", "v3.0.0", "v3.0.1", "v4.0.0rc1", "other"], GITHUB) == {
        "version": "3.0.1",
        "image": "ghcr.io/acme/keyrings-codeartifact",
        "aliases": "3.0 3 latest",
        "major": "v3",
        "latest": "true",
    }


def test_what_an_older_version_s_jobs_are_told(release):
    told = release.outputs("v3.0.1", ["v3.1.0"], GITHUB)
    assert (told["aliases"], told["major"], told["latest"]) == ("3.0", "", "false")


def test_the_command(release, project, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("v2.1.2\nv3.0.0\n"))
    for name, value in GITHUB.items():
        monkeypatch.setenv(name, value)
    release.main(["check", "release-3.0.0"], project)
    assert capsys.readouterr().out.splitlines()[:2] == ["version=3.0.0", "image=ghcr.io/acme/keyrings-codeartifact"]
    release.main(["notes", "release-3.0.0"], project)
    assert capsys.readouterr().out.startswith("The successor of 2.x.\n")
    with pytest.raises(SystemExit, match=r"release\.py: error: the tag is for 3\.0\.1, and "):
        release.main(["notes", "release-3.0.1"], project)


def test_this_project_s_own_version_is_found(release):
    with pytest.raises(
        release.ReleaseError, match=r"^the tag is for 0\.0\.0, and pyproject\.toml has the version [0-9.]+; "
    ):
        release.check("v0.0.0", ROOT)


def test_the_command_heeds_the_tags_that_there_are(release, project, monkeypatch, capsys):
    """Else a fix of an older version would become the latest."""
    monkeypatch.setattr("sys.stdin", io.StringIO("v3\nv3.0.0\nv3.1.0\n"))
    for name, value in GITHUB.items():
        monkeypatch.setenv(name, value)
    release.main(["check", "release-3.0.0"], project)
    assert capsys.readouterr().out.splitlines()[2:] == ["aliases=3.0", "major=", "latest=false"]


def test_the_command_s_notes_are_unwrapped_and_linked(release, project, monkeypatch, capsys):
    (project / "CHANGELOG.md").write_text("## 3.0.0 (2026-12-31)\n\n- See\n  [docker/](docker/README.md).\n")
    for name, value in GITHUB.items():
        monkeypatch.setenv(name, value)
    release.main(["notes", "release-3.0.0"], project)
    link = "https://github.example/Acme/keyrings.codeartifact/blob/v3.0.0/docker/README.md"
    assert capsys.readouterr().out == f"- See [docker/]({link}).\n"


def test_a_date_is_all_that_stands_behind_a_version(release):
    with pytest.raises(release.ReleaseError, match=r"has no date for 3\.0\.0"):
        release.section("## 3.0.0 (2026-12-31) (unreleased)\n\n- x\n", "3.0.0")
