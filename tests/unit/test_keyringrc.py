"""Which file is read, what its sections mean, and which of them speaks for a repository."""

import os
import subprocess
import sys

import pytest

from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Repository

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
DOMAIN = Repository("acme", "111122223333", "us-east-1")


def section_of(header, repository=RELEASE):
    """Return how the section with this header scores."""
    [section] = keyringrc.parse(f"[{header}]\nprofile_name = x\n", "rc").sections
    return section.score(repository)


@pytest.mark.parametrize(
    ("header", "score"),
    [
        pytest.param('codeartifact account="111122223333"', 1, id="one qualifier"),
        pytest.param(
            'codeartifact domain="acme" account="111122223333" region="us-east-1" name="release"', 4, id="all"
        ),
        pytest.param('codeartifact name="release" domain="acme"', 2, id="any order"),
        pytest.param("codeartifact account='111122223333'", 1, id="single quotes"),
        pytest.param("codeartifact account=111122223333", 1, id="bare"),
        pytest.param('codeartifact   domain="acme"\t name=release ', 2, id="several blanks"),
        pytest.param('codeartifact DOMAIN="acme"', 1, id="key in upper case"),
        pytest.param("codeartifact ", 0, id="no qualifier"),
        pytest.param('codeartifact domain="ACME"', None, id="values are compared as they are"),
        pytest.param('codeartifact account="111122223333" name="staging"', None, id="one of two contradicts"),
        pytest.param(
            'codeartifact account="1" domain="acme" region="us-east-1" name="release"', None, id="one of four"
        ),
        pytest.param('codeartifact name=""', None, id="empty value"),
        pytest.param('codeartifact acount="111122223333"', None, id="unknown qualifier"),
        pytest.param('codeartifact domain="acme" stage="x"', None, id="unknown beside a known one"),
        pytest.param('codeartifact domain = "acme"', None, id="blanks around ="),
        pytest.param('codeartifact domain="acme', None, id="open quote"),
        pytest.param('codeartifact domain="acme"name="release"', 2, id="no blank between, as 2.x had it"),
        pytest.param('codeartifact domain="acme", name="release"', 2, id="a comma between, as 2.x had it"),
        pytest.param("codeartifact domain=acme,name=release", 2, id="a comma between bare values"),
        pytest.param('codeartifact name=release"', None, id="a quote that opens nowhere"),
        pytest.param('codeartifact name=re"lease', None, id="a quote amid a bare value"),
        pytest.param('codeartifact domain="acme" domain="acme"', None, id="twice"),
        pytest.param("codeartifact acme", None, id="no key"),
    ],
)
def test_score(header, score):
    assert section_of(header) == score


def test_what_matches_has_no_objection():
    [section] = keyringrc.parse('[codeartifact account="111122223333"]\n', "rc").sections
    assert section.objection(DOMAIN) == ""


def test_a_name_matches_no_bare_host():
    assert section_of('codeartifact name="release"', DOMAIN) is None
    assert section_of('codeartifact domain="acme"', DOMAIN) == 1


@pytest.mark.parametrize("header", ["CodeArtifact", "codeartifacts", "codeartifact-npm", "DEFAULT", "backend"])
def test_sections_of_others_are_left_alone(header):
    file = keyringrc.parse(f"[{header}]\nprofile_name = x\n", "rc")
    assert file.sections == ()
    assert file.defaults.options == {}


def test_a_section_that_cannot_match_says_why():
    [section] = keyringrc.parse('[codeartifact acount="1"]\n', "rc").sections
    assert section.fault == "'acount' is none of domain, account, region, name"


@pytest.mark.parametrize(
    ("headers", "winners"),
    [
        pytest.param(['domain="acme"', 'domain="acme" name="release"'], [1], id="most qualifiers"),
        pytest.param(['domain="acme"', 'name="release"'], [0, 1], id="a tie: the first counts"),
        pytest.param(['domain="other"', 'account="1"'], [], id="none"),
        pytest.param(
            ['account="1" domain="acme" region="us-east-1"', 'name="release"'], [1], id="contradiction is out"
        ),
    ],
)
def test_winners(headers, winners):
    file = keyringrc.parse("".join(f"[codeartifact {header}]\n" for header in headers), "rc")
    assert file.winners(RELEASE) == tuple(file.sections[index] for index in winners)


def test_sections_hold_only_what_they_set_themselves():
    file = keyringrc.parse('[codeartifact]\nverify = no\n[codeartifact domain="acme"]\nprofile_name = x\n', "rc")
    assert file.defaults.options == {"verify": "no"}
    assert file.sections[0].options == {"profile_name": "x"}


@pytest.mark.parametrize(
    "text",
    [
        "[codeartifact] # see [x] y\nverify = no\n",
        "[codeartifact]; z\nverify = no\n",
        "\ufeff[codeartifact]\nverify = no\n",
        "[codeartifact]\r\nverify = no\r\n",
        "[other] text\n[codeartifact]\nverify = no\n",
        "[other]\na = x\x0c[codeartifact] y\n[codeartifact]\nverify = no\n",
    ],
)
def test_what_may_stand_behind_a_section_s_name(text):
    assert keyringrc.parse(text, "rc").defaults.options == {"verify": "no"}


def test_inline_comments():
    file = keyringrc.parse("[codeartifact]\nprofile_name = x ; one\nverify = no # two\n", "rc")
    assert file.defaults.options == {"profile_name": "x", "verify": "no"}


def test_a_home_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("USERPROFILE" if os.name == "nt" else "HOME", str(tmp_path))
    (tmp_path / "rc").write_text("[codeartifact]\nprofile_name = file\n")
    assert keyringrc.load({"CODEARTIFACT_CONFIG_FILE": "~/rc"}).defaults.options == {"profile_name": "file"}


def test_no_option_shows_in_a_repr():
    file = keyringrc.parse("[codeartifact]\naws_secret_access_key = MARKED\n[codeartifact x=1]\na = MARKED\n", "rc")
    assert "MARKED" not in repr(file)


def test_percent_signs_are_percent_signs():
    assert keyringrc.parse("[codeartifact]\nprofile_name = %(x)s\n", "rc").defaults.options == {"profile_name": "%(x)s"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("verify = no\n", "line 1 stands before any [section]", id="no section"),
        pytest.param("[codeartifact]\nMARKED\n", "line 2 is neither", id="no option"),
        pytest.param("[codeartifact]\na = 1\na = MARKED\n", "line 3 sets a of section", id="option twice"),
        pytest.param("[codeartifact]\nM4RKED== \nM4RKED==\n", "line 3 sets … of section", id="the rest of a key twice"),
        pytest.param('[codeartifact name="x"]\n' * 2, "line 2 opens section", id="section twice"),
        pytest.param("[codeartifact] a = MARKED\n", "line 1 goes on behind the section's name", id="lost line break"),
        pytest.param(r"[codeartifact]\na = MARKED\n", "line 1 goes on behind", id="line break of two characters"),
        pytest.param('\n  [codeartifact name="x"] a = MARKED\n', "line 2 goes on behind", id="an indented one"),
        pytest.param("\ufeff[codeartifact] a = MARKED\n", "line 1 goes on behind", id="one behind a byte order mark"),
        pytest.param("[codeartifact\naws_secret_access_key = MARKED\n", "line 1 stands before", id="open bracket"),
    ],
)
def test_broken_files_are_named_with_the_line_but_never_its_text(text, message):
    with pytest.raises(ConfigurationError) as caught:
        keyringrc.parse(text, "/some/keyringrc.cfg")
    assert str(caught.value).startswith("/some/keyringrc.cfg cannot be parsed: ")
    assert message in str(caught.value)
    assert "MARKED" not in str(caught.value)
    assert "m4rked" not in str(caught.value).lower()


def test_the_text_in_the_environment_comes_first(tmp_path):
    (tmp_path / "rc").write_text("[codeartifact]\nprofile_name = file\n")
    environ = {
        "CODEARTIFACT_CONFIG": "[codeartifact]\nprofile_name = text\n",
        "CODEARTIFACT_CONFIG_FILE": str(tmp_path / "rc"),
    }
    assert keyringrc.load(environ).defaults.options == {"profile_name": "text"}
    del environ["CODEARTIFACT_CONFIG"]
    assert keyringrc.load(environ).defaults.options == {"profile_name": "file"}


def test_empty_variables_name_nothing(tmp_path):
    environ = {"CODEARTIFACT_CONFIG": "", "CODEARTIFACT_CONFIG_FILE": "", "XDG_CONFIG_HOME": str(tmp_path)}
    assert keyringrc.load(environ).origin == str(tmp_path / "python_keyring" / "keyringrc.cfg")


def test_a_named_file_has_to_be_there(tmp_path):
    with pytest.raises(
        ConfigurationError, match=r"CODEARTIFACT_CONFIG_FILE names .*/gone, which does not exist; create"
    ):
        keyringrc.load({"CODEARTIFACT_CONFIG_FILE": str(tmp_path / "gone")})


def test_a_text_in_the_place_of_a_path_is_told_so():
    with pytest.raises(ConfigurationError, match="CODEARTIFACT_CONFIG_FILE holds a text, not a path; put the text"):
        keyringrc.load({"CODEARTIFACT_CONFIG_FILE": "[codeartifact]\nprofile_name = x\n"})


def test_the_own_file_need_not_be_there(tmp_path):
    file = keyringrc.load({"XDG_CONFIG_HOME": str(tmp_path)})
    assert file.defaults.options == {}
    assert file.sections == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda path: path.mkdir(), "cannot be read", id="a folder"),
        pytest.param(lambda path: path.write_bytes(b"[codeartifact]\n#\xff\n"), "is not UTF-8", id="not UTF-8"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, make, message):
    make(tmp_path / "rc")
    with pytest.raises(ConfigurationError, match=message):
        keyringrc.load({"CODEARTIFACT_CONFIG_FILE": str(tmp_path / "rc")})


@pytest.mark.parametrize("variables", [{}, {"XDG_CONFIG_HOME": "/xdg"}, {"XDG_CONFIG_HOME": ""}])
def test_the_own_path_is_the_one_that_keyring_has(variables):
    own = {name: os.environ[name] for name in ("LOCALAPPDATA", "PATH", "SYSTEMROOT") if name in os.environ}
    environ = {"HOME": "/home/somebody", **own, **variables}
    ask = "from keyring.core import _config_path; print(_config_path())"
    expected = subprocess.check_output([sys.executable, "-c", ask], env=environ, text=True).strip()
    ask = "import os; from keyrings.codeartifact.config.keyringrc import own_path; print(own_path(os.environ))"
    assert subprocess.check_output([sys.executable, "-c", ask], env=environ, text=True).strip() == expected


@pytest.mark.parametrize(
    ("text", "backend"),
    [
        pytest.param("", "", id="empty"),
        pytest.param(
            "[backend]\ndefault-keyring = keyring.backends.null.Keyring\n", "keyring.backends.null.Keyring", id="set"
        ),
        pytest.param("[backend]\nDefault-Keyring : a.b.C\n", "a.b.C", id="set in other letters"),
        pytest.param("[backend]\nkeyring-path = /x\n", "", id="another option"),
    ],
)
def test_the_backend_that_keyring_is_configured_for(tmp_path, text, backend):
    (tmp_path / "python_keyring").mkdir()
    (tmp_path / "python_keyring" / "keyringrc.cfg").write_text(text)
    assert keyringrc.default_keyring({"XDG_CONFIG_HOME": str(tmp_path)}) == backend
