"""The explanations: what they say about options is what the settings are."""

import re

import pytest

from keyrings.codeartifact.config.explanation import VARIABLES
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.index_url import parse_repository
from support.pages import Page
from support.seed import RELEASE, STAGING

NAMES = ("index", "lookup", "identity", "cache", "performance", "security")
PAGES = {name: Page(f"docs/explanation/{name}.md") for name in NAMES}
IDENTITY = Page("docs/explanation/identity.md")
SOURCES = [option.name for option in OPTIONS.values() if option.group == "source"]


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_the_variables_exist(page):
    assert set(re.findall(r"`(CODEARTIFACT_[A-Z_]+)`", page.text)) <= VARIABLES


def test_the_sources_are_in_the_order_of_precedence():
    [table] = re.findall(r"\| option \| credentials.*?\n\n", IDENTITY.text, re.DOTALL)
    cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert [name for cell in cells for name in re.findall("`([a-z_]+)`", cell)] == SOURCES


@pytest.mark.parametrize(
    ("url", "source", "role", "external_id"),
    [
        (STAGING, ("profile_name", "acme-publisher"), "reader", "acme-1"),
        (RELEASE, ("aws_access_key_id", "AKIAIOSFODNN7EXAMPLE"), "release-reader", None),
    ],
)
def test_groups_are_replaced_as_a_whole(url, source, role, external_id):
    settings = resolve(parse_repository(f"{url}/"), {"CODEARTIFACT_CONFIG": IDENTITY.block("groups")})
    assert settings.source[:2] == source
    assert settings.source.secret_access_key == "" or source[0] == "aws_access_key_id"
    assert (settings.role.arn.partition("role/")[2], settings.role.external_id) == (role, external_id)
    assert settings.token_duration == 1800
    [row] = re.findall(rf"^\| `{url.rpartition('/')[2]}` \| .*$", IDENTITY.text, re.MULTILINE)
    assert re.fullmatch(rf".* \| `{role}` \| {f'`{external_id}`' if external_id else 'none: .*'} \| 1800 \|", row)


def test_every_marked_block_is_used():
    assert [name for page in PAGES.values() for name in page.marked()] == ["groups"]
