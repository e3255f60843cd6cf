"""The clients: their variables, files and what keeps them from querying the keyring."""
