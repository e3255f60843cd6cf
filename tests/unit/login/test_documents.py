"""Files in which settings are changed and everything else stays."""

import pytest
import tomlkit

from keyrings.codeartifact.clients.settings_files import Setting
from keyrings.codeartifact.login.documents import INIFile, OtherDefaultError, TOMLFile, UnparsableError, without_tokens

HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"

INDEX = Setting(("global", "index-url"), "https://new/")
LISTED = Setting(("distutils", "index-servers"), "codeartifact", is_listed=True)
PIP = """\
# mine
[global]
timeout = 5  ; seconds
{index}
# the rest

[install]
no-deps = true
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"index-url = https://aws:t0ken@{HOST}/pypi/a/simple/", id="token"),
        pytest.param(f"https://other:pass@{HOST}/", id="other user"),
        pytest.param(f"HTTPS://aws:t0ken@{HOST.upper()}/", id="upper case"),
        pytest.param(f"https://aws:@{HOST}/", id="empty password"),
        pytest.param("https://aws:t0ken@acme-111122223333.codeartifact.us-east-1.on.aws/pypi/a/", id="dual-stack"),
        pytest.param(
            "https://aws:t0ken@vpce-1.d.codeartifact.us-east-1.vpce.amazonaws.com/pypi/d/x/", id="VPC endpoint"
        ),
    ],
)
def test_tokens_of_codeartifact_are_removed(text):
    found = without_tokens(f"x\n{text}\ny\n")
    assert "t0ken" not in found
    assert "pass" not in found
    assert "aws@" in found
    assert without_tokens(found) == found


@pytest.mark.parametrize(
    "text",
    [
        f"https://aws@{HOST}/pypi/a/simple/",
        f"https://{HOST}/",
        "https://user:password@other.example/simple/",
        f"https://user:password@other.example/{HOST}/",
        f"https://a:b@evil.example\n://{HOST}",
    ],
)
def test_other_passwords_stay(text):
    assert without_tokens(text) == text


@pytest.mark.parametrize("line", ["index-url = https://old/", "index_url: https://old/", "Index-URL=https://old/"])
def test_an_option_of_an_ini_file_is_changed_in_its_place(line):
    file = INIFile(PIP.format(index=line))
    assert file.get(INDEX) == "https://old/"
    file.set(INDEX, INDEX.value)
    assert file.get(INDEX) == INDEX.value
    before, _, after = PIP.partition("{index}")
    assert str(file).startswith(before)
    assert str(file).endswith(after)


def test_an_option_and_a_section_are_added_to_an_ini_file():
    file = INIFile("# mine\n[install]\nno-deps = true\n")
    assert file.get(INDEX) is None
    file.set(INDEX, INDEX.value)
    assert str(file) == "# mine\n[install]\nno-deps = true\n\n[global]\nindex-url = https://new/\n"


def test_an_option_of_an_ini_file_is_removed_with_its_section():
    file = INIFile("[install]\nno-deps = true\n[global]\nindex-url = https://new/\n")
    file.set(INDEX, None)
    assert str(file) == "[install]\nno-deps = true\n"


def test_a_word_is_added_to_a_list_and_removed():
    file = INIFile("[distutils]\nindex-servers =\n    pypi\n    mine\n")
    assert file.get(LISTED) is None
    file.set(LISTED, LISTED.value)
    assert file.get(LISTED) == "codeartifact"
    assert str(file) == "[distutils]\nindex-servers =\n    pypi\n    mine\n    codeartifact\n"
    file.set(LISTED, None)
    assert str(file) == "[distutils]\nindex-servers =\n    pypi\n    mine\n"


def test_the_last_word_of_a_list_is_removed_with_it():
    file = INIFile("")
    file.set(LISTED, LISTED.value)
    file.set(LISTED, None)
    assert str(file) == ""


def test_passwords_of_codeartifact_are_removed_from_an_ini_file():
    text = f"[a]\nrepository = https://{HOST}/pypi/release/\nusername = aws\n{{}}[b]\nrepository = https://b.example/\npassword = p\n"
    file = INIFile(text.format("password = t0ken\n"))
    assert file.remove_passwords()
    assert str(file) == text.format("")
    assert not file.remove_passwords()


@pytest.mark.parametrize("text", ["index-url = x\n", "[global\n", "[a]\n[a]\n", "[a]\nx = 1\nx = 2\n"])
def test_what_is_no_ini_file(text):
    with pytest.raises(UnparsableError):
        INIFile(text)


KEYS = ("index", "name=codeartifact")
URL, DEFAULT = Setting((*KEYS, "url"), "https://new/"), Setting((*KEYS, "default"), value=True)
PROVIDER = Setting(("keyring-provider",), "subprocess")
UV = """\
# mine
native-tls = true  # yes

[pip]
strict = true

[[index]]
name = "other"
url = "https://other/"
"""


def test_settings_are_added_to_a_toml_file():
    file = TOMLFile(UV)
    for setting in (PROVIDER, URL, DEFAULT):
        assert file.get(setting) is None
        file.set(setting, setting.value)
        assert file.get(setting) == setting.value
    found = tomlkit.parse(str(file)).unwrap()
    assert found["keyring-provider"] == "subprocess"
    assert found["pip"] == {"strict": True}
    assert found["index"] == [
        {"name": "other", "url": "https://other/"},
        {"name": "codeartifact", "url": "https://new/", "default": True},
    ]
    assert "# mine\nnative-tls = true  # yes\n" in str(file)
    for setting in (DEFAULT, URL, PROVIDER):
        file.set(setting, None)
        assert file.get(setting) is None
    assert tomlkit.parse(str(file)).unwrap() == tomlkit.parse(UV).unwrap()


def test_a_table_with_the_name_is_changed_in_its_place():
    file = TOMLFile('[[index]]\nurl = "https://old/"  # old\nname = "codeartifact"\n\n[pip]\n')
    file.set(URL, URL.value)
    assert str(file) == '[[index]]\nurl = "https://new/"  # old\nname = "codeartifact"\n\n[pip]\n'


def test_an_array_of_inline_tables():
    file = TOMLFile('index = [{name = "other", url = "u"}]\n')
    file.set(URL, URL.value)
    assert tomlkit.parse(str(file)).unwrap()["index"] == [
        {"name": "other", "url": "u"},
        {"name": "codeartifact", "url": "https://new/"},
    ]


def test_another_default_stays():
    file = TOMLFile('[[index]]\nname = "other"\nurl = "u"\ndefault = true\n')
    with pytest.raises(OtherDefaultError, match="other"):
        file.set(DEFAULT, value=True)


def test_nested_tables_are_created_and_removed():
    setting = Setting(("publish", "index", "repos", "codeartifact", "url"), "u")
    file = TOMLFile("")
    file.set(setting, "u")
    assert str(file) == '[publish.index.repos.codeartifact]\nurl = "u"\n'
    file.set(setting, None)
    assert str(file) == ""


def test_a_table_with_other_settings_stays():
    file = TOMLFile('[pypi]\nurl = "u"\nverify_ssl = true\n')
    file.set(Setting(("pypi", "url"), "u"), None)
    assert str(file) == "[pypi]\nverify_ssl = true\n"


@pytest.mark.parametrize("text", ["a = \n", "[a\n", "a = 1\na = 2\n"])
def test_what_is_no_toml_file(text):
    with pytest.raises(UnparsableError):
        TOMLFile(text)


@pytest.mark.parametrize("text", ["index = 1\n", 'index = "x"\n'])
def test_a_parent_that_is_no_table(text):
    with pytest.raises(UnparsableError):
        TOMLFile(text).get(URL)


@pytest.mark.parametrize(("kind", "text"), [(INIFile, "[a]\nb = 1\n"), (TOMLFile, "a = 1\n")])
def test_a_byte_order_mark_stays(kind, text):
    assert str(kind(f"\ufeff{text}")) == f"\ufeff{text}"
