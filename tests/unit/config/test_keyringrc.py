"""keyringrc.cfg: which file is read, what its sections match, and how its errors are reported."""

import os
import subprocess
import sys

import pytest

from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Repository

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
DOMAIN = Repository("acme", "111122223333", "us-east-1")


def score_of(header, repository=RELEASE):
    """Return the score of the section with this header."""
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
        pytest.param('codeartifact domain="ACME"', None, id="values are case-sensitive"),
        pytest.param('codeartifact account="111122223333" name="staging"', None, id="one of two differs"),
        pytest.param(
            'codeartifact account="1" domain="acme" region="us-east-1" name="release"', None, id="one of four differs"
        ),
        pytest.param('codeartifact name=""', None, id="empty value"),
        pytest.param('codeartifact acount="111122223333"', None, id="unknown qualifier"),
        pytest.param('codeartifact domain_owner="111122223333" repository="release"', 2, id="the words of AWS"),
        pytest.param('codeartifact account="111122223333" domain_owner="111122223333"', None, id="both words for one"),
        pytest.param('codeartifact domain="acme" stage="x"', None, id="unknown and known qualifier"),
        pytest.param('codeartifact domain = "acme"', None, id="blanks around ="),
        pytest.param('codeartifact domain="acme', None, id="open quote"),
        pytest.param('codeartifact domain="acme"name="release"', 2, id="no blank between, as in 2.x"),
        pytest.param('codeartifact domain="acme", name="release"', 2, id="a comma between, as in 2.x"),
        pytest.param("codeartifact domain=acme,name=release", 2, id="a comma between bare values"),
        pytest.param('codeartifact name=release"', None, id="unbalanced quote"),
        pytest.param('codeartifact name=re"lease', None, id="quote in a bare value"),
        pytest.param('codeartifact domain="acme" domain="acme"', None, id="repeated qualifier"),
        pytest.param("codeartifact acme", None, id="no key"),
    ],
)
def test_score(header, score):
    assert score_of(header) == score


def test_a_matching_section_has_no_mismatch():
    [section] = keyringrc.parse('[codeartifact account="111122223333"]\n', "rc").sections
    assert section.mismatch(DOMAIN) == ""


def test_a_name_does_not_match_a_bare_host():
    assert score_of('codeartifact name="release"', DOMAIN) is None
    assert score_of('codeartifact domain="acme"', DOMAIN) == 1


@pytest.mark.parametrize("header", ["CodeArtifact", "codeartifacts", "codeartifact-npm", "DEFAULT", "backend"])
def test_sections_of_other_backends_are_ignored(header):
    file = keyringrc.parse(f"[{header}]\nprofile_name = x\n", "rc")
    assert file.sections == ()
    assert file.defaults.options == {}


def test_an_invalid_section_has_a_problem():
    [section] = keyringrc.parse('[codeartifact acount="1"]\n', "rc").sections
    assert section.problem == "'acount' is none of domain, account, region, name; did you mean account?"


@pytest.mark.parametrize(
    ("headers", "best"),
    [
        pytest.param(['domain="acme"', 'domain="acme" name="release"'], [1], id="most qualifiers"),
        pytest.param(['domain="acme"', 'name="release"'], [0, 1], id="tie: in the order of the file"),
        pytest.param(['domain="other"', 'account="1"'], [], id="none"),
        pytest.param(
            ['account="1" domain="acme" region="us-east-1"', 'name="release"'], [1], id="one qualifier differs"
        ),
    ],
)
def test_best_matches(headers, best):
    file = keyringrc.parse("".join(f"[codeartifact {header}]\n" for header in headers), "rc")
    assert file.best_matches(RELEASE) == tuple(file.sections[index] for index in best)


def test_sections_contain_only_their_own_options():
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
def test_text_that_is_allowed_after_section_names(text):
    assert keyringrc.parse(text, "rc").defaults.options == {"verify": "no"}


def test_inline_comments():
    file = keyringrc.parse("[codeartifact]\nprofile_name = x ; one\nverify = no # two\n", "rc")
    assert file.defaults.options == {"profile_name": "x", "verify": "no"}


def test_a_tilde_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("USERPROFILE" if os.name == "nt" else "HOME", str(tmp_path))
    (tmp_path / "rc").write_text("[codeartifact]\nprofile_name = file\n")
    assert keyringrc.load({"CODEARTIFACT_CONFIG_FILE": "~/rc"}).defaults.options == {"profile_name": "file"}


def test_a_repr_shows_no_option():
    file = keyringrc.parse("[codeartifact]\naws_secret_access_key = MARKED\n[codeartifact x=1]\na = MARKED\n", "rc")
    assert "MARKED" not in repr(file)


def test_percent_signs_are_not_interpolated():
    assert keyringrc.parse("[codeartifact]\nprofile_name = %(x)s\n", "rc").defaults.options == {"profile_name": "%(x)s"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("verify = no\n", "line 1 comes before the first [section]", id="no section"),
        pytest.param("[codeartifact]\nMARKED\n", "line 2 is neither", id="no option"),
        pytest.param("[codeartifact]\na = 1\na = MARKED\n", "line 3 repeats a in section", id="option twice"),
        pytest.param("[codeartifact]\nM4RKED== \nM4RKED==\n", "line 3 repeats … in section", id="part of a key twice"),
        pytest.param('[codeartifact name="x"]\n' * 2, "line 2 repeats section", id="section twice"),
        pytest.param(
            "[codeartifact] a = MARKED\n",
            "line 1 has text after the section's name, which would be ignored",
            id="lost line break",
        ),
        pytest.param(
            r"[codeartifact]\na = MARKED\n",
            "line 1 has text after the section's name",
            id="line break of two characters",
        ),
        pytest.param(
            '\n  [codeartifact name="x"] a = MARKED\n',
            "line 2 has text after the section's name",
            id="lost line break, indented",
        ),
        pytest.param(
            "\ufeff[codeartifact] a = MARKED\n",
            "line 1 has text after the section's name",
            id="lost line break after a byte order mark",
        ),
        pytest.param("[codeartifact\naws_secret_access_key = MARKED\n", "line 1 comes before", id="open bracket"),
    ],
)
def test_syntax_errors_name_the_line_without_its_text(text, message):
    with pytest.raises(ConfigurationError) as caught:
        keyringrc.parse(text, "/some/keyringrc.cfg")
    assert str(caught.value).startswith("/some/keyringrc.cfg cannot be parsed: ")
    assert message in str(caught.value)
    assert "MARKED" not in str(caught.value)
    assert "m4rked" not in str(caught.value).lower()


def test_the_text_in_a_variable_precedes_the_file(tmp_path):
    (tmp_path / "rc").write_text("[codeartifact]\nprofile_name = file\n")
    environ = {
        "CODEARTIFACT_CONFIG": "[codeartifact]\nprofile_name = text\n",
        "CODEARTIFACT_CONFIG_FILE": str(tmp_path / "rc"),
    }
    assert keyringrc.load(environ).defaults.options == {"profile_name": "text"}
    del environ["CODEARTIFACT_CONFIG"]
    assert keyringrc.load(environ).defaults.options == {"profile_name": "file"}


def test_empty_variables_are_ignored(tmp_path):
    environ = {"CODEARTIFACT_CONFIG": "", "CODEARTIFACT_CONFIG_FILE": "", "XDG_CONFIG_HOME": str(tmp_path)}
    assert keyringrc.load(environ).origin == str(tmp_path / "python_keyring" / "keyringrc.cfg")


def test_a_named_file_must_exist(tmp_path):
    with pytest.raises(
        ConfigurationError,
        match=r"CODEARTIFACT_CONFIG_FILE names .*/gone, which does not exist; create the file, correct the variable or unset it",
    ):
        keyringrc.load({"CODEARTIFACT_CONFIG_FILE": str(tmp_path / "gone")})


def test_text_instead_of_a_path():
    with pytest.raises(
        ConfigurationError,
        match="CODEARTIFACT_CONFIG_FILE contains text instead of a path; set CODEARTIFACT_CONFIG to the text",
    ):
        keyringrc.load({"CODEARTIFACT_CONFIG_FILE": "[codeartifact]\nprofile_name = x\n"})


def test_the_file_of_keyring_is_optional(tmp_path):
    file = keyringrc.load({"XDG_CONFIG_HOME": str(tmp_path)})
    assert file.defaults.options == {}
    assert file.sections == ()
    assert file.default_keyring == ""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(
            lambda path: path.mkdir(),
            r"/rc cannot be read \((Is a directory|Permission denied)\); make it a file that this user can read",
            id="folder",
        ),
        pytest.param(
            lambda path: path.write_bytes(b"[codeartifact]\n#\xff\n"),
            r"/rc is not UTF-8 \(byte 16\); save the file in UTF-8",
            id="not UTF-8",
        ),
    ],
)
def test_unreadable_files(tmp_path, make, message):
    make(tmp_path / "rc")
    with pytest.raises(ConfigurationError, match=message):
        keyringrc.load({"CODEARTIFACT_CONFIG_FILE": str(tmp_path / "rc")})


@pytest.mark.parametrize("variables", [{}, {"XDG_CONFIG_HOME": "/xdg"}, {"XDG_CONFIG_HOME": ""}])
def test_own_path_is_that_of_keyring(variables):
    own = {name: os.environ[name] for name in ("LOCALAPPDATA", "PATH", "SYSTEMROOT") if name in os.environ}
    environ = {"HOME": "/home/user", **own, **variables}
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
        pytest.param("[backend]\nDefault-Keyring : a.b.C\n", "a.b.C", id="another spelling"),
        pytest.param("[backend]\nkeyring-path = /x\n", "", id="another option"),
    ],
)
def test_default_keyring(tmp_path, text, backend):
    (tmp_path / "python_keyring").mkdir()
    (tmp_path / "python_keyring" / "keyringrc.cfg").write_text(text)
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert keyringrc.load(environ).default_keyring == backend
    environ["CODEARTIFACT_CONFIG"] = "[backend]\ndefault-keyring = other.Backend\n"
    assert keyringrc.default_keyring(environ, keyringrc.load(environ)) == backend


def test_default_keyring_does_not_read_the_file_again(tmp_path):
    """It is in the configuration that was loaded, also if the file has changed since."""
    own = tmp_path / "python_keyring" / "keyringrc.cfg"
    own.parent.mkdir()
    own.write_text("[backend]\ndefault-keyring = first.Backend\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    file = keyringrc.load(environ)
    own.write_text("[backend]\ndefault-keyring = second.Backend\n")
    assert keyringrc.default_keyring(environ, file) == "first.Backend"
