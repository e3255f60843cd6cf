"""Workflow commands and files of GitHub Actions: nothing else in the log is a command."""

import re

import pytest

from keyrings.codeartifact.ci.github import GitHub
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.models import Repository, Secret, Token

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/"
INDEX = Index(Repository("acme", "111122223333", "us-east-1", "release"), f"{URL}simple/", URL, "codeartifact")
ENV, OUTPUT, PATH, SUMMARY = "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"


@pytest.fixture
def files(tmp_path):
    """The runner's files, which are not empty."""
    made = {variable: tmp_path / variable for variable in (ENV, OUTPUT, PATH, SUMMARY)}
    for path in made.values():
        path.write_text("before\n")
    return made


@pytest.fixture
def folder(tmp_path):
    """A folder with the command that goes on PATH."""
    (tmp_path / "com mands").mkdir()
    (tmp_path / "com mands" / "keyring").touch(0o755)
    return tmp_path / "com mands"


def github(files, **environ):
    return GitHub({**{variable: str(path) for variable, path in files.items()}, **environ})


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("unchanged: a::b", "unchanged: a::b"),
        ("::set-output name=x::y", ": :set-output name=x::y"),
        ("  ::error::x", "    : :error::x"),
        ("and ##[set-output name=x]y", "and # # [set-output name=x]y"),
    ],
)
def test_a_line_is_not_a_command(capsys, line, shown):
    GitHub({}).say(line)
    assert capsys.readouterr().out == f"{shown}\n"


def test_a_warning_is_one_annotation(capsys):
    GitHub({}).warn("100 %\n::set-output name=x::y\x1b")
    assert capsys.readouterr().out == "::warning title=keyrings.codeartifact::100 %25 ::set-output name=x::y?\n"


def test_an_error_is_one_annotation(capsys, files):
    error = ConfigurationError("CA100", "100 %\n::set-output name=x::y\x1b", "fix")
    assert github(files).fail(error, []) == 2
    assert GitHub({}).fail(CodeArtifactError("CA100", "100 %\n::set-output name=x::y\x1b", "fix"), []) == 1
    annotation = "::error title=keyrings.codeartifact::100 %25 ::set-output name=x::y?; fix [CA100]\n"
    assert capsys.readouterr().out == annotation * 2


def test_outputs_variables_and_path_are_appended(capsys, files, folder):
    assert github(files).hand_on(str(folder), {"A": "b=c", "D": ""}, INDEX, None) == ()
    assert files[ENV].read_text() == "before\nA=b=c\nD=\n"
    assert files[OUTPUT].read_text() == f"before\nindex-url={URL}simple/\npublish-url={URL}\n"
    assert files[PATH].read_text() == f"before\n{folder}\n"
    assert capsys.readouterr().out == ""


def test_a_folder_that_is_on_the_path_is_not_added_again(files, folder):
    github(files, PATH=str(folder)).hand_on(str(folder), {}, None, None)
    assert files[PATH].read_text() == "before\n"
    assert files[OUTPUT].read_text() == "before\n"


@pytest.mark.parametrize(("expires", "text"), [(86400.0, "1970-01-02T00:00:00Z"), (None, "")])
def test_a_token_is_masked_before_it_is_an_output(capsys, files, folder, expires, text):
    github(files).hand_on(str(folder), {"A": "b"}, None, Token(Secret("a%b"), expires))
    assert capsys.readouterr().out == "::add-mask::a%25b\n"
    secret_arg = "--secret id=CODEARTIFACT_AUTH_TOKEN,env=CODEARTIFACT_AUTH_TOKEN"
    assert files[OUTPUT].read_text() == f"before\ntoken=a%b\nexpires={text}\nsecret-arg={secret_arg}\n"
    assert "a%b" not in files[ENV].read_text() + files[PATH].read_text()


def test_a_token_of_two_lines_is_masked_whole_and_not_written(capsys, files, folder):
    with pytest.raises(ConfigurationError, match="token would contain a line break"):
        github(files).hand_on(str(folder), {"A": "b"}, INDEX, Token(Secret("a%\r\nb"), None))
    assert capsys.readouterr().out == "::add-mask::a%25%0D%0Ab\n"
    assert all(path.read_text() == "before\n" for path in files.values())


@pytest.mark.parametrize("value", ["a\nB=c", "a\rB=c"])
def test_a_value_with_a_line_break_is_refused(files, folder, value):
    with pytest.raises(ConfigurationError, match="A would contain a line break"):
        github(files).hand_on(str(folder), {"A": value}, None, None)
    assert files[ENV].read_text() == "before\n"


@pytest.mark.parametrize("line", ["plain", "```", "a ````` b"])
def test_a_summary_is_plain_text(files, line):
    github(files).fail(CodeArtifactError("CA100", "cause", "fix"), [line, "# no heading"])
    heading, _, *fenced, _, page, end = files[SUMMARY].read_text().removeprefix("before\n").split("\n")
    assert heading == "### keyrings.codeartifact: no token for this job"
    assert re.fullmatch(r"\[CA100\]\(https://\S+/messages\.html#ca100\)", page)
    assert (fenced[1:-1], end) == ([line, "# no heading"], "")
    fence = fenced[-1]
    assert fenced[0] == f"{fence}text"
    assert set(fence) == {"`"}
    assert fence not in line


@pytest.mark.parametrize("summary", ["", "/no/such/folder/file"])
def test_a_summary_that_cannot_be_written_changes_nothing(capsys, summary):
    assert GitHub({SUMMARY: summary}).fail(CodeArtifactError("CA100", "cause", "fix"), ["x"]) == 1
    assert capsys.readouterr().out == "::error title=keyrings.codeartifact::cause; fix [CA100]\n"


def test_outside_a_step_nothing_can_be_handed_on(files, folder, tmp_path):
    gone = str(tmp_path / "gone" / "file")
    with pytest.raises(ConfigurationError, match=r"GITHUB_ENV names .*, which cannot be written \(No such file"):
        github(files, GITHUB_ENV=gone).hand_on(str(folder), {"A": "b"}, None, None)
    with pytest.raises(ConfigurationError, match="GITHUB_ENV is not set; run this command in a step of GitHub Actions"):
        github(files, GITHUB_ENV="").hand_on(str(folder), {"A": "b"}, None, None)


def test_inputs():
    assert GitHub({"INPUTS": '{"index-url": "x", "publish": true}'}).inputs() == {"index-url": "x", "publish": "True"}


@pytest.mark.parametrize("environ", [{}, {"INPUTS": ""}, {"INPUTS": "{"}, {"INPUTS": "[]"}, {"INPUTS": '"x"'}])
def test_inputs_that_are_no_object(environ):
    with pytest.raises(ConfigurationError, match="INPUTS is not a JSON object; run this command in the action"):
        GitHub(environ).inputs()
