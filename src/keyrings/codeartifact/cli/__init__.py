"""The commands ``keyrings-codeartifact`` and ``codeartifact-keyring``."""
