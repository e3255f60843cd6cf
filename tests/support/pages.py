"""What the pages show: the blocks that they mark for a test, their tables, and the messages that they explain."""

import re
from typing import NamedTuple

from support.project import ROOT

_BLOCK = re.compile(
    r"(?:<!-- test: (?P<mark>[^\n]*) -->\n)?^(?P<indent> *)```(?P<language>\w+)\n(?P<text>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)
_GENERATED = re.compile(r"<!-- generated: .*?<!-- end -->", re.DOTALL)


class Block(NamedTuple):
    """A block of a page; its mark names it for a test."""

    mark: str
    language: str
    text: str
    is_generated: bool


class Page:
    """A page below the project's folder."""

    def __init__(self, path):
        self.path = path
        self.text = (ROOT / path).read_text()

    def __repr__(self):
        return self.path

    def blocks(self):
        """Return all blocks of code."""
        spans = [match.span() for match in _GENERATED.finditer(self.text)]
        return [
            Block(
                match["mark"] or "",
                match["language"],
                re.sub(f"^{match['indent']}", "", match["text"], flags=re.MULTILINE),
                any(start < match.start() < end for start, end in spans),
            )
            for match in _BLOCK.finditer(self.text)
        ]

    def block(self, name):
        """Return the block that is marked for a test by this name."""
        [block] = [block for block in self.blocks() if block.mark == name]
        return block.text

    def exported(self, name):
        """Return the variables that a block exports."""
        return dict(re.findall(r"^export (\w+)=(.*)$", self.block(name), re.MULTILINE))

    def marked(self):
        """Return the names of all blocks that are marked."""
        return re.findall(r"^ *<!-- test: (.*) -->$", self.text, re.MULTILINE)

    def table(self, heading):
        """Return the rows of the first table below a heading, by the names in their first cell."""
        rows = {}
        for row in self._rows(heading):
            cells = [cell.strip() for cell in row.strip("|").split(" | ")]
            rows |= dict.fromkeys(re.findall(r"`([a-z-]+)`", cells[0]), cells[1:])
        return rows

    def messages(self, heading):
        """Return the messages in the first column of the first table below a heading."""
        return [message for row in self._rows(heading) for message in re.findall("`([^`]+)`", row.split(" | ")[0])]

    def _rows(self, heading):
        section = self.text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
        return re.findall(r"^\|.*\|$", section, re.MULTILINE)[2:]


def _how_to(name):
    return Page(f"docs/how-to/{name}.md")


def _reference(name):
    return Page(f"docs/reference/{name}.md")


README, START = Page("README.md"), Page("docs/index.md")
INSTALL = _how_to("index")
PIP, UV, CLIENTS, PUBLISH, IAM = map(_how_to, ("pip", "uv", "clients", "publish", "iam"))
ACCOUNTS, FROM_LOGIN = map(_how_to, ("several-accounts", "from-login"))
GITHUB, GITLAB, OTHER_CI, DOCKER, FLEETS = map(_how_to, ("github", "gitlab", "other-ci", "docker", "fleets"))
BAZEL, PACKAGE_MANAGERS = map(_how_to, ("bazel", "package-managers"))
COMMANDS, SETTINGS, EXIT_CODES, EMULATOR = map(_reference, ("cli", "options", "exit-codes", "emulator"))
ACTION, INCLUDE, PYTHON = map(_reference, ("action", "include", "python"))


def every():
    """Return all pages."""
    folders = ("docs", "github-actions", "gitlab-ci", "docker")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.md") if "_build" not in path.parts]
    return [Page(str(path.relative_to(ROOT))) for path in sorted([*ROOT.glob("*.md"), *paths])]


def is_said(message):
    """Say whether a message is one that there is in the sources, where what it is about stands in braces."""
    folders = (ROOT / "src", ROOT / "github-actions", ROOT / "gitlab-ci")
    sources = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".yml")]
    text = " ".join(re.sub(r"[\s\"]+", " ", path.read_text()) for path in sources)
    facts = r" … ?|GitHub's OIDC token|the OIDC token|CodeArtifact domain|CODEARTIFACT_ID_TOKEN|GetAuthorizationToken"
    parts = re.split(rf"{facts}|cannot (?=install)", message)
    return all(part.strip() in text for part in parts)
