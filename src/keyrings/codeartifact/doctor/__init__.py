"""The checks of ``keyrings-codeartifact doctor``."""
