"""Which settings apply to a repository, and why."""
