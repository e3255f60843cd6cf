"""What the wheel brings, and what it must not."""

import re
import zipfile
from importlib.metadata import distribution

from support.seed import RELEASE


def test_keyrings_stays_a_namespace(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "keyrings/codeartifact/py.typed" in names
    assert "keyrings/__init__.py" not in names
    info, data = "keyrings_codeartifact-3.0.0.dist-info", "keyrings_codeartifact-3.0.0.data"
    assert {name.split("/")[0] for name in names} == {"keyrings", info, data}
    # A script named keyring in bin would overwrite that of keyring.
    assert [name for name in names if name.startswith(data)] == [f"{data}/data/share/keyrings-codeartifact/bin/keyring"]


def test_it_lives_beside_other_backends(home, environment, wheel):
    client = environment(wheel, "keyrings.alt")
    backends = home.succeed(client.bin / "keyring", "--list-backends").stdout
    assert "keyrings.codeartifact.backend.CodeArtifactBackend (priority: 9.9)" in backends
    assert "keyrings.alt.file.PlaintextKeyring" in backends


def test_what_it_needs():
    metadata = distribution("keyrings.codeartifact").metadata
    assert metadata["Requires-Python"] == ">=3.10"
    needed = [requirement for requirement in metadata.get_all("Requires-Dist") if "extra ==" not in requirement]
    assert sorted(re.match(r"[\w.-]+", requirement)[0] for requirement in needed) == [
        "botocore",
        "configupdater",
        "filelock",
        "keyring",
        "platformdirs",
        "shtab",
        "tomlkit",
    ]


def test_its_commands():
    scripts = {point.name: point.value for point in distribution("keyrings.codeartifact").entry_points}
    assert scripts == {
        "keyrings-codeartifact": "keyrings.codeartifact.cli.main:main",
        "codeartifact-credential-helper": "keyrings.codeartifact.cli.credential_helper:main",
        "codeartifact-keyring": "keyrings.codeartifact.cli.keyring:main",
        "codeartifact": "keyrings.codeartifact.backend",
    }


def test_the_module_is_the_command(home, tool):
    by_module = home.succeed(tool.python, "-m", "keyrings.codeartifact", "--version").stdout
    assert by_module == home.succeed(tool.bin / "keyrings-codeartifact", "--version").stdout
    assert by_module.startswith("keyrings-codeartifact 3.0.0 (Python ")


def test_the_oldest_that_it_says_it_needs_will_do(home, emulator, environment, wheel):
    needed = [need for need in distribution("keyrings.codeartifact").requires if "extra ==" not in need]
    client = environment(wheel, *(need.replace(">=", "==") for need in needed))
    done = home.succeed(client.bin / "keyring", "get", f"{RELEASE}/simple/", "aws")
    assert done.stdout.removesuffix("\n") in emulator.issued_tokens()
