"""The page of messages explains each error, by its code."""

import re

from keyrings.codeartifact.errors import CodeArtifactError
from support.project import ROOT

PAGE = (ROOT / "docs" / "reference" / "messages.md").read_text()
SOURCES = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
ENTRIES = re.findall(r"^\((ca\d{3})\)=\n\n### (CA\d{3}): .+\n\n((?:.+\n|\n(?!\(|#))+)", PAGE, re.MULTILINE)


def test_each_code_has_an_entry_and_each_entry_a_code():
    codes = [code for _, code, _ in ENTRIES]
    assert codes == sorted(set(codes))
    assert set(codes) == set(re.findall(r'"(CA\d{3})"', SOURCES))
    assert len(codes) == PAGE.count("### ")
    assert all(anchor == code.lower() for anchor, code, _ in ENTRIES)


def test_each_entry_shows_a_message_that_there_is():
    """Capital letters and dots on the page stand for what differs, as fields do in the sources."""
    sources = re.sub(r"\{[^{}]*\}|[`'\"\\]", " ", re.sub(r'"\s*\n\s*f?"', "", SOURCES))
    sources = " ".join(sources.split())
    unknown = []
    for _, code, entry in ENTRIES[1:]:
        message = re.match(r"`+ ?(.+?) ?`+\n", entry)[1]
        parts = re.split(r"\b[A-Z][A-Z_]+\b|\bN\b|…|[`'(]|CodeArtifact domain", message)
        assert max(map(len, parts)) > 6, message
        unknown += [(code, part) for part in parts if " ".join(part.split()) not in sources]
    assert unknown == []


def test_the_address_of_an_error_leads_to_its_entry():
    page, _, anchor = CodeArtifactError("CA405", "closed", "wait").as_json()["page"].partition("#")
    assert page.endswith("/reference/messages.html")
    assert anchor in {entry[0] for entry in ENTRIES}
    assert "\n(warnings)=\n" in PAGE
