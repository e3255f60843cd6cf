"""Text for people: one printable line, without secrets."""

import time

import pytest

from keyrings.codeartifact._util.text import describe_time, did_you_mean, printable, redact, rfc3339

SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKE1"
TOKEN = "eyJ2ZXIiOjEsImlzdSI6MTc" * 10
SESSION_TOKEN = "IQoJb3JpZ2luX2VjEJ//" * 8


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("one\ntwo\r\n three ", "one two three", id="line breaks"),
        pytest.param("a\x1b[31mb\x07c", "a?[31mb?c", id="control characters"),
        pytest.param("a\u202eb\u200bc", "a?b?c", id="direction and width"),
        pytest.param("a\u2028b", "a b", id="the line separator of Unicode"),
        pytest.param("\udcff", "?", id="a byte that is no text"),
        pytest.param("Zürich, 東京", "Zürich, 東京", id="letters"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_text_becomes_one_printable_line(text, line):
    assert printable(text) == line


@pytest.mark.parametrize("secret", [TOKEN, SESSION_TOKEN, SECRET_KEY], ids=["token", "session token", "secret key"])
@pytest.mark.parametrize("text", ["{}", "'{}'", "before {} after", "{}\n{}"])
def test_secrets_are_redacted(secret, text):
    assert redact(text.format(secret, secret)) == text.format("…", "…")
    assert secret not in redact(f"key={secret}")
    assert secret not in redact(f"https://aws:{secret}@host/")


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:sts::111122223333:assumed-role/ci-publish/github-run-123456789",
        "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/",
        "AKIAIOSFODNN7EXAMPLE",
        "/home/jane/.config/python_keyring/keyringrc.cfg",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "x" * 64,
    ],
    ids=["ARN", "URL", "key id", "path", "40 lower-case digits", "64 characters"],
)
def test_names_are_not_redacted(text):
    assert redact(text) == text


def test_any_object_is_redacted():
    assert redact({"token": "x" * 65}) == "{'token': '…'}"
    assert redact(None) == "None"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1970-01-01T00:00:00Z"), (1_700_000_000.9, "2023-11-14T22:13:20Z")],
)
def test_a_time_is_rfc_3339_text_in_utc(seconds, text):
    assert rfc3339(seconds) == text


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [("tokn_duration", "; did you mean token_duration?"), ("profile_name", "; did you mean profile_name?"), ("x", "")],
)
def test_the_most_similar_word_is_suggested(word, suggestion):
    assert did_you_mean(word, {"token_duration", "profile_name"}) == suggestion


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (0, "in 0 min"),
        (23 * 60, "in 23 min"),
        (-5 * 60, "5 min ago"),
        (-1, "0 min ago"),
        (3 * 3600, "in 3 h 0 min"),
        (-3700, "1 h 2 min ago"),
    ],
)
def test_a_time_for_people(monkeypatch, distance, words):
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    try:
        shown = describe_time(1_000_000.0 + distance)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert shown.endswith(f" ({words})")
    # 13:46:40 in UTC.
    assert shown.startswith("1970-01-12 19:16 ") == (abs(distance) < 2)
