"""Any text is a configuration or a syntax error with its place, and sections match as the contract defines."""

import re

from hypothesis import given
from hypothesis import strategies as st

from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.errors import ConfigurationError
from support.hostile import ACME, MARK, TEXT, assert_harmless, examples, mutated

QUALIFIERS = {"domain": "domain", "account": "domain_owner", "region": "region", "name": "name"}
SECRETS = ("aws_secret_access_key", "aws_session_token", "auth_token")
PIECES = (
    *("[", "]", "=", ":", "#", ";", " ;", "\n", "\r", "\r\n", "\n ", "\n\t", "\n[", "]\n", "\n\n", '"', "'", "\\\n", "%(a)s", "${a}"),
    *("\0", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\ufeff", "\x1b[2J", "ß", "İ", "=\n", " = ", "::error::", "##["),
    *("[codeartifact]\n", "[codeartifact ", "[DEFAULT]\n", "[other]\n", f"\n{MARK}", f"\n{MARK}=", f"\n{MARK}==\n", f"\n {MARK}"),
)  # fmt: skip
LINES = st.sampled_from(
    [
        *(
            "[codeartifact]",
            '[codeartifact domain="acme"]',
            "[codeartifact name=release]",
            "[codeartifact x]",
            "[other]",
        ),
        *(
            "[codeartifact  domain='acme'\taccount=111122223333 ]",
            '[codeartifact domain="acme',
            "[codeartifact",
            "[DEFAULT]",
            "[]",
        ),
        *(f"{name} = {MARK}/+aB" for name in SECRETS),
        *(f"{name}={MARK}==" for name in SECRETS),
        *(
            f"{SECRETS[0]} =",
            f"  {MARK}/continued",
            f"{MARK}/alone",
            f"{MARK}/padded==",
            f"{SECRETS[1]}: {MARK} # comment",
            f"; {MARK}",
        ),
        *(
            "profile_name = x",
            "token_duration = 900",
            "no such option = 1",
            "",
            "  ",
            "# comment",
            "= x",
            "x",
            " [codeartifact]",
        ),
    ]
)
# The first lines are repeated: repeated sections and options are errors.
TEXTS = st.builds(
    lambda end, header, lines, again: end.join([*header, *lines, *lines[:again]]),
    st.sampled_from(["\n", "\n", "\r\n", "\r"]),
    st.sampled_from([["[codeartifact]"], ['[codeartifact domain="acme"]'], []]),
    st.lists(LINES, max_size=8),
    st.integers(0, 2),
)


@examples(8)
@given(mutated(TEXTS, PIECES) | TEXT)
def test_any_text_is_a_configuration_or_an_error(text):
    try:
        file = keyringrc.parse(text, "that file")
    except ConfigurationError as error:
        assert_harmless(error, "that file")
    else:
        assert file.defaults.name == "codeartifact"
        assert all(section.name.startswith("codeartifact") for section in file.sections)
        for section in file.sections:
            assert section.score(ACME) in (None, len(section.qualifiers))


@examples(2)
@given(TEXTS)
def test_a_repr_shows_no_option(text):
    try:
        file = keyringrc.parse(text, "that file")
    except ConfigurationError:
        return
    assert MARK not in repr(file)


VALUES = {
    "domain": ("acme", "acme", "other", "ACME"),
    "account": ("111122223333", "111122223333", "444455556666"),
    "region": ("us-east-1", "us-east-1", "eu-west-1"),
    "name": ("release", "release", "staging", ""),
    "stage": ("release",),
}
WRITTEN = [
    (key, value, f"{blank}{spelled}={quote}{value}{quote}")
    for key, values in VALUES.items()
    for value in values
    for blank, spelled, quote in ((" ", key, '"'), ("  ", key.upper(), "'"), ("\t", key, "" if value else '"'))
]
HEADERS = st.lists(st.sampled_from(WRITTEN), unique_by=lambda written: written[0], max_size=4)


@examples(6)
@given(st.lists(HEADERS, max_size=8), st.sampled_from([ACME, ACME._replace(name=None)]))
def test_the_best_matches_are_those_with_the_most_qualifiers(sections, repository):
    headers = {}
    for words in sections:
        headers.setdefault(
            f"codeartifact{''.join(word for *_, word in words) or ' '}", {key: value for key, value, _ in words}
        )
    text = "".join(f"[{header}]\nprofile_name = x\n" for header in headers)
    # The rule of the contract.
    scores = {
        header: len(bound)
        for header, bound in headers.items()
        if all(key in QUALIFIERS and value == getattr(repository, QUALIFIERS[key]) for key, value in bound.items())
    }
    best = [header for header, score in scores.items() if score == max(scores.values())]
    assert [section.name for section in keyringrc.parse(text, "rc").best_matches(repository)] == best


def survives(value):
    """Return whether a file can contain it as a value: without a comment, and without blanks around it."""
    return value == value.strip() and not re.search(r"(^|\s)[#;]", value)


LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r")).filter(survives)
SET = st.dictionaries(st.sampled_from(list(OPTIONS)), LINE, max_size=4)


@examples(3)
@given(st.dictionaries(st.sampled_from(list(QUALIFIERS)), SET, max_size=4), SET, st.sampled_from(["", "\ufeff"]))
def test_options_are_read_as_written(sections, defaults, mark):
    written = {"codeartifact": defaults} | {f'codeartifact {key}="x"': options for key, options in sections.items()}
    text = "".join(
        f"[{name}]\n" + "".join(f"{option} = {value}\n" for option, value in options.items())
        for name, options in written.items()
    )
    file = keyringrc.parse(mark + text, "rc")
    assert {section.name: section.options for section in (file.defaults, *file.sections)} == written
