"""What may come from outside, and what has to be true of every answer to it."""

import re
from urllib.parse import quote

from hypothesis import settings
from hypothesis import strategies as st

from keyrings.codeartifact.models import Repository
from support.commands import CODE

# In every secret that is made up, and in nothing else.
MARK = "MARKED0"

ACME = Repository("acme", "111122223333", "us-east-1", "release")
HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
URL = f"https://{HOST}/pypi/release/simple/"
OTHER_URL = URL.replace("acme", "other")
ROLE = "arn:aws:iam::111122223333:role/ci"

# What a variable can hold: all but NUL; what is no UTF-8 Python has as surrogates.
TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)
)
BLANKS = st.sampled_from(["", " ", "\n", "\r", "\r\n", "\t", "\x0b", "\x1c", "\x85", "\xa0", "\u2028"])
# As look alike to a reader, or to one that normalizes.
_LOOK_ALIKES = str.maketrans("acdeiops./:@1", "аϲⅾеіοрѕ。⁄：＠１")


def examples(times):
    """Run a test ``times`` as often as another."""
    return settings(max_examples=max(1, int(times * settings.default.max_examples)))


def _full_width(text):
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


_CHANGES = (
    lambda old: old[:0],
    lambda old: old * 2,
    lambda old: old[::-1],
    str.swapcase,
    _full_width,
    lambda old: old.translate(_LOOK_ALIKES),
    lambda old: "".join(f"%{byte:02x}" for byte in old.encode("utf-8", "replace")),
    lambda old: quote(quote(old, safe="", errors="replace"), safe=""),
)


# Strategies that are the same for each text: making one takes longer than drawing from it.
_NUMBER, _PLACE, _BOOLEAN = st.integers(0, 719), st.integers(0, 10**6), st.booleans()
_LENGTH, _CHANGE = st.sampled_from([0, 1, 2, 5, 12]), st.sampled_from(_CHANGES)
_CHARACTER = st.characters(exclude_characters="\0")


@st.composite
def mutated(draw, texts, pieces, most=3):
    """A text with some small changes: what nobody has thought of lies close to what somebody has."""
    text = draw(texts)
    for _ in range(draw(_NUMBER) % (most + 1)):
        # Where parts meet, more often than elsewhere.
        seams = [match.start() for match in re.finditer(r"\b|$", text)]
        start = seams[draw(_PLACE) % len(seams)] if draw(_BOOLEAN) else draw(_PLACE) % (len(text) + 1)
        end = start + draw(_LENGTH)
        if draw(_BOOLEAN):
            new = pieces[draw(_PLACE) % len(pieces)] if draw(_BOOLEAN) else draw(_CHARACTER)
        else:
            new = draw(_CHANGE)(text[start:end])
        text = text[:start] + new + text[end:]
    return text


def assert_harmless(error, *places):
    """It is one line for a person that ends with its code, says where the mistake is, and tells no secret."""
    line = str(error)
    assert line.isprintable()
    assert re.search(rf"\S {CODE}\Z", line), line
    assert MARK.lower() not in line.lower()
    assert not places or any(place in line for place in places), line
