"""The inputs of a CI job set their options and nothing else, and no text in them is a command to the runner."""

import contextlib
import io

from hypothesis import given
from hypothesis import strategies as st

from keyrings.codeartifact.ci import inputs
from keyrings.codeartifact.ci.github import GitHub
from keyrings.codeartifact.ci.setup import write_file
from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.index_url import parse_repository
from support.hostile import BLANKS, HOST, MARK, ROLE, TEXT, URL, assert_harmless, examples, mutated

OPTIONS = {
    "role-to-assume": ("role_arn", ROLE),
    "role-session-name": ("role_session_name", "ci-job"),
    "audience": ("oidc_audience", "sts.amazonaws.com"),
    "token-duration-seconds": ("token_duration", "900"),
    "oidc-token-variable": ("oidc_token_variable", "CODEARTIFACT_ID_TOKEN"),
}
PLACES = {
    "index-url": URL,
    "domain": "acme",
    "domain-owner": "111122223333",
    "repository": "release",
    "aws-region": "us-east-1",
    "endpoint-type": "dualstack",
    "index-name": "acme",
}
PIECES = (
    *("\n", "\r", "\r\n", "\n ", "\x0b", "\x1c", "\x85", "\u2028", "\0", " ", "\t", " ;", " #", ";", "#", "=", ":", "[", "]", "'", '"', "$(x)", "`x`"),
    *("\nauth_token = x", "\n[codeartifact]\n", "\n[codeartifact domain=acme]\nverify = off\n", "\n  verify = off", "\rverify = off\r"),
    *("\n::error::x", "::set-output name=x::y", "##[error]x", "\x1b[2J", "%0A", "%0D", "é", "٩", "\u212a", "\u0130", "@", "/", "\\", HOST),
)  # fmt: skip
OWN = st.sampled_from(
    [
        *(
            "",
            "# nothing",
            "\ufeff[codeartifact name=staging]\nprofile_name = x ; comment\n",
            "[other]\na = b\n ",
            "[codeartifact x]",
        ),
        *(
            f'[codeartifact domain="acme"]\nauth_token = {MARK}',
            "[codeartifact]\nverify = on",
            "[codeartifact]",
            "a = b",
            "[x",
        ),
        *("[other]\na =", "[other]\na =\n  b", "[codeartifact domain=acme]\nverify = off\n   [codeartifact]"),
    ]
)
VALUES = {
    name: st.just(text) | mutated(st.just(text), PIECES, most=1) | st.just("") for name, (_, text) in OPTIONS.items()
}
# A comment in a file.
VALUES["audience"] |= st.sampled_from(["#api", ";api"])
# Set by the include, not by a user.
VALUES["oidc-token-variable"] = st.just("CODEARTIFACT_ID_TOKEN")
GIVEN = st.fixed_dictionaries({}, optional=VALUES) | st.dictionaries(st.sampled_from(list(OPTIONS)[:4]), TEXT)


def printed(error):
    """Assert that what a step prints of an error contains no command except its own annotation."""
    github = GitHub({})
    with contextlib.redirect_stdout(io.StringIO()) as out:
        github.fail(error, [str(error)])
        github.say(str(error))
    annotation, line, end = out.getvalue().split("\n")
    assert end == ""
    assert annotation.startswith("::error title=keyrings.codeartifact::")
    assert (annotation + line).isprintable()
    assert not line.strip().startswith("::")
    assert "##[" not in line


@examples(10)
@given(GIVEN, mutated(OWN, PIECES, most=2) | st.text())
def test_the_configuration_sets_what_the_inputs_set(tmp_path_factory, given, own):
    try:
        text = inputs.configuration({**given, "keyringrc": own})
    except ConfigurationError as error:
        assert_harmless(error, "the input ")
        printed(error)
        return
    # As later steps of the job read it; of no inputs there is no empty file.
    text = text if text.strip() else "[codeartifact]\n"
    path = str(tmp_path_factory.getbasetemp() / "keyringrc.cfg")
    write_file(path, text)
    file, user = keyringrc.load({"CODEARTIFACT_CONFIG_FILE": path}), keyringrc.parse(own, "rc")
    assert file.sections == user.sections
    wanted = {option: given[name].strip() for name, (option, _) in OPTIONS.items() if given.get(name, "").strip()}
    if "role_arn" not in wanted:
        # The others have defaults, which are ignored without a role.
        wanted = {option: value for option, value in wanted.items() if option == "token_duration"}
    assert file.defaults.options == {**user.defaults.options, **wanted}
    assert not (user.defaults.options and wanted)


NAMED = st.fixed_dictionaries(
    {}, optional={name: st.just(text) | mutated(st.just(text), PIECES, most=1) for name, text in PLACES.items()}
)
ENVIRONS = st.fixed_dictionaries(
    {},
    optional={
        "AWS_REGION": st.just("eu-west-1"),
        "CODEARTIFACT_INDEX_URL": st.just(URL.replace("release", "other")) | TEXT,
    },
)


@examples(4)
@given(NAMED | NAMED.map(lambda some: {name: text for name, text in some.items() if name != "index-url"}), ENVIRONS)
def test_the_index_is_the_one_that_the_inputs_name(given, environ):
    try:
        found = inputs.index(given, environ)
    except ConfigurationError as error:
        assert_harmless(error, "the input ", "CODEARTIFACT_", "AWS_REGION")
        printed(error)
        return
    texts = {name: text.strip() for name, text in given.items() if text.strip()}
    if found is None:
        assert not texts.keys() & {"index-url", "domain", "domain-owner", "repository"}
        return
    assert {parse_repository(url) for url in (found.url, found.publish_url)} == {found.repository}
    assert found.name == texts.get("index-name", "codeartifact")
    if "index-url" in texts:
        assert found.repository == parse_repository(texts["index-url"])
    elif "domain" in texts:
        parts = (
            texts["domain"],
            texts["domain-owner"],
            texts.get("aws-region", environ.get("AWS_REGION")),
            texts["repository"],
        )
        assert found.repository == parts
    else:
        assert found.repository == parse_repository(environ["CODEARTIFACT_INDEX_URL"])


@examples(3)
@given(mutated(st.sampled_from(["true", "false", ""]), PIECES, most=2) | TEXT, BLANKS)
def test_a_switch_is_on_off_or_an_error(text, blank):
    try:
        is_on = inputs.switch({"check": f"{blank}{text}{blank}"}, "check")
    except ConfigurationError as error:
        assert_harmless(error, "the input check")
        printed(error)
    else:
        assert text.strip().lower() == ("true" if is_on else text.strip() and "false")


@examples(3)
@given(mutated(TEXT, PIECES), mutated(TEXT, PIECES))
def test_an_error_is_not_a_command_to_the_runner(cause, remedy):
    printed(CodeArtifactError("CA701", cause, remedy))
