"""What the bundle holds of a wheel."""

import pytest

from support.bundle import load

contents = load("contents")
LICENCE = {"acme-1.0.dist-info/licenses/LICENSE": b"Do what you want."}


@pytest.mark.parametrize(
    ("path", "is_kept"),
    [
        ("acme/__init__.py", True),
        ("acme/data.json", True),
        *((f"botocore/data/{service}/2020-01-01/service-2.json.gz", True) for service in contents.SERVICES),
        ("botocore/data/s3/2006-03-01/service-2.json.gz", False),
        ("botocore/data/sts-more/2006-03-01/service-2.json.gz", False),
        ("botocore/data/sts/2011-06-15/examples-1.json", False),
        ("botocore/data/endpoints.json", True),
        ("botocore/data/partitions.json", True),
        ("botocore/data/sdk-default-configuration.json", True),
        ("botocore/data/_retry.json", True),
        ("botocore/cacert.pem", True),
        ("dateutil/zoneinfo/__init__.py", True),
        ("dateutil/zoneinfo/dateutil-zoneinfo.tar.gz", False),
        ("keyrings/codeartifact/emulator/__init__.py", True),
        ("keyrings/codeartifact/emulator/process.py", True),
        ("keyrings/codeartifact/emulator/demo.py", False),
        ("keyrings/codeartifact/emulator/api/__init__.py", False),
        ("keyrings/codeartifact/pytest_plugin.py", False),
        ("keyrings/codeartifact/py.typed", False),
        ("acme/__init__.pyi", False),
        ("acme-1.0.data/scripts/acme.py", False),
        ("keyrings_codeartifact-1.0.data/data/share/keyrings-codeartifact/bin/keyring", False),
        ("acme-1.0.dist-info/METADATA", True),
        ("acme-1.0.dist-info/entry_points.txt", True),
        ("acme-1.0.dist-info/NOTICE", True),
        ("acme-1.0.dist-info/licenses/vendored/COPYING.LESSER", True),
        ("acme-1.0.dist-info/RECORD", False),
        ("acme-1.0.dist-info/WHEEL", False),
        ("acme-1.0.dist-info/direct_url.json", False),
    ],
)
def test_what_is_kept(path, is_kept):
    assert set(contents.select("acme.whl", {path: b"", **LICENCE})) == ({path} if is_kept else set()) | set(LICENCE)


def test_metadata_has_no_readme():
    metadata = b"Name: acme\nVersion: 1.0\nRequires-Dist: other\n\n# Acme\n\nThe best.\n"
    kept = contents.select("acme.whl", {"acme-1.0.dist-info/METADATA": metadata, **LICENCE})
    assert kept["acme-1.0.dist-info/METADATA"] == b"Name: acme\nVersion: 1.0\nRequires-Dist: other\n"


@pytest.mark.parametrize("path", ["acme/_speedups.cpython-311-x86_64-linux-gnu.so", "acme/fast.pyd", "acme-1.0.data/platlib/acme.py"])  # fmt: skip
def test_what_is_not_pure(path):
    with pytest.raises(contents.BundleError, match=r"^acme\.whl is not pure Python \(acme.*\); pin a release with a pure wheel$"):  # fmt: skip
        contents.select("acme.whl", {path: b"", **LICENCE})


def test_no_licence():
    with pytest.raises(contents.BundleError, match=r"^acme\.whl contains no licence; add it to the bundle, or replace the package$"):  # fmt: skip
        contents.select("acme.whl", {"acme/__init__.py": b"", "acme-1.0.dist-info/AUTHORS": b""})
