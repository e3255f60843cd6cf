"""What the READMEs show: the blocks that they mark for a test, their tables, and the messages that they explain."""

import re

from support.project import ROOT


class Readme:
    """A README below the project's folder."""

    def __init__(self, path):
        self.text = (ROOT / path).read_text()

    def block(self, name):
        """Return the block that is marked for a test by this name."""
        [(indent, text)] = re.findall(rf"<!-- test: {re.escape(name)} -->\n( *)```\w+\n(.*?)```", self.text, re.DOTALL)
        return re.sub(f"^{indent}", "", text, flags=re.MULTILINE)

    def marked(self):
        """Return the names of all blocks that are marked."""
        return re.findall(r"<!-- test: (.*) -->", self.text)

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


MAIN, DOCKER = Readme("README.md"), Readme("docker/README.md")
CLIENTS, EMULATOR, PYTHON = (Readme(f"docs/{name}.md") for name in ("clients", "emulator", "python"))
README, block = MAIN.text, MAIN.block
GITHUB, GITLAB, OTHERS = map(Readme, ("github-actions/README.md", "gitlab-ci/README.md", "gitlab-ci/other-ci.md"))


def is_said(message):
    """Say whether a message is one that there is in the sources, where what it is about stands in braces."""
    folders = (ROOT / "src", ROOT / "github-actions", ROOT / "gitlab-ci")
    sources = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".yml")]
    text = " ".join(re.sub(r"[\s\"]+", " ", path.read_text()) for path in sources)
    facts = r" … ?|GitHub's OIDC token|the OIDC token|CodeArtifact domain|CODEARTIFACT_ID_TOKEN|GetAuthorizationToken"
    parts = re.split(rf"{facts}|cannot (?=install)", message)
    return all(part.strip() in text for part in parts)
