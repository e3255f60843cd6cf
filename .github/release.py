"""Checks whether a version may be released, and prints the names of the release.

A release begins with the tag ``release-X.Y.Z``; its own tag ``vX.Y.Z`` holds the built action, too.  ``git tag --list |
release.py check TAG`` prints the outputs of a GitHub step; ``release.py notes TAG`` prints the version's section of the
changelog, for the GitHub release.  ``release.py owner`` writes the owner of the repository, which the source URL in
pyproject.toml names, into all files that have its placeholder.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).parents[1]
# The placeholder of the owner, in the names of repository and image.
_PLACEHOLDER = re.compile(r"OWNER(?=/keyrings[.-]codeartifact)")
_SOURCE = re.compile(r'^Source = "https://github\.com/([A-Za-z0-9-]+)/keyrings\.codeartifact"$', re.MULTILINE)
_TAG = re.compile(r"v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", re.ASCII)


class ReleaseError(Exception):
    """The release is not ready: cause and remedy, in one line."""


def main(arguments: list[str] | None = None, root: Path = ROOT) -> None:
    """Run the command; exit with one line if the project in ``root`` is not ready for the tag."""
    parser = argparse.ArgumentParser(description="Check whether a tag can be released, and print its names.")
    parser.add_argument("command", choices=("check", "notes", "owner"))
    parser.add_argument("tag", nargs="?", default="")
    options = parser.parse_args(arguments)
    try:
        if options.command == "owner":
            print(f"{owner_of(root)}: written to {len(write_owner(root))} files")
            return
        tag = tag_of(options.tag)
        notes = check(tag, root)
        if options.command == "notes":
            print(unwrapped(linked(notes, tag, os.environ)))
        else:
            for name, value in outputs(tag, sys.stdin.read().split(), os.environ).items():
                print(f"{name}={value}")
    except ReleaseError as error:
        sys.exit(f"release.py: error: {error}")


def tag_of(beginning: str) -> str:
    """Return the tag of the release that the tag ``beginning`` begins; raise ReleaseError if it begins none."""
    tag = re.sub("^release-", "v", beginning)
    if tag == beginning or not _TAG.fullmatch(tag):
        raise ReleaseError(f"{beginning} does not begin a release; name it release-1.2.3")
    return tag


def check(tag: str, root: Path) -> str:
    """Return the tag's section of the changelog; raise ReleaseError if the project in ``root`` is not ready for it."""
    version = ".".join(map(str, parse(tag)))
    [project] = re.findall(r'^version = "(.*)"$', _read(root / "pyproject.toml"), re.MULTILINE)
    if project != version:
        raise ReleaseError(
            f"the tag is for {version}, and pyproject.toml has the version {project}; correct one of them"
        )
    owner_of(root)
    return section(_read(root / "CHANGELOG.md"), version)


def owner_of(root: Path) -> str:
    """Return the owner of the repository; raise ReleaseError if pyproject.toml still has the placeholder."""
    found = _SOURCE.search(_read(root / "pyproject.toml"))
    if not found or found[1] == "OWNER":
        raise ReleaseError("pyproject.toml names no owner; replace OWNER in Source of [project.urls]")
    return found[1]


def write_owner(root: Path) -> list[str]:
    """Write the owner into all files of the repository that have its placeholder; return their names."""
    owner = owner_of(root)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True)  # noqa: S607
    changed = []
    for name in filter(None, listed.stdout.decode().split("\0")):
        try:
            text = _read(root / name)
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        # Registries require lower case.
        written = _PLACEHOLDER.sub(owner, re.sub(rf"(ghcr\.io/){_PLACEHOLDER.pattern}", rf"\g<1>{owner.lower()}", text))
        if written != text:
            (root / name).write_text(written, encoding="utf-8")
            changed.append(name)
    return changed


def parse(tag: str) -> tuple[int, ...]:
    """Return the three numbers of a release's tag."""
    return tuple(map(int, tag.removeprefix("v").split(".")))


def section(changelog: str, version: str) -> str:
    """Return the changelog's section of a version, without its heading.

    Raises ReleaseError if it is missing, empty, or without a heading like ``## 3.0.0 (2026-12-31)``.
    """
    for part in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        name, _, day = heading.strip().partition(" ")
        if name != version:
            continue
        if not _is_date(day):
            raise ReleaseError(f"CHANGELOG.md has no date for {version}; write the heading '## {version} (YYYY-MM-DD)'")
        if not text.strip():
            raise ReleaseError(f"CHANGELOG.md has an empty section for {version}; add the changes")
        return text.strip()
    raise ReleaseError(f"CHANGELOG.md has no section for {version}; write the heading '## {version} (YYYY-MM-DD)'")


def outputs(tag: str, tags: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the outputs for the release's jobs; ``tags`` are those of the repository, with or without this one."""
    version = parse(tag)
    moved = aliases(version, [parse(other) for other in tags if _TAG.fullmatch(other)])
    major = str(version[0])
    return {
        "version": ".".join(map(str, version)),
        # Registries require lower case.
        "image": f"ghcr.io/{environ['GITHUB_REPOSITORY_OWNER'].lower()}/keyrings-codeartifact",
        "aliases": " ".join(moved),
        "major": f"v{major}" if major in moved else "",
        "latest": str("latest" in moved).lower(),
    }


def aliases(version: tuple[int, ...], released: Iterable[tuple[int, ...]]) -> list[str]:
    """Return the moving names that this version gets: for 3.0.1, released after 3.1.0, only ``3.0``."""
    newer = [other for other in released if other > version]
    lengths = [length for length in (2, 1, 0) if not any(other[:length] == version[:length] for other in newer)]
    return [".".join(map(str, version[:length])) or "latest" for length in lengths]


def linked(notes: str, tag: str, environ: Mapping[str, str]) -> str:
    """Return the notes with relative links replaced by links to the tag's files."""
    files = f"{environ['GITHUB_SERVER_URL']}/{environ['GITHUB_REPOSITORY']}/blob/{tag}/"
    return re.sub(r"\]\((?![a-z]+:|#)", lambda match: match[0] + files, notes)


def unwrapped(notes: str) -> str:
    """Return the notes with each paragraph and item on one line, as GitHub shows line breaks in a release."""
    fenced, wrap = r"^```.*?^```$", r"(?<=\S)\n *(?=[^\s#|>*+-])(?!```|[0-9]+\.)"
    flags = re.DOTALL | re.MULTILINE
    return re.sub(f"{fenced}|{wrap}", lambda match: match[0] if "```" in match[0] else " ", notes, flags=flags)


def _is_date(text: str) -> bool:
    """Return whether this is a date in parentheses."""
    match = re.fullmatch(r"\(([0-9]{4}-[0-9]{2}-[0-9]{2})\)", text)
    try:
        return bool(match and date.fromisoformat(match[1]))
    except ValueError:
        return False


def _read(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
