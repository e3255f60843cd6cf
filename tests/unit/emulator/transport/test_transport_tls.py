"""The certificate of the emulator's authority replaces nothing but that of an earlier emulator."""

import ssl

import pytest

from keyrings.codeartifact.emulator.transport.tls import Authority


def test_a_new_file_and_that_of_an_earlier_emulator_are_written(tmp_path):
    path = tmp_path / "ca.pem"
    Authority().write(path)
    first = path.read_bytes()
    Authority().write(path)
    assert path.read_bytes() != first
    assert ssl.create_default_context(cafile=path).get_ca_certs()


def two_authorities(path):
    Authority().write(path)
    first = path.read_bytes()
    path.unlink()
    Authority().write(path)
    return first + path.read_bytes()


def other_authority(_):
    import trustme

    return trustme.CA(organization_name="keyrings.codeartifact").cert_pem.bytes()


@pytest.mark.parametrize(
    "content",
    [lambda _: b"", lambda _: b"precious", two_authorities, other_authority],
    ids=["empty", "text", "bundle", "other"],
)
def test_another_file_stays(tmp_path, content):
    path = tmp_path / "ca.pem"
    text = content(path)
    path.write_bytes(text)
    with pytest.raises(FileExistsError, match="is not an emulator's certificate"):
        Authority().write(path)
    assert path.read_bytes() == text


def test_a_folder_and_a_dangling_link_stay(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "missing")
    for path in (tmp_path, tmp_path / "link"):
        with pytest.raises(FileExistsError):
            Authority().write(path)
    assert not (tmp_path / "missing").exists()
