"""The control plane: CodeArtifact's API operations, and the domains and repositories that they work on."""
