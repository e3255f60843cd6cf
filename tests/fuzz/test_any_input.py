"""The inputs of a CI's step ask for what they say, and for nothing else; nor does a text of theirs command the runner."""

import contextlib
import io

from hostile import BLANKS, HOST, MARK, ROLE, TEXT, URL, assert_harmless, examples, mutated
from hypothesis import given
from hypothesis import strategies as st

from keyrings.codeartifact.ci import github, inputs
from keyrings.codeartifact.ci import setup as job
from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.index_url import parse

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
            "\ufeff[codeartifact name=staging]\nprofile_name = x ; why\n",
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
# A file's reader would take it for a comment.
VALUES["audience"] |= st.sampled_from(["#api", ";api"])
# No text of a user's: the include says it.
VALUES["oidc-token-variable"] = st.just("CODEARTIFACT_ID_TOKEN")
GIVEN = st.fixed_dictionaries({}, optional=VALUES) | st.dictionaries(st.sampled_from(list(OPTIONS)[:4]), TEXT)


def said(error):
    """Return what a step prints of an error, which is no command but its own."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        github.annotate("error", str(error))
        github.say(str(error))
    annotation, line, end = out.getvalue().split("\n")
    assert end == ""
    assert annotation.startswith("::error title=keyrings.codeartifact::")
    assert (annotation + line).isprintable()
    assert not line.strip().startswith("::")
    assert "##[" not in line
    return line


@examples(10)
@given(GIVEN, mutated(OWN, PIECES, most=2) | st.text())
def test_a_configuration_says_what_the_inputs_say(tmp_path_factory, given, own):
    try:
        text = inputs.configuration({**given, "keyringrc": own})
    except ConfigurationError as error:
        assert_harmless(error, "the input ")
        said(error)
        return
    # As a job's later steps read it.
    path = str(tmp_path_factory.getbasetemp() / "keyringrc.cfg")
    job.write(path, text)
    file, theirs = keyringrc.load({"CODEARTIFACT_CONFIG_FILE": path}), keyringrc.parse(own, "rc")
    assert file.sections == theirs.sections
    wanted = {option: given[name].strip() for name, (option, _) in OPTIONS.items() if given.get(name, "").strip()}
    if "role_arn" not in wanted:
        # There in any case, and of no account then.
        wanted = {option: value for option, value in wanted.items() if option == "token_duration"}
    assert file.defaults.options == {**theirs.defaults.options, **wanted}
    assert not (theirs.defaults.options and wanted)


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
def test_the_repository_is_the_one_that_the_inputs_name(given, environ):
    try:
        found = inputs.find(given, environ)
    except ConfigurationError as error:
        assert_harmless(error, "the input ", "CODEARTIFACT_", "AWS_REGION")
        said(error)
        return
    texts = {name: text.strip() for name, text in given.items() if text.strip()}
    if found is None:
        assert not texts.keys() & {"index-url", "domain", "domain-owner", "repository"}
        return
    assert {parse(url) for url in (found.index_url, found.publish_url)} == {found.repository}
    assert found.index_name == texts.get("index-name", "codeartifact")
    if "index-url" in texts:
        assert found.repository == parse(texts["index-url"])
    elif "domain" in texts:
        parts = (
            texts["domain"],
            texts["domain-owner"],
            texts.get("aws-region", environ.get("AWS_REGION")),
            texts["repository"],
        )
        assert found.repository == parts
    else:
        assert found.repository == parse(environ["CODEARTIFACT_INDEX_URL"])


@examples(3)
@given(mutated(st.sampled_from(["true", "false", ""]), PIECES, most=2) | TEXT, BLANKS)
def test_a_switch_is_on_off_or_a_mistake(text, blank):
    try:
        is_on = inputs.switch({"check": f"{blank}{text}{blank}"}, "check")
    except ConfigurationError as error:
        assert_harmless(error, "the input check")
        said(error)
    else:
        assert text.strip().lower() == ("true" if is_on else text.strip() and "false")


@examples(3)
@given(mutated(TEXT, PIECES), mutated(TEXT, PIECES))
def test_no_error_is_a_command_to_the_runner(cause, remedy):
    said(CodeArtifactError(cause, remedy))
