"""The pictures of the documentation: what they may contain, that the plots are current, and how a browser shows them."""

import json
import re
import sys
from datetime import datetime, timedelta, timezone
from importlib.util import module_from_spec, spec_from_file_location
from xml.etree import ElementTree as ET

import pytest

from keyrings.codeartifact._util.text import redact
from support.browser import Browser, needs_chromium
from support.project import ROOT


def load(path):
    """Import a script, without running it."""
    spec = spec_from_file_location(path.stem, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FOLDER = ROOT / "docs" / "pictures"
PLOTS = load(ROOT / "tests" / "benchmarks" / "plots.py").plots(json.loads((FOLDER / "benchmark.json").read_text()))
TERMINALS = ("demo", "doctor-bad", "doctor-good", "explain", "login")
ELEMENTS = {"circle", "desc", "g", "path", "rect", "style", "svg", "text", "title"}
SVG = "{http://www.w3.org/2000/svg}"
PLACES = r"/(?:builds|dev/shm|opt|private|root|run|tmp|usr|var|work|Users)/|/home/(?!developer/)|127\.0\.0\.1|localhost"
OVERFLOWS = """
(() => {
    const page = document.documentElement.getBoundingClientRect();
    return [...document.querySelectorAll("text")].filter(text => {
        const box = text.getBoundingClientRect();
        return box.left < page.left + 4 || box.right > page.right - 4 || box.top < page.top + 4 || box.bottom > page.bottom - 4;
    }).map(text => text.textContent);
})()
"""
OVERLAPS = """
(() => {
    const texts = [...document.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
    return texts.flatMap(([name, a], index) => texts.slice(index + 1).filter(([_, b]) =>
        a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom
    ).map(([other]) => [name, other]));
})()
"""


@pytest.fixture(scope="module")
def pictures():
    return load(ROOT / "docs" / "pictures.py")


@pytest.fixture(params=(*PLOTS, *TERMINALS))
def picture(request):
    return ET.parse(FOLDER / f"{request.param}.svg").getroot()


def test_which_pictures_there_are(pictures):
    assert {path.stem for path in FOLDER.glob("*.svg")} == {*PLOTS, *TERMINALS, "overview"}
    assert {scene.name for scene in pictures.SCENES} == set(TERMINALS)


def test_a_screen_reader_has_a_title(picture):
    [title] = picture.findall(f"{SVG}title")
    assert len(title.text) > 10
    assert (picture.get("role"), picture.get("aria-label")) == ("img", title.text)


def test_it_loads_nothing(picture):
    assert {element.tag.removeprefix(SVG) for element in picture.iter()} <= ELEMENTS
    values = [value for element in picture.iter() for value in element.attrib.values()]
    assert not [value for value in values if re.search(r"//|url\(|javascript:", value)]
    styles = "".join(element.text for element in picture.iter(f"{SVG}style"))
    assert not re.search(r"//|url\(|@import|@font-face", styles)


def test_it_shows_nothing_of_the_machine(picture):
    text = "\n".join(picture.itertext()).replace("\N{NO-BREAK SPACE}", " ")
    assert not re.findall(PLACES, text)
    assert redact(text) == text
    assert set(re.findall(r"20\d\d-\d\d-\d\d", text)) <= {"2026-01-15", "2012-10-17"}  # the second one is IAM's


def test_the_figures_show_nothing_of_the_machine():
    text = (FOLDER / "benchmark.json").read_text()
    assert not re.findall(PLACES, text)
    assert {key for key, value in json.loads(text).items() if not isinstance(value, dict)} == {
        "python",
        "processors",
        "predecessor",
    }


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_shows_the_figures(name):
    assert (FOLDER / f"{name}.svg").read_text() == PLOTS[name], "run make pictures"


@needs_chromium
def test_a_browser_shows_all_text(tmp_path):
    with Browser(tmp_path) as browser:
        for name in (*PLOTS, *TERMINALS):
            browser.open((FOLDER / f"{name}.svg").as_uri())
            assert browser.evaluate("document.querySelectorAll('text').length") > 5
            assert browser.evaluate(OVERFLOWS) == [], name
            assert name in TERMINALS or browser.evaluate(OVERLAPS) == [], name
        assert not browser.complaints


@needs_chromium
def test_plots_have_a_light_and_a_dark_form(tmp_path):
    color = "getComputedStyle(document.querySelector('{}')).fill"
    with Browser(tmp_path) as browser:
        for name in PLOTS:
            found = []
            for scheme in ("light", "dark"):
                browser.open((FOLDER / f"{name}.svg").as_uri(), scheme=scheme)
                found.append(
                    [browser.evaluate(color.format(part)) for part in (".page", ".title", ":is(circle, rect).new")]
                )
            assert not [pair for pair in zip(*found, strict=True) if pair[0] == pair[1]], name


def scene(pictures, *command, **fields):
    return pictures.Scene("name", "What it shows", " ".join(command), **fields)


def test_a_command_runs_in_a_terminal(pictures, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys; print(input(), os.get_terminal_size().columns, [f.isatty() for f in (sys.stdin, sys.stdout, sys.stderr)])"
    )
    output = pictures.run(scene(pictures, sys.executable, str(script)), {"HOME": str(tmp_path)})
    assert output == " 80 [True, True, True]"


def test_a_command_that_ends_otherwise_gives_no_picture(pictures, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("raise SystemExit('no token')")
    with pytest.raises(SystemExit, match="exit code 1: no token"):
        pictures.run(scene(pictures, sys.executable, str(script)), {"HOME": str(tmp_path)})


@pytest.mark.parametrize("seconds", [-2, 2])
def test_times_do_not_depend_on_the_clock(pictures, seconds):
    began = datetime(2031, 5, 6, 23, 59, 30, tzinfo=timezone.utc)
    expires = began + timedelta(hours=1, seconds=seconds)
    assert pictures.fixed(f"at {expires:%Y-%m-%dT%H:%M:%SZ}, in 60 min", began) == "at 2026-01-15T10:30:00Z, in 60 min"


def test_lines_end_where_the_terminal_ends(pictures):
    picture = ET.fromstring(pictures.draw(scene(pictures, "true"), f"{'a' * 79} bc\n\n\033[32mok\033[0m"))
    lines = [text.text.replace("\N{NO-BREAK SPACE}", " ") for text in picture.iter(f"{SVG}text")]
    assert lines == ["$ ", "true", "a" * 79 + " ", "bc", "ok"]
    assert "#56d364" in picture.find(f"{SVG}style").text  # green


def test_a_picture_stays_if_only_durations_differ(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "PICTURES", tmp_path)
    path = tmp_path / "name.svg"
    for output, shown in (("ok 0.1 s", "0.1"), ("ok 12.3 s", "0.1"), ("fine 0.4 s", "0.4")):
        pictures.write(scene(pictures, "true"), output)
        assert f"{shown}&#160;s" in path.read_text()
