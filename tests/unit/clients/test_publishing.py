"""With `exec --publish`, no client publishes to another repository than the one that is named."""

import pytest

from keyrings.codeartifact.clients import environment, require_publishing_to
from keyrings.codeartifact.config.environment import require_index
from keyrings.codeartifact.errors import ConfigurationError

BASE = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/"
INDEX = require_index(BASE, {})
PUBLIC, OTHER = "https://upload.example/legacy/", BASE.replace("release", "other")


def publish(command, **environ):
    require_publishing_to(INDEX, command.split(), environ | environment(INDEX, environ, publish=True))


@pytest.mark.parametrize(
    "command",
    [
        "twine upload dist/x.whl",
        "twine upload -r codeartifact dist/x.whl",
        "twine upload -rcodeartifact dist/x.whl",
        f"twine upload --repository-url={BASE} dist/x.whl",
        f"/venv/bin/twine upload --repository-url {BASE} dist/x.whl",
        "python -m twine upload dist/x.whl",
        "python3.12 -m twine upload dist/x.whl",
        "twine check dist/x.whl",
        "uv publish",
        f"uv publish --publish-url {BASE.replace('://', '://aws@')}",
        "uv publish --index codeartifact",
        "uv build --index other",
        "poetry publish --build -r codeartifact",
        "poetry publish --repository=codeartifact",
        "poetry build",
        "pdm publish",
        f"pdm publish -r {BASE}",
        "hatch publish",
        "hatch publish -r codeartifact",
        "flit publish",
        "pip install -r requirements.txt",
        "make publish",
        "python",
        "python -m",
    ],
)
def test_what_publishes_here_or_does_not_publish(command):
    publish(command)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("poetry publish", "`poetry publish` without -r would publish to the public index; add -r codeartifact"),
        ("poetry -n publish --build", "`poetry publish` without -r would publish to the public index; "),
        (
            "poetry publish -r pypi",
            "`poetry publish` would publish elsewhere: it names 'pypi'; name codeartifact or its URL",
        ),
        ("poetry publish -r", "`poetry publish` would publish elsewhere: it names ''; "),
        (f"uv publish --publish-url {PUBLIC}", f"`uv publish` would publish elsewhere: it names {PUBLIC}; "),
        ("uv publish --index other", "`uv publish` would publish elsewhere: "),
        (f"uv publish --publish-url={OTHER}", "`uv publish` would publish elsewhere: "),
        ("twine upload -r pypi x", "`twine upload` would publish elsewhere: it names 'pypi'; "),
        ("twine upload -rpypi x", "`twine upload` would publish elsewhere: "),
        (f"twine upload -r codeartifact --repository-url {PUBLIC} x", "`twine upload` would publish elsewhere: "),
        (f"python -m twine upload --repository-url {PUBLIC} x", "`twine upload` would publish elsewhere: "),
        ("pdm publish -r pypi", "`pdm publish` would publish elsewhere: it names 'pypi'; "),
        ("hatch publish --repo main", "`hatch publish` would publish elsewhere: it names 'main'; "),
        ("flit publish --repository pypi", "`flit publish` would publish elsewhere: it names 'pypi'; "),
    ],
)
def test_what_publishes_elsewhere(command, message):
    with pytest.raises(ConfigurationError) as caught:
        publish(command)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("command", "variable"),
    [
        ("twine upload x", "TWINE_REPOSITORY_URL"),
        ("uv publish", "UV_PUBLISH_URL"),
        ("pdm publish", "PDM_PUBLISH_REPO"),
        ("hatch publish", "HATCH_INDEX_REPO"),
        ("flit publish", "FLIT_INDEX_URL"),
    ],
)
def test_a_variable_that_names_another_repository(command, variable):
    with pytest.raises(
        ConfigurationError, match=f"would publish elsewhere: {variable} is https://…@upload.example/legacy/; "
    ):
        publish(command, **{variable: PUBLIC.replace("://", "://user:s3cret@")})


def test_variables_that_replace_the_repository():
    with pytest.raises(ConfigurationError, match="TWINE_REPOSITORY_URL is ''"):
        publish("twine upload x", TWINE_PASSWORD="x")
