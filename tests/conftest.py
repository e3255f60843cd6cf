"""The suite stands on the fixtures that users get."""

pytest_plugins = ["keyrings.codeartifact.pytest_plugin"]
