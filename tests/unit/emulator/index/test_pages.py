"""Project pages in HTML and JSON."""

import pytest
from werkzeug.exceptions import NotAcceptable
from werkzeug.test import create_environ
from werkzeug.wrappers import Request

from keyrings.codeartifact.emulator.api.repository import Asset
from keyrings.codeartifact.emulator.index.pages import Files, project_page

ASSETS = [
    Asset("my-tools", "1!1.0", "my_tools-1!1.0.tar.gz", "/p", 1, "abc", ">=3.10", "broken & <old>"),
    Asset("my-tools", "2.0", "my_tools-2.0.tar.gz", "/p", 1, "def"),
]
JSON, HTML = "application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.v1+html"


def page(accept=None):
    headers = {"Accept": accept} if accept else {}
    return project_page(Request(create_environ(headers=headers)), "my-tools", Files(tuple(ASSETS[:1]), tuple(ASSETS)))


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        (f"{JSON}, {HTML};q=0.2, text/html;q=0.01", JSON),
        (f"{HTML}, {JSON};q=0.5", HTML),
        ("application/vnd.pypi.simple.latest+json", JSON),
    ],
)
def test_the_form_depends_on_the_accept_header(accept, mimetype):
    assert page(accept).mimetype == mimetype
    assert page(accept).headers["Vary"] == "Accept"


def test_other_types_are_not_acceptable():
    with pytest.raises(NotAcceptable, match=f"project pages are available as text/html, {HTML}".replace("+", r"\+")):
        page("application/xml")


def test_json():
    files = page(JSON).json["files"]
    assert (files[0]["url"], files[0]["yanked"]) == ("1%211.0/my_tools-1%211.0.tar.gz", "broken & <old>")
    assert files[1] == {
        "filename": "my_tools-2.0.tar.gz",
        "url": "2.0/my_tools-2.0.tar.gz",
        "hashes": {"sha256": "def"},
        "yanked": False,
    }


def test_html():
    text = page().get_data(as_text=True)
    assert (
        '<a href="1%211.0/my_tools-1%211.0.tar.gz#sha256=abc" data-requires-python="&gt;=3.10" '
        'data-yanked="broken &amp; &lt;old&gt;">my_tools-1!1.0.tar.gz</a><br>' in text
    )
    assert '<a href="2.0/my_tools-2.0.tar.gz#sha256=def">my_tools-2.0.tar.gz</a>' in text
