"""What a step says to GitHub's runner, and that nothing else in its log is a command."""

import pytest

from keyrings.codeartifact.ci import github
from keyrings.codeartifact.errors import ConfigurationError


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The runner's files, which are not empty."""
    made = {}
    for variable in (github.ENV, github.OUTPUT, github.PATH, github.SUMMARY):
        made[variable] = tmp_path / variable
        made[variable].write_text("before\n")
        monkeypatch.setenv(variable, str(made[variable]))
    return made


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("as it is: a::b", "as it is: a::b"),
        ("::set-output name=x::y", ": :set-output name=x::y"),
        ("  ::error::x", "    : :error::x"),
        ("and ##[set-output name=x]y", "and # # [set-output name=x]y"),
    ],
)
def test_a_line_is_nothing_but_a_line(capsys, line, shown):
    github.say(line)
    assert capsys.readouterr().out == f"{shown}\n"


@pytest.mark.parametrize("level", ["error", "warning"])
def test_an_annotation_is_one_line(capsys, level):
    github.annotate(level, "100 %\n::set-output name=x::y\x1b")
    assert capsys.readouterr().out == f"::{level} title=keyrings.codeartifact::100 %25 ::set-output name=x::y?\n"


def test_a_secret_is_masked(capsys):
    github.mask("a%b")
    assert capsys.readouterr().out == "::add-mask::a%25b\n"


def test_what_is_handed_on_is_added(files):
    github.hand_on(github.ENV, {"A": "b=c", "D": ""})
    github.hand_on(github.OUTPUT, {"e-f": "g"})
    github.prepend_path("/somewhere else")
    assert files[github.ENV].read_text() == "before\nA=b=c\nD=\n"
    assert files[github.OUTPUT].read_text() == "before\ne-f=g\n"
    assert files[github.PATH].read_text() == "before\n/somewhere else\n"


@pytest.mark.parametrize("value", ["a\nB=c", "a\rB=c"])
def test_no_value_becomes_two(files, value):
    with pytest.raises(ConfigurationError, match="A would have a line break in it"):
        github.hand_on(github.ENV, {"A": value})
    assert files[github.ENV].read_text() == "before\n"


@pytest.mark.parametrize("line", ["plain", "```", "a ````` b"])
def test_a_summary_is_plain_text(files, line):
    github.summarize("no token", [line, "# no heading"])
    heading, _, *fenced, end = files[github.SUMMARY].read_text().removeprefix("before\n").split("\n")
    assert heading == "### keyrings.codeartifact: no token"
    assert (fenced[1:-1], end) == ([line, "# no heading"], "")
    fence = fenced[-1]
    assert fenced[0] == f"{fence}text"
    assert set(fence) == {"`"}
    assert fence not in line


def test_a_summary_is_no_must(monkeypatch):
    monkeypatch.delenv(github.SUMMARY, raising=False)
    github.summarize("no token", ["x"])


def test_this_is_no_step(files, monkeypatch, tmp_path):
    monkeypatch.setenv(github.ENV, str(tmp_path / "gone" / "file"))
    with pytest.raises(ConfigurationError, match=r"GITHUB_ENV names .*, which cannot be written \(No such file"):
        github.hand_on(github.ENV, {"A": "b"})
    monkeypatch.delenv(github.ENV)
    with pytest.raises(ConfigurationError, match="GITHUB_ENV is not set; run this as a step of GitHub Actions"):
        github.hand_on(github.ENV, {"A": "b"})


def test_a_secret_of_two_lines_is_masked_whole(capsys):
    github.mask("a%\r\nb")
    assert capsys.readouterr().out == "::add-mask::a%25%0D%0Ab\n"
