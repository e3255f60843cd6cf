"""The configuration files of 2.x give the same credentials, save where 2.x picked a section that contradicts the URL.

It did so too for qualifiers without quotes, whose values it took for empty.
"""

import pytest

from support.forks import Forks
from support.seed import RELEASE, SHARED, STAGING

KEYS = "aws_access_key_id = AKIA{0}\naws_secret_access_key = s3cret\n"
ONE, TWO, THREE = (KEYS.format(f"{name:0<16}") for name in ("ONE", "TWO", "THREE"))
AWS_CREDENTIALS = "".join(
    f"[{name}]\naws_access_key_id = AKIA{name.upper():0<16}\naws_secret_access_key = s3cret\n"
    for name in ("default", "team")
)

SAME = [
    pytest.param("", id="nothing configured"),
    pytest.param("[backend]\nkeyring-path = /nowhere\n", id="somebody else's section only"),
    pytest.param(f"[codeartifact]\ntoken_duration=1800\n{ONE}", id="defaults alone"),
    pytest.param("[codeartifact]\nprofile_name=team\n", id="a profile"),
    pytest.param("[codeartifact]\nprofile_name=default\ntoken_duration=900 ; short\n", id="an inline comment"),
    pytest.param(f"[codeartifact]\nprofile_name=team\n{ONE}", id="keys before a profile"),
    pytest.param(f'[codeartifact account="111122223333"]\n{ONE}[codeartifact account="444455556666"]\n{TWO}', id="two accounts"),
    pytest.param(f'[codeartifact]\nprofile_name=team\n[codeartifact account="111122223333"]\n{ONE}'
                 f"[codeartifact account='444455556666']\n{TWO}", id="defaults under sections"),
    pytest.param(f'[codeartifact account="111122223333"]\n{ONE}[codeartifact account="111122223333" name="staging"]\n{TWO}'
                 f"[codeartifact account='444455556666']\n{THREE}", id="the most specific"),
    pytest.param(f'[codeartifact domain="acme"]\n{ONE}[codeartifact region="us-east-1"]\n{TWO}'
                 f'[codeartifact region="eu-west-1"]\n{THREE}', id="a tie"),
    pytest.param(f"[codeartifact]\n{ONE}[DEFAULT]\nprofile_name=team\ntoken_duration=900\n", id="a [DEFAULT] is no default"),
    pytest.param(f"[codeartifact]\nunknown=1\n{ONE}", id="an unknown option"),
    pytest.param(f'[codeartifact]\nverify="CA"\n{ONE}', id="a CA bundle in quotes"),
    pytest.param(f"[codeartifact ]\n{ONE}", id="a section without qualifiers"),
    pytest.param(f'[codeartifact domain="acme", name="release"]\n{ONE}[codeartifact domain="acme"name="staging"]\n{TWO}'
                 f'[codeartifact domain="partner"]\n{THREE}', id="commas, or nothing, between qualifiers"),
]  # fmt: skip
DIFFERENT = [
    pytest.param(f'[codeartifact account="444455556666"]\n{ONE}', RELEASE, id="no section matches"),
    pytest.param(
        f'[codeartifact name="release"]\n{TWO}[codeartifact account="444455556666" domain="acme" region="us-east-1"]\n{ONE}',
        RELEASE,
        id="two match, one contradicts",
    ),
    pytest.param(
        f'[codeartifact name="shared"]\n{ONE}[codeartifact account=111122223333]\n{TWO}', RELEASE, id="no quotes"
    ),
]


@pytest.fixture(scope="session")
def predecessor(environment):
    """The 2.x package."""
    made = environment("keyrings.codeartifact==2.1.2")
    forks = Forks(made.python, "boto3", "keyring", "keyrings.codeartifact")
    yield made.python, forks
    forks.close()


ASK_ALL = "import sys, keyring\nfor url in sys.argv[1:]:\n    print(bool(keyring.get_password(url, 'aws')))"


@pytest.fixture
def ask_both(home, tool, forks, predecessor, emulator):
    """Return a function that asks 2.x and this package for URLs, and returns for each what AWS got: key, domain, duration."""
    aws = home.folder / "home" / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(AWS_CREDENTIALS)
    del home.environ["AWS_ACCESS_KEY_ID"], home.environ["AWS_SECRET_ACCESS_KEY"]

    def ask(config, *urls):
        home.config.write_text(config.replace("CA", emulator.ca_path))
        signed = []
        for python, home.forks in (predecessor, (tool.python, forks)):
            emulator.journal.clear()
            # Without a cache, of which 2.x has none, each URL costs a call.
            indexes = [f"{url}/simple/" for url in urls]
            done = home.fork_that_succeeds(python, "-c", ASK_ALL, *indexes, CODEARTIFACT_CACHE="off")
            assert done.stdout.split() == ["True"] * len(urls)
            entries = emulator.journal.entries("GetAuthorizationToken")
            assert len(entries) == len(urls)
            signed.append([(entry.access_key_id, entry.params) for entry in entries])
        return signed

    return ask


@pytest.mark.parametrize("config", SAME)
def test_the_same_key_signs_the_same_question(ask_both, config):
    before, now = ask_both(config, RELEASE, STAGING, SHARED)
    assert now == before


@pytest.mark.parametrize(("config", "url"), DIFFERENT)
def test_a_section_that_contradicts_the_url_is_out(ask_both, config, url):
    [(before, _)], [(now, _)] = ask_both(config, url)
    assert before == "AKIAONE0000000000000"
    assert now != before
