"""Setting up a CI job."""
