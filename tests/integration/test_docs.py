"""The documentation as a whole: it builds, its links lead somewhere, and each block of each page is tested."""

import configparser
import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest
import tomlkit
import yaml

from keyrings.codeartifact.cli.main import parser_of
from support import pages
from support.browser import Browser, needs_chromium
from support.project import PATIENCE, ROOT

SPHINX = ROOT / ".venv" / "docs" / "bin" / "sphinx-build"
EVERY = pages.every()
BLOCKS = [(page, block) for page in EVERY for block in page.blocks()]
SHELL = ("sh", "console")
_ON_NO_INDEX = "the package is on no index that the tests reach"
_PROGRAM = "the program is on no index that the tests reach; its settings are read as it reads them"
_FORM = "a form of the command line"
# Shell blocks that no test runs, by their first line, with the reason.
NOT_RUN = {
    "aws ec2 describe-vpc-endpoints --query 'VpcEndpoints[*].DnsEntries[*].DnsName'": "needs the API of EC2",
    "codeartifact-credential-helper get": _FORM,
    "codeartifact-keyring get URL USER": _FORM,
    'curl --fail --header "JOB-TOKEN: $CI_JOB_TOKEN" --upload-file keyrings-codeartifact.pyz \\': "needs GitLab",
    "docker run --rm \\": "needs the runner of GitHub",
    """gh api repos/acme/tools --jq '"repo:\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"'""": "needs the API of GitHub",
    "keyrings-codeartifact doctor": "tests/integration/doctor/ runs it",
    "keyrings-codeartifact exec --with-token -- dotnet restore": _PROGRAM,
    "keyrings-codeartifact exec --with-token -- gradle --no-daemon build": _PROGRAM,
    "keyrings-codeartifact exec --with-token -- mvn verify": _PROGRAM,
    "pip install 'keyrings.codeartifact[emulator]'": _ON_NO_INDEX,
    "pip install --upgrade keyrings.codeartifact": _ON_NO_INDEX,
    "pip install keyrings.codeartifact": _ON_NO_INDEX,
    "python3 keyrings-codeartifact.pyz exec --check -- pip install acme-tools": "tests/integration/test_other_ci.py runs it",
}
PARSED = ("json", "yaml", "toml", "ini", "xml", "python")


def name_of(value):
    if isinstance(value, pages.Block):
        return value.mark or value.text.partition("\n")[0]
    return str(value)


# Tags such as !reference, of GitLab.
class _Loader(yaml.SafeLoader):
    pass


_Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_sequence(node))


def parse_ini(text):
    parser = configparser.RawConfigParser(strict=True)
    # npm's has no sections.
    parser.read_string(text if "[" in text.split("=")[0] else f"[npm]\n{text}")


def parse_json(text):
    try:
        json.loads(text)
    except json.JSONDecodeError:
        for line in text.splitlines():
            json.loads(line)


def parse(language, text):
    """Raise an exception if the text is none in this language."""
    if language == "yaml":
        list(yaml.load_all(text, _Loader))
    elif language == "python":
        compile(text, "page", "exec")
    else:
        {"json": parse_json, "toml": tomlkit.parse, "ini": parse_ini, "xml": ET.fromstring}[language](text)


def commands(block):
    """Return the lines of a shell block, without prompts and what commands print."""
    lines = re.sub(r"\\\n", "", block.text).splitlines()
    typed = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return typed or lines


@pytest.mark.parametrize(("page", "block"), [one for one in BLOCKS if one[1].language in PARSED], ids=name_of)
def test_a_block_can_be_parsed(page, block):
    parse(block.language, block.text)


@pytest.mark.parametrize(("page", "block"), [one for one in BLOCKS if one[1].language in SHELL], ids=name_of)
def test_a_shell_block_is_sound(page, block):
    script = block.text if block.language == "sh" else "\n".join(commands(block))
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


COMMAND = re.compile(r"(?<![\w/-])keyrings-codeartifact(?:\.pyz)? (?!https:)([a-z-][^()|>&\n]*)")


@pytest.mark.parametrize(
    ("page", "line"),
    [
        (page, match[1])
        for page, block in BLOCKS
        if block.language in SHELL
        for line in commands(block)
        for match in COMMAND.finditer(line)
    ],
    ids=str,
)
def test_a_command_line_is_one_that_there_is(page, line):
    if line.startswith("get "):
        # Of the name `keyring`.
        return
    with contextlib.redirect_stderr(io.StringIO()):
        words = shlex.split(line.replace('"', ""))
        _, unknown = parser_of(words).parse_known_args(words)
    assert unknown == []


def sources_of_tests():
    """Return the text of each test file, and of what tests share."""
    paths = [path for path in (ROOT / "tests").rglob("*.py") if path.name not in ("pages.py", Path(__file__).name)]
    return [path.read_text() for path in paths]


def test_every_block_is_tested():
    """By name, in a test that names its page; a shell block without a name says why not."""
    constants = {page.path: (name,) for name, page in vars(pages).items() if isinstance(page, pages.Page)}
    texts = sources_of_tests()
    untested, unnamed = [], []
    for page in EVERY:
        assert len(page.marked()) == len(set(page.marked())), page
        names = [page.path, f'"{Path(page.path).stem}"', *constants.get(page.path, ())]
        mentions = [
            text
            for text in texts
            if any(name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names)
        ]
        for block in page.blocks():
            first = block.text.partition("\n")[0]
            is_shown = block.language in (*PARSED, "text") or block.is_generated or first in NOT_RUN
            if block.mark and not any(f'"{block.mark}"' in text for text in mentions):
                untested.append((page.path, block.mark))
            if not block.mark and not is_shown:
                unnamed.append((page.path, first))
    assert untested == []
    assert unnamed == []
    assert set(NOT_RUN) <= {block.text.partition("\n")[0] for _, block in BLOCKS if not block.mark}


def test_the_marks_are_those_of_blocks():
    for page in EVERY:
        assert [block.mark for block in page.blocks() if block.mark] == page.marked(), page


def test_the_generated_pages_are_not_stale():
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class Site(HTMLParser):
    """A page of the built site: the anchors that it has, and where its links lead."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links = {""}, []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built documentation."""
    if not SPHINX.exists() and os.environ.get("REQUIRE_TOOLS") != "1":
        pytest.skip("needs .venv/docs, which `make .venv/docs` makes; with REQUIRE_TOOLS=1 its lack is a failure")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [
            *(SPHINX, "-W", "--keep-going", "--nitpicky", "--quiet", "-d", folder / "doctrees"),
            ROOT / "docs",
            folder / "html",
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert not done.returncode, done.stderr
    return folder / "html"


def test_every_link_of_the_site_leads_somewhere(site):
    found = {path: Site(path) for path in site.rglob("*.html")}
    assert len(found) > 30
    lost = []
    for path, page in found.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists() or (target in found and unquote(parts.fragment) not in found[target].anchors):
                lost.append((str(path.relative_to(site)), link))
    assert lost == []


def documentation():
    [url] = re.findall('^Documentation = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    return url


# What is shown outside of the repository, and files beside which there is no site.
OUTSIDE = [page for page in EVERY if not page.path.startswith("docs/")]


@pytest.mark.parametrize("page", OUTSIDE, ids=str)
def test_every_link_to_the_site_leads_somewhere(site, page):
    for link in re.findall(r"https://keyrings-codeartifact\.readthedocs\.io/[^\s)>\"]*", page.text):
        assert link.startswith(documentation())
        parts = urlsplit(link.removeprefix(documentation()))
        assert unquote(parts.fragment) in Site(site / (parts.path or "index.html")).anchors, link


@pytest.mark.parametrize("page", OUTSIDE, ids=str)
def test_every_relative_link_leads_somewhere(page):
    for link in re.findall(r"\]\((?![a-z]+:)([^)]*)\)", page.text):
        path, _, fragment = link.partition("#")
        target = (ROOT / page.path).parent / path if path else ROOT / page.path
        assert target.exists(), link
        if fragment:
            headings = re.findall("^#+ (.*)$", target.read_text(), re.MULTILINE)
            assert fragment in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}, link


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served(site):
    """The URL of the built documentation on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def errors(browser):
    """Return what the browser complains of; the theme logs its changes."""
    return [complaint for complaint in browser.complaints if complaint.get("type") != "log"]


SEEN = ("index", "tutorial", "how-to/clients", "how-to/github", "how-to/iam", "reference/cli", "reference/options",
        "reference/messages", "explanation/security", "explanation/performance")  # fmt: skip


@needs_chromium
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
@pytest.mark.parametrize("page", SEEN)
def test_a_page_in_a_browser(served, browser, page, width, scheme):
    browser.open(f"{served}/{page}.html", width, scheme)
    assert errors(browser) == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    [light] = browser.evaluate("[getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).every(x => x > 127)]")
    assert light == (scheme == "light")
    unloaded = "[...document.images].filter(image => !image.complete || !image.naturalWidth).map(image => image.src)"
    browser.wait("[...document.images].every(image => image.complete)")
    assert browser.evaluate(unloaded) == []


@needs_chromium
def test_the_theme_can_be_chosen(served, browser):
    browser.open(f"{served}/index.html", 1200, "light")
    seen = set()
    for _ in range(3):
        browser.evaluate("document.querySelector('.theme-toggle').click()")
        seen.add(browser.evaluate("document.body.dataset.theme"))
    assert seen == {"auto", "light", "dark"}
    browser.evaluate("localStorage.clear()")
    assert errors(browser) == []


@needs_chromium
@pytest.mark.parametrize(
    ("words", "page"), [("throttle_timeout", "Options"), ("CA405", "Messages"), ("proxy", "Proxies")]
)
def test_the_search(served, browser, words, page):
    browser.open(f"{served}/search.html?q={words}", 1200)
    browser.wait("document.querySelectorAll('#search-results li a').length > 0")
    found = browser.evaluate("document.querySelector('#search-results').innerText")
    assert re.search(rf"^{page}", found, re.MULTILINE)
    assert errors(browser) == []


@needs_chromium
def test_the_tabs(served, browser):
    browser.open(f"{served}/how-to/clients.html", 1200)
    shown = "[...document.querySelectorAll('.sd-tab-set')[0].querySelectorAll('.sd-tab-content')].map(e => e.offsetHeight > 0)"
    before = browser.evaluate(shown)
    assert before.count(True) == 1
    browser.evaluate("document.querySelectorAll('.sd-tab-set')[0].querySelectorAll('.sd-tab-label')[2].click()")
    after = browser.evaluate(shown)
    assert (after.count(True), after[2]) == (1, True)
    assert before != after
    assert errors(browser) == []


def test_the_readme_has_absolute_links_only():
    """It is the page of the package too."""
    assert re.findall(r"\]\((?!https://|#)([^)]*)\)|(?:src|srcset|href)=\"(?!https://)", pages.README.text) == []
    pictures = re.findall(
        r"https://raw\.githubusercontent\.com/OWNER/keyrings\.codeartifact/main/([^\s)\"]*)", pages.README.text
    )
    assert pictures
    for path in pictures:
        assert (ROOT / path).is_file(), path


def test_the_readme_is_short():
    assert len(pages.README.text.splitlines()) <= 150
