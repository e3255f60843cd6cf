"""What each command of `keyrings-codeartifact` does, a module for each."""
