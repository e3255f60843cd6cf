"""The demo's search for tokens in files, in the two spellings in which clients keep them."""

import base64

import pytest

from keyrings.codeartifact.emulator.demo import search
from keyrings.codeartifact.errors import CodeArtifactError

TOKEN = "eyJ2ZXIiOjF9.made-up"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "deep").write_bytes(b"\xff" + base64.b64encode(TOKEN.encode()))
    (tmp_path / "other").write_text(f"aws:{TOKEN[:-1]}")
    return tmp_path


def test_files_without_a_token_are_counted(folder):
    assert search(str(folder), [TOKEN, "another"]) == search(str(folder), []) == 2


@pytest.mark.parametrize(
    "content", [TOKEN.encode(), base64.b64encode(f"aws:{TOKEN}".encode())], ids=["as it is", "in a header"]
)
def test_a_file_with_a_token(folder, content):
    path = folder / "a" / "b" / "found"
    path.write_bytes(b"\0" + content + b"\n")
    with pytest.raises(CodeArtifactError) as caught:
        search(str(folder), ["another", TOKEN])
    assert str(caught.value) == f"found a token in {path}; report this as a bug [CA905]"
