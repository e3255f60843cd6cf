"""The data plane: project pages, downloads and uploads of PyPI repositories."""
