"""Setting up the clients of a user for good, without a token, and taking that back."""
