"""The data plane as a WSGI application: project pages, downloads and uploads, with what is kept and what is refused."""

import io
import os
from pathlib import Path

import pytest
from werkzeug.test import Client

from keyrings.codeartifact.emulator.api.errors import ConflictError
from keyrings.codeartifact.emulator.api.repository import ARCHIVED, PUBLIC, UNLISTED, Origin
from keyrings.codeartifact.emulator.index import public, wheels
from keyrings.codeartifact.emulator.index.pypi import CHANGED

OWNER = "111122223333"
URL = f"https://acme-{OWNER}.d.codeartifact.us-east-1.amazonaws.com"
WHEEL = "tools-1.0-py3-none-any.whl"
FILE = f"simple/tools/1.0/{WHEEL}"


@pytest.fixture
def send(pypi, token):
    """A function that requests a path below the repository; ``environ`` is the environment of the last request."""

    def application(environ, start_response):
        send.environ = environ
        return pypi(environ, start_response)

    client = Client(application)

    def send(path, *, method="GET", **options):
        path = f"/pypi/release/{path}"
        return client.open(path, base_url=URL, method=method, auth=("aws", token), buffered=True, **options)

    return send


@pytest.fixture
def get(send):
    """A function that returns status and body for a path."""

    def get(path):
        response = send(path)
        return response.status_code, response.get_data()

    return get


@pytest.fixture
def versions(send):
    """A function that returns the versions on a project page, or its status if there is none."""

    def versions():
        page = send("simple/tools/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
        if page.status_code != 200:
            return page.status_code
        return [file["filename"].split("-")[1] for file in page.json["files"]]

    return versions


@pytest.fixture
def upload(send, tmp_path):
    """A function that uploads a wheel as twine does, with other fields; it returns status and text."""

    def upload(*, content=None, filename=WHEEL, **fields):
        content = content or Path(wheels.build(tmp_path, "tools")).read_bytes()
        form = {":action": "file_upload", "name": "tools", "version": "1.0", **fields}
        response = send("", method="POST", data=form | {"content": (io.BytesIO(content), filename)})
        return response.status_code, response.get_data(as_text=True)

    return upload


def stored(pypi):
    return len(os.listdir(pypi.storage))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "simple/tools/", 200),
        ("HEAD", "simple/tools/", 200),
        ("GET", "simple/Tools_/", 404),
        ("GET", "simple/TOOLS/", 200),
        ("GET", "simple/other/", 404),
        ("GET", "simple/", 404),
        ("GET", "", 404),
        ("GET", FILE, 200),
        ("HEAD", FILE, 200),
        ("GET", FILE.replace("1.0/", "2.0/"), 404),
        ("GET", f"{FILE}/x", 404),
        ("PUT", FILE, 405),
        ("DELETE", FILE, 405),
        ("POST", FILE, 405),
    ],
)
def test_the_status_of_a_request(send, publish, method, path, status):
    publish()
    assert send(path, method=method).status_code == status


def test_a_project_without_a_slash_is_redirected(send):
    response = send("simple/a%3Fb%20c")
    assert (response.status_code, response.headers["Location"]) == (301, "a%3Fb%20c/")


def test_a_file_has_its_content_its_length_and_its_hash(send, publish):
    asset = publish()
    content = Path(asset.path).read_bytes()
    response = send(FILE)
    assert (response.get_data(), response.mimetype) == (content, "application/octet-stream")
    assert (response.content_length, response.headers["ETag"]) == (len(content), f'"{asset.sha256}"')
    head = send(FILE, method="HEAD")
    assert (head.get_data(), head.content_length) == (b"", len(content))
    part = send(FILE, headers={"Range": "bytes=0-1"})
    assert (part.status_code, part.get_data()) == (206, b"PK")


@pytest.mark.parametrize(("status", "listed", "downloaded"), [(UNLISTED, 404, 200), (ARCHIVED, 404, 404)])
def test_a_status_hides_a_version(domain, publish, versions, get, status, listed, downloaded):
    publish()
    release = domain.repository("release")
    release.set_status("tools", release.version("tools", "1.0"), status)
    assert (versions(), get(FILE)[0]) == (listed, downloaded)


def test_a_file_that_was_deleted_meanwhile(publish, get):
    Path(publish().path).unlink()
    assert get(FILE)[0] == 404


def test_an_upload_is_kept(pypi, domain, upload, versions, get, tmp_path):
    assert upload() == (200, "")
    assert versions() == ["1.0"]
    assert get(FILE) == (200, (tmp_path / WHEEL).read_bytes())
    assert stored(pypi) == 1
    assert upload() == (409, CONFLICT)
    assert stored(pypi) == 1


def page_of(code, name, reason):
    """Return an error page of werkzeug's."""
    return f"<!doctype html>\n<html lang=en>\n<title>{code} {name}</title>\n<h1>{name}</h1>\n<p>{reason}</p>\n"


CONFLICT = page_of(409, "Conflict", "Asset &#39;tools-1.0-py3-none-any.whl&#39; already exists.")
NO_UPLOAD = "not an upload; required fields: :action=file_upload, name, version and content"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({":action": "submit"}, NO_UPLOAD),
        ({"name": ""}, NO_UPLOAD),
        ({"version": ""}, NO_UPLOAD),
        ({"name": "other"}, f"the file name {WHEEL} does not match other 1.0"),
        ({"version": "2.0"}, f"the file name {WHEEL} does not match tools 2.0"),
        ({"filename": "x.exe"}, "&#39;x.exe&#39; is not the file name of a wheel or source distribution"),
        ({"content": b"x"}, f"{WHEEL} is not a valid distribution (File is not a zip file)"),
    ],
    ids=str,
)
def test_an_invalid_upload_leaves_nothing(pypi, upload, versions, fields, reason):
    assert upload(**fields) == (400, page_of(400, "Bad Request", reason))
    assert (stored(pypi), versions()) == (0, 404)


@pytest.mark.parametrize(
    ("name", "version", "written"),
    [("My.Tools", "1.0", "my_tools-1.0"), ("tools", "1.0+Local-1", "Tools-1.0+local.1")],
)
def test_names_and_versions_have_several_spellings(upload, name, version, written):
    assert upload(filename=f"{written}-py3-none-any.whl", name=name, version=version) == (200, "")


def test_origin_controls_block_an_upload(domain, upload):
    domain.repository("release").set_origin("tools", Origin(publish=False))
    reason = "the origin controls of tools block publishing to release"
    assert upload() == (403, page_of(403, "Forbidden", reason))


@pytest.mark.parametrize(("method", "path"), [("GET", "simple/tools/"), ("HEAD", FILE), ("GET", "x")])
def test_enforced_policies_apply_to_the_token_s_principal(access, send, publish, method, path):
    publish()
    access.is_enforced = True
    response = send(path, method=method)
    reason = page_of(403, "Forbidden", "the token was requested by an unknown principal")
    assert (response.status_code, response.get_data(as_text=True)) == (403, reason if method == "GET" else "")


def test_enforced_policies_apply_to_an_upload(pypi, access, upload):
    access.is_enforced = True
    assert upload()[0] == 403
    assert stored(pypi) == 0


def test_a_file_that_is_stored_twice_is_deleted_again(pypi, publish):
    publish()
    with pytest.raises(ConflictError, match="already exists"):
        publish()
    assert stored(pypi) == 1


@pytest.fixture
def chain(domain, backend):
    """Repositories of which each is the next one's upstream: gate, with the external connection, shared and release."""
    for name in ("gate", "shared"):
        backend.create_repository("acme", name, OWNER)
    domain.repository("gate").is_public = True
    domain.set_upstreams("shared", ["gate"])
    domain.set_upstreams("release", ["shared"])
    return domain


@pytest.fixture
def internet(pypi, tmp_path):
    """A folder that the external connection leads to."""
    folder = tmp_path / "internet"
    folder.mkdir()
    pypi.public = public.find(str(folder))
    return folder


def holders(domain):
    return [repository.name for repository in domain.repositories.values() if repository.packages()]


def test_a_file_of_an_upstream_is_kept_where_it_was_requested(send, chain, publish, versions, get):
    asset = publish(repository="gate")
    assert versions() == ["1.0"]
    assert (holders(chain), CHANGED in send.environ) == (["gate"], False)
    assert send(FILE, method="HEAD").status_code == 200
    assert (holders(chain), CHANGED in send.environ) == (["gate"], False)
    assert get(FILE) == (200, Path(asset.path).read_bytes())
    assert (holders(chain), CHANGED in send.environ) == (["release", "gate"], True)
    assert chain.repository("release").version("tools", "1.0").entry == "gate"
    chain.repository("gate").remove("tools", "1.0")
    assert get(FILE)[0] == 200


def test_a_public_file_is_kept_where_the_connection_is_too(send, chain, internet, versions, get):
    content = Path(wheels.build(internet, "tools")).read_bytes()
    assert versions() == ["1.0"]
    assert (send(FILE, method="HEAD").status_code, holders(chain)) == (200, [])
    assert get(FILE) == (200, content)
    assert holders(chain) == ["release", "gate"]
    assert [chain.repository(name).version("tools", "1.0").entry for name in ("release", "gate")] == [PUBLIC, PUBLIC]
    (internet / WHEEL).unlink()
    assert get(FILE) == (200, content)


def test_a_hidden_version_hides_that_of_an_upstream(chain, publish, versions, get):
    publish("1.0", repository="gate")
    publish("2.0", repository="gate")
    publish("1.0", repository="shared")
    shared = chain.repository("shared")
    shared.set_origin("tools", Origin())
    assert versions() == ["1.0", "2.0"]
    shared.set_status("tools", shared.version("tools", "1.0"), ARCHIVED)
    assert (versions(), get(FILE)[0]) == (["2.0"], 404)


def test_origin_controls_block_upstreams(chain, internet, publish, versions, get):
    wheels.build(internet, "tools", "9.0")
    publish("1.0", repository="gate")
    publish("2.0")
    assert (versions(), get(FILE)[0]) == (["2.0"], 404)
    chain.repository("release").set_origin("tools", Origin())
    # In gate, an own version has come first.
    assert (versions(), get(FILE)[0]) == (["2.0", "1.0"], 200)


def test_a_public_file_that_is_no_distribution(chain, pypi, internet, get):
    (internet / WHEEL).write_bytes(b"x")
    reason = f"{WHEEL}: {WHEEL} is not a valid distribution (File is not a zip file)"
    assert get(FILE) == (502, page_of(502, "Bad Gateway", reason).encode())
    assert (holders(chain), stored(pypi)) == ([], 0)


class Changing:
    """A public index whose pages are wrong."""

    def __init__(self, folder, sha256):
        self.folder, self.sha256 = public.find(str(folder)), sha256

    def files(self, name):
        return [asset._replace(sha256=self.sha256) for asset in self.folder.files(name)]

    def open(self, asset):
        return self.folder.open(asset)


@pytest.mark.parametrize(
    ("sha256", "status", "kept"), [("", 200, ["release", "gate"]), ("0" * 64, 502, [])], ids=["none", "another"]
)
def test_the_hash_of_a_public_page_is_checked(chain, pypi, internet, get, sha256, status, kept):
    wheels.build(internet, "tools")
    pypi.public = Changing(internet, sha256)
    found, body = get(FILE)
    assert (found, holders(chain), stored(pypi)) == (status, kept, len(kept))
    if status != 200:
        reason = f"{WHEEL} has another SHA-256 than on its project page"
        assert body == page_of(502, "Bad Gateway", reason).encode()


def test_a_public_index_that_does_not_answer(chain, pypi, internet, publish, get):
    publish("2.0", repository="gate")
    chain.repository("gate").set_origin("tools", Origin())
    internet.rmdir()
    assert [get(path)[0] for path in ("simple/tools/", FILE, FILE.replace("1.0", "2.0"))] == [502, 502, 200]


def test_a_connection_that_leads_nowhere(chain, versions):
    assert versions() == 404
