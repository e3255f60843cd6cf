"""Helpers that know nothing of CodeArtifact and import nothing else of this package."""
